/** Retrieval by popularity in place of the two-tower's: each user gets the list of all, of the user's segment, or of what is trending. */
import type { Day, RequestBatch } from "../types.js";
import type { ServedPopularity } from "./popularity.js";
import type { Neighbours, Retriever } from "./retrieve.js";

/** Popularity (its lists long enough for what a user has watched: `listLength`) as a retriever. */
export function popularityRetriever(popularity: ServedPopularity, name = "popularity"): Retriever {
  return {
    name,
    openDay: (day: Day) => popularity.refresh(day),
    neighbours({ count, user }: RequestBatch): Neighbours {
      const lists = Array.from(user.subarray(0, count), (id) => popularity.popular(id));
      const k = Math.max(0, ...lists.map(({ length }) => length)); // whole lists: what is watched is passed over when sources are merged
      const ids = new Int32Array(count * k).fill(-1);
      lists.forEach((list, row) => ids.set(list, row * k));
      return { k, ids };
    },
  };
}
