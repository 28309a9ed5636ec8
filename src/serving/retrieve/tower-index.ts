/**
 * The candidate embeddings of all live videos and the index over them: built once or loaded, extended at midnight by the new
 * uploads, and rebuilt from time to time, since the candidate tower reads counts that change. Search uses the approximate
 * index, or is exact for small catalogues and oracles.
 */
import type { AnnIndex, BuildOptions } from "../../models/retrievers/ann-index.js";
import { exactSearch } from "../../models/retrievers/exact-search.js";
import type { SearchResult } from "../../models/retrievers/exact-search.js";
import type { FeatureMatrix } from "../../types.js";
import type { ServingStore } from "../store.js";

/** Two open towers: rows of features in, embeddings of length 1 out. */
export interface Towers {
  /** Identifies the model; an index made for another one is refused. */
  readonly id: string;
  readonly dims: number;
  embedQueries(rows: FeatureMatrix): Float32Array | Promise<Float32Array>; // [rows, dims]
  embedCandidates(rows: FeatureMatrix): Float32Array | Promise<Float32Array>; // [rows, dims]
  close?(): void | Promise<void>;
}

/** Search among the live videos. */
export interface TowerIndex {
  /** Videos in it: ids 0 … count - 1. */
  readonly count: number;
  /** Embeddings by video id, row-major; rows from `count` on are 0. */
  readonly vectors: Float32Array; // [videos, dims]
  readonly dims: number;
  /** Embeds and adds videos up to id live - 1; existing ones keep their embedding. */
  grow(live: number): Promise<void>;
  /** Embeds all live videos again and rebuilds the index; the old one answers until the new one takes its place. */
  refresh(live: number): Promise<void>;
  /**
   * Puts a saved index in the place of this one, at once, with the videos that it lacks added. @throws Error for one that is damaged, of
   * another model, or of videos not live; the old one then stays.
   */
  swap(path: string): Promise<void>;
  /** Takes videos out until the next `refresh` or `swap`. Whoever must not show them filters them, too (see filters.ts). */
  remove(videos: Int32Array): void;
  search(queries: Float32Array, k: number): SearchResult;
  /** Makes an index of the fresh videos, ids `from` on, where they are too many to be searched exactly for each request. */
  openFresh(from: number): Promise<void>;
  /** The k best among ids `from … count - 1`, the fresh videos: exactly, unless `openFresh` made an index of them. */
  searchFrom(from: number, queries: Float32Array, k: number): SearchResult;
}

/** Options of an index. */
export interface TowerIndexOptions {
  readonly towers: Towers;
  readonly store: Pick<ServingStore, "candidateRows">;
  readonly videos: number; // of the catalogue
  readonly live: number; // live on the first day served
  /** An index saved by `saveTowerIndex` for the same model and no more videos; built here without one. */
  readonly path?: string;
  /** No index: every search is exact. */
  readonly exact?: boolean;
  readonly build?: BuildOptions;
}

const chunk = 8192; // videos embedded at a time
/** Up to here an exact search of the fresh videos takes less than a millisecond. */
const mostExact = 10_000;

/**
 * Embeds the live videos and opens the index over them. Throws when a saved index is damaged, of another model, or knows videos not yet
 * live.
 */
export async function openTowerIndex(options: TowerIndexOptions): Promise<TowerIndex> {
  const { towers, store, videos, live, path, exact = false } = options;
  const { dims } = towers;
  let vectors = new Float32Array(videos * dims);
  await embedInto(vectors, towers, store, 0, live);
  let fresh: { readonly from: number; readonly index: AnnIndex } | undefined;
  let index = exact ? undefined : await openIndex(vectors, live, options);
  if (index && path !== undefined && index.count < live) addRange(index, vectors, index.count, live);
  let count = live;

  return {
    get count(): number {
      return count;
    },
    get vectors(): Float32Array {
      return vectors;
    },
    dims,
    async grow(nextLive: number): Promise<void> {
      if (nextLive <= count) return;
      await embedInto(vectors, towers, store, count, nextLive);
      if (index) addRange(index, vectors, count, nextLive);
      if (fresh) addRange(fresh.index, vectors, count, nextLive);
      count = nextLive;
    },
    async refresh(nextLive: number): Promise<void> {
      const next = new Float32Array(videos * dims);
      await embedInto(next, towers, store, 0, nextLive);
      const rebuilt = index && (await openIndex(next, nextLive, { ...options, path: undefined }));
      [vectors, index, fresh, count] = [next, rebuilt, undefined, nextLive];
    },
    async swap(next: string): Promise<void> {
      const opened = await openIndex(vectors, count, { ...options, path: next });
      if (opened.count < count) addRange(opened, vectors, opened.count, count);
      index = opened;
    },
    remove(ids: Int32Array): void {
      index?.remove(ids);
      fresh?.index.remove(ids);
    },
    async openFresh(from: number): Promise<void> {
      fresh = undefined;
      if (!index || count - from <= mostExact) return;
      const ids = Int32Array.from({ length: count - from }, (_, row) => from + row);
      const part = vectors.subarray(from * dims, count * dims);
      const { buildIndex } = await import("../../models/retrievers/ann-index.js");
      fresh = { from, index: buildIndex(part, dims, { ...options.build, modelId: towers.id, ids }) };
    },
    search(queries: Float32Array, k: number): SearchResult {
      const wanted = Math.max(1, Math.min(k, count));
      return index
        ? index.search(queries, wanted)
        : exactSearch(vectors.subarray(0, count * dims), dims, queries, wanted);
    },
    searchFrom(from: number, queries: Float32Array, k: number): SearchResult {
      if (fresh?.from === from) return fresh.index.search(queries, Math.max(1, Math.min(k, count - from)));
      const ids = Int32Array.from({ length: Math.max(0, count - from) }, (_, row) => from + row);
      return exactSearch(
        vectors.subarray(from * dims, count * dims),
        dims,
        queries,
        Math.max(1, Math.min(k, ids.length)),
        ids,
      );
    },
  };
}

/** Builds the index of the live videos once and saves it, for all arms and runs that serve this model from this day. */
export async function saveTowerIndex(path: string, options: Omit<TowerIndexOptions, "path" | "exact">): Promise<void> {
  const vectors = new Float32Array(options.live * options.towers.dims);
  await embedInto(vectors, options.towers, options.store, 0, options.live);
  const index = await openIndex(vectors, options.live, { ...options, path: undefined });
  await index.save(path);
}

async function openIndex(
  vectors: Float32Array,
  live: number,
  options: Omit<TowerIndexOptions, "path"> & { readonly path?: string | undefined },
): Promise<AnnIndex> {
  const { towers, path, build } = options;
  const { buildIndex, loadIndex } = await import("../../models/retrievers/ann-index.js"); // the native library is loaded on first use
  if (path === undefined)
    return buildIndex(vectors.subarray(0, live * towers.dims), towers.dims, { ...build, modelId: towers.id });
  const index = await loadIndex(path, { modelId: towers.id, dims: towers.dims });
  if (index.count > live)
    throw new Error(`index ${path} holds ${index.count} videos; only ${live} are live: build it for this day`);
  return index;
}

async function embedInto(
  vectors: Float32Array,
  towers: Towers,
  store: Pick<ServingStore, "candidateRows">,
  from: number,
  to: number,
): Promise<void> {
  for (let first = from; first < to; first += chunk) {
    const last = Math.min(to, first + chunk);
    const embedded = await towers.embedCandidates(
      store.candidateRows(Int32Array.from({ length: last - first }, (_, row) => first + row)),
    );
    if (embedded.length !== (last - first) * towers.dims)
      throw new Error(
        `candidate tower gave ${embedded.length} values; expected ${last - first} videos × ${towers.dims}`,
      );
    vectors.set(embedded, first * towers.dims);
  }
}

function addRange(index: AnnIndex, vectors: Float32Array, from: number, to: number): void {
  index.add(
    Int32Array.from({ length: to - from }, (_, row) => from + row),
    vectors.slice(from * index.dims, to * index.dims),
  );
}
