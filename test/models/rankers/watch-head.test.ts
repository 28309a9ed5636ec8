import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { encode, tableSizes } from "../../../src/models/network/encoding.js";
import { exportMultiTask } from "../../../src/models/rankers/multi-task/files.js";
import { type MultiTaskRows } from "../../../src/models/rankers/multi-task/rows.js";
import { fitMultiTask, predictTasks, type MultiTask } from "../../../src/models/rankers/multi-task/multi-task.js";
import {
  watchBasis,
  watchLoss,
  watchMsOf,
  watchTarget,
  watchTargets,
  type WatchLabels,
  type WatchTarget,
} from "../../../src/models/rankers/watch-head.js";
import { exponential, keyOf, uniform, uniformInt } from "../../../src/random.js";
import { openOnnx } from "../../../src/serving/rank/onnx.js";
import { matrixOf, schemaOf } from "../../support/fake-rows.js";

/** Interest in ms by topic, whatever the length; videos of one topic are short or long. */
const interestMs = [20_000, 60_000];
const durationsMs = [10_000, 120_000];

/** Impressions of videos whose interest and length are independent; what is watched ends with the interest or with the video. */
function censoredRows(count: number, seed: number): MultiTaskRows & { readonly kind: (row: number) => number } {
  const key = keyOf(seed, "censored watches");
  const topic = (i: number): number => uniformInt(2, key, i, 0);
  const long = (i: number): number => uniformInt(2, key, i, 1);
  const click = Uint8Array.from({ length: count }, (_, i) => (uniform(key, i, 2) < 0.4 ? 1 : 0));
  const durationMs = Int32Array.from(click, (_, i) => durationsMs[long(i)]!);
  const watchMs = Int32Array.from(click, (clicked, i) =>
    clicked ? Math.min(durationMs[i]!, 1 + interestMs[topic(i)]! * exponential(key, i, 3)) : 0,
  );
  const features = matrixOf(schemaOf({ topic: 2, long: 2 }, []), count, (i) => ({
    categories: [topic(i), long(i)],
    numbers: [],
  }));
  const none = new Uint8Array(count);
  return {
    features,
    click,
    watchMs,
    durationMs,
    like: none,
    hide: none,
    conversion: none,
    kind: (i) => 2 * topic(i) + long(i),
  };
}

/** Derivative of the mean loss where one logit stands for all rows, and the prediction of that logit given a click. */
function constant(
  rows: WatchLabels,
  target: WatchTarget,
  logit: number,
): { readonly slope: number; readonly clickMs: number } {
  const basis = watchBasis(rows, target);
  const labels = Array.from(rows.click, (_, row) => watchTarget(rows, row, target, basis));
  const gradient = new Float32Array(labels.length);
  const head = { logits: new Float32Array(labels.length).fill(logit), gradient, from: 0, by: 1 };
  watchLoss(
    head,
    Float32Array.from(labels, ({ amount }) => amount),
    Float32Array.from(labels, (label) => label.target),
    target,
  );
  return {
    slope: gradient.reduce((a, b) => a + b) / labels.length,
    clickMs: watchMsOf(logit, 1, target, basis.unitMs),
  };
}

describe("the watch head's loss", () => {
  const rows: WatchLabels = {
    click: [1, 1, 1, 0, 1],
    watchMs: [4000, 10_000, 6000, 9000, 10_000],
    durationMs: [10_000, 10_000, 60_000, 60_000, 20_000],
  };

  it("censored, is least where interest is the time watched a stop: a full watch counts as time, not as a stop", () => {
    const unit = watchBasis(rows, "censored").unitMs;
    const best = Math.log(unit / (30_000 / 3)); // 4 + 10 + 6 + 10 s were watched, three of the four clicks stopped
    expect(constant(rows, "censored", best).slope).toBeCloseTo(0, 6);
    expect(constant(rows, "censored", best).clickMs).toBeCloseTo(10_000, 1);
    expect(constant(rows, "censored", best - 0.1).slope).toBeLessThan(-0.01);
    expect(constant(rows, "censored", best + 0.1).slope).toBeGreaterThan(0.01);
  });

  it("weighted, is least where the odds are the mean watch of an impression", () => {
    const best = Math.log(30_000 / 5 / watchBasis(rows, "weighted").unitMs);
    expect(constant(rows, "weighted", best).slope).toBeCloseTo(0, 6);
    expect(constant(rows, "weighted", best).clickMs).toBeCloseTo(6000, 1);
  });

  it("stays finite where nobody ever stopped, or nothing was watched", () => {
    for (const watchMs of [
      [10_000, 60_000],
      [0, 0],
    ]) {
      const odd: WatchLabels = { click: [1, 1], watchMs, durationMs: [10_000, 60_000] };
      for (const target of watchTargets) {
        const { slope, clickMs } = constant(odd, target, 0.5);
        expect([Number.isFinite(slope), clickMs > 0 && Number.isFinite(clickMs)]).toEqual([true, true]);
      }
    }
  });
});

describe("watch time cut short by the video's length", () => {
  const train = censoredRows(40_000, 1);
  const later = censoredRows(4000, 2);
  const fitted = {} as Record<WatchTarget, MultiTask>;
  beforeAll(async () => {
    for (const watchTarget of watchTargets)
      fitted[watchTarget] = await fitMultiTask(train, {
        watchTarget,
        epochs: 3,
        experts: 2,
        expertWidth: 8,
        towerWidth: 8,
        learningRate: 1e-2,
        finalRate: 0.02,
      });
  });

  /** Mean predicted watch of a click, by topic and length. */
  const clickMs = (target: WatchTarget): number[] => {
    const { watch, click } = predictTasks(fitted[target], later.features);
    return [0, 1, 2, 3].map((kind) => {
      const some = Array.from(watch.keys()).filter((i) => later.kind(i) === kind);
      return some.reduce((sum, i) => sum + watch[i]! / click[i]!, 0) / some.length;
    });
  };

  it("is far below interest in its mean, most of all for short videos", () => {
    [0, 1, 2, 3].forEach((kind) => {
      const some = Array.from(train.click as Uint8Array).flatMap((clicked, i) =>
        clicked && train.kind(i) === kind ? [train.watchMs[i]!] : [],
      );
      const [interest, duration] = [interestMs[kind >> 1]!, durationsMs[kind & 1]!];
      const expected = interest * (1 - Math.exp(-duration / interest)); // E[min(W, D)]
      expect(Math.abs(some.reduce((a, b) => a + b) / some.length / expected - 1)).toBeLessThan(0.05);
      if (duration < interest) expect(expected).toBeLessThan(0.5 * interest);
    });
  });

  it("censored, is recovered as interest, the same for short and long videos", () => {
    clickMs("censored").forEach((ms, kind) => expect(Math.abs(ms / interestMs[kind >> 1]! - 1)).toBeLessThan(0.15));
  });

  it("weighted, is what will be watched, which ranks a long dull video above a short good one", () => {
    const [, dullLong, goodShort] = clickMs("weighted");
    const [, dullLongInterest, goodShortInterest] = clickMs("censored");
    expect(dullLong).toBeGreaterThan(1.3 * goodShort!);
    expect(dullLongInterest).toBeLessThan(0.7 * goodShortInterest!);
  });

  it("is the same in ONNX, of a click and in the value", async () => {
    const model = fitted.censored;
    const dir = await mkdtemp(join(tmpdir(), "watch-head-"));
    await exportMultiTask(model, dir);
    const graph = await openOnnx(join(dir, "ranker.onnx"), {
      tableSizes: tableSizes(model.encoding),
      numbers: 0,
      outputs: { watch_ms: 1, click_probability: 1 },
    });
    const out = await graph.run(encode(later.features, model.encoding));
    const { watch, click } = predictTasks(model, later.features);
    for (let i = 0; i < 200; i++) {
      expect(Math.abs(out["watch_ms"]![i]! / (watch[i]! / click[i]!) - 1)).toBeLessThan(1e-4);
      expect(Math.abs(out["click_probability"]![i]! - click[i]!)).toBeLessThan(1e-5);
    }
    await graph.close();
    await rm(dir, { recursive: true, force: true });
  });
});
