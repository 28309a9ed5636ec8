/**
 * Sources of one user's own: the newest videos of the creators that they follow, and what is near to what they watched last. Both are
 * functions of what the store knows at the time of the request, so propensities stay exact (see retrieve.ts).
 */
import type { CandidateBatch, Catalogue, RequestBatch } from "../../types.js";
import { sourceCode } from "../slates.js";
import type { ServingStore } from "../store.js";
import type { Neighbours, Source } from "./retrieve.js";

/** How many videos a source places, and how many it offers. */
export interface Places {
  readonly quota: number;
  readonly width: number;
}

/**
 * The live videos of the creators a user follows, newest first, at most `perCreator` of each.
 * @throws Error for a store that does not know followed creators
 */
export function followedSource(
  catalogue: Catalogue,
  store: Pick<ServingStore, "followedCreators">,
  live: () => number,
  { quota, width }: Places,
  perCreator = 30,
): Source {
  const followed = store.followedCreators?.bind(store);
  if (!followed) throw new Error("the followed source needs a store with followedCreators");
  const { start, videos } = videosByCreator(catalogue);
  const retrieve = ({ count, user }: RequestBatch): CandidateBatch => {
    const video = new Int32Array(count * width).fill(-1);
    for (let row = 0; row < count; row++) {
      const found: number[] = [];
      for (const creator of followed(user[row]!)) {
        let left = perCreator;
        for (let at = start[creator + 1]! - 1; at >= start[creator]! && left > 0; at--) {
          if (videos[at]! >= live()) continue;
          found.push(videos[at]!);
          left--;
        }
      }
      found.sort((a, b) => b - a); // ids are in order of upload
      video.set(found.slice(0, width), row * width);
    }
    return { count, width, video, source: new Uint8Array(video.length).fill(sourceCode("followed")) };
  };
  return { source: "followed", quota, retrieve };
}

/** Ids of each creator's videos, ascending: those of creator c are at `start[c] … start[c + 1] - 1`. */
function videosByCreator({ videos: { creator, count }, creatorCount }: Catalogue): {
  readonly start: Int32Array;
  readonly videos: Int32Array;
} {
  const start = new Int32Array(creatorCount + 1);
  for (let v = 0; v < count; v++) start[creator[v]! + 1]!++;
  for (let c = 0; c < creatorCount; c++) start[c + 1]! += start[c]!;
  const [next, videos] = [start.slice(), new Int32Array(count)];
  for (let v = 0; v < count; v++) videos[next[creator[v]!]!++] = v;
  return { start, videos };
}

/**
 * Item to item: the neighbours of the user's last `seeds` watched videos, one of each in turn, the latest first.
 * @throws Error for a store that keeps no sequences
 */
export function itemSource(
  store: Pick<ServingStore, "sequenceRows">,
  index: () => {
    readonly vectors: Float32Array;
    readonly dims: number;
    search(queries: Float32Array, k: number): Neighbours;
  },
  { quota, width }: Places,
  seeds = 3,
): Source {
  const sequences = store.sequenceRows?.bind(store);
  if (!sequences)
    throw new Error("the item-to-item source needs a store with sequences: open it with { sequences: true }");
  const retrieve = (requests: RequestBatch): CandidateBatch => {
    const { count } = requests;
    const watched = sequences(requests);
    const video = new Int32Array(count * width).fill(-1);
    const { vectors, dims } = index();
    for (let row = 0; row < count; row++) {
      const length = watched.length[row]!;
      const last = watched.video.subarray(
        row * watched.width + Math.max(0, length - seeds),
        row * watched.width + length,
      );
      if (last.length === 0) continue;
      const queries = new Float32Array(last.length * dims);
      last.forEach((id, i) => queries.set(vectors.subarray(id * dims, (id + 1) * dims), (last.length - 1 - i) * dims));
      const { k, ids } = index().search(queries, Math.ceil(width / last.length) + 1); // a video is its own nearest
      for (let at = 0, place = 0; place < width && at < k * last.length; at++) {
        const id = ids[(at % last.length) * k + Math.floor(at / last.length)]!;
        if (id >= 0) video[row * width + place++] = id;
      }
    }
    return { count, width, video, source: new Uint8Array(video.length).fill(sourceCode("item-to-item")) };
  };
  return { source: "item-to-item", quota, retrieve };
}
