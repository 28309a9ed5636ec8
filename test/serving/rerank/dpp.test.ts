import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { uniform, uniformInt } from "../../../src/random.js";
import { pickDpp } from "../../../src/serving/rerank/dpp.js";
import { type MmrOptions, similarity, type SimilarityColumns } from "../../../src/serving/rerank/mmr.js";

/** Determinant by elimination with row exchange. */
function determinant(matrix: readonly (readonly number[])[]): number {
  const rows = matrix.map((row) => [...row]);
  let product = 1;
  for (let column = 0; column < rows.length; column++) {
    let pivot = column;
    for (let r = column + 1; r < rows.length; r++)
      if (Math.abs(rows[r]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = r;
    if (rows[pivot]![column] === 0) return 0;
    if (pivot !== column) {
      [rows[pivot], rows[column]] = [rows[column]!, rows[pivot]!];
      product = -product;
    }
    product *= rows[column]![column]!;
    for (let r = column + 1; r < rows.length; r++) {
      const factor = rows[r]![column]! / rows[column]![column]!;
      for (let c = column; c < rows.length; c++) rows[r]![c]! -= factor * rows[column]![c]!;
    }
  }
  return product;
}

function columnsOf(key: number): SimilarityColumns {
  const dims = 4;
  const vectors = new Float32Array(40 * dims);
  for (let v = 0; v < 40; v++) {
    const values = Array.from({ length: dims }, (_, d) => uniform(key, v, d) - 0.5);
    const length = Math.hypot(...values);
    values.forEach((value, d) => (vectors[v * dims + d] = value / length));
  }
  return {
    topic: Uint8Array.from({ length: 40 }, (_, v) => uniformInt(3, key, v, 100)),
    creator: Int32Array.from({ length: 40 }, (_, v) => uniformInt(6, key, v, 101)),
    embeddings: { vectors, dims },
  };
}

/** The kernel L = diag(q) S diag(q) of some items, log q² = λ / (1 − λ) · relevance. */
function kernel(
  items: readonly number[],
  video: Int32Array,
  relevance: Float64Array,
  columns: SimilarityColumns,
  { lambda, weights }: MmrOptions,
): number[][] {
  const total = weights.topic + weights.creator + weights.embedding;
  const q = (item: number): number => Math.exp((lambda / (1 - lambda)) * relevance[item]! * 0.5);
  return items.map((a) =>
    items.map((b) => q(a) * q(b) * (a === b ? 1 : (0.99 * similarity(video[a]!, video[b]!, columns, weights)) / total)),
  );
}

describe("determinantal point process", () => {
  it("each pick is the one with the largest determinant of all sets that extend the picks so far", () => {
    fc.assert(
      fc.property(
        fc.nat(5000),
        fc.double({ min: 0.1, max: 0.9, noNaN: true }),
        fc.integer({ min: 2, max: 12 }),
        (key, lambda, n) => {
          const columns = columnsOf(key);
          const video = Int32Array.from({ length: n }, (_, item) => (item * 3 + key) % 40);
          const relevance = Float64Array.from({ length: n }, (_, item) => uniform(key, item, 7));
          const options: MmrOptions = { lambda, weights: { topic: 0.5, creator: 0.25, embedding: 1 }, caps: [] };
          const [picked, gain] = [new Int32Array(6), new Float64Array(6)];
          const count = pickDpp(video, relevance, n, 6, columns, options, picked, gain);
          expect(count).toBe(Math.min(6, n));
          for (let place = 0; place < count; place++) {
            const before = [...picked.subarray(0, place)];
            const of = (item: number): number =>
              determinant(kernel([...before, item], video, relevance, columns, options));
            const others = Array.from({ length: n }, (_, item) => item).filter((item) => !before.includes(item));
            const best = Math.max(...others.map(of));
            expect(of(picked[place]!) / best).toBeGreaterThan(1 - 1e-6);
            if (place > 0) expect(gain[place]!).toBeLessThanOrEqual(gain[place - 1]! + 1e-9);
          }
          // the gains are the logarithm of the whole determinant, in units of relevance
          const whole = Math.log(
            determinant(kernel([...picked.subarray(0, count)], video, relevance, columns, options)),
          );
          expect(gain.subarray(0, count).reduce((sum, one) => sum + one, 0)).toBeCloseTo((1 - lambda) * whole, 6);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("of two equal videos takes the second only where nothing else is left, and keeps caps", () => {
    const columns: SimilarityColumns = { topic: Uint8Array.of(0, 0, 1, 0), creator: Int32Array.of(0, 0, 1, 2) };
    const picked = new Int32Array(4);
    const pick = (caps: MmrOptions["caps"], held: number[] = []): number[] => {
      const options: MmrOptions = { lambda: 0.5, weights: { topic: 0.5, creator: 0.5, embedding: 0 }, caps, held };
      const closed: string[] = [];
      const count = pickDpp(
        Int32Array.of(0, 1, 2, 3),
        Float64Array.of(1, 0.99, 0.2, 0.1),
        4,
        4,
        columns,
        options,
        picked,
        new Float64Array(4),
        (item, reason) => closed.push(`${item} ${reason}`),
      );
      expect(closed).toEqual(
        caps.length === 0 ? [] : held.length > 0 ? ["0 one creator", "1 one creator"] : ["1 one creator"],
      );
      return [...picked.subarray(0, count)];
    };
    expect(pick([])).toEqual([0, 2, 3, 1]);
    const oneEach = [{ reason: "one creator", most: 1, groupOf: (video: number): number => columns.creator[video]! }];
    expect(pick(oneEach)).toEqual([0, 2, 3]);
    expect(pick(oneEach, [0])).toEqual([2, 3]); // 0 stands on the page already, so its creator is full
  });
});
