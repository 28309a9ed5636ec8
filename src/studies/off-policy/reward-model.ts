/**
 * A reward model of a position on a page, for the direct method and the doubly robust estimates: what the position gives on average, times
 * how much more than that a video, a topic and a pair of languages give, each drawn to 1. Fitted on other users than it predicts for.
 *
 *     r̂(user, video, k) = base_k · lift(video) · lift(topic) · lift(user's language, video's language)
 */
import { crossFit } from "../../evaluation/index.js";
import { languages, type Catalogue } from "../../types.js";
import type { PageGoal, ShownPage } from "./shadowed.js";

/** Reward expected of a video at a position, for the user of a page. */
export type PredictReward = (page: number, video: number, position: number) => number;

const prior = 2; // expected rewards' worth of 1 in each lift

/** One model for each fold of users; page i is predicted by the one that has not seen its user. */
export function rewardModel(
  pages: readonly ShownPage[],
  slots: number,
  goal: PageGoal,
  catalogue: Catalogue,
): PredictReward {
  const { fold, models } = crossFit(
    pages.map(({ user }) => user),
    (rows) =>
      fit(
        Array.from(rows, (row) => pages[row]!),
        slots,
        goal,
        catalogue,
      ),
  );
  return (page, video, position) => models[fold[page]!]!(pages[page]!.user, video, position);
}

function fit(
  pages: readonly ShownPage[],
  slots: number,
  goal: PageGoal,
  { users, videos, topicNames }: Catalogue,
): (user: number, video: number, position: number) => number {
  const base = new Float64Array(slots);
  const shown = new Float64Array(slots);
  for (const { reward, video } of pages)
    for (let k = 0; k < video.length; k++) {
      base[k]! += reward[goal][k]!;
      shown[k]!++;
    }
  for (let k = 0; k < slots; k++) base[k]! /= Math.max(1, shown[k]!);
  const pair = (user: number, video: number): number =>
    users.language[user]! * languages.length + videos.language[video]!;
  const topic = (_: number, video: number): number => videos.topic[video]!;
  const itself = (_: number, video: number): number => video;
  const lifts: { readonly of: typeof pair; readonly lift: Float64Array }[] = [];
  const predict = (user: number, video: number, position: number): number =>
    lifts.reduce((product, { of, lift }) => product * lift[of(user, video)]!, base[position]!);
  // one after another, each on what those before it leave
  for (const [of, size] of [
    [pair, languages.length ** 2],
    [topic, topicNames.length],
    [itself, videos.count],
  ] as const) {
    const got = new Float64Array(size).fill(prior);
    const expected = new Float64Array(size).fill(prior);
    for (const { user, reward, video } of pages)
      for (let k = 0; k < video.length; k++) {
        got[of(user, video[k]!)]! += reward[goal][k]!;
        expected[of(user, video[k]!)]! += predict(user, video[k]!, k);
      }
    lifts.push({ of, lift: got.map((sum, i) => sum / expected[i]!) });
  }
  return predict;
}
