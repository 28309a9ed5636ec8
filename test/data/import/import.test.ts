import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openAggregates } from "../../../src/data/tables/aggregates.js";
import { importData, type Imported, type ImportOptions } from "../../../src/data/import/import.js";
import { readImported, wordsOf, type ImportedData } from "../../../src/data/import/read.js";
import { trainingRows } from "../../../src/data/features/training.js";
import { openDatabase } from "../../../src/log/database.js";
import { days, readDay } from "../../../src/log/read.js";
import { temporaryFolder } from "../../support/folder.js";

/** A folder with the given files (text, or bytes of latin-1). */
function folder(files: Readonly<Record<string, string | Buffer>>): string {
  const dir = temporaryFolder();
  mkdirSync(dir, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  return dir;
}

async function imported(
  path: string,
  options: Partial<ImportOptions> = {},
): Promise<Imported & { readonly data: ImportedData }> {
  const made = await importData({ path, root: temporaryFolder(), ...options });
  return { ...made, data: await readImported(made.dir) };
}

const day = 86_400;
/** user, item, rating, time: two users, three items, over three days. */
const ratings = [
  ["7", "30", 5, 100],
  ["7", "10", 3, 200],
  ["12", "30", 4, day + 5],
  ["7", "20", 4, 2 * day + 9],
  ["12", "10", 1, 2 * day + 10],
] as const;
const genreFlags = (on: number): string => Array.from({ length: 19 }, (_, g) => (g === on ? 1 : 0)).join("|");

/** What every MovieLens fixture below must come to: ids in order (items by first day), days, labels. */
function expectRatings({ data, users, videos, days: dayCount }: Awaited<ReturnType<typeof imported>>): void {
  expect([users, videos, dayCount]).toEqual([2, 3, 3]);
  const { user, video, day: on, rating, click, timeMs } = data.interactions;
  expect([...user]).toEqual([0, 0, 0, 1, 1]); // 7, then 12
  expect([...video]).toEqual([1, 0, 2, 1, 0]); // 10, 30 (day 0), 20 (day 2)
  expect([...on]).toEqual([0, 0, 2, 1, 2]);
  expect([...rating]).toEqual([5, 3, 4, 4, 1]);
  expect([...click]).toEqual([1, 0, 1, 1, 0]);
  expect([...timeMs]).toEqual([100_000, 200_000, 9_000, 5_000, 10_000]);
  expect([...data.catalogue.videos.uploadDay]).toEqual([0, 0, 2]);
  expect([...data.catalogue.liveVideos]).toEqual([2, 2, 3]);
}

const topics = ({ data: { catalogue } }: { readonly data: ImportedData }): string[] =>
  Array.from(catalogue.videos.topic, (t) => catalogue.topicNames[t]!);

describe("import reads the layout of", () => {
  it("MovieLens 100K: tabs, pipes, latin-1, genre flags", async () => {
    const dir = folder({
      "u.data": ratings.map((row) => row.join("\t")).join("\n"),
      "u.user": "7|24|M|writer|85711\n12|56|F|other|94043\n",
      "u.item": Buffer.from(
        `10|Caf\u00e9 "Noir" (1995)|01-Jan-1995||http://x|${genreFlags(2)}\n30|B|||u|${genreFlags(5)}\n20|C|||u|${genreFlags(5)}\n`,
        "latin1",
      ),
    });
    const got = await imported(dir);
    expect(got.layout).toBe("movielens-100k");
    expectRatings(got);
    expect(topics(got)).toEqual(["Adventure", "Comedy", "Comedy"]);
    expect([...got.data.catalogue.users.ageBand]).toEqual([1, 5]);
    const title = got.data.videoFields.find(({ name }) => name === "title");
    expect(title?.words[title.code[0]!]).toBe('Caf\u00e9 "Noir" (1995)');
    expect(got.data.userFields.find(({ name }) => name === "occupation")?.words).toEqual(["", "other", "writer"]);
  });

  it("MovieLens 1M: double colons", async () => {
    const got = await imported(
      folder({
        "ratings.dat": ratings.map((row) => row.join("::")).join("\n"),
        "users.dat": "7::M::25::4::70072\n12::F::1::10::48067\n",
        "movies.dat": "10::A (1995)::Animation|Children's\n20::B: the return::Drama\n30::C::Drama|War\n",
      }),
    );
    expect(got.layout).toBe("movielens-1m");
    expectRatings(got);
    expect(topics(got)).toEqual(["Animation", "Drama", "Drama"]);
    expect([...got.data.catalogue.users.ageBand]).toEqual([2, 0]);
  });

  it("MovieLens 25M: headers and quotes, a film without genres", async () => {
    const got = await imported(
      folder({
        "ratings.csv": `userId,movieId,rating,timestamp\n${ratings.map((row) => row.join(",")).join("\n")}\n`,
        "movies.csv": `movieId,title,genres\n10,"A, the first (1995)",Drama|War\n20,B,(no genres listed)\n30,C,Comedy\n`,
      }),
    );
    expect(got.layout).toBe("movielens-25m");
    expectRatings(got);
    expect(topics(got)).toEqual(["Drama", "Comedy", "(no genres listed)"]);
    expect(got.said).toContain("no ages: everyone is in the first age band");
  });

  it("RecBole: typed headers, .user and .item beside", async () => {
    const got = await imported(
      folder({
        "x.inter": `user_id:token\titem_id:token\trating:float\ttimestamp:float\n${ratings.map((row) => row.join("\t")).join("\n")}\n`,
        "x.user": "user_id:token\tage:token\tgender:token\n7\t17\tM\n12\t40\tF\n",
        "x.item":
          'item_id:token\tmovie_title:token_seq\tclass:token_seq\n10\tAn odd "one\tAction Comedy\n20\tB\tDrama\n30\tC\tWar\n',
      }),
    );
    expect(got.layout).toBe("recbole");
    expectRatings(got);
    expect(topics(got)).toEqual(["Action", "War", "Drama"]);
    expect([...got.data.catalogue.users.ageBand]).toEqual([0, 3]);
  });

  it("KuaiRand: clicks, plays, authors; several logs together", async () => {
    const head =
      "user_id,video_id,date,hourmin,time_ms,is_click,is_like,is_follow,is_comment,is_forward,is_hate,long_view,play_time_ms,duration_ms\n";
    const row = (user: number, video: number, time: number, click: number, play: number): string =>
      `${user},${video},20220408,1400,${time},${click},${click},0,0,0,0,0,${play},10000\n`;
    const t = 1_649_400_000_000;
    const got = await imported(
      folder({
        "log_standard_4_08_to_4_21.csv": head + row(0, 5, t, 1, 4000) + row(0, 6, t + 1000, 0, 700),
        "log_random_4_22_to_5_08.csv": head + row(1, 5, t + 2000, 1, 12_000),
        "video_features_basic.csv": 'video_id,author_id,video_type,tag\n5,99,NORMAL,"3,8"\n6,98,NORMAL,\n',
      }),
    );
    expect(got.layout).toBe("kuairand");
    expect([...got.data.interactions.click]).toEqual([1, 0, 1]);
    expect([...got.data.interactions.watchMs]).toEqual([4000, 700, 12_000]);
    const log = await readDay(got.dir, 0);
    expect([...log.watchMs]).toEqual([4000, 0, 10_000]);
    expect(got.said).toEqual(
      expect.arrayContaining([
        "1 watches longer than their video (watched again) count as whole ones",
        "1 watches without a click count as 0 in the log; interactions.parquet has them",
      ]),
    );
    expect([topics(got), [...got.data.catalogue.videos.creator], got.data.catalogue.creatorCount]).toEqual([
      ["3", "unknown"],
      [1, 0],
      2,
    ]);
  });

  it("KuaiRec: the big matrix, categories in brackets, a row without a time", async () => {
    const rows = Array.from(
      { length: 30 },
      (_, i) => `${i % 3},${i},${i * 100},9000,2020-07-05,20200705,${i === 4 ? "" : 1593878903.438 + i},0.1`,
    );
    const got = await imported(
      folder({
        "big_matrix.csv": `user_id,video_id,play_duration,video_duration,time,date,timestamp,watch_ratio\n${rows.join("\n")}\n`,
        "item_categories.csv": 'video_id,feat\n0,"[8]"\n1,"[27, 9]"\n',
      }),
    );
    expect(got.layout).toBe("kuairec");
    expect(got.quarantined).toEqual({ time_is_readable: 1 });
    expect(got.data.interactions.count).toBe(29);
    expect(got.data.interactions.click[0]).toBe(0); // not watched at all
    expect(topics(got).slice(0, 2).sort()).toEqual(["27", "8"]);
  });

  it("a mapped Parquet file, with dates for times", async () => {
    const path = join(temporaryFolder(), "mine.parquet");
    const database = await openDatabase();
    onTestFinished(() => database.close());
    mkdirSync(join(path, ".."), { recursive: true });
    await database.exec(
      `COPY (SELECT * FROM (VALUES ('a', 1, TIMESTAMP '2024-01-01 10:00:00', 1), ('b', 1, TIMESTAMP '2024-01-02 ` +
        `00:00:01', 0)) t(who, what, moment, liked)) TO '${path}' (FORMAT parquet)`,
    );
    const got = await imported(path, { mapping: { user: "who", item: "what", time: "moment", like: "liked" } });
    expect([got.layout, got.days, [...got.data.interactions.timeMs], [...got.data.interactions.like]]).toEqual([
      "table",
      2,
      [36_000_000, 1_000],
      [1, 0],
    ]);
    expect(got.said).toContain("click: every row");
  });
});

describe("imported data", () => {
  const lines = (n: number): string =>
    Array.from({ length: n }, (_, i) => `u${i % 7},v${(i * 5) % 40},${(i % 5) + 1},${1_600_000_000 + i * 3_000}`).join(
      "\n",
    );
  const mapping = { user: "user", item: "item", rating: "stars", time: "t" };

  it("go through aggregates and the training join as a simulated log does, with nothing quarantined", async () => {
    const got = await imported(join(folder({ "mine.csv": `user,item,stars,t\n${lines(300)}\n` }), "mine.csv"), {
      mapping,
    });
    const all = await days(got.dir);
    const rows = await trainingRows({ catalogue: got.data.catalogue, logDir: got.dir, days: all });
    expect(rows.count).toBe(300);
    expect(rows.click.reduce((sum, click) => sum + click, 0)).toBe(
      got.data.interactions.click.reduce((sum, click) => sum + click, 0),
    );
    const aggregates = await openAggregates(got.data.catalogue);
    onTestFinished(() => aggregates.close());
    await aggregates.appendLog(got.dir, all);
    expect(aggregates.quality.map(({ failed }) => failed)).toEqual(all.map(() => ({})));
  });

  it("are made once for the same bytes and mapping, and again for another", async () => {
    const path = join(folder({ "mine.csv": `user,item,stars,t\n${lines(50)}\n` }), "mine.csv");
    const root = temporaryFolder();
    const [first, again, other] = [
      await importData({ path, root, mapping }),
      await importData({ path, root, mapping }),
      await importData({ path, root, mapping, positiveFrom: 5 }),
    ];
    expect([first.artifact.made, again.artifact.made, other.artifact.made]).toEqual([true, false, true]);
    expect(again.dir).toBe(first.dir);
    expect({ ...again, artifact: 0 }).toEqual({ ...first, artifact: 0 });
    expect(readFileSync(join(first.dir, "CARD.md"), "utf8")).toContain("| 7 | 8 | 3 | 50 | 50 |");
  });

  it("keep each row that fails, with its reason and text", async () => {
    const bad = [
      "u1,,3,1600000000",
      "u1,v1,NaN,1600000001",
      "u1,v1,inf,1600000002",
      "u1,v1,3,yesterday",
      "u1,v1,3,-5",
      "u1,v1",
      lines(1),
    ];
    const got = await imported(
      join(folder({ "mine.csv": `user,item,stars,t\n${lines(200)}\n${bad.join("\n")}\n` }), "mine.csv"),
      { mapping },
    );
    expect([got.rows, got.quarantined]).toEqual([
      207,
      { user_and_item_given: 1, number_is_finite: 1, time_is_readable: 2, row_is_well_formed: 1, one_row_per_event: 1 },
    ]);
    expect(got.data.interactions.count).toBe(201);
    const database = await openDatabase();
    onTestFinished(() => database.close());
    const { text } = await database.query(
      `SELECT text FROM '${got.dir}/quarantine.parquet' WHERE reason = 'time_is_readable' ORDER BY row_number`,
    );
    expect((text as readonly string[])[0]).toContain("yesterday");
    expect(readFileSync(join(got.dir, "CARD.md"), "utf8")).toContain(
      "| time_is_readable | the time is a finite number, 0 or more, or a date and time | 2 |",
    );
  });

  it("of one user and day fill visits and pages without losing or doubling a row", async () => {
    const many = Array.from({ length: 1500 }, (_, i) => `u,v${i % 400},4,${1_600_000_000 + i * 2}`).join("\n");
    const got = await imported(join(folder({ "mine.csv": `user,item,stars,t\n${many}\n` }), "mine.csv"), { mapping });
    const log = await readDay(got.dir, 0);
    expect(log.count).toBe(1500);
    expect(new Set(Array.from(log.request, (request, i) => `${request}/${log.position[i]}`)).size).toBe(1500);
    expect(new Set(Array.from(log.request, (request, i) => `${request}/${log.video[i]}`)).size).toBe(1500);
  });

  it("without a time stand on one day in the order of the file", async () => {
    const got = await imported(join(folder({ "mine.csv": "user,item\nb,x\na,y\nb,y\n" }), "mine.csv"), {
      mapping: { user: "user", item: "item" },
    });
    expect([got.days, [...got.data.interactions.video], [...got.data.interactions.click]]).toEqual([
      1,
      [1, 0, 1],
      [1, 1, 1],
    ]);
    expect(got.said).toContain("every row is a click: models of who took what can be fitted, models of clicks cannot");
  });

  it("know the words of a cell that lists several", () => {
    expect([wordsOf("Action|Sci-Fi"), wordsOf("[27, 9]"), wordsOf("")]).toEqual([
      ["Action", "Sci-Fi"],
      ["27", "9"],
      [],
    ]);
  });
});

describe("import refuses", () => {
  const mapping = { user: "user", item: "item" };
  const at = (files: Readonly<Record<string, string>>): string => join(folder(files), Object.keys(files)[0]!);

  it.each<[string, () => Omit<ImportOptions, "root">, RegExp]>([
    [
      "a path that is not there",
      () => ({ path: "/nowhere/at/all" }),
      /no data at \/nowhere\/at\/all: it does not exist/,
    ],
    [
      "a folder it does not know",
      () => ({ path: folder({ "x.txt": "1" }) }),
      /no known layout in .*: looked for u\.data, ratings\.dat/,
    ],
    [
      "a layout it does not know",
      () => ({ path: folder({}), layout: "netflix" as never }),
      /unknown layout: netflix; known: movielens-100k/,
    ],
    [
      "a folder of another layout than asked for",
      () => ({ path: folder({ "u.data": "1\t2\t3\t4" }), layout: "kuairec" }),
      /no known layout in .* for kuairec/,
    ],
    [
      "a file without a mapping",
      () => ({ path: at({ "a.csv": "user,item\n1,2\n" }) }),
      /single file: say which columns hold what/,
    ],
    [
      "an unknown column",
      () => ({ path: at({ "a.csv": "user,item\n1,2\n" }), mapping: { ...mapping, watchMs: "watch_tiem" } }),
      /unknown column: watch_tiem in a\.csv; known: user, item/,
    ],
    ["an empty file", () => ({ path: at({ "a.csv": "" }), mapping }), /a\.csv is empty: it has no bytes/],
    [
      "a file with a header alone",
      () => ({ path: at({ "a.csv": "user,item\n" }), mapping }),
      /a\.csv is empty: no rows below the header/,
    ],
    [
      "a file that is no Parquet",
      () => ({ path: at({ "a.parquet": "nonsense" }), mapping }),
      /a\.parquet cannot be read: /,
    ],
    [
      "times that cannot be read",
      () => ({ path: at({ "a.csv": "user,item,t\n1,2,soon\n1,3,later\n" }), mapping: { ...mapping, time: "t" } }),
      /2 of 2 rows of a\.csv fail \(time_is_readable 2\).*First: row 1, time_is_readable: .*soon/,
    ],
    [
      "a threshold that is no number",
      () => ({ path: folder({}), positiveFrom: NaN }),
      /positiveFrom is NaN; allowed: a finite number/,
    ],
  ])("%s", async (_, options, fault) => {
    await expect(importData({ ...options(), root: temporaryFolder() })).rejects.toThrow(fault);
  });
});
