import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { uniform } from "../../../src/random.js";
import { pickMmr, similarity } from "../../../src/serving/rerank/mmr.js";
import type { MmrOptions, SimilarityColumns } from "../../../src/serving/rerank/mmr.js";

const videos = 30;
const dims = 4;

function columnsOf(key: number): SimilarityColumns {
  const vectors = new Float32Array(videos * dims);
  for (let video = 0; video < videos; video++) {
    const raw = Array.from({ length: dims }, (_, d) => uniform(key, video, d) - 0.5);
    const length = Math.hypot(...raw);
    raw.forEach((value, d) => (vectors[video * dims + d] = value / length));
  }
  return {
    topic: Uint8Array.from({ length: videos }, (_, video) => Math.floor(uniform(key, video, 50) * 4)),
    creator: Int32Array.from({ length: videos }, (_, video) => Math.floor(uniform(key, video, 51) * 7)),
    embeddings: { vectors, dims },
  };
}

/** MMR by its definition, from scratch at each pick. */
function naive(
  video: number[],
  relevance: number[],
  size: number,
  columns: SimilarityColumns,
  options: MmrOptions,
): number[] {
  const picked: number[] = [];
  while (picked.length < size) {
    const left = video
      .map((_, item) => item)
      .filter((item) => {
        const ofCreator = picked.filter(
          (other) => columns.creator[video[other]!] === columns.creator[video[item]!],
        ).length;
        return !picked.includes(item) && ofCreator < options.caps[0]!.most;
      });
    if (left.length === 0) break;
    const gain = (item: number): number => {
      const nearest = Math.max(
        0,
        ...picked.map((other) => similarity(video[item]!, video[other]!, columns, options.weights)),
      );
      return options.lambda * relevance[item]! - (1 - options.lambda) * nearest;
    };
    left.sort((a, b) => gain(b) - gain(a) || video[a]! - video[b]!);
    picked.push(left[0]!);
  }
  return picked;
}

describe("maximal marginal relevance", () => {
  it("picks what its definition picks, with and without embeddings", () => {
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(0, 0.5),
        fc.integer({ min: 1, max: 25 }),
        (key, lambda, creatorCap, embedding, n) => {
          const columns = columnsOf(key);
          const video = Array.from({ length: n }, (_, item) => (item * 7 + key) % videos);
          const relevance = Array.from({ length: n }, (_, item) => Math.round(uniform(key, item, 77) * 10) / 10);
          const caps = [{ reason: "cap", most: creatorCap, groupOf: (id: number): number => columns.creator[id]! }];
          const options: MmrOptions = { lambda, caps, weights: { topic: 0.5, creator: 0.25, embedding } };
          const picked = new Int32Array(12);
          const gain = new Float64Array(12);
          const count = pickMmr(
            Int32Array.from(video),
            Float64Array.from(relevance),
            n,
            12,
            columns,
            options,
            picked,
            gain,
          );
          expect(Array.from(picked.subarray(0, count))).toEqual(naive(video, relevance, 12, columns, options));
          for (let place = 1; place < count; place++) expect(gain[place]!).toBeLessThanOrEqual(gain[place - 1]!);
        },
      ),
    );
  });

  it("at lambda 1 is the order of relevance", () => {
    const picked = new Int32Array(4);
    pickMmr(
      Int32Array.of(3, 8, 5, 1),
      Float64Array.of(0.1, 0.9, 0.4, 0.9),
      4,
      4,
      columnsOf(1),
      { lambda: 1, caps: [], weights: { topic: 1, creator: 1, embedding: 0 } },
      picked,
      new Float64Array(4),
    );
    expect(Array.from(picked)).toEqual([3, 1, 2, 0]);
  });

  it("takes another topic before a second helping of the first when diversity weighs enough", () => {
    const columns: SimilarityColumns = { topic: Uint8Array.of(0, 0, 1), creator: Int32Array.of(0, 1, 2) };
    const picked = new Int32Array(3);
    const options: MmrOptions = { lambda: 0.5, caps: [], weights: { topic: 1, creator: 0, embedding: 0 } };
    pickMmr(Int32Array.of(0, 1, 2), Float64Array.of(1, 0.9, 0.2), 3, 3, columns, options, picked, new Float64Array(3));
    expect(Array.from(picked)).toEqual([0, 2, 1]);
  });
});
