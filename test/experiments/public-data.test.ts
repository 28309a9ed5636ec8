import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { importData, readImported } from "../../src/data/index.js";
import { fieldRows, reproduce, takeOwnRows } from "../../src/experiments/index.js";
import { keyOf, uniform, uniformInt } from "../../src/random.js";
import { temporaryFolder } from "../support/folder.js";

/** 40 users × 30 items in RecBole's atomic files; users of an even number take items of an even one; two release years of three are liked. */
async function atomicFiles(dir: string): Promise<string> {
  const at = join(dir, "toy");
  await mkdir(at, { recursive: true });
  const key = keyOf(1, "toy");
  const lines = ["user_id:token\titem_id:token\trating:float\ttimestamp:float"];
  for (let user = 0; user < 40; user++) {
    for (let item = 0; item < 30; item++) {
      if (uniform(key, user, item) > (user % 2 === item % 2 ? 0.8 : 0.2)) continue;
      lines.push(`u${user}\ti${item}\t${(item % 3 > 0) === uniform(key, user, item, 2) < 0.85 ? 4 + uniformInt(2, key, user, item, 1) : 1 + uniformInt(3, key, user, item, 1)}\t${1_000_000 + user * 100 + item}`);
    }
  }
  const items = Array.from({ length: 30 }, (_, item) => `i${item}\tTitle ${item}\t${1990 + (item % 3)}\t${item % 2 === 0 ? "Even Short" : "Odd"}`);
  const users = Array.from({ length: 40 }, (_, user) => `u${user}\t${user % 2 === 0 ? "F" : "M"}`);
  await writeFile(join(at, "toy.inter"), `${lines.join("\n")}\n`);
  await writeFile(join(at, "toy.item"), `item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n${items.join("\n")}\n`);
  await writeFile(join(at, "toy.user"), `user_id:token\tgender:token\n${users.join("\n")}\n`);
  return at;
}

describe("public data", () => {
  it("become rows: ids and fields as categories, words of a list as numbers, titles left out", async () => {
    const dir = temporaryFolder();
    const data = await readImported((await importData({ path: await atomicFiles(dir), root: dir })).dir);
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

  it("are reproduced in one call: taste beats popularity, every model is above chance, and the same seed gives the same table", async () => {
    const dir = temporaryFolder();
    const path = await atomicFiles(dir);
    const found = await reproduce(path, { root: dir, splits: 1, k: 5 });
    const [popular, knn] = found.retrieval.map(({ metrics }) => metrics["NDCG@5"]!.mean) as [number, number];
    expect([found.users, found.items, found.retrieval.map(({ model }) => model)]).toEqual([40, 30, ["popularity", "item-knn", "bpr", "als"]]);
    expect(knn).toBeGreaterThan(popular + 0.05);
    for (const { metrics } of found.ranking) expect(metrics["AUC"]!.mean).toBeGreaterThan(0.6);
    const again = await reproduce(path, { root: dir, splits: 1, k: 5 });
    expect(again.retrieval).toEqual(found.retrieval);
  });
});
