/** The pages of a log as the estimators want them: probabilities under both policies, exact or made wrong, and a reward model. */
import {
  conditionalPropensities,
  positionPropensities,
  type LoggedActions,
  type LoggedPages,
  type PagePool,
} from "../../evaluation/index.js";
import type { PredictReward } from "./reward-model.js";
import type { PageGoal, ShownPage } from "./shadowed.js";

/**
 * How right the logging propensities are: as they were; rounded to three decimals; estimated from how often a video was shown; those of
 * the first position for all.
 */
export const propensityKinds = ["exact", "rounded", "estimated", "position ignored"] as const;
export type PropensityKind = (typeof propensityKinds)[number];

/** Probabilities of a log's pages under one policy. */
export interface PageProbabilities {
  readonly conditional: Float64Array; // [pages, slots]
  readonly marginal: Float64Array; // [pages, slots]
}

/** Exact probabilities of the shown pages under a policy's pools; positions beyond a short page are 1. */
export function probabilitiesOf(
  pages: readonly ShownPage[],
  slots: number,
  poolOf: (page: ShownPage) => PagePool,
): PageProbabilities {
  const conditional = new Float64Array(pages.length * slots).fill(1);
  const marginal = new Float64Array(pages.length * slots).fill(1);
  for (const [i, page] of pages.entries()) {
    const pool = poolOf(page);
    conditional.set(conditionalPropensities(pool, page.video), i * slots);
    marginal.set(positionPropensities(pool, page.video), i * slots);
  }
  return { conditional, marginal };
}

/** The logging policy's probabilities made wrong in one of the ways. */
export function asLogged(
  { conditional, marginal }: PageProbabilities,
  pages: readonly ShownPage[],
  slots: number,
  kind: PropensityKind,
): PageProbabilities {
  if (kind === "exact") return { conditional, marginal };
  if (kind === "rounded") {
    const rounded = (p: number): number => Math.max(0.001, Math.round(p * 1000) / 1000);
    return { conditional: conditional.map(rounded), marginal: marginal.map(rounded) };
  }
  const changed = conditional.slice();
  const times = new Map<number, number>();
  for (const { video } of pages) for (const id of video) times.set(id, (times.get(id) ?? 0) + 1);
  for (const [i, { video, pool }] of pages.entries())
    for (let k = 0; k < video.length; k++)
      changed[i * slots + k] =
        kind === "estimated"
          ? times.get(video[k]!)! / (pages.length * slots)
          : conditionalPropensities(pool, [video[k]!])[0]!;
  return { conditional: changed, marginal: changed };
}

/**
 * Reward models' word on the shown pages, on what a target would show in each position given the positions before, and on the pages that it
 * drew (the direct method). One result for each model.
 */
export function modelled(
  pages: readonly ShownPage[],
  slots: number,
  place: number,
  models: readonly PredictReward[],
): readonly { readonly shown: Float64Array; readonly expected: Float64Array; readonly direct: Float64Array }[] {
  const found = models.map(() => ({
    shown: new Float64Array(pages.length * slots),
    expected: new Float64Array(pages.length * slots),
    direct: new Float64Array(pages.length),
  }));
  for (const [i, page] of pages.entries()) {
    const { pool, drawn } = page.targets[place]!;
    const next = nextVideos(pool, page.video);
    for (const [m, predict] of models.entries()) {
      const { shown, expected, direct } = found[m]!;
      for (const own of drawn)
        for (let k = 0; k < own.length && own[k]! >= 0; k++) direct[i]! += predict(i, own[k]!, k) / drawn.length;
      for (let k = 0; k < page.video.length; k++) {
        shown[i * slots + k] = predict(i, page.video[k]!, k);
        next.probability[k]!.forEach((p, row) => {
          if (p > 0) expected[i * slots + k]! += p * predict(i, next.video[row]!, k);
        });
      }
    }
  }
  return found;
}

/** P(video | the page before position k), for each position, of the videos of the pool. */
function nextVideos(
  pool: PagePool,
  page: Int32Array,
): { readonly video: Int32Array; readonly probability: readonly Float64Array[] } {
  const video = Int32Array.from(new Set(pool.flatMap((part) => [...part.video])));
  const row = new Map([...video].map((id, at) => [id, at]));
  const parts = pool.map((part) => {
    const top = part.logit.reduce((a, b) => Math.max(a, b), -Infinity);
    const weight = part.logit.map((value) => Math.exp(value - top));
    return { rows: part.video.map((id) => row.get(id)!), weight, posterior: part.share };
  });
  const probability = Array.from(page, (shown) => {
    const chance = new Float64Array(video.length);
    const total = parts.reduce((sum, { posterior }) => sum + posterior, 0);
    for (const part of parts) {
      const { rows, weight, posterior } = part;
      if (!(posterior > 0)) continue;
      const left = weight.reduce((sum, w) => sum + w, 0);
      for (let item = 0; item < rows.length; item++) chance[rows[item]!]! += (posterior / total / left) * weight[item]!;
      const item = rows.indexOf(row.get(shown) ?? -1);
      part.posterior = item < 0 ? 0 : posterior * (weight[item]! / left);
      if (item >= 0) weight[item] = 0;
    }
    return chance;
  });
  return { video, probability };
}

/** A log as pages. `target` is the place of the target among the shadows. */
export function asPages(
  pages: readonly ShownPage[],
  slots: number,
  goal: PageGoal,
  logging: PageProbabilities,
  target: PageProbabilities,
  place: number,
  model?: { readonly shown: Float64Array; readonly expected: Float64Array },
): LoggedPages {
  const reward = new Float64Array(pages.length * slots);
  const marginal = new Float64Array(pages.length * slots);
  pages.forEach((page, i) => {
    reward.set(page.reward[goal], i * slots);
    marginal.set(page.targets[place]!.unsupportedAt, i * slots);
  });
  return {
    user: pages.map(({ user }) => user),
    slots,
    reward,
    logging,
    target,
    ...(model && { model }),
    unsupported: { joint: pages.map(({ targets }) => targets[place]!.unsupported), marginal },
  };
}

/** The first positions alone, as rounds of one action. */
export function asActions({ user, slots, reward, logging, target, model, unsupported }: LoggedPages): LoggedActions {
  const first = (column: ArrayLike<number>): Float64Array =>
    Float64Array.from(user, (_, page) => column[page * slots]!);
  return {
    user,
    reward: first(reward),
    logging: first(logging.conditional!),
    target: first(target.conditional!),
    ...(model && { model: { shown: first(model.shown), expected: first(model.expected) } }),
    ...(unsupported?.marginal && { unsupported: first(unsupported.marginal) }),
  };
}
