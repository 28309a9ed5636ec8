/**
 * A shard of the index in a process of its own: it makes its share of the vectors, builds the index, and answers queries.
 */
import { buildIndex, type AnnIndex, type SearchResult } from "../../models/index.js";
import { keyOf, normal } from "../../random.js";

/** What a shard holds. Vectors lie around 200 centres, as embeddings lie around topics. */
export interface ShardPlan {
  readonly seed: number;
  readonly first: number; // id of its first vector
  readonly count: number;
  readonly dims: number;
}

/** How vectors are searched: candidates of a query and how many the graph looks at. */
export const searched = { k: 500, expansionSearch: 768 };

/** Builds a shard and measures what it takes. */
export function openShard(plan: ShardPlan): { readonly index: AnnIndex; readonly buildCpuSeconds: number } {
  const { seed, first, count, dims } = plan;
  const vectors = unitVectors(seed, first, count, dims);
  const began = process.cpuUsage();
  const index = buildIndex(vectors, dims, { expansionSearch: searched.expansionSearch });
  return { index, buildCpuSeconds: cpuSince(began) };
}

/** Vectors of length 1. [count, dims] */
export function unitVectors(seed: number, first: number, count: number, dims: number): Float32Array {
  const [centre, own] = [keyOf(seed, "shard centres"), keyOf(seed, "shard vectors")];
  const vectors = new Float32Array(count * dims);
  for (let i = 0; i < count; i++) {
    let square = 0;
    for (let d = 0; d < dims; d++) {
      const value = normal(centre, (first + i) % 200, d) + 0.7 * normal(own, first + i, d);
      vectors[i * dims + d] = value;
      square += value * value;
    }
    for (let d = 0; d < dims; d++) vectors[i * dims + d]! /= Math.sqrt(square);
  }
  return vectors;
}

/** CPU seconds of this process since then. */
export function cpuSince(began: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1e6;
}

/** Messages: an opened shard, an answer, and what was used since the last time. */
export type ShardAnswer =
  | { readonly kind: "ready"; readonly bytes: number; readonly buildCpuSeconds: number }
  | ({ readonly kind: "found"; readonly id: number; readonly tookMs: number } & Pick<SearchResult, "ids" | "scores">)
  | { readonly kind: "used"; readonly cpuSeconds: number };
export type ShardQuestion =
  | { readonly kind: "open"; readonly plan: ShardPlan; readonly path: string }
  | { readonly kind: "find"; readonly id: number; readonly query: Float32Array }
  | { readonly kind: "usage" };
