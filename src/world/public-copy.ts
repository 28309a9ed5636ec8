/** The catalogue that a world hands out: a copy, so that a recommender that writes into it changes nothing in the world. */
import type { Catalogue } from "../types.js";

/** Copies every column; about 6 bytes per user and 15 per video. */
export function publicCopy(catalogue: Catalogue): Catalogue {
  const { users, videos, campaigns, liveVideos } = catalogue;
  return {
    ...catalogue,
    users: columnsOf(users),
    videos: columnsOf(videos),
    ...(campaigns && { campaigns: columnsOf(campaigns) }),
    liveVideos: liveVideos.slice(),
  };
}

function columnsOf<T extends object>(record: T): T {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name,
      ArrayBuffer.isView(value) ? (value as Int32Array).slice() : value,
    ]),
  ) as T;
}
