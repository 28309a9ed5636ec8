import { describe, expect, it } from "vitest";
import { importData, readImported } from "../../../src/data/index.js";
import { fieldRows, takeOwnRows } from "../../../src/studies/benchmark/own-rows.js";
import { reproduction } from "../../../src/commands/reproduce.js";
import { temporaryFolder } from "../../support/folder.js";
import { toyRatings } from "../../support/toy-ratings.js";

describe("public data", () => {
  it("become rows: ids and fields as categories, words of a list as numbers, titles left out", async () => {
    const dir = temporaryFolder();
    const data = await readImported((await importData({ path: toyRatings(dir), root: dir })).dir);
    const rows = fieldRows(data);
    const { schema, numbers, categories } = rows.features;
    expect(schema.categories.map(({ name }) => name)).toEqual(["user_id", "item_id", "gender", "release_year"]);
    expect(schema.numbers.map(({ name }) => name)).toEqual(["class: Even", "class: Odd", "class: Short"]);
    for (let row = 0; row < rows.features.count; row++) {
      expect(numbers[3 * row]).toBe(numbers[3 * row + 2]); // Even Short
      expect(numbers[3 * row]! + numbers[3 * row + 1]!).toBe(1);
      expect(rows.label[row]).toBe(data.interactions.rating[row]! >= 4 ? 1 : 0);
    }
    const some = takeOwnRows(rows, Int32Array.of(5, 2));
    expect([...some.features.categories]).toEqual([...categories.slice(20, 24), ...categories.slice(8, 12)]);
    expect([...some.label]).toEqual([rows.label[5], rows.label[2]]);
  });

  it(
    "are reproduced in one call: taste beats popularity, every model is above chance, and the same seed gives " +
      "the same table",
    async () => {
      const dir = temporaryFolder();
      const path = toyRatings(dir);
      const found = await reproduction(path, { root: dir, splits: 1, k: 5 });
      const [popular, knn] = found.retrieval.map(({ metrics }) => metrics["NDCG@5"]!.mean) as [number, number];
      expect([found.users, found.items, found.retrieval.map(({ model }) => model)]).toEqual([
        40,
        30,
        ["popularity", "item-knn", "bpr", "als"],
      ]);
      expect(knn).toBeGreaterThan(popular + 0.05);
      for (const { metrics } of found.ranking) expect(metrics["AUC"]!.mean).toBeGreaterThan(0.6);
      const again = await reproduction(path, { root: dir, splits: 1, k: 5 });
      expect(again.retrieval).toEqual(found.retrieval);
    },
  );
});
