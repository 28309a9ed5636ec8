/**
 * The serving loop: rows of features for requests and candidates from a snapshot and the current visits. Column order is that of
 * `features`; the training join gives the same values. Nothing is allocated per row.
 */
import type { CandidateBatch, Catalogue, FeatureMatrix, RequestBatch } from "../../types.js";
import { featuresWhere, formatCount, hourBucketMs, spreadOverTopics } from "../features/features.js";
import type { SessionState } from "./session.js";
import type { Snapshot, StaticRows } from "./snapshot.js";

/** The sources of a row's values. */
export interface RowSources {
  readonly catalogue: Catalogue;
  readonly fixed: StaticRows;
  readonly snapshot: Snapshot;
  readonly sessions: SessionState;
  /** Scratch, zero between calls: 1 + place in `creatorOf` of each creator the request's user clicked. // [creators] */
  readonly creatorPlace: Int32Array;
}

/** ln(1 + n) of small counts. */
const logOf = Float64Array.from({ length: 4096 }, (_, n) => Math.log(1 + n));

/** Fills the ranker's rows. // [count × width]; a pad (-1) gets the row of video 0. */
export function fillRankRows(
  out: FeatureMatrix,
  sources: RowSources,
  requests: RequestBatch,
  candidates: CandidateBatch,
): void {
  const { catalogue, fixed, snapshot, sessions, creatorPlace } = sources;
  const { categories, numbers } = out;
  const { topic: topicOf, creator: creatorOf, language: videoLanguage } = catalogue.videos;
  const { user: userTable, video: videoTable, userTopic, userFormat, segmentTopic, userCreator } = snapshot;
  const topics = catalogue.topicNames.length;
  let c = 0;
  let n = 0;
  for (let r = 0; r < requests.count; r++) {
    const user = requests.user[r]!;
    const language = catalogue.users.language[user];
    const segment = fixed.segment[user]!;
    const device = requests.device[r]!;
    const hour = Math.floor(requests.timeMs[r]! / hourBucketMs);
    const page = logCount(requests.page[r]!);
    const inVisit = sessions.session[user] === requests.session[r];
    const impressions = inVisit ? logCount(sessions.impressions[user]!) : 0;
    const clicks = inVisit ? logCount(sessions.clicks[user]!) : 0;
    const watch = inVisit ? Math.log(1 + sessions.watchMs[user]! / 1000) : 0;
    markCreators(creatorPlace, snapshot, user, true);
    for (let slot = 0; slot < candidates.width; slot++) {
      const video = Math.max(0, candidates.video[r * candidates.width + slot]!);
      const topic = topicOf[video]!;

      for (let k = 0, from = user * fixed.userCategoryCount; k < fixed.userCategoryCount; k++)
        categories[c++] = fixed.userCategories[from + k]!;
      for (let k = 0, from = video * fixed.videoCategoryCount; k < fixed.videoCategoryCount; k++)
        categories[c++] = fixed.videoCategories[from + k]!;
      categories[c++] = device;
      categories[c++] = hour;
      categories[c++] = 0; // position: unknown before ranking

      for (let k = 0, from = user * userTable.width; k < userTable.width; k++)
        numbers[n++] = userTable.values[from + k]!;
      for (let k = 0, from = video * videoTable.width; k < videoTable.width; k++)
        numbers[n++] = videoTable.values[from + k]!;
      for (let k = 0, from = (user * topics + topic) * userTopic.width; k < userTopic.width; k++)
        numbers[n++] = userTopic.values[from + k]!;
      const format = user * formatCount + fixed.format[video]!;
      for (let k = 0, from = format * userFormat.width; k < userFormat.width; k++)
        numbers[n++] = userFormat.values[from + k]!;
      for (let k = 0, from = (segment * topics + topic) * segmentTopic.width; k < segmentTopic.width; k++)
        numbers[n++] = segmentTopic.values[from + k]!;
      const place = creatorPlace[creatorOf[video]!]!;
      for (let k = 0, from = (place - 1) * userCreator.width; k < userCreator.width; k++)
        numbers[n++] = place > 0 ? userCreator.values[from + k]! : 0;
      numbers[n++] = language === videoLanguage[video] ? 1 : 0;
      numbers[n++] = page;
      numbers[n++] = impressions;
      numbers[n++] = clicks;
      numbers[n++] = watch;
      const cell = user * topics + topic;
      numbers[n++] = inVisit ? logCount(sessions.topicImpressions[cell]!) : 0;
      numbers[n++] = inVisit ? logCount(sessions.topicClicks[cell]!) : 0;
    }
    markCreators(creatorPlace, snapshot, user, false);
  }
}

/** Fills the query tower's rows. // [count] */
export function fillQueryRows(out: FeatureMatrix, sources: RowSources, requests: RequestBatch): void {
  const { catalogue, fixed, snapshot } = sources;
  const { categories, numbers } = out;
  const { user: userTable, userTopic } = snapshot;
  const topics = catalogue.topicNames.length;
  const spread = spreadColumns();
  let c = 0;
  let n = 0;
  for (let r = 0; r < requests.count; r++) {
    const user = requests.user[r]!;
    for (let k = 0, from = user * fixed.userCategoryCount; k < fixed.userCategoryCount; k++)
      categories[c++] = fixed.userCategories[from + k]!;
    categories[c++] = requests.device[r]!;
    categories[c++] = Math.floor(requests.timeMs[r]! / hourBucketMs);
    for (let k = 0, from = user * userTable.width; k < userTable.width; k++) numbers[n++] = userTable.values[from + k]!;
    for (const column of spread) {
      for (let topic = 0; topic < topics; topic++)
        numbers[n++] = userTopic.values[(user * topics + topic) * userTopic.width + column]!;
    }
  }
}

/** Fills the candidate tower's rows. // [videos.length]; -1 gets the row of video 0. */
export function fillCandidateRows(out: FeatureMatrix, fixed: StaticRows, snapshot: Snapshot, videos: Int32Array): void {
  const { videoCategories, videoCategoryCount } = fixed;
  const table = snapshot.video;
  for (let i = 0; i < videos.length; i++) {
    const video = Math.max(0, videos[i]!);
    for (let k = 0; k < videoCategoryCount; k++)
      out.categories[i * videoCategoryCount + k] = videoCategories[video * videoCategoryCount + k]!;
    for (let k = 0; k < table.width; k++) out.numbers[i * table.width + k] = table.values[video * table.width + k]!;
  }
}

/** Column of each spread feature within the user × topic table. */
function spreadColumns(): readonly number[] {
  const names = featuresWhere({ entity: "user_topic", available: "midnight" }).map(({ name }) => name);
  return spreadOverTopics.map((name) => names.indexOf(name));
}

function markCreators(
  creatorPlace: Int32Array,
  { creatorStart, creatorOf }: Snapshot,
  user: number,
  on: boolean,
): void {
  const end = creatorStart[user + 1]!;
  for (let i = creatorStart[user]!; i < end; i++) creatorPlace[creatorOf[i]!] = on ? i + 1 : 0;
}

function logCount(n: number): number {
  return n < logOf.length ? logOf[n]! : Math.log(1 + n);
}
