import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { recommendVerb, type RecommendCommand } from "../../src/commands/recommend.js";
import { importData } from "../../src/data/index.js";
import { openDatabase, parquetFrom } from "../../src/log/index.js";
import { covisitsRetriever, toyRatings } from "../support/toy-ratings.js";

interface Row {
  readonly user: string;
  readonly rank: number;
  readonly item: string;
  readonly score: number;
}

const root = mkdtempSync(join(tmpdir(), "stagecraft-recommend-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const path = toyRatings(root);
const command: RecommendCommand = { path, root, seed: 3, k: 3, model: { names: ["item-knn"], files: [] } };
const listsOf = async (more: Partial<RecommendCommand>): Promise<Row[]> =>
  (await recommendVerb({ ...command, ...more })).json["lists"] as Row[];
const parity = (id: string): number => Number(id.slice(1)) % 2;
const taken = new Set(
  readFileSync(join(path, "toy.inter"), "utf8")
    .split("\n")
    .map((line) => line.split("\t").slice(0, 2).join(" ")),
);

describe("recommend --data", () => {
  it("writes a list for each user, of items of the user's taste that the user has not taken, with the files' ids", async () => {
    const to = (ending: string): string => join(root, `it's [lists].${ending}`);
    for (const ending of ["json", "csv", "parquet"]) await recommendVerb({ ...command, to: to(ending) });
    const rows = JSON.parse(readFileSync(to("json"), "utf8")) as Row[];
    expect(new Set(rows.map(({ user }) => user)).size).toBe(40);
    expect(rows.filter(({ user, item }) => taken.has(`${user} ${item}`))).toEqual([]);
    for (const [i, { user, rank, score }] of rows.entries()) {
      if (rank === 1) continue;
      expect(rows[i - 1]).toMatchObject({ user, rank: rank - 1 });
      expect(score).toBeLessThanOrEqual(rows[i - 1]!.score);
    }
    const first = rows.filter(({ rank }) => rank === 1);
    expect(first.filter(({ user, item }) => parity(user) === parity(item)).length).toBeGreaterThan(30);
    const database = await openDatabase();
    try {
      const columns = await database.query(`SELECT * FROM ${parquetFrom(to("parquet"))}`);
      expect(columns["item"]).toEqual(rows.map(({ item }) => item));
      expect(Array.from(columns["score"] as Float32Array)).toEqual(rows.map(({ score }) => Math.fround(score)));
    } finally {
      database.close();
    }
    const [header, line] = readFileSync(to("csv"), "utf8").split("\n");
    expect(header).toBe("user,rank,item,score");
    expect(line!.split(",").slice(0, 3)).toEqual([rows[0]!.user, "1", rows[0]!.item]);
  });

  // on 30 items two towers, ALS and SASRec say little of taste, in the data or not: of them only the form is asked
  it.each([
    ["item-knn", 7],
    ["bpr", 6],
    ["als", 0],
    ["two-tower", 0],
    ["sasrec", 0],
  ])("makes a list of eight for a user who is not in the data: %s, at least %i to the taste", async (name, least) => {
    const history = ["i0", "i2", "i4", "i6", "i8"];
    const rows = await listsOf({ model: { names: [name], files: [] }, history, k: 8 });
    expect(rows.map(({ user, rank }) => `${user} ${rank}`)).toEqual(
      history.concat("", "", "").map((_, i) => `new ${i + 1}`),
    );
    expect(rows.filter(({ item }) => parity(item) === 0).length).toBeGreaterThanOrEqual(least);
    expect(rows.some(({ item }) => history.includes(item))).toBe(false);
  });

  it("answers for named users, with a model of one's own, and refuses ids and models that are not there", async () => {
    const mine = { names: [], files: [covisitsRetriever(root)] };
    const rows = await listsOf({ model: mine, users: ["u7", "u4"], k: 2 });
    expect(rows.map(({ user, rank }) => `${user} ${rank}`)).toEqual(["u7 1", "u7 2", "u4 1", "u4 2"]);
    expect((await listsOf({ users: ["u7", "u7"], k: 2 })).length).toBe(2);
    const ranker = join(root, "flat.mjs");
    writeFileSync(ranker, "export const fit = async () => (features) => new Float32Array(features.count).fill(0.5);\n");
    await expect(listsOf({ model: { names: [], files: [ranker] } })).rejects.toThrow(
      "flat is a ranker; allowed here: a retriever",
    );
    const few = join(root, "few.csv");
    writeFileSync(few, "u,i\na,x\na,y\nb,x\n");
    const all = await importData({ path: few, root, mapping: { user: "u", item: "i" } });
    const { json, text } = await recommendVerb({ ...command, path: all.dir });
    expect([json["users"], json["withoutList"]]).toEqual([1, 1]);
    expect(text).toContain("users without a list: 1, they took every item");
    await expect(listsOf({ users: ["u7", "nobody"] })).rejects.toThrow(
      /^unknown user: nobody; known: 40 ids, for example u/,
    );
    await expect(listsOf({ history: ["i1", "x"] })).rejects.toThrow(/^unknown item: x; known: 30 ids/);
  });
});
