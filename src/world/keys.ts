/** One 32-bit key per purpose, derived from the seed once. Adding a purpose changes no other draw. */
import { keyOf } from "../random.js";

const purposes = [
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
  "subscribe",
  "purchase",
  "amount",
  "leave",
  "family",
  "creator/rhythm",
  "video/duplicate",
  "user/ads",
  "user/bot",
  "bot",
  "follow",
  "churn",
  "taste/walk",
  "continue",
  "campaign",
  "thumbnail",
  "drift/concept",
  "drift/topic",
  "drift/offset",
  "drift/covariate",
  "drift/prior",
] as const;

/** What a draw is for. */
export type Purpose = (typeof purposes)[number];

/** The key of each purpose. */
export type Keyring = Readonly<Record<Purpose, number>>;

/** What happens from day to day, as opposed to what exists (videos, users, the drift plan). */
const daily: ReadonlySet<string> = new Set<Purpose>([
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
]);

/**
 * All keys of a world. A `replication` keeps the users and videos and draws other days: visits, clicks, watching, leaving; undefined:
 * the world's own draws.
 */
export function keyring(seed: number, replication?: number): Keyring {
  const name = (purpose: Purpose): string =>
    `world/${replication !== undefined && daily.has(purpose) ? `luck ${replication}/` : ""}${purpose}`;
  return Object.fromEntries(purposes.map((purpose) => [purpose, keyOf(seed, name(purpose))])) as Keyring;
}
