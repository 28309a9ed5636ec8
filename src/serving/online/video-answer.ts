/** What `/videos/:id` says of a video. */
import type { FeatureStore } from "../../data/index.js";
import { languages, type Catalogue } from "../../types.js";
import type { VideoAnswer } from "./contract.js";
import { Refusal } from "./refusal.js";

/** How a platform's videos look. */
export interface VideoFaces {
  readonly titleOf?: (video: number) => string;
  readonly thumbnailOf?: (video: number) => Uint8Array; // [32, 32, 3]
}

/** A video of the catalogue. @throws Refusal 404 for an id outside it */
export function videoAnswer(
  { videos, topicNames }: Catalogue,
  store: Pick<FeatureStore, "videoStats">,
  live: number,
  { titleOf, thumbnailOf }: VideoFaces,
  id: number,
): VideoAnswer {
  if (id >= videos.count) throw new Refusal(404, `unknown video: ${id}; allowed: 0 … ${videos.count - 1}`);
  const { impressions, clicks, watchMs } = store.videoStats();
  return {
    video: id,
    title: titleOf?.(id) ?? null,
    thumbnail: thumbnailOf ? Buffer.from(thumbnailOf(id)).toString("base64") : null,
    topic: topicNames[videos.topic[id]!]!,
    creator: videos.creator[id]!,
    durationMs: videos.durationMs[id]!,
    language: languages[videos.language[id]!]!,
    uploadDay: videos.uploadDay[id]!,
    sponsored: videos.sponsored[id] === 1,
    live: id < live,
    impressions: impressions[id]!,
    clicks: clicks[id]!,
    watchMs: watchMs[id]!,
  };
}
