/**
 * The multi-task ranker's watch head: two treatments of watch time T, which a video's duration D cuts short.
 *
 * `weighted`: weighted logistic regression (Covington et al., 2016) with one change: each impression is a unit negative, clicked ones
 * too, and clicked ones are a positive of weight T besides; so the odds are E[T] itself, where the original's are E[T] / (1 -
 * P(click)). It predicts the minutes that will be watched, and so it favours long videos: of two that interest alike the longer is
 * watched for longer.
 *
 * `censored`: duration bias taken out by survival analysis, as the counterfactual watch time of Zhao et al. (2024). The interest W of a
 * click is how long the user would watch were the video endless; T = min(W, D), so a full watch (T ≥ D) is a right-censored
 * observation: W is at least D. With a constant chance λ(x) = exp(z) of stopping in each moment, W is exponential and the
 * log-likelihood of a click is
 *
 *     δ z - T exp(z),        δ = 1 where the user stopped before the end, 0 where the video did
 *
 * which is Poisson regression of the stops with T as exposure (Holford, 1980). At its maximum 1 / λ = Σ T / Σ δ: minutes watched a
 * stop, which no duration biases, where the mean of T is short of E[W] by all that was cut. It is learned from clicked impressions, and
 * an impression's interest is P(click) / λ. Where W is not exponential it is the mean of the hazards met, weighted by exposure.
 */
import { logisticLoss, poissonLoss, type Head } from "../network/layers/losses.js";
import type { OnnxGraph } from "../onnx/graph.js";

/** Treatments of watch time. */
export const watchTargets = ["weighted", "censored"] as const;
export type WatchTarget = (typeof watchTargets)[number];

/** Log odds and log rates are kept within ±this: exp cannot overflow on rows unlike any seen. */
export const logOddsLimit = 12;

/** Labels the head reads. */
export interface WatchLabels {
  readonly click: ArrayLike<number>; // [count] 0 or 1
  readonly watchMs: ArrayLike<number>; // [count] read where click is 1
  readonly durationMs: ArrayLike<number>; // [count] of the video
}

/** What the head's numbers are measured in; its logit begins at 0, the mean of all rows. */
export interface WatchBasis {
  /** weighted: mean watch of an impression; censored: watch time a stop. In ms. */
  readonly unitMs: number;
  /** Weight of a row that counts: rows without a click say nothing of interest, so the others weigh more. */
  readonly rowWeight: number;
}

/** Units and weights from the training rows. */
export function watchBasis(rows: WatchLabels, target: WatchTarget): WatchBasis {
  let clicks = 0,
    stops = 0,
    watchMs = 0;
  for (let row = 0; row < rows.click.length; row++) {
    if (rows.click[row] !== 1) continue;
    clicks++;
    stops += stopped(rows, row);
    watchMs += rows.watchMs[row]!;
  }
  if (target === "weighted") return { unitMs: Math.max(1, watchMs / rows.click.length), rowWeight: 1 };
  return { unitMs: Math.max(1, watchMs / (stops + 0.5)), rowWeight: rows.click.length / clicks }; // half a stop keeps it finite
}

/** Amount a and target y of a row's loss. */
export function watchTarget(
  rows: WatchLabels,
  row: number,
  target: WatchTarget,
  { unitMs, rowWeight }: WatchBasis,
): { readonly amount: number; readonly target: number } {
  const watched = rows.click[row] === 1 ? rows.watchMs[row]! / unitMs : 0;
  if (target === "weighted") return { amount: watched + 1, target: watched };
  return { amount: rowWeight * watched, target: rows.click[row] === 1 ? rowWeight * stopped(rows, row) : 0 };
}

/** Loss of the head; writes its gradient. */
export function watchLoss(head: Head, amounts: Float32Array, targets: Float32Array, target: WatchTarget): number {
  return target === "weighted"
    ? logisticLoss(head, amounts, targets)
    : poissonLoss(head, amounts, targets, logOddsLimit);
}

/** Watch time of an impression in ms: what will be watched (weighted) or would be of an endless video (censored). */
export function watchMsOf(logit: number, clickProbability: number, target: WatchTarget, unitMs: number): number {
  const z = Math.min(Math.max(logit, -logOddsLimit), logOddsLimit);
  return unitMs * (target === "weighted" ? Math.exp(z) : clickProbability * Math.exp(-z));
}

/** The same in ONNX: watch time of an impression and of a click, [n] each. @param click probabilities [n] */
export function onnxWatch(
  graph: OnnxGraph,
  logit: string,
  click: string,
  target: WatchTarget,
  unitMs: number,
): { readonly impression: string; readonly click: string } {
  const scalar = (name: string, value: number): string => graph.scalar(`watch/${name}`, value);
  const z = graph.op("Clip", [logit, scalar("least", -logOddsLimit), scalar("most", logOddsLimit)]);
  const inUnits = graph.op("Exp", [target === "weighted" ? z : graph.op("Neg", [z])]);
  const watch = graph.op("Mul", [inUnits, scalar("unit", unitMs)]);
  if (target === "censored") return { impression: graph.op("Mul", [watch, click]), click: watch };
  return { impression: watch, click: graph.op("Div", [watch, graph.op("Max", [click, scalar("least click", 1e-6)])]) };
}

/** 1 where a clicked video was left before its end. */
function stopped({ watchMs, durationMs }: WatchLabels, row: number): number {
  return watchMs[row]! < durationMs[row]! ? 1 : 0;
}
