import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encodingToJson, fitEncoding } from "../../../src/models/network/encoding.js";
import type { Encoding } from "../../../src/models/network/encoding.js";
import { cardOf, saveCard } from "../../../src/models/network/training/model-files.js";
import { openLearnedFunnel } from "../../../src/serving/learned-funnel.js";
import { openRanker, openTowers } from "../../../src/serving/rank/served-models.js";
import type { FeatureMatrix } from "../../../src/types.js";
import { dims, fakeStore } from "../fake-store.js";
import { fakeCatalogue, fakeRequests, pageOf } from "../fakes.js";
import { tinyRanker, tinyTower } from "./tiny-onnx.js";

const catalogue = fakeCatalogue({ creators: 60 });
const store = fakeStore(catalogue);
const all = Int32Array.from({ length: 60 }, (_, video) => video);
const rows = {
  query: store.queryRows(
    fakeRequests(
      0,
      Array.from({ length: 20 }, (_, user) => user),
    ),
  ),
  candidate: store.candidateRows(all),
  ranker: store.rankRows(fakeRequests(0, [0, 1, 2]), {
    count: 3,
    width: 60,
    video: Int32Array.from([...all, ...all, ...all]),
    source: new Uint8Array(180),
  }),
};
const fitted = (matrix: FeatureMatrix): Encoding => fitEncoding(matrix, { minCount: 1 });
const curve = { points: [], best: 0, stoppedEarly: false };

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "stagecraft-served-"));
  const towers = { query: encodingToJson(fitted(rows.query)), candidate: encodingToJson(fitted(rows.candidate)) };
  await saveCard(dir, cardOf("two-tower", { config: { dim: dims }, encodings: towers, curve }, []));
  const encodings = { ranker: encodingToJson(fitted(rows.ranker)) };
  await saveCard(dir, cardOf("ranker", { config: {}, encodings, curve }, []));
  await writeFile(join(dir, "query-tower.onnx"), tinyTower(1, dims));
  await writeFile(join(dir, "candidate-tower.onnx"), tinyTower(1, dims));
  // out-of-vocabulary 0, then users and videos share the table: the mean of both rows' entries
  await writeFile(
    join(dir, "ranker.onnx"),
    tinyRanker(
      2,
      1,
      Array.from({ length: 61 }, (_, row) => row * 100),
    ),
  );
});
afterEach(() => rm(dir, { recursive: true }));

describe("served models", () => {
  it("predict from raw features: encoded by the card, computed by the graph", async () => {
    const ranker = await openRanker(dir);
    const encoding = fitted(rows.ranker);
    const predicted = await ranker.predict(rows.ranker);
    for (const row of [0, 61, 179]) {
      const z = (rows.ranker.numbers[row]! - encoding.means[0]!) / encoding.deviations[0]!;
      expect(predicted.clickProbability[row]).toBeCloseTo(1 / (1 + Math.exp(-z)), 5);
      const [user, video] = [rows.ranker.categories[2 * row]!, rows.ranker.categories[2 * row + 1]!];
      expect(predicted.watchMs[row]).toBeCloseTo((100 * (user + 1 + video + 1)) / 2, 3);
    }
    await ranker.close();
  });

  it("answer two calls at once as they answer each alone", async () => {
    const towers = await openTowers(dir);
    const alone = [
      await towers.embedCandidates(rows.candidate),
      await towers.embedCandidates(store.candidateRows(all.slice().reverse())),
    ];
    const together = await Promise.all([
      towers.embedCandidates(rows.candidate),
      towers.embedCandidates(store.candidateRows(all.slice().reverse())),
    ]);
    expect(together).toEqual(alone);
    expect(alone[0]).not.toEqual(alone[1]);
    await towers.close?.();
  });

  it("serve pages as a funnel, time them, and give way to another ranker", async () => {
    const open = (): ReturnType<typeof openLearnedFunnel> =>
      openLearnedFunnel({
        catalogue,
        store: fakeStore(catalogue),
        seed: 1,
        twoTowerDir: dir,
        rankerDir: dir,
        config: { candidates: 60, rerank: { temperature: 0, mmrLambda: 1, slots: 3 } },
      });
    const policy = await open();
    await policy.openDay(0, undefined);
    const before = pageOf(await policy.recommend(fakeRequests(0, [4])), 0);
    await writeFile(
      join(dir, "ranker.onnx"),
      tinyRanker(
        2,
        1,
        Array.from({ length: 61 }, (_, row) => (row === 8 ? 1e8 : 1)),
      ),
    );
    const other = await policy.withRanker(dir);
    await other.openDay(1, undefined);
    const after = pageOf(await other.recommend(fakeRequests(1, [4])), 0);
    expect(after[0]).toBe(7); // table row 8 is video 7
    expect(after).not.toEqual(before);
    await writeFile(join(dir, "ranker.onnx"), "garbage");
    await expect(other.withRanker(dir)).rejects.toThrow(/damaged model .*ranker\.onnx/);
    expect(pageOf(await other.recommend(fakeRequests(1, [4])), 0)).toEqual(after); // still serving
    await other.close();
  });

  it("say what is missing or does not fit", async () => {
    await writeFile(join(dir, "candidate-tower.onnx"), tinyTower(1, dims + 1));
    await expect(openTowers(dir)).rejects.toThrow(
      /candidate-tower\.onnx does not match its sidecar: input numbers has shape \[n, 5\]; expected \[n, 4\]/,
    );
    await rm(join(dir, "ranker.onnx"));
    await expect(openRanker(dir)).rejects.toThrow(/no model at .*ranker\.onnx/);
    await writeFile(join(dir, "ranker.json"), "{}");
    await expect(openRanker(dir)).rejects.toThrow(/damaged model .*ranker\.json/);
    await rm(join(dir, "ranker.json"));
    await expect(openRanker(dir)).rejects.toThrow(/no complete model at .*ranker\.json: train it first/);
  });
});
