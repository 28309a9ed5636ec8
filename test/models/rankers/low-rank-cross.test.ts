import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dcnMix, dnn } from "../../../src/models/rankers/dcn/kind.js";
import { fitDcn, predictDcn } from "../../../src/models/rankers/dcn/dcn.js";
import { encode, tableSizes } from "../../../src/models/network/encoding.js";
import { lossAndGradients, type ArrayInput } from "../../../src/models/network/layers/layers.js";
import { lowRankCrossLayer, makeLowRank } from "../../../src/models/rankers/dcn/low-rank-cross.js";
import { exportDcn, loadDcn, saveDcn } from "../../../src/models/rankers/dcn/files.js";
import type { Tensor2D } from "../../../src/models/network/tensor-types.js";
import { openOnnx } from "../../../src/serving/rank/onnx.js";
import { keyOf, normal } from "../../../src/random.js";
import { fakeImpressions } from "../../support/fake-rows.js";

const noise = (shape: readonly number[], name: string): ArrayInput => ({
  shape,
  values: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => normal(keyOf(1, name), i)),
});

describe("a low-rank cross layer", () => {
  const [n, width, rank, experts] = [3, 4, 2, 3];
  const inputs = [
    noise([n, width], "x0"),
    noise([n, width], "x"),
    ...makeLowRank("cross0", width, { rank, experts }, 1).map((p) => ({
      ...p,
      values: p.values.map((v, j) => v + 0.3 * normal(5, j)),
    })),
  ];

  /** Σ of squares of the paper's formula in float64: expert by expert, each with its own product and bias. */
  const oracle = ([x0, x, v, c, u, b, g]: readonly ArrayLike<number>[]): number => {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const row = Array.from({ length: width }, (_, d) => x![i * width + d]!);
      const powers = Array.from({ length: experts }, (_, e) =>
        Math.exp(row.reduce((s, value, d) => s + value * g![d * experts + e]!, 0)),
      );
      const total = powers.reduce((p, q) => p + q);
      const out = row.slice();
      for (let e = 0; e < experts; e++) {
        const down = Array.from({ length: rank }, (_, r) =>
          Math.tanh(row.reduce((s, value, d) => s + value * v![d * experts * rank + e * rank + r]!, 0)),
        );
        const core = Array.from({ length: rank }, (_, r) =>
          Math.tanh(down.reduce((s, value, q) => s + value * c![(e * rank + q) * rank + r]!, 0)),
        );
        for (let d = 0; d < width; d++)
          out[d]! +=
            (powers[e]! / total) *
            x0![i * width + d]! *
            core.reduce((s, value, r) => s + value * u![(e * rank + r) * width + d]!, b![d]!);
      }
      sum += out.reduce((s, value) => s + value * value, 0);
    }
    return sum;
  };

  it("is the paper's formula, and its gradients are what finite differences give", () => {
    const { loss, gradients } = lossAndGradients(inputs, (x0, x, ...p) =>
      lowRankCrossLayer(x0 as Tensor2D, x as Tensor2D, p, { rank, experts })
        .square()
        .sum(),
    );
    const raw = inputs.map(({ values }) => values);
    expect(loss / oracle(raw)).toBeCloseTo(1, 4);
    raw.forEach((values, which) =>
      values.forEach((_, at) => {
        const moved = (by: number): number =>
          oracle(
            raw.map((some, i) => Float64Array.from(some, (value, j) => (i === which && j === at ? value + by : value))),
          );
        const slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
        expect(Math.abs(gradients[which]![at]! - slope)).toBeLessThan(1e-3 * (1 + Math.abs(slope)));
      }),
    );
  });
});

describe("a ranker with low-rank crosses, and one without crosses", () => {
  const rows = fakeImpressions(3000, 1);
  for (const [name, shape, parameters] of [
    ["low-rank", { crossRank: 4, crossExperts: 2 }, 2 * 5 + 4 + 4],
    ["deep alone", { crossLayers: 0 }, 4 + 4],
  ] as const) {
    it(`${name}: saves and loads to the same bits, is the same in ONNX, and a warm start keeps its layers`, async () => {
      const ranker = await fitDcn(rows, { ...shape, epochs: 1 });
      expect(ranker.dense.length).toBe(parameters);
      const said = predictDcn(ranker, rows.features);
      const dir = await mkdtemp(join(tmpdir(), "low-rank-"));
      await saveDcn(ranker, dir);
      const loaded = await loadDcn(dir);
      expect(predictDcn(loaded, rows.features)).toEqual(said);
      await exportDcn(loaded, dir);
      const graph = await openOnnx(join(dir, "ranker.onnx"), {
        tableSizes: tableSizes(ranker.encoding),
        numbers: ranker.encoding.means.length,
        outputs: { click_probability: 1, watch_ms: 1 },
      });
      const out = await graph.run(encode(rows.features, ranker.encoding));
      said.clickProbability.forEach((p, i) => expect(Math.abs(out["click_probability"]![i]! - p)).toBeLessThan(1e-4));
      await graph.close();
      await rm(dir, { recursive: true, force: true });
      const warm = await fitDcn(rows, { initial: ranker, epochs: 1, crossLayers: 3, crossRank: 7 });
      expect(warm.dense.map((p) => p.shape)).toEqual(ranker.dense.map((p) => p.shape));
      expect(predictDcn(warm, rows.features).clickProbability.every((p) => p > 0 && p < 1)).toBe(true);
    });
  }

  it("stay full matrices where a warm start asks for a rank", async () => {
    const initial = await fitDcn(rows, { epochs: 1 });
    const warm = await fitDcn(rows, { initial, epochs: 1, crossRank: 7 });
    expect(warm.dense.map((p) => p.shape)).toEqual(initial.dense.map((p) => p.shape));
    expect(predictDcn(warm, rows.features).clickProbability.length).toBe(3000);
  });

  it("name a rank that is none", async () => {
    await expect(fitDcn(rows, { crossRank: 1.5 })).rejects.toThrow("crossRank is 1.5; allowed: whole numbers from 0");
  });

  it("are kinds of rankers of their own", async () => {
    const labelled = { features: rows.features, label: rows.click };
    expect((await dnn.fit(labelled, { epochs: 1 })).config.crossLayers).toBe(0);
    const mixed = await dcnMix.fit(labelled, { epochs: 1, crossRank: 3 });
    expect([mixed.config.crossRank, mixed.config.crossExperts]).toEqual([3, 4]);
    expect(dcnMix.score(mixed, rows.features).length).toBe(3000);
  });
});
