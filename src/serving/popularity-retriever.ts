/**
 * Retrieval by popularity instead of the two-tower: each user gets the overall list, the list of the user's segment, or the trending
 * list.
 */
import type { Day, RequestBatch } from "../types.js";
import type { ServedPopularity } from "./popularity.js";
import type { Neighbours, Retriever } from "./retrieve.js";

/** Popularity as a retriever; its lists must be long enough to leave out what a user has watched (`listLength`). */
export function popularityRetriever(popularity: ServedPopularity, name = "popularity"): Retriever {
  return {
    name,
    openDay: (day: Day) => popularity.refresh(day),
    neighbours({ count, user }: RequestBatch): Neighbours {
      const lists = Array.from(user.subarray(0, count), (id) => popularity.popular(id));
      const k = Math.max(0, ...lists.map(({ length }) => length)); // whole lists: watched videos are skipped when sources are merged
      const ids = new Int32Array(count * k).fill(-1);
      lists.forEach((list, row) => ids.set(list, row * k));
      return { k, ids };
    },
  };
}
