/** One 32-bit key per purpose, derived from the seed once. Adding a purpose changes no other draw. */
import { keyOf } from "../random.js";

/** What exists: topics, creators, videos, users, the drift plan. */
const lasting = [
  "topic/demand",
  "topic/taste",
  "centroid",
  "creator/topic",
  "creator/offset",
  "creator/quality",
  "creator/bait",
  "creator/language",
  "video/creator",
  "video/offset",
  "video/quality",
  "video/bait",
  "video/looks",
  "video/format",
  "video/duration",
  "video/label",
  "video/language",
  "video/sponsored",
  "user/join",
  "user/region",
  "user/age",
  "user/device",
  "user/language",
  "user/bilingual",
  "user/modes",
  "user/mode",
  "user/activity",
  "user/patience",
  "user/attention",
  "user/susceptibility",
  "user/length",
  "user/bias",
  "user/hour",
  "family",
  "creator/rhythm",
  "video/duplicate",
  "user/ads",
  "user/bot",
  "campaign",
  "thumbnail",
  "title",
  "post",
  "drift/concept",
  "drift/topic",
  "drift/offset",
  "drift/prior",
] as const;

/** What happens from day to day. */
const daily = [
  "visit",
  "visit/later",
  "visit/time",
  "visit/device",
  "visit/budget",
  "examine",
  "click",
  "watch",
  "complete",
  "like",
  "share",
  "hide",
  "follow",
  "subscribe",
  "purchase",
  "amount",
  "leave",
  "continue",
  "churn",
  "bot",
  "taste/walk",
  "drift/covariate",
] as const;

/** What a draw is for. */
export type Purpose = (typeof lasting | typeof daily)[number];

/** The key of each purpose. */
export type Keyring = Readonly<Record<Purpose, number>>;

/**
 * All keys of a world. A `replication` keeps the users and videos and draws other days: visits, clicks, watching, leaving; undefined:
 * the world's own draws.
 */
export function keyring(seed: number, replication?: number): Keyring {
  const others = replication === undefined ? "" : `luck ${replication}/`;
  const keys = [
    ...lasting.map((purpose) => [purpose, ""] as const),
    ...daily.map((purpose) => [purpose, others] as const),
  ];
  return Object.fromEntries(keys.map(([purpose, of]) => [purpose, keyOf(seed, `world/${of}${purpose}`)])) as Keyring;
}
