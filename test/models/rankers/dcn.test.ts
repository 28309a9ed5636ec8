import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fitDcn, predictDcn, type Dcn } from "../../../src/models/rankers/dcn/dcn.js";
import { encode, encodingFromJson } from "../../../src/models/network/encoding.js";
import { pruneDcn } from "../../../src/models/rankers/dcn/prune.js";
import { exportDcn, dcnCard } from "../../../src/models/rankers/dcn/files.js";
import { readCard } from "../../../src/models/network/training/model-files.js";
import { fakeImpressions, matrixOf, sliceMatrix } from "../../support/fake-rows.js";
import { modelContract } from "../contract/contract.js";
import { rankerUnderTest } from "./ranker-contract.js";

modelContract(rankerUnderTest);

describe("the ranker", () => {
  const rows = fakeImpressions(40_000, 3);
  const later = fakeImpressions(4000, 4);
  let ranker: Dcn;
  let dir = "";
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "ranker-"));
    ranker = await fitDcn(rows, { epochs: 2, batchSize: 256 });
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  /** Mean divergence of predicted from true click chances, in nats. */
  const divergence = (predicted: (i: number) => number): number => {
    let sum = 0;
    later.clickProbability.forEach((p, i) => {
      const q = predicted(i);
      sum += p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q));
    });
    return sum / later.clickProbability.length;
  };

  it("recovers most of what decides a click, the cross of two categories included", () => {
    const { clickProbability } = predictDcn(ranker, later.features);
    const rate = rows.click.reduce((a, b) => a + b, 0) / rows.click.length;
    expect(divergence((i) => clickProbability[i]!)).toBeLessThan(0.35 * divergence(() => rate));
  });

  it("ranks a planted favourite first: the user's topic, high affinity, first position", () => {
    const { schema } = later.features;
    const candidates = matrixOf(schema, 20, (i) => ({
      categories: [12, 30 + i, 0, i === 13 ? 0 : 1 + (i % 5), 0],
      numbers: [i === 13 ? 1.5 : 0, 0, 0],
    }));
    const { clickProbability } = predictDcn(ranker, candidates);
    expect(clickProbability.indexOf(Math.max(...clickProbability))).toBe(13);
  });

  it("learns the position bias", () => {
    const { schema } = later.features;
    const places = matrixOf(schema, 2, (i) => ({ categories: [12, 30, 0, 0, i === 0 ? 0 : 9], numbers: [0, 0, 0] }));
    const { clickProbability } = predictDcn(ranker, places);
    expect(clickProbability[0]! - clickProbability[1]!).toBeGreaterThan(0.05);
  });

  it("predicts the mean watch time of a click, not its median, and sums to what was watched", () => {
    const { watchMs } = predictDcn(ranker, later.features);
    let truth = 0,
      predicted = 0,
      error = 0;
    later.meanWatchMs.forEach((mean, i) => {
      truth += mean;
      predicted += watchMs[i]!;
      error += Math.abs(Math.log(watchMs[i]! / mean));
    });
    expect(predicted / truth).toBeGreaterThan(0.85); // the median would give 0.69
    expect(predicted / truth).toBeLessThan(1.15);
    expect(error / 4000).toBeLessThan(0.25); // knowing nothing: 0.4
  });

  it("keeps predictions positive and finite on rows unlike any seen", () => {
    const odd = matrixOf(later.features.schema, 2, (i) => ({
      categories: [0, 0, 0, 0, 0],
      numbers: [i ? 1e30 : -1e30, 1e30, -1e30],
    }));
    const { clickProbability, watchMs } = predictDcn(ranker, odd);
    for (const p of clickProbability) expect(p > 0 && p < 1).toBe(true);
    for (const ms of watchMs) expect(ms > 0 && Number.isFinite(ms)).toBe(true);
  });

  it("weighs rows: what weighs nothing is not learned", async () => {
    const half = fakeImpressions(4000, 5);
    const click = half.click.map((c, i) => (i % 2 ? 1 - c : c)); // odd rows lie
    const weight = Float32Array.from(click, (_, i) => (i % 2 ? 0 : 1));
    const told = await fitDcn({ features: half.features, click, watchMs: half.watchMs, weight }, { epochs: 4 });
    const { clickProbability } = predictDcn(told, later.features);
    const mean = clickProbability.reduce((a, b) => a + b, 0) / 4000;
    const rate = half.click.reduce((a, b) => a + b, 0) / 4000;
    expect(Math.abs(mean - rate)).toBeLessThan(0.05);
  });

  it("goes on from an earlier ranker: better than that at once, old ids keep their rows, new ids get some", async () => {
    const more = fakeImpressions(4000, 6);
    const stretched = {
      ...more,
      features: {
        ...more.features,
        schema: {
          ...more.features.schema,
          categories: more.features.schema.categories.map((c) => (c.name === "video" ? { ...c, cardinality: 600 } : c)),
        },
      },
    };
    for (let i = 0; i < 50; i++) stretched.features.categories[i * 5 + 1] = 555;
    const before = dcnCard(ranker).id;
    const warm = await fitDcn(stretched, { initial: ranker, epochs: 1, learningRate: 1e-3 });
    const cold = await fitDcn(stretched, { epochs: 1 });
    expect(warm.encoding.rowOf[1]![555]).toBe(ranker.input.tables[1]!.rows);
    expect(warm.input.tables[1]!.rows).toBe(ranker.input.tables[1]!.rows + 1);
    expect(warm.watchUnitMs).toBe(ranker.watchUnitMs);
    const [warmed, colder] = [warm, cold].map((model) => predictDcn(model, later.features).clickProbability);
    expect(divergence((i) => warmed![i]!)).toBeLessThan(divergence((i) => colder![i]!));
    expect(dcnCard(ranker).id).toBe(before); // the initial one is left as it was
  });

  it("pruned to half of its neurons and columns and fine-tuned, it is nearly as good; unpruned shares change nothing", async () => {
    const whole = pruneDcn(ranker, { neurons: 1, columns: 1 });
    expect(predictDcn(whole, later.features).clickProbability).toEqual(
      predictDcn(ranker, later.features).clickProbability,
    );
    const pruned = pruneDcn(ranker, { neurons: 0.5, columns: 0.5 });
    expect(pruned.config.deep).toEqual([32, 16]);
    expect(pruned.input.tables.every(({ dims }) => dims > 0)).toBe(true);
    expect(pruned.input.width).toBeLessThan(0.6 * ranker.input.width + 3);
    const tuned = await fitDcn(rows, { initial: pruned, epochs: 1, batchSize: 256, learningRate: 1e-3 });
    expect(tuned.input.width).toBe(pruned.input.width);
    const [before, after, best] = [pruned, tuned, ranker].map((model) => {
      const { clickProbability } = predictDcn(model, later.features);
      return divergence((i) => clickProbability[i]!);
    });
    expect(after!).toBeLessThan(before!);
    expect(after!).toBeLessThan(1.25 * best!);
    expect(() => pruneDcn(ranker, { neurons: 0, columns: 1 })).toThrow("neurons: 0; allowed: above 0 to 1");
  });

  it("learns a teacher's chances: fewer rows than labels need", async () => {
    const few = fakeImpressions(4_000, 5);
    const soft = { features: few.features, click: few.clickProbability, watchMs: few.meanWatchMs, soft: true };
    const [student, alone] = await Promise.all([soft, few].map((some) => fitDcn(some, { epochs: 4, batchSize: 256 })));
    const of = (model: Dcn): number => {
      const { clickProbability } = predictDcn(model, later.features);
      return divergence((i) => clickProbability[i]!);
    };
    expect(of(student!)).toBeLessThan(0.8 * of(alone!));
    await expect(fitDcn({ ...soft, soft: false })).rejects.toThrow(/click is .*; allowed: 0, 1/);
  });

  it("is never surer than one in ten million, here and as ONNX, however far its logits go", async () => {
    const sure = {
      ...ranker,
      dense: ranker.dense.map((p) => (p.name === "click/weight" ? { ...p, values: p.values.map((w) => 1e4 * w) } : p)),
    };
    const some = sliceMatrix(later.features, 0, 50);
    const { clickProbability } = predictDcn(sure, some);
    await exportDcn(sure, dir);
    const session = await InferenceSession.create(join(dir, "ranker.onnx"));
    const rowsIn = encode(some, ranker.encoding);
    const out = await session.run({
      categories: new Tensor("int32", rowsIn.categories, [50, 5]),
      numbers: new Tensor("float32", rowsIn.numbers, [50, 3]),
    });
    for (const said of [clickProbability, out.click_probability!.data as Float32Array]) {
      expect(Math.min(...said)).toBe(Math.fround(1e-7));
      expect(Math.max(...said)).toBe(Math.fround(1 - 1e-7));
    }
    await session.release();
  });

  it("as ONNX says the same as here, row by row, ids never seen included", async () => {
    const id = await exportDcn(ranker, dir);
    const card = await readCard(dir, "ranker");
    expect(card.id).toBe(id);
    const session = await InferenceSession.create(join(dir, "ranker.onnx"));
    const some = sliceMatrix(later.features, 0, 500);
    some.categories[1] = 499;
    const rowsIn = encode(some, encodingFromJson(card.encodings.ranker!));
    const out = await session.run({
      categories: new Tensor("int32", rowsIn.categories, [500, 5]),
      numbers: new Tensor("float32", rowsIn.numbers, [500, 3]),
    });
    const { clickProbability, watchMs } = predictDcn(ranker, some);
    expect(out.click_probability!.dims).toEqual([500]);
    clickProbability.forEach((p, i) =>
      expect(Math.abs(p - (out.click_probability!.data as Float32Array)[i]!)).toBeLessThan(1e-4),
    );
    watchMs.forEach((ms, i) => expect(Math.abs((out.watch_ms!.data as Float32Array)[i]! / ms - 1)).toBeLessThan(1e-4));
    const bytes = await readFile(join(dir, "ranker.onnx"));
    await exportDcn(ranker, dir);
    expect(await readFile(join(dir, "ranker.onnx"))).toEqual(bytes);
    await session.release();
  });
});
