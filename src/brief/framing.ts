/**
 * Step 2, frame as an ML task: which objective stands for the business goal, which label it gives a model, what it rewards
 * and what goes wrong when it is optimised alone; and how many candidates each stage of the funnel passes on.
 */
import type { Scale } from "../types.js";
import { sizes } from "./scale.js";
import { worthOf, type ArmWorth } from "./worth.js";

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

/** A step from the goal to a loss, and what serving by that loss did to the goal in the world. */
export interface GoalStep {
  readonly goal: "retention" | "watch time" | "revenue";
  readonly metric: string; // of an arm
  readonly label: string; // of an impression
  readonly loss: string; // that a model minimises
  readonly worth: string; // the number that ties the loss to the goal
}

/** Goal → metric → label → loss. Numbers are of `armWorths`: another loss in the same funnel, or an oracle that knows the truth. */
export function goalSteps(): readonly GoalStep[] {
  const by = (arm: string, metric: Exclude<keyof ArmWorth, "arm">, than: string | undefined = undefined): string => {
    const ratio = worthOf(arm, metric) / (than === undefined ? 1 : worthOf(than, metric));
    return `${ratio >= 1 ? "+" : "−"}${Math.abs(100 * (ratio - 1)).toFixed(0)} %`;
  };
  const [click, watch, pleased] = ["oracle: click", "oracle: watch", "oracle: satisfaction"];
  return [
    {
      goal: "watch time",
      metric: "watch minutes per assigned user-day",
      label: "watchMs, 0 without a click",
      loss: "cross-entropy of the click + squared error of log watch time; score P(click) × E[watch]",
      worth: `an oracle of this label: ${by(watch!, "watchMinutes")} watch minutes, ${by(watch!, "day7Return")} day-7 return`,
    },
    {
      goal: "watch time",
      metric: "clicks per impression",
      label: "click",
      loss: "cross-entropy",
      worth:
        `the same models ranked by it: ${by("label: click", "ctr")} clicks, ` +
        `${by("label: click", "watchMinutes")} watch minutes, ${by("label: click", "day7Return")} day-7 return`,
    },
    {
      goal: "retention",
      metric: "share of users back on day 7",
      label: "satisfaction: asked of few, predicted for the others",
      loss: "squared error of the stars",
      worth:
        `its oracle against that of watch time: ${by(pleased!, "day7Return", watch)} day-7 return, ` +
        `${by(pleased!, "watchMinutes", watch)} watch minutes; that of clicks: ${by(click!, "day7Return", watch)} day-7 return`,
    },
    {
      goal: "revenue",
      metric: "dollars per assigned user-day",
      label: "subscription or purchase after a click",
      loss: "cross-entropy of the conversion × its price",
      worth:
        `its numbers are rare: ${by(watch!, "revenue")}, ${by(click!, "revenue")} and ${by(pleased!, "revenue")} for the oracles of ` +
        "watch time, clicks and satisfaction say little at this size",
    },
  ];
}

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
