import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { importData } from "../../../src/data/index.js";
import { openOwnData, type OwnData, protocols, splitOwnData } from "../../../src/studies/benchmark/own-data.js";
import { temporaryFolder } from "../../support/folder.js";
import { toyRatings } from "../../support/toy-ratings.js";

async function clicksFile(): Promise<OwnData> {
  const dir = temporaryFolder();
  const lines = Array.from(
    { length: 60 },
    (_, i) =>
      `u${i % 6},v${(i * 7) % 11},${i % 3 === 0 ? 1 : 0},${1_600_000_000 + i * 20_000},${i % 10 < 8 ? "train" : i % 2 ? "valid" : "test"}`,
  );
  writeFileSync(join(dir, "mine.csv"), `user,item,clicked,t,part\n${lines.join("\n")}\n`);
  const mapping = { user: "user", item: "item", click: "clicked", time: "t", split: "part" };
  return openOwnData((await importData({ path: join(dir, "mine.csv"), root: dir, mapping })).dir, dir);
}

describe("your own data", () => {
  it("are imported first where the folder is a raw one, and opened as they are where it is an import", async () => {
    const root = temporaryFolder();
    const path = toyRatings(root);
    const raw = await openOwnData(path, root);
    expect(raw.said[0]).toBe(`${path} was imported first: ${raw.dir}`);
    expect((await openOwnData(path, root)).said[0]).toBe(`${path} was imported before: ${raw.dir}`);
    const opened = await openOwnData(raw.dir, root);
    expect([opened.id, opened.layout, opened.said]).toEqual([raw.id, "recbole", raw.said.slice(1)]);
    await expect(openOwnData(join(root, "nowhere"), root)).rejects.toThrow(/no data at .*nowhere: it does not exist/);
    await expect(openOwnData(root, root)).rejects.toThrow(/no known layout/);
  });

  it("say what was taken: every rated item, or only clicked ones where there are no ratings", async () => {
    const root = temporaryFolder();
    const rated = await openOwnData(toyRatings(root), root);
    expect(rated.taken.length).toBe(rated.data.interactions.count);
    expect(rated.said).toContain("retrievers learn from every rated item, rankers from clicks");
    const clicked = await clicksFile();
    expect(clicked.data.interactions.count).toBe(60);
    expect(clicked.taken.length).toBe(20);
    expect(clicked.taken.every((row) => clicked.data.interactions.click[row] === 1)).toBe(true);
  });
});

describe("a split of your own data", () => {
  it.each(protocols)(
    "by %s puts every row in one part, and every taken one in one part of the taken",
    async (protocol) => {
      const own = await clicksFile();
      const { all, taken } = splitOwnData(own, protocol, 1);
      const sorted = (split: typeof all): number[] =>
        [...split.train, ...split.validation, ...split.test].sort((a, b) => a - b);
      expect(sorted(all)).toEqual([...Array(60).keys()]);
      expect(sorted(taken)).toEqual([...own.taken]);
    },
  );

  it("by time learns from no later day, in retrievers' and rankers' rows alike", async () => {
    const root = temporaryFolder();
    const own = await openOwnData(toyRatings(root), root);
    const { all, taken, cuts } = splitOwnData(own, "time", 1);
    const { day } = own.data.interactions;
    for (const split of [all, taken]) {
      expect(split.train.every((row) => day[row]! < cuts!.validation)).toBe(true);
      expect(split.test.every((row) => day[row]! >= cuts!.test)).toBe(true);
      expect(split.test.length).toBeGreaterThan(0);
    }
  });

  it("from a date on tests on the rows of that day and later; a date that leaves too little is refused", async () => {
    const own = await clicksFile(); // 14 days from 2020-09-13 12:26 UTC on
    const { all, cuts, said } = splitOwnData(own, "from 2020-09-20", 1);
    const { day } = own.data.interactions;
    expect(cuts!.test).toBe(7);
    expect(Math.min(...all.test.map((row) => day[row]!))).toBe(7);
    expect(all.train.length).toBeGreaterThan(all.validation.length);
    expect(said).toContain("test from then on");
    for (const date of ["2020-09-01", "2020-09-14", "2021-01-01"])
      expect(() => splitOwnData(own, `from ${date}`, 1)).toThrow(
        `test from ${date}; allowed: from 2020-09-15, the third day with rows, to 2020-09-27`,
      );
  });

  it("as given is the one that came with the data, and is refused where none came", async () => {
    const own = await clicksFile();
    const { all, said } = splitOwnData(own, "given", 1);
    const { day, timeMs } = own.data.interactions;
    const written = (rows: Int32Array): number[] =>
      Array.from(rows, (row) => (Date.parse("2020-09-13") + day[row]! * 86_400_000 + timeMs[row]! - 1.6e12) / 2e7);
    expect(written(all.test).sort((a, b) => a - b)).toEqual([8, 18, 28, 38, 48, 58]);
    expect(written(all.validation).sort((a, b) => a - b)).toEqual([9, 19, 29, 39, 49, 59]);
    expect(said).toBe("as given (48, 6, 6 rows)");
    const root = temporaryFolder();
    const none = await openOwnData(toyRatings(root), root);
    expect(() => splitOwnData(none, "given", 1)).toThrow("no split came with the data; allowed: files x.train.inter");
  });

  it("by leave-one-out has each user's last row as the one test row", async () => {
    const root = temporaryFolder();
    const own = await openOwnData(toyRatings(root), root);
    const { taken } = splitOwnData(own, "leave-one-out", 1);
    const { user, day, timeMs } = own.data.interactions;
    expect(taken.test.length).toBe(40);
    for (const row of taken.test) {
      const at = (other: number): number => day[other]! * 86_400_000 + timeMs[other]!;
      for (const other of [...taken.train, ...taken.validation])
        if (user[other] === user[row]) expect(at(other)).toBeLessThanOrEqual(at(row));
    }
  });

  it("of more than two million rows is thinned for rankers, and says so", () => {
    const count = 2_500_000;
    const blank = new Int32Array(count);
    const own = {
      taken: Int32Array.of(0, 1, 2),
      data: {
        interactions: { user: Int32Array.from({ length: count }, (_, row) => row >> 3), day: blank, timeMs: blank },
      },
    } as unknown as OwnData;
    const { all, said } = splitOwnData(own, "ratio", 1);
    const sizes = [all.train, all.validation, all.test].map(({ length }) => length);
    [1_600_000, 200_000, 200_000].forEach((expected, part) =>
      expect(Math.abs(sizes[part]! / expected - 1)).toBeLessThan(0.01),
    );
    expect(said).toContain("about 2,000,000 of them drawn at random for rankers");
  });

  it("by ratio is another one for another seed, and the others are the same for any", async () => {
    const own = await clicksFile();
    const tests = (protocol: (typeof protocols)[number]): Int32Array[] =>
      [1, 2].map((seed) => splitOwnData(own, protocol, seed).all.test);
    const [a, b] = tests("ratio");
    expect(a).not.toEqual(b);
    for (const protocol of ["time", "leave-one-out", "given"] as const)
      expect(tests(protocol)[0]).toEqual(tests(protocol)[1]);
  });
});
