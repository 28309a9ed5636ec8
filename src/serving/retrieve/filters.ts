/**
 * Filters of retrieval: videos that a request may not be given, whatever the source. They are asked in order, so the first that forbids
 * a video is its reason in the trace. What a user has watched is not among them: that may come back where nothing else is left (see
 * `merge`).
 */
import { type Catalogue, languages, type RequestBatch } from "../../types.js";

/** A named filter. */
export interface Filter {
  readonly reason: string;
  readonly forbids: (requests: RequestBatch, row: number, video: number) => boolean;
}

/** Videos taken down, from now on and for everybody; a takedown holds at once, before any index is rebuilt. */
export interface Blocklist extends Filter {
  /** @throws RangeError for a video outside the catalogue; nothing is blocked then */
  block(videos: readonly number[]): void;
  unblock(videos: readonly number[]): void;
}

/** Opens an empty list: one byte per video. */
export function blocklist(videoCount: number): Blocklist {
  const blocked = new Uint8Array(videoCount);
  const mark = (videos: readonly number[], value: 0 | 1): void => {
    const unknown = videos.find((video) => !(Number.isInteger(video) && video >= 0 && video < videoCount));
    if (unknown !== undefined) throw new RangeError(`unknown video: ${unknown}; allowed: 0 … ${videoCount - 1}`);
    for (const video of videos) blocked[video] = value;
  };
  return {
    reason: "blocked",
    forbids: (_requests, _row, video) => blocked[video] === 1,
    block: (videos) => mark(videos, 1),
    unblock: (videos) => mark(videos, 0),
  };
}

/** Only videos in the user's own language, and in those that everybody is given (`alsoLanguages`, indices); any for whose is not known. */
export function languageFilter({ users, videos }: Catalogue, alsoLanguages: readonly number[] = []): Filter {
  const also = new Set(alsoLanguages);
  return {
    reason: "language",
    forbids({ user }, row, video) {
      const own = users.language[user[row]!]!;
      return own < languages.length && videos.language[video] !== own && !also.has(videos.language[video]!);
    },
  };
}
