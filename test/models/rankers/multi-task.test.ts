import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lossAndGradients, type ArrayInput } from "../../../src/models/network/layers/layers.js";
import { exportMultiTask, loadMultiTask, saveMultiTask } from "../../../src/models/rankers/multi-task/files.js";
import {
  makeMultiTaskDense,
  multiTaskLoss,
  sharings,
  taskLogits,
  tasks,
  type Sharing,
} from "../../../src/models/rankers/multi-task/network.js";
import { labelOf, type MultiTaskRows } from "../../../src/models/rankers/multi-task/rows.js";
import { loopLoss } from "../../../src/models/network/layers/losses.js";
import { fitMultiTask, predictTasks, type MultiTask } from "../../../src/models/rankers/multi-task/multi-task.js";
import type { Tensor2D } from "../../../src/models/network/tensor-types.js";
import type { WatchTarget } from "../../../src/models/rankers/watch-head.js";
import { taskValue, type ValueWeights } from "../../../src/models/rankers/value.js";
import { openOnnx } from "../../../src/serving/rank/onnx.js";
import { createRank } from "../../../src/serving/rank/rank.js";
import { openRanker } from "../../../src/serving/rank/served-models.js";
import { encode, tableSizes } from "../../../src/models/network/encoding.js";
import { keyOf, normal, uniform } from "../../../src/random.js";
import { fakeImpressions, replaced } from "../../support/fake-rows.js";
import { modelContract } from "../contract/contract.js";

/** Fake impressions with likes where the affinity is high, hides where it is low, and rare conversions of clicks. */
function fakeRows(count: number, seed: number): MultiTaskRows & ReturnType<typeof fakeImpressions> {
  const fake = fakeImpressions(count, seed);
  const key = keyOf(seed, "fake tasks");
  const affinity = (i: number): number => fake.features.numbers[3 * i]!;
  const drawn = (purpose: number, chance: (i: number) => number): Uint8Array =>
    Uint8Array.from(fake.click, (_, i) => (uniform(key, i, purpose) < chance(i) ? 1 : 0));
  const like = drawn(1, (i) => (fake.click[i] ? 0.6 / (1 + Math.exp(-2 * affinity(i))) : 0));
  const hide = drawn(2, (i) => 0.3 / (1 + Math.exp(2 + 2 * affinity(i))));
  const conversion = drawn(3, (i) => (fake.click[i] ? 0.05 : 0));
  return { ...fake, durationMs: new Int32Array(count).fill(60_000), like, hide, conversion };
}

const rows = fakeRows(1500, 1);
modelContract<MultiTask>({
  name: "the multi-task ranker",
  fit: (seed, control) => fitMultiTask(rows, { epochs: 1, experts: 2, expertWidth: 8, towerWidth: 4, seed }, control),
  predict: (model, matrix) => {
    const predicted = predictTasks(model, matrix);
    return Float32Array.from(
      { length: tasks.length * matrix.count },
      (_, i) => predicted[tasks[i % tasks.length]!][Math.floor(i / tasks.length)]!,
    );
  },
  rows: fakeImpressions(50, 2).features,
  save: saveMultiTask,
  load: loadMultiTask,
  damaged: {
    "a like of 2": {
      fit: () => fitMultiTask({ ...rows, like: replaced(rows.like as Uint8Array, 3, 2) }),
      message: "like is 2 in row 3; allowed: 0, 1",
    },
    "a negative duration": {
      fit: () => fitMultiTask({ ...rows, durationMs: new Int32Array(1500).fill(-1) }),
      message: "durationMs is -1 in row 0; allowed: finite, 0 or more",
    },
    "hides of another length": {
      fit: () => fitMultiTask({ ...rows, hide: [1] }),
      message: "hide holds 1 values; expected 1500",
    },
    "a set without clicks": {
      fit: () => fitMultiTask({ ...rows, click: new Uint8Array(1500) }),
      message: "click is 0 in all 1500 rows",
    },
    "an unknown treatment of watch time": {
      fit: () => fitMultiTask(rows, { watchTarget: "tobit" as WatchTarget }),
      message: "unknown watchTarget: tobit; known: weighted, censored",
    },
    "an unknown sharing": {
      fit: () => fitMultiTask(rows, { sharing: "ple" as Sharing }),
      message: "unknown sharing: ple; known: shared-bottom, mmoe",
    },
    "a negative task weight": {
      fit: () =>
        fitMultiTask(rows, { taskWeights: { click: -1, longWatch: 1, watch: 1, like: 1, hide: 1, conversion: 1 } }),
      message: "click is -1; allowed: numbers from 0",
    },
  },
});

const noise = (shape: readonly number[], name: string): ArrayInput => ({
  shape,
  values: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => normal(keyOf(1, name), i)),
});

for (const sharing of sharings) {
  describe(`the ${sharing} network`, () => {
    const shape = { sharing, experts: 3, expertWidth: 4, towerWidth: 2, seed: 1 };
    const [n, width, K] = [3, 5, tasks.length];
    const experts = sharing === "mmoe" ? 3 : 1;
    const dense = makeMultiTaskDense(width, shape, [0.2, 0.1, 1, 0.05, 0.02, 0.01]).map((p, i) => ({
      ...p,
      values: p.values.map((value, j) => value + 0.2 * normal(i, j)),
    }));
    const x = noise([n, width], "x");
    const [amounts, targets] = [noise([K, n], "a"), noise([K, n], "y")];

    /** The loss in float64, one row and task at a time; also the least |input| of a relu, which must not be crossed by a difference. */
    const oracle = (parts: readonly ArrayLike<number>[]): number => {
      const [rowsIn, bottom, bottomBias] = parts as [ArrayLike<number>, ArrayLike<number>, ArrayLike<number>];
      const [gate, gateBias] = parts.slice(3);
      const [tower, towerBias, head, headBias] = parts.slice(sharing === "mmoe" ? 5 : 3);
      let loss = 0;
      for (let i = 0; i < n; i++) {
        const row = Array.from({ length: width }, (_, d) => rowsIn[i * width + d]!);
        const hidden = Array.from({ length: experts * 4 }, (_, j) =>
          Math.max(
            0,
            row.reduce((sum, value, d) => sum + value * bottom[d * experts * 4 + j]!, bottomBias[j]!),
          ),
        );
        for (let k = 0; k < K; k++) {
          let mixed = hidden;
          if (sharing === "mmoe") {
            const powers = Array.from({ length: experts }, (_, e) =>
              Math.exp(
                row.reduce(
                  (sum, value, d) => sum + value * gate![d * K * experts + k * experts + e]!,
                  gateBias![k * experts + e]!,
                ),
              ),
            );
            const total = powers.reduce((a, b) => a + b);
            mixed = Array.from({ length: 4 }, (_, j) =>
              powers.reduce((sum, power, e) => sum + (power / total) * hidden[e * 4 + j]!, 0),
            );
          }
          let z = headBias![k]!;
          for (let t = 0; t < 2; t++)
            z +=
              head![k * 2 + t]! *
              Math.max(
                0,
                mixed.reduce((sum, value, j) => sum + value * tower![(k * 4 + j) * 2 + t]!, towerBias![k * 2 + t]!),
              );
          loss += amounts.values[k * n + i]! * Math.log1p(Math.exp(z)) - targets.values[k * n + i]! * z;
        }
      }
      return loss;
    };

    it("has the loss of a naive loop and the gradients that finite differences give", () => {
      const inputs = [x, ...dense];
      const labels = tasks.map((_, k) => ({
        amounts: amounts.values.subarray(k * n, (k + 1) * n),
        targets: targets.values.subarray(k * n, (k + 1) * n),
      }));
      const { loss, gradients } = lossAndGradients(inputs, (input, ...rest) =>
        loopLoss(taskLogits(input as Tensor2D, rest, shape), (logits) => {
          const gradient = new Float32Array(logits.length);
          return { value: multiTaskLoss(logits, labels, gradient, "weighted"), gradient };
        }),
      );
      const raw = inputs.map(({ values }) => values);
      expect(Math.abs(loss - oracle(raw))).toBeLessThan(1e-4 * (1 + Math.abs(loss)));
      raw.forEach((values, which) =>
        values.forEach((_, at) => {
          const moved = (by: number): number =>
            oracle(
              raw.map((some, i) =>
                Float64Array.from(some, (value, j) => (i === which && j === at ? value + by : value)),
              ),
            );
          const slope = (moved(1e-6) - moved(-1e-6)) / 2e-6;
          expect(Math.abs(gradients[which]![at]! - slope)).toBeLessThan(1e-3 * (1 + Math.abs(slope)));
        }),
      );
    });
  });
}

describe("labels", () => {
  it("call a watch long by time, or by share of a short video, and only after a click", () => {
    const few = {
      click: [1, 1, 1, 1, 0],
      watchMs: [30_000, 29_999, 8000, 7999, 50_000],
      durationMs: [90_000, 90_000, 10_000, 10_000, 60_000],
    } as unknown as MultiTaskRows;
    expect(
      [0, 1, 2, 3, 4].map((row) => labelOf(few, "longWatch", row, { longWatchMs: 30_000, longWatchShare: 0.8 })),
    ).toEqual([1, 0, 1, 0, 0]);
  });
});

describe("the multi-task ranker", () => {
  it("predicts each task in the mean, orders likes and hides by affinity, and is the same in ONNX", async () => {
    const train = fakeRows(12_000, 3);
    const later = fakeRows(3000, 4);
    const model = await fitMultiTask(train, { epochs: 3, batchSize: 256, experts: 3, expertWidth: 16, towerWidth: 8 });
    const predicted = predictTasks(model, later.features);
    for (const task of tasks) {
      let truth = 0,
        sum = 0;
      predicted[task].forEach((value, i) => {
        truth +=
          task === "conversion"
            ? 0.05 * later.clickProbability[i]!
            : task === "watch"
              ? later.click[i]
                ? later.watchMs[i]!
                : 0
              : labelOf(later, task, i, model.config); // thirty conversions are too few to count
        sum += value;
      });
      const tolerance = { click: 0.1, longWatch: 0.15, watch: 0.2, like: 0.2, hide: 0.3, conversion: 0.35 }[task];
      expect(Math.abs(sum / truth - 1), task).toBeLessThan(tolerance);
    }
    const meanWhere = (values: Float32Array, high: boolean): number => {
      const some = [...values].filter((_, i) =>
        high ? later.features.numbers[3 * i]! > 0.7 : later.features.numbers[3 * i]! < -0.7,
      );
      return some.reduce((a, b) => a + b, 0) / some.length;
    };
    expect(meanWhere(predicted.like, true)).toBeGreaterThan(3 * meanWhere(predicted.like, false));
    expect(meanWhere(predicted.hide, false)).toBeGreaterThan(3 * meanWhere(predicted.hide, true));

    const dir = await mkdtemp(join(tmpdir(), "multi-task-"));
    await exportMultiTask(model, dir);
    const names = {
      click_probability: "click",
      long_watch: "longWatch",
      like: "like",
      hide: "hide",
      conversion: "conversion",
    } as const;
    const outputs = Object.fromEntries([...Object.keys(names), "watch_ms", "value"].map((name) => [name, 1]));
    const graph = await openOnnx(join(dir, "ranker.onnx"), {
      tableSizes: tableSizes(model.encoding),
      numbers: model.encoding.means.length,
      outputs,
    });
    const out = await graph.run(encode(later.features, model.encoding));
    const value = taskValue(predicted, model.config.value);
    for (let i = 0; i < 500; i++) {
      for (const [name, task] of Object.entries(names))
        expect(Math.abs(out[name]![i]! - predicted[task][i]!)).toBeLessThan(1e-4);
      expect(Math.abs((out["watch_ms"]![i]! * out["click_probability"]![i]!) / predicted.watch[i]! - 1)).toBeLessThan(
        1e-3,
      );
      expect(Math.abs(out["value"]![i]! - value[i]!)).toBeLessThan(1e-3 * (1 + Math.abs(value[i]!)));
    }
    await graph.close();
    const served = await openRanker(dir);
    const said = await served.predict(later.features);
    expect(said.value).toEqual(out["value"]);
    await served.close();
    const candidates = {
      count: 1,
      width: 3000,
      video: Int32Array.from({ length: 3000 }, (_, i) => i),
      source: new Uint8Array(3000),
    };
    const requests = {
      day: 0,
      count: 1,
      request: new Float64Array(1),
      session: new Float64Array(1),
      user: new Int32Array(1),
      page: new Uint8Array(1),
      timeMs: new Int32Array(1),
      device: new Uint8Array(1),
    };
    const rank = createRank({ store: { rankRows: () => later.features }, predict: () => said, objective: "value" });
    expect(await rank(requests, candidates)).toEqual(out["value"]);
    const { value: _none, ...plain } = said;
    const without = createRank({ store: { rankRows: () => later.features }, predict: () => plain, objective: "value" });
    await expect((async () => without(requests, candidates))()).rejects.toThrow("this ranker predicts no value");
    await rm(dir, { recursive: true, force: true });
  });

  it("goes on from an earlier model: better than a fresh one at once, which is left as it was", async () => {
    const shape = { experts: 2, expertWidth: 8, towerWidth: 4 };
    const initial = await fitMultiTask(fakeRows(12_000, 5), { ...shape, epochs: 2 });
    const before = initial.dense[0]!.values.slice();
    const more = fakeRows(1500, 6);
    const warm = await fitMultiTask(more, { initial, epochs: 1, learningRate: 1e-3, towerWidth: 99 });
    const cold = await fitMultiTask(more, { ...shape, epochs: 1, learningRate: 1e-3 });
    const later = fakeRows(3000, 7);
    const logLoss = (model: MultiTask): number =>
      predictTasks(model, later.features).click.reduce((sum, p, i) => sum - Math.log(later.click[i] ? p : 1 - p), 0) /
      3000;
    expect(logLoss(warm)).toBeLessThan(logLoss(cold) - 0.005);
    expect([warm.config.towerWidth, warm.watchUnitMs]).toEqual([4, initial.watchUnitMs]);
    expect(initial.dense[0]!.values).toEqual(before);
  });

  it("values an impression in watch minutes: hides take away, a click alone is worth nothing", () => {
    const one = (task: string, amount: number, weights?: ValueWeights): number =>
      taskValue(
        Object.fromEntries(tasks.map((t) => [t, Float32Array.of(t === task ? amount : 0)])) as Parameters<
          typeof taskValue
        >[0],
        weights,
      )[0]!;
    expect([one("watch", 120_000), one("click", 1), Math.sign(one("hide", 0.5)), Math.sign(one("like", 1))]).toEqual([
      2, 0, -1, 1,
    ]);
    const weights = { click: 0, longWatch: 0.5, watch: 3, like: 1, hide: -5, conversion: 1 };
    expect([
      one("watch", 120_000, weights),
      one("longWatch", 1, weights),
      one("hide", 0.5, weights),
      one("like", 1, weights),
    ]).toEqual([6, 0.5, -2.5, 1]);
  });
});
