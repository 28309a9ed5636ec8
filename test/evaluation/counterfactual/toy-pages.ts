import {
  conditionalPropensities,
  pagePropensity,
  positionTable,
  type PagePool,
} from "../../../src/evaluation/counterfactual/propensities.js";
import type { LoggedPages } from "../../../src/evaluation/counterfactual/logged.js";

/** Every page of `slots` distinct videos of `videos`, in order. */
export function allPages(videos: number, slots: number): number[][] {
  if (slots === 0) return [[]];
  return allPages(videos, slots - 1).flatMap((page) =>
    [...Array(videos).keys()].filter((video) => !page.includes(video)).map((video) => [...page, video]),
  );
}

const pool = (logits: readonly (readonly [number, readonly number[]])[]): PagePool =>
  logits.map(([share, logit]) => ({
    share,
    video: Int32Array.from(logit.keys()),
    logit: Float64Array.from(logit),
  }));

export const [videos, slots] = [4, 3];
export const logging = pool([
  [0.3, [0, 0, 0, 0]],
  [0.7, [1, 0.2, -0.5, 0.4]],
]);
export const target = pool([[1, [-0.6, 0.1, 1.2, 0.5]]]);

/** What a position earns, as its assumption says: of itself, of what is above it too, of the whole page. */
export const rewards = {
  independent: (page: readonly number[], k: number) => [0.9, 0.1, 0.4, 0.6][page[k]!]! / (k + 1),
  cascade: (page: readonly number[], k: number) =>
    page.slice(0, k + 1).reduce((sum, v, j) => sum + ((v + 1) * (j + 2)) ** 0.7, 0),
  page: (page: readonly number[], k: number) =>
    (page[k]! + 1) * (page[(k + 1) % slots]! - 2 * page[(k + 2) % slots]!) ** 2,
};

export type Reward = (page: readonly number[], k: number) => number;

/** A log in which every page is there once, and the probability of each. */
export function everyPage(reward: Reward): {
  readonly log: LoggedPages;
  readonly probability: Float64Array;
  readonly truth: number;
} {
  const pages = allPages(videos, slots);
  const of = (of: PagePool): Required<LoggedPages["logging"]> & { joint: Float64Array } => {
    const table = positionTable(of, slots).probability;
    return {
      joint: Float64Array.from(pages, (page) => pagePropensity(of, page)),
      conditional: pages.flatMap((page) => [...conditionalPropensities(of, page)]),
      marginal: pages.flatMap((page) => page.map((video, k) => table[video * slots + k]!)),
    };
  };
  const [logged, wanted] = [of(logging), of(target)];
  const earned = pages.map((page) => page.map((_, k) => reward(page, k)));
  return {
    log: { user: pages.map((_, i) => i), slots, reward: earned.flat(), logging: logged, target: wanted },
    probability: logged.joint,
    truth: earned.reduce((sum, row, i) => sum + wanted.joint[i]! * row.reduce((a, b) => a + b, 0), 0),
  };
}
