/**
 * What a cheap recommender learns from a log in one pass: how much a video is watched per impression, what a user thinks of a topic, what a
 * language is worth to whom, and who has clicked what. No training; the stand-in for a learned funnel where hundreds of worlds are played.
 */
import { baseRates, recoverTastes, tasteCounts } from "../../evaluation/index.js";
import { languages, type Catalogue, type Impressions } from "../../types.js";

/** Knowledge from the log. */
export interface Knowledge {
  readonly watchRate: Float64Array; // [videos] ms of watch per impression, drawn to the creator's and the overall mean
  /**
   * Click utility of a topic for a user relative to what the topic is for everyone: by shrunk counts, and by recovered tastes. [users,
   * topics]
   */
  readonly affinity: Float64Array;
  readonly lowRank: Float64Array;
  readonly languageLift: Float64Array; // [languages, languages] user's language, video's language
  readonly clicked: readonly Set<number>[]; // [users]
}

const videoPrior = 20; // impressions' worth of the creator's rate in a video's
const creatorPrior = 100; // … of the overall rate in a creator's
const topicPrior = 15; // … of the base rate in a user's rate of a topic
const languagePrior = 200;

/** Learns from the impressions of a log. */
export async function learn(
  catalogue: Catalogue,
  log: Iterable<Impressions> | AsyncIterable<Impressions>,
): Promise<Knowledge> {
  const { users, videos, topicNames, creatorCount } = catalogue;
  const [n, watch] = [new Float64Array(videos.count), new Float64Array(videos.count)];
  const [creatorN, creatorWatch] = [new Float64Array(creatorCount), new Float64Array(creatorCount)];
  const [spokenN, spokenClicks] = [new Float64Array(languages.length ** 2), new Float64Array(languages.length ** 2)];
  const counts = tasteCounts(users.count, topicNames.length);
  const clicked = Array.from({ length: users.count }, () => new Set<number>());
  let [allN, allWatch, allClicks] = [0, 0, 0];
  for await (const events of log)
    for (let i = 0; i < events.count; i++) {
      const [user, video, click, ms] = [events.user[i]!, events.video[i]!, events.click[i]!, events.watchMs[i]!];
      const creator = videos.creator[video]!;
      n[video]! += 1;
      watch[video]! += ms;
      creatorN[creator]! += 1;
      creatorWatch[creator]! += ms;
      const pair = users.language[user]! * languages.length + videos.language[video]!;
      spokenN[pair]! += 1;
      spokenClicks[pair]! += click;
      const cell = user * topicNames.length + videos.topic[video]!;
      counts.impressions[cell]! += 1;
      counts.sum[cell]! += click;
      counts.squares[cell]! += click;
      allN++;
      allWatch += ms;
      allClicks += click;
      if (click === 1) clicked[user]!.add(video);
    }
  const mean = allWatch / allN;
  const ofCreator = creatorWatch.map((ms, c) => (ms + creatorPrior * mean) / (creatorN[c]! + creatorPrior));
  const base = baseRates(counts, 50);
  const tastes = recoverTastes(counts);
  return {
    watchRate: watch.map((ms, v) => (ms + videoPrior * ofCreator[videos.creator[v]!]!) / (n[v]! + videoPrior)),
    affinity: base.map((b, at) => (counts.sum[at]! + topicPrior * b) / (counts.impressions[at]! + topicPrior) / b),
    lowRank: tastes.utility.map((x, at) => Math.max(0.05, x / base[at]!)),
    languageLift: spokenClicks.map(
      (c, pair) => (c + languagePrior * (allClicks / allN)) / (spokenN[pair]! + languagePrior) / (allClicks / allN),
    ),
    clicked,
  };
}
