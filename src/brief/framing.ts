/**
 * Step 2, frame as an ML task: which objective stands for the business goal, which label it gives a model, what it rewards
 * and what goes wrong when it is optimised alone; and how many candidates each stage of the funnel passes on.
 */
import type { Scale } from "../types.js";
import { sizes } from "./scale.js";

/** An ML objective that may stand for the goal. */
export interface Framing {
  readonly objective: "clicks" | "watch time" | "long watches" | "satisfaction survey";
  readonly task: string; // kind of prediction
  readonly label: string; // of one impression, from the event log
  readonly rewards: string;
  readonly trap: string; // what goes wrong when it is optimised alone
  readonly inLog: boolean; // whether the simulated platform's log holds the label
}

/** The business goal that all framings stand for. */
export const businessGoal = "users who come back and watch: daily visits and watch minutes per user, and what they pay";

/** The usual alternatives, side by side. */
export const framings: readonly Framing[] = [
  {
    objective: "clicks",
    task: "binary classification of an impression",
    label: "click (0 or 1)",
    rewards: "titles and thumbnails that are clicked",
    trap: "clickbait: clicks rise, watch time and return fall",
    inLog: true,
  },
  {
    objective: "watch time",
    task: "click probability × expected watch time, or logistic regression weighted by watch time (Covington et al., 2016)",
    label: "watchMs (0 without a click)",
    rewards: "videos that are watched for long",
    trap: "long videos win over good short ones; one heavy viewer counts as many",
    inLog: true,
  },
  {
    objective: "long watches",
    task: "binary classification of an impression",
    label: "1 if at least 20 s or half of the video was watched",
    rewards: "clicks that were not regretted, in both formats",
    trap: "the threshold is arbitrary, and nothing beyond it counts",
    inLog: true,
  },
  {
    objective: "satisfaction survey",
    task: "regression on the few users who answer",
    label: "stars given the day after",
    rewards: "what users say they value",
    trap: "few and self-selected answers; a model must predict the missing ones",
    inLog: false,
  },
];

/** Candidates that leave each stage of the funnel. */
export interface FunnelSizes {
  readonly catalogue: number; // all live videos
  readonly retrieved: number; // after retrieval, sources merged
  readonly ranked: number; // scored by the ranker
  readonly slate: number; // shown
}

/**
 * Funnel sizes for a catalogue of live videos at a scale; no stage passes on more than it gets.
 * @throws RangeError unless the catalogue is a positive integer.
 */
export function funnelSizes(catalogue: number, scale: Scale): FunnelSizes {
  if (!Number.isInteger(catalogue) || catalogue < 1)
    throw new RangeError(`invalid catalogue: ${catalogue}; allowed: a positive integer of live videos`);
  const { online, slots } = sizes(scale);
  const retrieved = Math.min(catalogue, online.candidates);
  return { catalogue, retrieved, ranked: retrieved, slate: Math.min(retrieved, slots) };
}
