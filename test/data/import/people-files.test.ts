/** Files as people have them: units and zones of times, names, missing values, encodings, quotes, repeats. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { importData, type Imported, type ImportOptions } from "../../../src/data/import/import.js";
import { readImported, type ImportedData } from "../../../src/data/import/read.js";
import { openDatabase } from "../../../src/log/database.js";
import { temporaryFolder } from "../../support/folder.js";

type Options = Partial<Omit<ImportOptions, "path" | "root">>;
const mapping = { user: "who", item: "what", time: "at" };

async function importFile(name: string, content: string | Buffer, options: Options = {}): Promise<Imported> {
  const dir = temporaryFolder();
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, name), content);
  return importData({ path: join(dir, name), root: temporaryFolder(), mapping, ...options });
}

const data = ({ dir }: Imported): Promise<ImportedData> => readImported(dir);
const start = Date.UTC(2021, 2, 1, 12);
/** Ten rows, an hour apart, times written by `at`. */
const rows = (at: (ms: number) => string, separator = ","): string =>
  [
    ["who", "what", "at"],
    ...Array.from({ length: 10 }, (_, i) => [`u${i % 3}`, `v${i % 4}`, at(start + i * 3_600_000)]),
  ]
    .map((row) => row.join(separator))
    .join("\n");

describe("times", () => {
  it.each([
    ["seconds", (ms: number) => String(ms / 1000)],
    ["milliseconds", String],
    ["microseconds", (ms: number) => String(ms * 1000)],
    ["nanoseconds", (ms: number) => `${ms}000000`],
    ["ISO text", (ms: number) => new Date(ms).toISOString()],
    ["ISO text with an offset", (ms: number) => new Date(ms + 5 * 3_600_000).toISOString().replace("Z", "+05:00")],
  ])("in %s are the same instants", async (_, at) => {
    const { firstTime, lastTime, kept, days } = await importFile("plays.csv", rows(at));
    expect([firstTime, lastTime]).toEqual(["2021-03-01T12:00:00.000Z", "2021-03-01T21:00:00.000Z"]);
    expect([kept, days]).toEqual([10, 1]);
  });

  it("one rating with a comma changes no other", async () => {
    const ratings = ["4.125", "3.5", "4.25", "1.0", '"4,5"'].concat(Array.from({ length: 20 }, () => "2.375"));
    const text = `who,what,stars\n${ratings.map((rating, i) => `u${i},v,${rating}`).join("\n")}\n`;
    const found = await importFile("stars.csv", text, { mapping: { user: "who", item: "what", rating: "stars" } });
    expect(found.quarantined).toEqual({ number_is_finite: 1 });
    expect((await data(found)).interactions.rating[0]).toBe(4.125);
  });

  it("one row in another unit moves no other row", async () => {
    const text = `${rows(String)}\nu9,v9,${start}000`;
    const { firstTime, lastTime, kept } = await importFile("plays.csv", text);
    expect([firstTime, lastTime, kept]).toEqual(["2021-03-01T12:00:00.000Z", "2021-03-01T21:00:00.000Z", 11]);
  });

  it("as days without separators are dates, not seconds", async () => {
    const text = rows((ms) => new Date(ms).toISOString().slice(0, 10).replaceAll("-", ""));
    expect((await importFile("plays.csv", text)).firstTime).toBe("2021-03-01T00:00:00.000Z");
  });

  it("without a zone are of the zone that is named, whatever the machine's", async () => {
    const text = rows((ms) => new Date(ms).toISOString().slice(0, 19).replace("T", " "));
    const before = process.env["TZ"];
    const found: string[] = [];
    try {
      for (const zone of ["UTC", "Asia/Tokyo"]) {
        process.env["TZ"] = zone;
        found.push((await importFile("plays.csv", text, { time: { zone: "Europe/Berlin" } })).firstTime!);
      }
    } finally {
      if (before === undefined) delete process.env["TZ"];
      else process.env["TZ"] = before;
    }
    expect(found).toEqual(["2021-03-01T11:00:00.000Z", "2021-03-01T11:00:00.000Z"]);
  });

  it("in a pattern of one's own, as a German spreadsheet writes them", async () => {
    const german = rows((ms) => {
      const iso = new Date(ms).toISOString();
      return `${iso.slice(8, 10)}.${iso.slice(5, 7)}.${iso.slice(0, 4)} ${iso.slice(11, 16)}`;
    }, ";");
    const { firstTime, kept } = await importFile("export.csv", german, { time: { format: "%d.%m.%Y %H:%M" } });
    expect([firstTime, kept]).toEqual(["2021-03-01T12:00:00.000Z", 10]);
  });

  it("may be absent: rows keep their order in the file", async () => {
    const { kept, firstTime } = await importFile("plays.csv", "who,what\na,x\nb,y\na,z", {
      mapping: { user: "who", item: "what" },
    });
    expect([kept, firstTime]).toEqual([3, null]);
  });
});

describe("names and forms of files", () => {
  it.each(["[2021] plays.csv", "day=3 plays.csv", "it's * a? plays.csv"])(
    "%s is read, not its neighbour",
    async (name) => {
      const dir = temporaryFolder();
      mkdirSync(dir, { recursive: true });
      writeFileSync(join(dir, name), rows(String));
      for (const neighbour of ["2 plays.csv", "it's x ab plays.csv"])
        writeFileSync(join(dir, neighbour), "who,what,at\nother,other,1614600000000");
      const made = await importData({ path: join(dir, name), root: join(temporaryFolder(), "a[b] day=1"), mapping });
      expect([made.kept, made.users, made.videos]).toEqual([10, 3, 4]);
      expect((await data(made)).interactions.user).toHaveLength(10);
    },
  );

  it("gzip with tabs, and a separator that is named", async () => {
    expect((await importFile("plays.tsv.gz", gzipSync(rows(String, "\t")))).kept).toBe(10);
    expect((await importFile("plays.txt", rows(String, "|"), { separator: "|" })).kept).toBe(10);
  });

  it("UTF-16 and windows-1252, told or named", async () => {
    const text = rows(String).replaceAll("v1", "Café");
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]);
    for (const made of [
      await importFile("plays.csv", utf16),
      await importFile("plays.csv", Buffer.from(text, "latin1"), { encoding: "windows-1252" }),
    ]) {
      expect([made.kept, made.videos]).toEqual([10, 4]);
    }
  });

  it("without a header columns have numbers", async () => {
    const text = rows(String).split("\n").slice(1).join("\n");
    const made = await importFile("plays.csv", text, { header: false, mapping: { user: "1", item: "2", time: "3" } });
    expect([made.kept, made.users]).toEqual([10, 3]);
  });

  it("columns named like ours are only columns", async () => {
    const text = rows(String).replace("who,what,at", "user_id,row_number,key");
    const made = await importFile("plays.csv", text, { mapping: { user: "user_id", item: "row_number", time: "key" } });
    expect([made.kept, made.users, made.videos]).toEqual([10, 3, 4]);
  });
});

describe("values", () => {
  it("missing ids are set aside by reason, a missing rating is no fault", async () => {
    const good = Array.from({ length: 96 }, (_, i) => `u${i % 3},v${i},${start + i},${["4", "", "nan"][i % 3]}`);
    const missing = ["nan", "", "NULL", "NaN"].map((id, i) => `${id},v1,${start + i},3`);
    const made = await importFile("plays.csv", ["who,what,at,stars", ...good, ...missing].join("\n"), {
      mapping: { ...mapping, rating: "stars" },
    });
    expect([made.kept, made.users, made.quarantined]).toEqual([96, 3, { user_and_item_given: 4 }]);
  });

  it("whole numbers stored as doubles, and Parquet's own times and booleans", async () => {
    const dir = temporaryFolder();
    mkdirSync(dir, { recursive: true });
    const path = join(dir, "plays.parquet");
    const database = await openDatabase();
    try {
      await database.exec(
        `COPY (SELECT (i % 3)::DOUBLE AS who, (i % 4)::DOUBLE AS what, make_timestamp(${start}000 + i * 1000000) AS at,
         i % 2 = 0 AS liked FROM range(12) t(i)) TO '${path}' (FORMAT parquet)`,
      );
    } finally {
      database.close();
    }
    const made = await importData({ path, root: temporaryFolder(), mapping: { ...mapping, click: "liked" } });
    expect([made.kept, made.firstTime]).toEqual([12, "2021-03-01T12:00:00.000Z"]);
    const { interactions, users } = await data(made).then((read) => ({ ...read, users: made.users }));
    expect([users, interactions.click.reduce((a, b) => a + b, 0)]).toEqual([3, 6]);
  });

  it("True and False are clicks, exact copies are set aside, repeats are kept", async () => {
    const plays = Array.from({ length: 70 }, (_, i) => `u1,v1,${start + i * 60_000},True`);
    const text = ["who,what,at,liked", ...plays, `u2,v2,${start},False`, `u2,v2,${start},False`].join("\n");
    const made = await importFile("plays.csv", text, { mapping: { ...mapping, click: "liked" } });
    expect([made.rows, made.kept, made.quarantined]).toEqual([72, 71, { one_row_per_event: 1 }]);
    expect((await data(made)).interactions.click.reduce((a, b) => a + b, 0)).toBe(70);
  });

  it("a quote that is never closed loses its own row only", async () => {
    const lines = Array.from({ length: 100 }, (_, i) => `u${i % 3},v${i},${start + i}`);
    lines.splice(60, 0, `u1,"never closed,${start}`);
    const made = await importFile("plays.csv", ["who,what,at", ...lines].join("\n"));
    expect([made.kept, made.users, made.quarantined]).toEqual([100, 3, { row_is_well_formed: 1 }]);
  });

  it("a k-core keeps users and items with that many rows", async () => {
    const text = `${rows(String)}\nonce,v0,${start + 1}`;
    const made = await importFile("plays.csv", text, { kCore: 2 });
    expect([made.kept, made.users]).toEqual([10, 3]);
  });
});
