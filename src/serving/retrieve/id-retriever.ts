/** Retrieval by a model that knows users by their ids alone: item-kNN, matrix factorisation, popularity, a custom one. */
import type { FittedRetriever } from "../../models/ladder.js";
import type { Day, RequestBatch } from "../../types.js";
import type { Neighbours, Retriever } from "./retrieve.js";
import type { ServingStore } from "../store.js";
import { topPositions } from "./top.js";

/** Options of an id retriever. */
export interface IdRetrieverOptions {
  readonly name: string;
  /** Watched videos are not offered: such models give the highest scores to what a user has watched already. */
  readonly store: Pick<ServingStore, "hasSeen">;
  /** Videos that were live when it was fitted; later ones have learned nothing. Default: all it scores. */
  readonly known?: number;
}

const chunk = 64; // users scored at a time: 64 × videos scores in memory

/**
 * A fitted retriever, its scores as of the day it was fitted on. Only live videos that it knows and the user has not watched are
 * offered, best first, ties to the smaller id. Those at the lowest score of all are not: there is no evidence for them (no common
 * watch, a user without history).
 */
export function idRetriever(
  fitted: Pick<FittedRetriever, "itemCount" | "score">,
  options: IdRetrieverOptions,
): Retriever {
  const { name, store, known = fitted.itemCount } = options;
  const { itemCount } = fitted;
  const ids = Int32Array.from({ length: itemCount }, (_, video) => video);
  let offered = 0;
  return {
    name,
    openDay(_day: Day, live: number): void {
      offered = Math.min(live, known, itemCount);
    },
    neighbours(requests: RequestBatch, k: number): Neighbours {
      const found = new Int32Array(requests.count * k).fill(-1);
      for (let from = 0; from < requests.count; from += chunk) {
        const users = requests.user.slice(from, Math.min(requests.count, from + chunk));
        const scores = fitted.score(users);
        if (scores.length !== users.length * itemCount)
          throw new Error(
            `retriever ${name}: ${scores.length} scores; expected ${users.length} users × ${itemCount} videos`,
          );
        users.forEach((user, u) => {
          const own = scores.subarray(u * itemCount, u * itemCount + offered);
          place(own, lowest(own, name), user, found.subarray((from + u) * k, (from + u + 1) * k));
        });
      }
      return { k, ids: found };
    },
  };

  /** The best unwatched ones above `floor` into `row`: a list twice as long until enough of it is unwatched. */
  function place(scores: Float32Array, floor: number, user: number, row: Int32Array): void {
    for (let length = Math.min(offered, row.length + 64); length > 0; length = Math.min(offered, 2 * length)) {
      const top = new Int32Array(length);
      topPositions(scores, ids, 0, offered, length, top);
      let filled = 0;
      for (let at = 0; at < length && filled < row.length && scores[top[at]!]! > floor; at++)
        if (!store.hasSeen(user, top[at]!)) row[filled++] = top[at]!;
      if (filled === row.length || length === offered || !(scores[top[length - 1]!]! > floor)) return;
    }
  }
}

/** The lowest of all scores. */
function lowest(scores: Float32Array, name: string): number {
  let least = Infinity;
  for (let video = 0; video < scores.length; video++) {
    const score = scores[video]!;
    if (!Number.isFinite(score))
      throw new Error(`retriever ${name}: the score of video ${video} is ${score}; allowed: finite numbers`);
    if (score < least) least = score;
  }
  return least;
}
