import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { columnOf } from "../../../src/data/index.js";
import { openOwnData, type OwnData, splitOwnData } from "../../../src/studies/benchmark/own-data.js";
import { daysToJoin, timedRows, type TimedRows } from "../../../src/studies/benchmark/own-rows.js";
import { timedTowers } from "../../../src/studies/benchmark/own-towers.js";
import { temporaryFolder } from "../../support/folder.js";
import { toyRatings } from "../../support/toy-ratings.js";

async function rowsOf(path: string, root: string): Promise<{ readonly own: OwnData; readonly rows: TimedRows }> {
  const own = await openOwnData(path, root);
  return { own, rows: await timedRows(own, splitOwnData(own, "time", 1).cuts!) };
}

/** Turns every rating from a day on round. */
function turnRound(path: string, from: number): void {
  const start = 1_000_000 - (1_000_000 % 86_400);
  const file = join(path, "toy.inter");
  const [head, ...lines] = readFileSync(file, "utf8").trim().split("\n");
  const turned = lines.map((line) => {
    const [user, item, rating, time] = line.split("\t") as [string, string, string, string];
    return [user, item, Number(time) - start >= from * 86_400 ? 6 - Number(rating) : rating, time].join("\t");
  });
  writeFileSync(file, `${[head, ...turned].join("\n")}\n`);
}

describe("rows for a split by time", () => {
  it("have every interaction once, features of the join and fields, and neither made-up slots nor columns that say nothing", async () => {
    const root = temporaryFolder();
    const { own, rows } = await rowsOf(toyRatings(root), root);
    const names = [...rows.features.schema.categories, ...rows.features.schema.numbers].map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        "user_id",
        "video_id",
        "user_click_rate",
        "user_clicks_7d",
        "gender",
        "release_year",
        "class: Even",
      ]),
    );
    for (const constant of ["position", "region", "sponsored"]) expect(names).not.toContain(constant);
    expect(rows.features.count).toBe(own.data.interactions.count);
    const pairs = (user: ArrayLike<number>, item: ArrayLike<number>, label: ArrayLike<number>): string[] =>
      Array.from(user, (u, row) => `${u} ${item[row]} ${label[row]}`).sort();
    const { user, video, click } = own.data.interactions;
    expect(pairs(rows.user, columnOf(rows.features, "video_id"), rows.label)).toEqual(pairs(user, video, click));
    const years = own.data.videoFields.find(({ name }) => name === "release_year")!;
    expect([...columnOf(rows.features, "release_year")]).toEqual(
      Array.from(columnOf(rows.features, "video_id"), (item) => years.code[item]),
    );
    const again = await timedRows(own, splitOwnData(own, "time", 1).cuts!);
    expect(again).toEqual(rows);
  });

  it(
    "know nothing of the future: turning every rating of the last days round changes no feature of the days " +
      "before, nor of the first of them",
    async () => {
      const root = temporaryFolder();
      const path = toyRatings(root);
      const { own, rows } = await rowsOf(path, root);
      const { cuts } = splitOwnData(own, "time", 1);
      turnRound(path, cuts!.test);
      const other = await rowsOf(path, root);
      const before = rows.day.filter((day) => day < cuts!.test).length;
      const cells = (of: TimedRows, width: number, column: "categories" | "numbers"): number[] => [
        ...of.features[column].subarray(0, before * width),
      ];
      expect(before).toBeGreaterThan(100);
      expect(other.rows.features.schema).toEqual(rows.features.schema);
      expect(cells(other.rows, rows.features.schema.numbers.length, "numbers")).toEqual(
        cells(rows, rows.features.schema.numbers.length, "numbers"),
      );
      expect(cells(other.rows, rows.features.schema.categories.length, "categories")).toEqual(
        cells(rows, rows.features.schema.categories.length, "categories"),
      );
      const midnight = (of: TimedRows): number[] =>
        Array.from(columnOf(of.features, "video_click_rate")).filter((_, row) => of.day[row] === cuts!.test);
      expect(midnight(other.rows)).toEqual(midnight(rows)); // as of midnight before it
      expect([...other.rows.label.subarray(before)]).not.toEqual([...rows.label.subarray(before)]);
    },
  );
});

describe("days that are joined", () => {
  it("are the last ones, at most 500, with validation and test days and at least one before", () => {
    const days = (count: number): Int32Array => Int32Array.from({ length: count }, (_, day) => day);
    expect(daysToJoin(days(300), { validation: 200, test: 250 })).toHaveLength(300);
    const many = daysToJoin(days(900), { validation: 700, test: 800 });
    expect([many.length, many[0], many.at(-1)]).toEqual([500, 400, 899]);
    const long = daysToJoin(days(900), { validation: 100, test: 200 });
    expect([long.length, long[0]]).toEqual([801, 99]);
  });

  it("hold at most two million rows before the test days", () => {
    const day = Int32Array.from({ length: 3_000_010 }, (_, row) => (row < 10 ? 9 : row % 6)); // half a million on each of days 0 to 5
    expect(daysToJoin(day, { validation: 5, test: 9 })).toEqual([2, 3, 4, 5, 9]);
  });
});

describe("two towers on a split by time", () => {
  it("learn from the clicks of training days, and are asked with what was known at the first test midnight", async () => {
    const root = temporaryFolder();
    const path = toyRatings(root);
    const own = await openOwnData(path, root);
    const cuts = splitOwnData(own, "time", 1).cuts!;
    const towers = timedTowers(own, cuts);
    const { day, click, video } = own.data.interactions;
    const { video: positives } = await towers.positives(undefined as never);
    const clicked = Array.from(day.keys()).filter((row) => day[row]! < cuts.validation && click[row] === 1);
    expect([...positives].sort()).toEqual(clicked.map((row) => video[row]!).sort());
    const { users, items } = await towers.sides();
    expect([users.count, items.count]).toEqual([40, 30]);
    expect([...columnOf(items, "video_id")]).toEqual([...Array(30).keys()]);
    const counts = columnOf(items, "video_log_impressions");
    for (let item = 0; item < 30; item++)
      expect(counts[item]).toBeCloseTo(
        Math.log(1 + day.filter((on, row) => on < cuts.test && video[row] === item).length),
        5,
      );
    turnRound(path, cuts.test);
    const other = await timedTowers(await openOwnData(path, root), cuts).sides();
    expect(other).toEqual({ users, items });
  });
});
