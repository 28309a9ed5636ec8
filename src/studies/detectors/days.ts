/**
 * What monitors see of a day: visits, videos shown and clicks, counted by feature and by group of users. A feature belongs to a stage of
 * the loop: who arrives, what is supplied, how people respond. `taste` is a frozen model: the user's click rate in the video's topic, over
 * that of all, on the log's first days; a click on a video that it puts below the page's mean is a miss.
 */
import { ageBands, devices, regions, type Catalogue, type Impressions } from "../../types.js";

/** Where in the loop a feature moves. */
export type Stage = "arrivals" | "supply" | "response";

/** A feature counted: of responses, clicks or none (`bins`) by segment (`strata`); else segments are the bins. */
export interface Facet {
  readonly stage: Stage;
  readonly feature: string;
  readonly segments: readonly string[];
  readonly from: number; // place of its first count
}

/** Users whose number leaves the same rest are one group: what is exchanged. */
export const groups = 16;

/** A day: counts of each facet by group, and the clicks in order. */
export interface DayCounts {
  readonly counts: Uint16Array; // [groups, width]
  readonly misses: Uint8Array; // [clicks] 1: below the page's mean of the frozen model
}

const hours = ["night", "morning", "afternoon", "evening"];
const ages = ["under a day", "under 3 days", "under 10 days", "under 30 days", "older"];
const tastes = ["below the topic's mean", "near it", "above"];

/** The facets of a catalogue, and how many counts a group has. */
export function facetsOf({ topicNames }: Catalogue): { readonly facets: readonly Facet[]; readonly width: number } {
  let width = 0;
  const facets = (
    [
      ["arrivals", "device", devices],
      ["arrivals", "region", regions],
      ["arrivals", "age band", ageBands],
      ["arrivals", "hour", hours],
      ["supply", "topic", topicNames],
      ["supply", "video age", ages],
      ["response", "device", devices],
      ["response", "region", regions],
      ["response", "topic", topicNames],
      ["response", "taste", tastes],
    ] as const
  ).map(([stage, feature, segments]): Facet => {
    const facet = { stage, feature, segments, from: width };
    width += segments.length * (stage === "response" ? 2 : 1);
    return facet;
  });
  return { facets, width };
}

/** Click rates that are no longer learned. */
export interface FrozenTaste {
  readonly rate: Float64Array; // [users, topics]
  readonly lift: Float64Array; // [users, topics] over the topic's rate
}

/** Impressions of everybody whose weight a user's own rate needs. */
const prior = 20;

/** Learns the frozen model. */
export function learnTaste({ users, videos, topicNames }: Catalogue, days: readonly Impressions[]): FrozenTaste {
  const topics = topicNames.length;
  const [shown, clicked] = [new Float64Array(users.count * topics), new Float64Array(users.count * topics)];
  const [all, hits] = [new Float64Array(topics), new Float64Array(topics)];
  for (const { count, user, video, click } of days)
    for (let row = 0; row < count; row++) {
      const topic = videos.topic[video[row]!]!;
      const at = user[row]! * topics + topic;
      shown[at]! += 1;
      clicked[at]! += click[row]!;
      all[topic]! += 1;
      hits[topic]! += click[row]!;
    }
  const rate = shown.map((rows, at) => {
    const usual = (hits[at % topics]! + 1) / (all[at % topics]! + 10);
    return (clicked[at]! + prior * usual) / (rows + prior);
  });
  return { rate, lift: rate.map((value, at) => (value * (all[at % topics]! + 10)) / (hits[at % topics]! + 1)) };
}

/** Counts a day of the users who are judged. */
export function countDay(
  { users, videos, topicNames }: Catalogue,
  { rate, lift }: FrozenTaste,
  day: Impressions,
  judged: Uint8Array,
): DayCounts {
  const topics = topicNames.length;
  const catalogue = { users, videos, topicNames } as Catalogue;
  const { facets, width } = facetsOf(catalogue);
  const counts = new Uint16Array(groups * width);
  const misses: number[] = [];
  let [pageFrom, pageSum] = [0, 0];
  const score = (row: number): number => rate[day.user[row]! * topics + videos.topic[day.video[row]!]!]!;
  const closePage = (to: number): void => {
    for (let row = pageFrom; row < to; row++)
      if (day.click[row] === 1) misses.push(Number(score(row) < pageSum / (to - pageFrom)));
    [pageFrom, pageSum] = [to, 0];
  };
  for (let row = 0; row < day.count; row++) {
    if (row > pageFrom && day.request[row] !== day.request[pageFrom]) closePage(row);
    pageSum += score(row);
    const [user, video] = [day.user[row]!, day.video[row]!];
    if (judged[user] !== 1) continue;
    const topic = videos.topic[video]!;
    const age = day.day[row]! - videos.uploadDay[video]!;
    const liked = lift[user * topics + topic]!;
    const segmentOf: Readonly<Record<string, number>> = {
      device: day.device[row]!,
      region: users.region[user]!,
      "age band": users.ageBand[user]!,
      hour: Math.min(3, Math.trunc(day.timeMs[row]! / 21_600_000)),
      topic,
      "video age": [1, 3, 10, 30].filter((limit) => age >= limit).length,
      taste: Number(liked >= 0.9) + Number(liked >= 1.1),
    };
    for (const { stage, feature, from } of facets) {
      if (stage === "arrivals" && (day.page[row] !== 0 || day.position[row] !== 0)) continue;
      const segment = segmentOf[feature]!;
      const bin = stage === "response" ? 2 * segment + day.click[row]! : segment;
      counts[(user % groups) * width + from + bin]! += 1;
    }
  }
  closePage(day.count);
  return { counts, misses: Uint8Array.from(misses) };
}
