import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor as OnnxTensor } from "onnxruntime-node";
import { describe, expect, it, vi } from "vitest";
import { exactSearch } from "../../../src/models/retrievers/exact-search.js";
import { evaluateTensors, lossAndGradients, type ArrayInput } from "../../../src/models/network/layers/layers.js";
import { causalAttention, dropoutMask, layerNorm, type Grid } from "../../../src/models/network/layers/attention.js";
import { exportSasrec, loadSasrec, saveSasrec, sequenceFeeds } from "../../../src/models/retrievers/sasrec/files.js";
import {
  checkSequenceRows,
  layoutOf,
  leastSizes,
  nextRates,
  roundSizes,
  windowsOf,
  type SequenceInputs,
  type LayoutSizes,
  type SequenceRows,
} from "../../../src/models/retrievers/sasrec/rows.js";
import {
  itemEmbeddings,
  makeSasrecDense,
  sequenceEmbeddings,
  sequenceTensors,
} from "../../../src/models/retrievers/sasrec/network.js";
import { embedItems, embedSequences, fitSasrec } from "../../../src/models/retrievers/sasrec/sasrec.js";
import { hasGraphs } from "../../../src/models/network/graph/graph.js";
import { graphStep, inputTensors } from "../../../src/models/network/graph/step.js";
import { tensorflow } from "../../../src/models/network/tensor.js";
import type { Tensor1D, Tensor2D } from "../../../src/models/network/tensor-types.js";
import { keyOf, normal, uniformInt } from "../../../src/random.js";
import { matrixOf, schemaOf } from "../../support/fake-rows.js";

vi.mock(import("../../../src/models/network/graph/step.js"), async (original) => {
  const real = await original();
  return { ...real, graphStep: vi.fn(real.graphStep) }; // so that a test can do without
});

const noise = (shape: readonly number[], name: string): ArrayInput => ({
  shape,
  values: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => normal(keyOf(1, name), i)),
});

/** Attention in float64, one place at a time. */
function attentionOracle(
  x: ArrayLike<number>,
  weights: readonly ArrayLike<number>[],
  sequences: number,
  length: number,
  dim: number,
  heads: number,
): number[] {
  const linear = (row: ArrayLike<number>, at: number): number[] =>
    Array.from({ length: dim }, (_, j) =>
      Array.from({ length: dim }, (_, k) => row[k]! * weights[at]![k * dim + j]!).reduce(
        (a, b) => a + b,
        weights[at + 1]![j]!,
      ),
    );
  const out: number[] = [];
  const size = dim / heads;
  for (let s = 0; s < sequences; s++) {
    const rows = Array.from({ length }, (_, t) =>
      Array.from({ length: dim }, (_, d) => x[(s * length + t) * dim + d]!),
    );
    const [q, k, v] = [0, 2, 4].map((at) => rows.map((row) => linear(row, at)));
    for (let t = 0; t < length; t++) {
      const mixed = new Array<number>(dim).fill(0);
      for (let head = 0; head < heads; head++) {
        const dims = Array.from({ length: size }, (_, i) => head * size + i);
        const powers = Array.from({ length: t + 1 }, (_, key) =>
          Math.exp(dims.reduce((sum, d) => sum + q![t]![d]! * k![key]![d]!, 0) / Math.sqrt(size)),
        );
        const sum = powers.reduce((a, b) => a + b);
        for (const d of dims) mixed[d] = powers.reduce((total, power, key) => total + (power / sum) * v![key]![d]!, 0);
      }
      out.push(...linear(mixed, 6));
    }
  }
  return out;
}

/** A grid of whole lines. */
function fullGrid(sequences: number, length: number): Grid {
  const all = (): Tensor2D =>
    tensorflow().tensor2d(
      Int32Array.from({ length: sequences * length }, (_, i) => i),
      [sequences * length, 1],
    );
  return { sequences, cells: all(), rows: all() };
}

describe("causal attention", () => {
  for (const heads of [1, 2]) {
    it(`with ${heads} head(s) is what a loop over places says`, () => {
      const x = noise([6, 4], "x");
      const weights = [0, 1, 2, 3].flatMap((i) => [noise([4, 4], `w${i}`), noise([4], `b${i}`)]);
      const [out] = evaluateTensors([x, ...weights], (input, ...p) => [
        causalAttention(input as Tensor2D, p, heads, fullGrid(2, 3)),
      ]);
      attentionOracle(
        x.values,
        weights.map(({ values }) => values),
        2,
        3,
        4,
        heads,
      ).forEach((value, i) => expect(out![i]).toBeCloseTo(value, 4));
    });
  }
});

describe("layer norm", () => {
  const inputs = [noise([3, 5], "x"), noise([5], "gain"), noise([5], "shift")];
  const oracle = ([x, gain, shift]: readonly ArrayLike<number>[]): number[] =>
    Array.from({ length: 15 }, (_, at) => {
      const row = Array.from({ length: 5 }, (_, d) => x![Math.floor(at / 5) * 5 + d]!);
      const mean = row.reduce((a, b) => a + b) / 5;
      const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 5;
      return ((x![at]! - mean) / Math.sqrt(variance + 1e-5)) * gain![at % 5]! + shift![at % 5]!;
    });

  it("is the formula, and its gradients are what finite differences give", () => {
    const cubes = (...values: readonly ArrayLike<number>[]): number =>
      oracle(values).reduce((sum, y) => sum + y ** 3, 0);
    const { loss, gradients } = lossAndGradients(inputs, (x, g, b) =>
      layerNorm(x as Tensor2D, g as Tensor1D, b as Tensor1D)
        .pow(3)
        .sum(),
    );
    const raw = inputs.map(({ values }) => values);
    expect(loss / cubes(...raw)).toBeCloseTo(1, 4);
    raw.forEach((values, which) =>
      values.forEach((_, at) => {
        const moved = (by: number): number =>
          cubes(
            ...raw.map((some, i) =>
              Float64Array.from(some, (value, j) => (i === which && j === at ? value + by : value)),
            ),
          );
        const slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
        expect(Math.abs(gradients[which]![at]! - slope)).toBeLessThan(2e-3 * (1 + Math.abs(slope)));
      }),
    );
  });
});

describe("a dropout mask", () => {
  it("drops its share, keeps the mean, and is another at another step and site", () => {
    const numbers = Int32Array.from({ length: 4000 }, (_, i) => i);
    const maskAt = (step: number, site: number, some = numbers): Float32Array =>
      dropoutMask(some, 10, { rate: 0.25, key: 7, step }, site);
    const mask = maskAt(3, 1);
    expect([...new Set(mask)].sort()).toEqual([0, Math.fround(4 / 3)]);
    expect(mask.reduce((a, b) => a + b) / 40_000).toBeCloseTo(1, 1);
    expect(Math.abs(mask.filter((m) => m === 0).length / 40_000 - 0.25)).toBeLessThan(0.01);
    for (const other of [maskAt(4, 1), maskAt(3, 2)])
      expect(Math.abs(other.filter((m, i) => m === 0 && mask[i] === 0).length / 40_000 - 0.0625)).toBeLessThan(0.005);
    expect(maskAt(3, 1)).toEqual(mask);
    expect(maskAt(3, 1, Int32Array.of(7, 3))).toEqual(Float32Array.of(...mask.slice(70, 80), ...mask.slice(30, 40)));
  });
});

describe("the sequence network", () => {
  const shape = { dim: 4, blocks: 2, heads: 2, length: 6 };
  const dense = makeSasrecDense(3, shape, 1).map((p, i) => ({
    ...p,
    values: p.values.map((value, j) => value + 0.3 * normal(i, j)),
  }));
  const run = (x: Float32Array, lengths: number[], dwell = 0, sizes?: LayoutSizes): Float32Array => {
    const layout = layoutOf(lengths, 6, () => dwell, sizes);
    const { sequences } = sizes ?? leastSizes(lengths);
    return evaluateTensors(
      [{ shape: [layout.rows, 3], values: x.slice(0, 3 * layout.rows) }, ...dense],
      (block, ...p) => [
        sequenceEmbeddings(
          itemEmbeddings(block as Tensor2D, p),
          sequenceTensors(inputTensors(layout.inputs), sequences),
          p,
          shape,
        ),
      ],
    )[0]!;
  };
  const x = noise([10, 3], "items").values;

  it("is causal: a later item moves no earlier place, and moves its own", () => {
    const before = run(x, [5, 5]);
    const after = run(
      x.map((value, i) => (i >= 9 && i < 12 ? value + 1 : value)),
      [5, 5],
    ); // the first sequence's fourth item
    expect(after.slice(0, 12)).toEqual(before.slice(0, 12));
    expect(after.slice(20)).toEqual(before.slice(20));
    expect(Math.abs(after[12]! - before[12]!)).toBeGreaterThan(1e-4);
    expect(Math.abs(after[16]! - before[16]!)).toBeGreaterThan(1e-4);
  });

  it("does not see other sequences, the grid's free cells or rows that fill up", () => {
    const narrow = run(x.slice(0, 9), [3]);
    const beside = run(x, [3, 1]);
    const filled = run(x, [3, 1], 0, { sequences: 3, places: 5, rows: 9 });
    narrow.forEach((value, i) => expect(beside[i]).toBeCloseTo(value, 5));
    beside.forEach((value, i) => expect(filled[i]).toBeCloseTo(value, 5));
    expect([narrow.length, beside.length, filled.length]).toEqual([12, 16, 36]);
    expect(roundSizes([3, 1], 3, 6)).toEqual({ sequences: 3, places: 6, rows: 18 });
    expect(roundSizes([50, 41, 9, 50], 40, 60)).toEqual({ sequences: 40, places: 56, rows: 192 });
  });

  it("sees dwell and order", () => {
    const [plain, dwelt, turned] = [
      run(x.slice(0, 6), [2]),
      run(x.slice(0, 6), [2], 60_000),
      run(Float32Array.of(...x.slice(3, 6), ...x.slice(0, 3)), [2]),
    ];
    expect(Math.abs(plain[4]! - dwelt[4]!)).toBeGreaterThan(1e-3);
    expect(Math.abs(plain[4]! - turned[4]!)).toBeGreaterThan(1e-3);
  });
});

describe("windows", () => {
  const items = matrixOf(schemaOf({ item: 4 }, []), 4, (i) => ({ categories: [i], numbers: [] }));
  const rows: SequenceRows = { offsets: Int32Array.of(0, 5, 6, 8), item: Int32Array.of(0, 1, 2, 3, 0, 1, 2, 1), items };

  it("read each watch but the last once, the newest window whole", () => {
    const { from, to } = windowsOf(rows, 3);
    expect([...from]).toEqual([1, 0, 6]);
    expect([...to]).toEqual([4, 1, 7]);
  });

  it("count how often an item is the next watch and among the live", () => {
    const windows = windowsOf(rows, 10);
    const rates = nextRates({ ...rows, liveItems: [1, 2, 3, 4, 4, 4, 4, 2] }, windows, Int32Array.of(0, 1));
    expect([...rates.next]).toEqual([1, 2, 1, 1].map((n) => n / 5)); // 1, 2, 3, 0 and 1
    [1 / 2 + 1 / 3 + 1 / 4 + 1 / 4 + 1 / 2, 1 / 2 + 1 / 3 + 1 / 4 + 1 / 4 + 1 / 2, 1 / 3 + 1 / 2, 1 / 2].forEach(
      (sum, id) => expect(rates.uniform[id]).toBeCloseTo(sum / 5, 9),
    );
  });

  it("name what is wrong", () => {
    expect(() => checkSequenceRows({ ...rows, offsets: Int32Array.of(0, 9) })).toThrow(
      "offsets run from 0 to 9; expected 0 to 8",
    );
    expect(() => checkSequenceRows({ ...rows, offsets: Int32Array.of(0, 5, 4, 8) })).toThrow(
      "offsets fall from 5 to 4 after user 1",
    );
    expect(() => checkSequenceRows({ ...rows, item: Int32Array.of(0, 1, 2, 3, 0, 1, 2, 4) })).toThrow(
      "item is 4 in watch 7; allowed: 0 to 3",
    );
    expect(() => checkSequenceRows({ ...rows, liveItems: [1, 2, 3, 3, 4, 4, 4, 4] })).toThrow(
      "liveItems is 3 in watch 3 of item 3; allowed: 4 to 4",
    );
    expect(() => checkSequenceRows({ offsets: Int32Array.of(0, 1, 2), item: Int32Array.of(0, 1), items })).toThrow(
      "the longest user has 1 watches; allowed: at least one of 2 or more",
    );
  });
});

describe("the sequence model", () => {
  // The next watch is decided by the last: item i is followed by i + 7 (mod 30), now and then by any.
  const count = 30;
  const items = matrixOf(schemaOf({ item: count, topic: 5 }, ["length"]), count, (i) => ({
    categories: [i, i % 5],
    numbers: [Math.sin(i)],
  }));
  const chains = (users: number, seed: number): SequenceRows => {
    const key = keyOf(seed, "chains");
    const item = new Int32Array(users * 12);
    for (let i = 0; i < item.length; i++)
      item[i] =
        i % 12 === 0 || uniformInt(10, key, i) === 0 ? uniformInt(count, key, i, 1) : (item[i - 1]! + 7) % count;
    return {
      offsets: Int32Array.from({ length: users + 1 }, (_, u) => u * 12),
      item,
      dwellMs: item.map((id) => 1000 * id),
      items,
    };
  };
  const config = {
    dim: 16,
    dims: 16,
    blocks: 1,
    heads: 2,
    length: 8,
    epochs: 12,
    minBatches: 8,
    learningRate: 0.01,
    uniformNegatives: 16,
    dropout: 0.1,
    idDropout: 0,
  };
  const inputs: SequenceInputs = {
    count: 4,
    width: 10,
    length: Int32Array.of(3, 0, 10, 1),
    video: Int32Array.from({ length: 40 }, (_, i) => (7 * i) % count),
    dwellMs: new Int32Array(40).fill(5000),
  };

  it("learns that the last watch decides the next, saves and loads to the same bits, and is the same in ONNX to 1e-4", async () => {
    const points: string[] = [];
    const model = await fitSasrec(chains(150, 1), config, { onProgress: (step) => points.push(step) });
    expect(points[0]).toBe("sasrec");
    const queries = embedSequences(model, items, inputs);
    const found = exactSearch(embedItems(model, items), config.dim, queries, 1);
    const last = [inputs.video[2]!, -1, inputs.video[29]!, inputs.video[30]!];
    [0, 2, 3].forEach((u) => expect(found.ids[u]).toBe((last[u]! + 7) % count));
    expect([...queries.subarray(16, 32)].every((x) => x === 0)).toBe(true);

    const dir = await mkdtemp(join(tmpdir(), "sasrec-"));
    const id = await saveSasrec(model, dir);
    const loaded = await loadSasrec(dir);
    expect(embedSequences(loaded, items, inputs)).toEqual(queries);
    expect(await exportSasrec(loaded, items, dir)).toBe(id);
    const session = await InferenceSession.create(join(dir, "sequence.onnx"));
    const feeds = sequenceFeeds(inputs, 8);
    const out = await session.run({
      video: new OnnxTensor("int32", feeds.video, [4, 8]),
      position: new OnnxTensor("int32", feeds.position, [4, 8]),
      dwell: new OnnxTensor("float32", feeds.dwell, [4, 8]),
      newest: new OnnxTensor("float32", feeds.newest, [4, 8]),
    });
    queries.forEach((value, i) =>
      expect(Math.abs((out["embedding"]!.data as Float32Array)[i]! - value)).toBeLessThan(1e-4),
    );
    await session.release();
    await rm(dir, { recursive: true, force: true });
  });

  it.runIf(hasGraphs())("is trained in a graph as without one: losses and weights to 1e-4", async () => {
    const rows = chains(60, 3);
    // windows of 1 to 12 watches, so that steps are of several sizes
    const offsets = rows.offsets.map((from, u) => (u % 2 === 1 && u < 60 ? from - (u % 11) : from));
    const settings = { ...config, epochs: 3, idDropout: 0.3, idRows: 20, seed: 4 };
    const graphed = await fitSasrec({ ...rows, offsets }, settings);
    vi.mocked(graphStep).mockReturnValueOnce(undefined);
    const eager = await fitSasrec({ ...rows, offsets }, settings);
    expect(
      vi
        .mocked(graphStep)
        .mock.results.map(({ value }) => value !== undefined)
        .slice(-2),
    ).toEqual([true, false]);
    expect(graphed.curve.points.length).toBe(eager.curve.points.length);
    eager.curve.points.forEach(({ trainLoss, validationLoss }, i) => {
      expect(Math.abs(graphed.curve.points[i]!.trainLoss - trainLoss)).toBeLessThan(1e-4);
      expect(Math.abs(graphed.curve.points[i]!.validationLoss! - validationLoss!)).toBeLessThan(1e-4);
    });
    // a key's bias moves all logits of a query alike: its gradient is rounding alone, which Adam makes as long as any
    const weightsOf = ({ input, dense: layers }: typeof eager): number[] =>
      [...input.tables, ...layers.filter(({ name }) => !name.endsWith("key/bias"))].flatMap(({ values }) => [
        ...values,
      ]);
    const expected = weightsOf(eager);
    weightsOf(graphed).forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-4));
  });

  it("leaves no tensors behind and names a watched item that is not there", async () => {
    const before = tensorflow().memory().numTensors;
    const model = await fitSasrec(chains(40, 2), { ...config, epochs: 1 });
    embedSequences(model, items, inputs);
    embedItems(model, items);
    expect(tensorflow().memory().numTensors).toBe(before);
    expect(() => embedSequences(model, items, { ...inputs, video: inputs.video.map((id) => id + 20) })).toThrow(
      "; allowed: 0 to 29",
    );
  });
});
