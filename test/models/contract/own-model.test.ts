import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Interactions } from "../../../src/models/retrievers/interactions.js";
import { itemKnn } from "../../../src/models/retrievers/item-knn.js";
import type { RankerChoice, RetrieverChoice } from "../../../src/models/ladder.js";
import { modelOf, openOwnModel } from "../../../src/models/contract/own-model.js";
import { matrixOf, schemaOf } from "../../support/fake-rows.js";

const features = matrixOf(schemaOf({ topic: 3 }, ["age"]), 4, (i) => ({ categories: [i % 3], numbers: [i] }));
const rows = { features, label: [0, 1, 0, 1] };
const taken: Interactions = { userCount: 2, itemCount: 3, user: Int32Array.of(0, 1, 1), item: Int32Array.of(2, 0, 2) };

const ranker = (fit: unknown): RankerChoice => modelOf({ fit }, "mine.mjs") as RankerChoice;
const retriever = (fit: unknown): RetrieverChoice =>
  modelOf({ fit, family: "retriever" }, "mine.mjs") as RetrieverChoice;
const always =
  (value: number) =>
  async () =>
  ({ count }: { readonly count: number }): Float32Array =>
    new Float32Array(count).fill(value);

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "own-model-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function written(name: string, source: string): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, source);
  return path;
}

describe("a model in a file of your own", () => {
  it("is a ranker when it exports one function, named after its file, told seed, config, validation and control", async () => {
    const path = await written(
      "share.mjs",
      `
      export async function fit(rows, { seed, config, validation, signal, onProgress }) {
        onProgress?.("fit", seed, config.depth, \`\${validation.features.count} held out, \${signal.aborted}\`);
        const share = rows.label.reduce((sum, label) => sum + label, 0) / rows.features.count;
        return (features) => new Float32Array(features.count).fill(share);
      }`,
    );
    const choice = (await openOwnModel(path)) as RankerChoice;
    expect([choice.family, choice.name, choice.origin]).toEqual(["ranker", "share", path]);
    const told: unknown[] = [];
    const fitted = await choice.fit(
      rows,
      { seed: 7, config: { depth: 3 }, validation: rows },
      { signal: new AbortController().signal, onProgress: (...all) => told.push(...all) },
    );
    expect(told).toEqual(["fit", 7, 3, "4 held out, false"]);
    expect(fitted.score(features)).toEqual(Float32Array.of(0.5, 0.5, 0.5, 0.5));
    expect(fitted.save).toBeUndefined();
  });

  it("is a retriever when it says so, and may have a name", async () => {
    const path = await written(
      "r.mjs",
      `
      export const [family, name] = ["retriever", "latest item"];
      export const fit = async ({ item, itemCount }) => (users) => Float32Array.from({ length: users.length * itemCount }, (_, at) => (at % itemCount === item.at(-1) ? 1 : 0));`,
    );
    const choice = (await openOwnModel(path)) as RetrieverChoice;
    expect([choice.family, choice.name]).toEqual(["retriever", "latest item"]);
    const fitted = await choice.fit(taken, { seed: 1 });
    expect(fitted.itemCount).toBe(3);
    expect(fitted.score(Int32Array.of(1, 0))).toEqual(Float32Array.of(0, 0, 1, 0, 0, 1));
  });

  it("in TypeScript is compiled, may import JavaScript beside it, and leaves no file behind", async () => {
    await written("half.mjs", "export const half = 0.5;");
    const path = await written(
      "typed.ts",
      `
      import { half } from "./half.mjs";
      import type { FeatureMatrix } from "stagecraft";
      export async function fit(): Promise<(features: FeatureMatrix) => Float32Array> {
        return (features: FeatureMatrix) => new Float32Array(features.count).fill(half satisfies number);
      }`,
    );
    const before = await readdir(dir);
    const fitted = await ((await openOwnModel(path)) as RankerChoice).fit(rows, { seed: 1 });
    expect(fitted.score(features)[3]).toBe(0.5);
    expect(await readdir(dir)).toEqual(before);
    await expect(openOwnModel(await written("wrong.ts", "export const a = 1;\nexport const fit = (;"))).rejects.toThrow(
      /no model in .*wrong\.ts: \S*wrong\.ts, line 2: Expression expected/,
    );
    expect((await readdir(dir)).filter((name) => name.startsWith("."))).toEqual([]);
  });

  it("that was edited is imported anew", async () => {
    const share = (value: number): string =>
      `export const fit = async () => ({ count }) => new Float32Array(count).fill(${value});`;
    const scoreOf = async (path: string): Promise<number> =>
      (await ((await openOwnModel(path)) as RankerChoice).fit(rows, { seed: 1 })).score(features)[0]!;
    expect(await scoreOf(await written("edited.mjs", share(0.25)))).toBe(0.25);
    expect(await scoreOf(await written("edited.mjs", share(0.75)))).toBe(0.75);
  });

  it("may be a whole kind of model, taken as it is", async () => {
    const choice = modelOf({ model: itemKnn, name: "mine" }, "knn.mjs") as RetrieverChoice;
    expect([choice.family, choice.name, choice.origin]).toEqual(["retriever", "mine", "knn.mjs"]);
    const fitted = await choice.fit(taken, { seed: 1, config: { neighbours: 2, shrinkage: 0 } });
    const id = await fitted.save!(join(dir, "knn"));
    expect(id).toMatch(/^[0-9a-f]{8}/);
    expect((await choice.load!(join(dir, "knn"))).score(Int32Array.of(0, 1))).toEqual(
      fitted.score(Int32Array.of(0, 1)),
    );
  });

  it("that is not there or fails while it is run is named by its path", async () => {
    await expect(openOwnModel(join(dir, "nowhere.mjs"))).rejects.toThrow(/no model in .*nowhere\.mjs: ENOENT/);
    await expect(openOwnModel(join(dir, "model.py"))).rejects.toThrow(
      "model.py: it ends in .py; allowed: .mjs, .js, .ts, .mts",
    );
    await expect(openOwnModel(await written("thrown.mjs", `throw new Error("no luck");`))).rejects.toThrow(
      /no model in .*thrown\.mjs: no luck/,
    );
  });

  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ["nothing", {}, "no model in a.mjs: it exports nothing; allowed: fit(rows, options) with family"],
    ["another name", { train: 1, predict: 2 }, "it exports train, predict; allowed:"],
    ["another family", { fit: always(1), family: "reranker" }, 'family is "reranker"; allowed:'],
    ["both forms", { fit: always(1), model: itemKnn }, "it exports both fit and model; allowed:"],
    [
      "half a record",
      { model: { kind: "half", fit: always(1), load: always(1) } },
      "model lacks score, save, defaults; allowed:",
    ],
    ["no record", { model: 3 }, "model is a number; allowed:"],
    ["a name that is none", { fit: always(1), name: 5 }, "name is 5, no text; allowed:"],
  ])("with wrong exports is refused with what is allowed: %s", (_, exported, message) => {
    expect(() => modelOf(exported, "a.mjs")).toThrow(message);
  });
});

describe("around a custom function", () => {
  it("bad rows are refused before it sees them", async () => {
    const never = ranker(() => expect.unreachable("fit was called"));
    await expect(never.fit({ ...rows, label: [1, 1, 1, 1] }, { seed: 1 })).rejects.toThrow(
      "label is 1 in all 4 rows; allowed: rows of both kinds",
    );
    await expect(
      never.fit({ ...rows, features: { ...features, numbers: Float32Array.of(0, NaN, 0, 0) } }, { seed: 1 }),
    ).rejects.toThrow("number age is NaN in row 1; allowed: finite numbers");
    await expect(
      never.fit({ ...rows, features: { ...features, categories: Int32Array.of(0, 1, 3, 0) } }, { seed: 1 }),
    ).rejects.toThrow("category topic is 3 in row 2; allowed: 0 to 2");
    await expect(never.fit(rows, { seed: 1, validation: { ...rows, label: [0] } })).rejects.toThrow(
      "label holds 1 values; expected 4",
    );
    await expect(
      retriever(() => expect.unreachable("fit was called")).fit(
        { ...taken, item: Int32Array.of(0, 1, 9) },
        { seed: 1 },
      ),
    ).rejects.toThrow("item is 9 in interaction 2; allowed: 0 to 2");
  });

  it("rows to score of another schema, with NaN, or of users that do not exist are refused", async () => {
    const fitted = await ranker(always(0.5)).fit(rows, { seed: 1 });
    const other = matrixOf(schemaOf({ genre: 3 }, ["age"]), 1, () => ({ categories: [0], numbers: [0] }));
    expect(() => fitted.score(other)).toThrow("categories do not match the model's: found genre; expected topic");
    expect(() => fitted.score({ ...features, numbers: Float32Array.of(0, 0, Infinity, 0) })).toThrow(
      "number age is Infinity in row 2",
    );
    const users = await retriever(async () => () => new Float32Array(3)).fit(taken, { seed: 1 });
    expect(() => users.score(Int32Array.of(2))).toThrow("user is 2; allowed: 0 to 1");
  });

  it.each<[string, unknown, string]>([
    ["of another length", async () => () => new Float32Array(3), "mine gave 3 scores; expected 4, one per row"],
    ["NaN", always(NaN), "mine: score 0 is NaN; allowed: probabilities, 0 to 1"],
    ["above 1", always(1.5), "mine: score 0 is 1.5; allowed: probabilities, 0 to 1"],
    ["of another type", async () => () => [0, 0, 0, 0], "mine: the scores are of type Array; allowed: a Float32Array"],
    [
      "promised",
      async () => async () => new Float32Array(4),
      "mine: the scores are a promise; allowed: a Float32Array",
    ],
  ])("scores are refused that are %s", async (_, fit, message) => {
    const fitted = await ranker(fit).fit(rows, { seed: 1 });
    expect(() => fitted.score(features)).toThrow(message);
  });

  it("retrievers' scores may be any finite number, one for each user and item", async () => {
    const scoring = (values: readonly number[]) =>
      retriever(async () => () => Float32Array.from(values)).fit(taken, { seed: 1 });
    expect((await scoring([-5, 7, 0])).score(Int32Array.of(1))).toEqual(Float32Array.of(-5, 7, 0));
    expect((await scoring([-5, 7, 0])).score.bind(undefined, Int32Array.of(0, 1))).toThrow(
      "mine gave 3 scores; expected 6, 2 users × 3 items",
    );
    expect((await scoring([-5, Infinity, 0])).score.bind(undefined, Int32Array.of(1))).toThrow(
      "mine: score 1 is Infinity; allowed: finite numbers",
    );
  });

  it("a fit that gives no function is refused, and an abort ends one that never looks", async () => {
    await expect(ranker(async () => 5).fit(rows, { seed: 1 })).rejects.toThrow(
      "mine: fit gave a value of type number; allowed: a function",
    );
    const controller = new AbortController();
    const stopping = ranker(async () => {
      controller.abort(new Error("stopped by the test"));
      return () => new Float32Array(4);
    }).fit(rows, { seed: 1 }, { signal: controller.signal });
    await expect(stopping).rejects.toThrow("stopped by the test");
  });
});
