import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { recommendVerb } from "../../src/commands/recommend.js";
import { scoreVerb, type ScoreCommand } from "../../src/commands/score.js";
import { importData } from "../../src/data/index.js";
import { covisitsRetriever, toyRatings } from "../support/toy-ratings.js";

interface Row {
  readonly user: string;
  readonly item: string;
  readonly score: number | null;
}

const root = mkdtempSync(join(tmpdir(), "stagecraft-score-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const path = toyRatings(root);
const form = { user: "who", item: "what" };
const written = (name: string, lines: readonly string[]): string => {
  const file = join(root, name);
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
};
const everyPair = written("pairs.csv", [
  "note,what,who",
  ...Array.from({ length: 1200 }, (_, i) => `"a, ${i}",i${i % 30},u${Math.floor(i / 30)}`),
]);
const command: ScoreCommand = { path, root, seed: 3, file: everyPair, form };
const scores = async (more: Partial<ScoreCommand>): Promise<readonly Row[]> => {
  const to = join(root, "it's [scores].json");
  await scoreVerb({ ...command, ...more, to });
  return JSON.parse(readFileSync(to, "utf8")) as Row[];
};

describe("score --data", () => {
  it("gives a ranker's probability of each pair in the file's order: higher where the ratings are", async () => {
    const rows = await scores({});
    expect(rows.map(({ user, item }) => `${user} ${item}`)).toEqual(
      Array.from({ length: 1200 }, (_, i) => `u${Math.floor(i / 30)} i${i % 30}`),
    );
    const meanOf = (liked: boolean): number => {
      const some = rows.filter(({ item }) => Number(item.slice(1)) % 3 > 0 === liked);
      return some.reduce((sum, { score }) => sum + score!, 0) / some.length;
    };
    for (const { score } of rows) expect(score! > 0 && score! < 1).toBe(true);
    expect(meanOf(true)).toBeGreaterThan(meanOf(false) + 0.2); // two release years of three are liked
  });

  it.each([
    { names: ["item-knn"], files: [] },
    { names: [], files: [covisitsRetriever(root)] },
  ])("gives a retriever's own score: those of its lists, %o", async (model) => {
    const rows = await scores({ model });
    const of = new Map(rows.map(({ user, item, score }) => [`${user} ${item}`, score]));
    const to = join(root, "lists.json");
    await recommendVerb({ path, root, seed: 3, k: 5, model, to });
    const lists = JSON.parse(readFileSync(to, "utf8")) as Row[];
    expect(lists.length).toBe(200);
    for (const { user, item, score } of lists) expect(of.get(`${user} ${item}`)).toBe(score);
  });

  it("keeps a pair that nothing is known of, without a score, and counts it", async () => {
    const file = written("some.tsv", ["who\twhat", "u1\ti1", "nobody\ti1", "u1\tnothing", "\ti1"]);
    const to = join(root, "some.csv");
    const { json, text } = await scoreVerb({ ...command, file, to, model: { names: ["item-knn"], files: [] } });
    expect(json).toMatchObject({ rows: 4, unknownUsers: 2, unknownItems: 1 });
    expect(text).toContain("rows without a score: 2, the user is not in the data");
    const lines = readFileSync(to, "utf8").trimEnd().split("\n");
    expect(lines[0]).toBe("user,item,score");
    expect(lines[1]).toMatch(/^u1,i1,\d/);
    expect(lines.slice(2, 4)).toEqual(["nobody,i1,", "u1,nothing,"]);
  });

  it("reads a file without a header by the numbers of its columns, and says where all scores are the same", async () => {
    const file = written("bare.csv", ["i1,u1", "i2,u1", "i3,u2"]);
    const one = join(root, "alike.mjs");
    writeFileSync(one, "export const fit = async () => (features) => new Float32Array(features.count).fill(0.5);\n");
    const model = { names: [], files: [one] };
    const { json, text } = await scoreVerb({ ...command, file, model, form: { user: "2", item: "1", header: false } });
    expect(json["scores"]).toEqual(
      ["u1 i1", "u1 i2", "u2 i3"].map((pair) => ({ user: pair.slice(0, 2), item: pair.slice(3), score: 0.5 })),
    );
    expect(text).toContain("all scores are the same: the model does not tell these pairs apart");
  });

  it("refuses a line that is no row, a column that is not there, and a ranker where all rows are clicks", async () => {
    const broken = written("broken.csv", ["who,what", "u1,i1", "u1,i1,i2"]);
    await expect(scoreVerb({ ...command, file: broken })).rejects.toThrow(
      /broken.csv: lines that are no rows: 1, the first is line 3/,
    );
    await expect(scoreVerb({ ...command, form: { user: "user", item: "what" } })).rejects.toThrow(
      "unknown column: user in pairs.csv; known: note, what, who",
    );
    const clicks = await importData({ path: everyPair, root, mapping: { user: "who", item: "what" } });
    const ranker = { names: ["logistic-regression"], files: [] };
    await expect(scoreVerb({ ...command, path: clicks.dir, model: ranker })).rejects.toThrow(
      "logistic-regression cannot be fitted: all rows are clicked; allowed: a retriever",
    );
    expect((await scoreVerb({ ...command, path: clicks.dir })).json["model"]).toBe("als");
  });
});
