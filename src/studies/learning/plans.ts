/**
 * Policies of learning on, as data: when a model is fitted, on which days, from which weights, and what the platform does around it.
 * A plan is a policy in a world: the plans of a study differ in their policy alone, so they are twins.
 */
import type { DriftEvent } from "../../world/index.js";

/** When a model is fitted, and on what. */
export interface LearningPolicy {
  readonly name: string;
  /** Every so many days; at an `alarm` of the detector; on the `stream`: a user's own weights as labels arrive, others at midnight. */
  readonly when: "never" | "alarm" | "stream" | number;
  /** Days of rows that a fit reads, the newest last; `all`: a window that grows. Default 7. */
  readonly window?: number | "all";
  /** Continues from the weights that serve (warm start) instead of from nothing. Default false; `stream` always does. */
  readonly warm?: boolean;
  /** Rows of all earlier days that a fit reads too, as a share of the window's. Default 0. */
  readonly replay?: number;
  /** Temperature of Plackett–Luce exploration, in logits; 0: the best page. Default 0.3. */
  readonly temperature?: number;
  /** Share of random pages, the same that the first model was fitted on. Default 0.05. */
  readonly randomPages?: number;
  /** Weight of a row: 1, or one over the propensity of its place, at most 10 times. Default none. */
  readonly weights?: "none" | "propensity";
  /** Learns a weight for each position, left out in serving. Default true. */
  readonly position?: boolean;
  /** What the ranker predicts: a click, or the minutes watched, at most one. Default watch. */
  readonly goal?: "click" | "watch";
  /** Share of pages that users find by themselves, by their own interests. Default 0. */
  readonly organic?: number;
  /** How fast creators move their clickbait towards what is shown, per day. Default 0. */
  readonly incentive?: number;
}

/** A policy in a world, day by day. */
export interface LearningPlan {
  readonly policy: LearningPolicy;
  readonly warmUp: number; // days of random pages, on which the first model is fitted; of the funnel those of its log
  readonly days: number; // days under the policy
  readonly users: number; // people at most
  readonly drift: readonly DriftEvent[];
  /** The platform's funnel (two towers, DCN-v2) instead of the small one. */
  readonly funnel?: boolean;
}

/** Days of random pages before the first model. */
export const warmUpDays = 7;

/** Ten policies of retraining; the first is what others are compared with. */
export const retrainingPolicies: readonly LearningPolicy[] = [
  { name: "daily", when: 1 },
  { name: "never", when: "never" },
  { name: "3-days", when: 3 },
  { name: "7-days", when: 7 },
  { name: "alarm", when: "alarm" },
  { name: "short-window", when: 1, window: 3 },
  { name: "growing-window", when: 1, window: "all" },
  { name: "warm", when: 1, window: 1, warm: true },
  { name: "warm-replay", when: 1, window: 1, warm: true, replay: 1 },
  { name: "online", when: "stream", window: 1 },
];

/** Daily retraining, and variants that each change one thing: what they do to the platform is compared. */
export const loopPolicies: readonly LearningPolicy[] = [
  { name: "daily", when: 1 },
  { name: "greedy", when: 1, temperature: 0, randomPages: 0 },
  { name: "weighted", when: 1, weights: "propensity" },
  { name: "no-position", when: 1, position: false },
  { name: "organic", when: 1, organic: 0.5 },
  { name: "clicks", when: 1, goal: "click" },
  { name: "creators", when: 1, incentive: 0.2 },
  { name: "creators-clicks", when: 1, goal: "click", incentive: 0.2 },
];

/** The comparisons, by name. */
export const learningStudies = {
  retraining: { policies: retrainingPolicies, drifts: true },
  loops: { policies: loopPolicies, drifts: false },
} as const;
export type LearningStudyName = keyof typeof learningStudies;

/** Phases of the drift plan, as shares of the days: each ends where the next begins. */
export const phases = [
  { name: "quiet", from: 0 },
  { name: "sudden", from: 0.25 },
  { name: "gradual", from: 0.5 },
  { name: "recurring", from: 0.75 },
] as const;

/** Tastes jump at once, then move over a quarter of the days, then swing there and back. @throws RangeError below 8 days */
export function driftPlan(days: number, warmUp = warmUpDays): readonly DriftEvent[] {
  const at = phases.map(({ from }) => warmUp + Math.round(from * days));
  const quarter = at[2]! - at[1]!;
  return [
    { day: at[1]!, kind: "concept", strength: 0.6, shape: "sudden" },
    { day: at[2]!, kind: "concept", strength: 0.6, shape: "gradual", duration: Math.max(2, Math.round(quarter * 0.7)) },
    {
      day: at[3]!,
      kind: "concept",
      strength: 0.6,
      shape: "recurring",
      period: Math.max(2, 2 * Math.round(quarter / 4)),
    },
  ];
}

/** A plan of so many people and days. @throws RangeError naming the field, the value and what is allowed */
export function learningPlan(
  policy: LearningPolicy,
  { users, days = 60, drift = driftPlan(days) }: { users: number; days?: number; drift?: readonly DriftEvent[] },
): LearningPlan {
  const { when, window = 7, replay = 0, temperature = 0.3, randomPages = 0.05, organic = 0, incentive = 0 } = policy;
  const check = (name: string, value: unknown, right: boolean, allowed: string): void => {
    if (!right) throw new RangeError(`${name}: ${String(value)}; allowed: ${allowed}`);
  };
  const whole = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 1;
  check(
    "when",
    when,
    ["never", "alarm", "stream"].includes(String(when)) || whole(when),
    "never, alarm, stream or days",
  );
  check("window", window, window === "all" || whole(window), "all, or days of at least 1");
  check("days", days, Number.isInteger(days) && days >= 8 && days <= 365, "a whole number from 8 to 365");
  check("users", users, whole(users), "at least 1");
  check("replay", replay, replay >= 0 && replay <= 100, "0 … 100");
  check("temperature", temperature, temperature >= 0 && temperature <= 10, "0 … 10");
  check("randomPages", randomPages, randomPages >= 0 && randomPages <= 1, "0 … 1");
  check("organic", organic, organic >= 0 && organic <= 1, "0 … 1");
  check("incentive", incentive, incentive >= 0 && incentive <= 1, "0 … 1");
  return { policy, warmUp: warmUpDays, days, users, drift };
}

/** The same for the platform's funnel, after a log of so many days. @throws RangeError for policies that it does not know */
export function funnelPlan(policy: LearningPolicy, users: number, days: number, logDays: number): LearningPlan {
  const { name, when } = policy;
  if (when !== "never" && name !== "daily" && name !== `${when}-days`)
    throw new RangeError(`retraining of the funnel: ${name}; allowed: never, daily, 3-days, 7-days`);
  const plan = learningPlan(policy, { users, days, drift: driftPlan(days, logDays) });
  return { ...plan, warmUp: logDays, funnel: true };
}
