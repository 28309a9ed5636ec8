/**
 * A finished (or running) experiment in one record: was the split right, what did each metric do, is any guardrail broken, what is decided,
 * and what was not. The first metric decides; the others inform, with p-values adjusted by Holm.
 */
import type { JudgedMetric, MetricPlan, Scorecard } from "./card.js";
import { differenceOf, type Difference, type MetricOfArm } from "./difference.js";
import { guardrail } from "./guardrail.js";
import { holm } from "./multiple.js";
import { noveltyOf, type ArmByDay } from "./novelty.js";
import { smallestEffect } from "./power.js";
import { sampleRatio, type SampleRatio } from "./sample-ratio.js";
import { openQuestions, sentencesOf } from "./scorecard-sentences.js";
import { effectBySegment, independence } from "./segments.js";
import { alwaysValid, alwaysValidP, looksOf } from "./sequential.js";

/** One arm's users in every metric, in the order of the plans. */
export interface ArmUsers {
  readonly name: string;
  readonly users: number;
  readonly metrics: readonly MetricOfArm[];
  readonly exposed?: ArrayLike<number>; // [users] day
  readonly byDay?: ArmByDay; // of the first metric, same users
  readonly segments?: Readonly<Record<string, readonly string[]>>; // by name: [users], known before exposure
}

/** How to judge. */
export interface ScorecardOptions {
  readonly level?: number; // default .95
  readonly shares?: readonly number[]; // planned, control first; default equal
  readonly winsorise?: number;
  /** Looked at every day: users of both arms for which the always-valid interval is tuned; default: a test that is looked at once. */
  readonly tunedFor?: number;
}

/** Judges a treatment. @throws RangeError on arms without users or metrics, and as `differenceOf` */
export function scorecard(
  plans: readonly MetricPlan[],
  control: ArmUsers,
  treatment: ArmUsers,
  options: ScorecardOptions = {},
): Scorecard {
  const { level = 0.95, shares = [1, 1], tunedFor } = options;
  if (plans.length === 0) throw new RangeError("no metric is given; at least one is needed");
  for (const { name, users } of [control, treatment])
    if (users === 0) throw new RangeError(`arm ${name} has no users; each arm needs at least 2`);
  const split = sampleRatio([control.users, treatment.users], shares);
  const compare = { level, ...(options.winsorise !== undefined && { winsorise: options.winsorise }) };
  const found = plans.map(({ name }, m) => {
    const one = about(`metric ${name}`, () => differenceOf(control.metrics[m]!, treatment.metrics[m]!, compare));
    if (tunedFor === undefined) return one;
    const wide = { level, tunedFor };
    const [difference, lift] = [alwaysValid(one.difference, wide), alwaysValid(one.lift, wide)];
    return { ...one, difference, lift, pValue: alwaysValidP(one.difference, wide) };
  });
  const adjusted = holm(found.map(({ pValue }) => (Number.isNaN(pValue) ? 1 : pValue)));
  const share = treatment.users / (control.users + treatment.users);
  const metrics = found.map((one, m): JudgedMetric => {
    const metric = plans[m]!;
    const { low, high, standardError } = one.difference;
    const sign = metric.better === "lower" ? -1 : 1;
    const users = control.users + treatment.users;
    const variance = standardError ** 2 * users * share * (1 - share);
    const effect = variance > 0 ? smallestEffect(variance, users, { treatmentShare: share, alpha: 1 - level }) : NaN;
    return {
      ...one,
      metric,
      adjustedP: adjusted[m]!,
      smallestLift: effect / Math.abs(one.control.estimate),
      verdict: sign * low > 0 && sign * high > 0 ? "better" : sign * low < 0 && sign * high < 0 ? "worse" : "undecided",
      ...(metric.margin !== undefined && { guardrail: guardrail(relative(one), metric.better, metric.margin) }),
    };
  });
  const [first, same] = [control.metrics[0]!, treatment.metrics[0]!];
  const { exposed: from } = control;
  const { exposed: to } = treatment;
  const card: Omit<Scorecard, "sentences" | "open"> = {
    control: control.name,
    treatment: treatment.name,
    users: [control.users, treatment.users],
    sampleRatio: split,
    metrics,
    decision: decide(split, metrics),
    ...(from && to && { splitByDay: independence(countsByDay(from, to)) }),
    ...(from && to && tunedFor !== undefined
      ? { looks: looksOf({ ...first, exposed: from }, { ...same, exposed: to }, { ...compare, tunedFor }) }
      : {}),
    ...(lasting(control.byDay) &&
      lasting(treatment.byDay) && { novelty: noveltyOf(control.byDay, treatment.byDay, compare) }),
    segments: Object.fromEntries(
      Object.entries(control.segments ?? {}).map(([name, segments]) => [
        name,
        about(`segment ${name}`, () =>
          effectBySegment(first, same, { control: segments, treatment: treatment.segments?.[name] ?? [] }, compare),
        ),
      ]),
    ),
  };
  return { ...card, sentences: sentencesOf(card), open: openQuestions(card) };
}

/** Whether two users have seen a second day. */
function lasting(arm: ArmByDay | undefined): arm is ArmByDay {
  return arm !== undefined && Array.from(arm.seen).filter((days) => days >= 2).length >= 2;
}

/** The lift as a share of the control's size: where the control's mean is below 0, up is up. */
function relative({ lift, control }: Difference): Pick<Difference["lift"], "low" | "high"> {
  return control.estimate < 0 ? { low: -lift.high, high: -lift.low } : lift;
}

function countsByDay(control: ArrayLike<number>, treatment: ArrayLike<number>): (readonly [number, number])[] {
  const [a, b] = [Array.from(control), Array.from(treatment)];
  const count = (of: readonly number[], day: number): number => of.filter((one) => one === day).length;
  return [...new Set([...a, ...b])].map((day) => [count(a, day), count(b, day)] as const);
}

/** A fault with what it is about. */
function about<T>(what: string, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    throw new RangeError(`${what}: ${(cause as Error).message}`, { cause });
  }
}

function decide(split: SampleRatio, [first, ...others]: readonly JudgedMetric[]): Scorecard["decision"] {
  if (split.mismatch) return "broken";
  const guarded = [first!, ...others].flatMap((one) => one.guardrail ?? []);
  if (first!.verdict === "worse" || guarded.includes("failed")) return "do not ship";
  return first!.verdict === "better" && !guarded.includes("undecided") ? "ship" : "undecided";
}
