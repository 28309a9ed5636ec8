/**
 * Retrieval by the last watches: a sequence model's embedding of what the user watched, including this visit's earlier pages, against the
 * embeddings of all live videos. New uploads join the index at midnight; a user without a watch gets no candidates from it.
 */
import type { SequenceBatch } from "../../data/store/sequence.js";
import type { Day, FeatureMatrix, RequestBatch } from "../../types.js";
import type { Neighbours, Retriever } from "./retrieve.js";
import { openTowerIndex, type TowerIndex, type Towers } from "./tower-index.js";

/**
 * An open sequence model. Its videos' embeddings use only features that never change, so that a video has one before anyone has watched
 * it.
 */
export interface SequenceTower {
  /** Identifies the model. */
  readonly id: string;
  readonly dims: number;
  /** Embeddings of all videos of the catalogue, by id. [videos, dims] */
  readonly vectors: Float32Array;
  /** Embeddings of sequences, of length 1; zeros for an empty one. [count, dims] */
  embedSequences(sequences: SequenceBatch): Float32Array | Promise<Float32Array>;
  close?(): void | Promise<void>;
}

/** Options of a sequence retriever. */
export interface SequenceRetrieverOptions {
  readonly name: string;
  readonly tower: SequenceTower;
  /** A store that keeps sequences (opened with `sequences: true`). */
  readonly store: { sequenceRows(requests: Pick<RequestBatch, "count" | "user">): SequenceBatch };
  /** Exact search instead of the approximate index. */
  readonly exact?: boolean;
}

/** Serves a sequence model in place of the two-tower. */
export function sequenceRetriever(options: SequenceRetrieverOptions): Retriever {
  const { name, tower, store, exact = false } = options;
  const { dims, vectors } = tower;
  const videos = vectors.length / dims;
  let index: TowerIndex | undefined;
  return {
    name,
    async openDay(_day: Day, live: number): Promise<void> {
      if (index) await index.grow(live);
      else
        index = await openTowerIndex({
          towers: ready(tower),
          store: { candidateRows: (ids) => idRows(ids, videos) },
          videos,
          live,
          exact,
        });
    },
    async neighbours(requests: RequestBatch, k: number): Promise<Neighbours> {
      if (!index) throw new Error(`retriever ${name}: no day is open: call openDay first`);
      const sequences = store.sequenceRows(requests);
      const queries = await tower.embedSequences(sequences);
      if (queries.length !== requests.count * dims)
        throw new Error(`retriever ${name}: ${queries.length} values; expected ${requests.count} sequences × ${dims}`);
      const found = index.search(queries, k);
      for (let row = 0; row < requests.count; row++)
        if (sequences.length[row] === 0) found.ids.fill(-1, row * found.k, (row + 1) * found.k);
      return found;
    },
  };
}

/** Ready embeddings as the candidate side of two towers, for the index. */
function ready({ id, dims, vectors }: SequenceTower): Towers {
  return {
    id,
    dims,
    embedQueries: () => {
      throw new Error("a sequence model has no query tower");
    },
    embedCandidates: ({ categories }) => {
      const rows = new Float32Array(categories.length * dims);
      categories.forEach((video, row) => rows.set(vectors.subarray(video * dims, (video + 1) * dims), row * dims));
      return rows;
    },
  };
}

function idRows(ids: Int32Array, videos: number): FeatureMatrix {
  return {
    schema: { categories: [{ name: "video", cardinality: videos }], numbers: [] },
    count: ids.length,
    categories: ids,
    numbers: new Float32Array(0),
  };
}
