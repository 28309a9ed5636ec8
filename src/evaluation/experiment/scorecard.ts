/**
 * A finished (or running) experiment in one record: was the split right, what did each metric do, is any guardrail broken, what is decided,
 * and what was not. The first metric decides; the others inform, with p-values adjusted by Holm.
 */
import { differenceOf, type Difference, type MetricOfArm } from "./difference.js";
import { guardrail, type GuardrailVerdict } from "./guardrail.js";
import { holm } from "./multiple.js";
import { smallestEffect } from "./power.js";
import { sampleRatio, type SampleRatio } from "./sample-ratio.js";
import { alwaysValid } from "./sequential.js";

/** A metric to judge. */
export interface MetricPlan {
  readonly name: string;
  readonly better: "higher" | "lower";
  /** A guardrail: how much worse is accepted, as a share of the control, at least 0. */
  readonly margin?: number;
}

/** One arm's users in every metric, in the order of the plans. */
export interface ArmUsers {
  readonly name: string;
  readonly users: number;
  readonly metrics: readonly MetricOfArm[];
}

/** How to judge. */
export interface ScorecardOptions {
  readonly level?: number; // default .95
  readonly shares?: readonly number[]; // planned, control first; default equal
  readonly winsorise?: number;
  /** Looked at every day: users of both arms for which the always-valid interval is tuned; default: a test that is looked at once. */
  readonly tunedFor?: number;
}

/** One metric of one treatment. */
export interface JudgedMetric extends Difference {
  readonly metric: MetricPlan;
  readonly adjustedP: number; // Holm, over the metrics of this treatment
  /** Smallest lift that so many users find with power .8. */
  readonly smallestLift: number;
  readonly verdict: "better" | "worse" | "undecided";
  readonly guardrail?: GuardrailVerdict;
}

/** A treatment against the control. */
export interface Scorecard {
  readonly control: string;
  readonly treatment: string;
  readonly users: readonly [control: number, treatment: number];
  readonly sampleRatio: SampleRatio;
  readonly metrics: readonly JudgedMetric[];
  readonly decision: "ship" | "do not ship" | "undecided" | "broken";
  /** The decision in a sentence, and what was not decided. */
  readonly sentences: readonly string[];
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
  const found = plans.map(({ margin: _, ...plan }, m) => {
    const ratio = control.metrics[m]!.denominator !== undefined;
    const cut = options.winsorise !== undefined && !ratio ? { winsorise: options.winsorise } : {};
    const one = differenceOf(control.metrics[m]!, treatment.metrics[m]!, { level, ...cut });
    if (tunedFor === undefined) return { plan, one };
    const wide = { level, tunedFor };
    return { plan, one: { ...one, difference: alwaysValid(one.difference, wide), lift: alwaysValid(one.lift, wide) } };
  });
  const adjusted = holm(found.map(({ one }) => (Number.isNaN(one.pValue) ? 1 : one.pValue)));
  const share = treatment.users / (control.users + treatment.users);
  const metrics = found.map(({ one }, m): JudgedMetric => {
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
      ...(metric.margin !== undefined && { guardrail: guardrail(one.lift, metric.better, metric.margin) }),
    };
  });
  const decision = decide(split, metrics);
  const card = { control: control.name, treatment: treatment.name, users: [control.users, treatment.users] as const };
  return {
    ...card,
    sampleRatio: split,
    metrics,
    decision,
    sentences: sentencesOf(decision, split, metrics, treatment.name),
  };
}

function decide(split: SampleRatio, [first, ...others]: readonly JudgedMetric[]): Scorecard["decision"] {
  if (split.mismatch) return "broken";
  const guarded = [first!, ...others].flatMap((one) => one.guardrail ?? []);
  if (first!.verdict === "worse" || guarded.includes("failed")) return "do not ship";
  return first!.verdict === "better" && !guarded.includes("undecided") ? "ship" : "undecided";
}

function sentencesOf(
  decision: Scorecard["decision"],
  split: SampleRatio,
  metrics: readonly JudgedMetric[],
  treatment: string,
): string[] {
  const [first] = metrics as [JudgedMetric];
  const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
  const lift = `${percent(first.lift.estimate)} (${percent(first.lift.low)} to ${percent(first.lift.high)})`;
  const head = {
    broken:
      `Do not decide: users were not split as planned (sample ratio mismatch, p ${pText(split.pValue)}). ` +
      "Find the fault in assignment or logging first; no metric can be trusted.",
    ship: `Ship ${treatment}: it changes ${first.metric.name} by ${lift}.`,
    "do not ship": `Do not ship ${treatment}: it changes ${first.metric.name} by ${lift}.`,
    undecided: `Undecided: ${treatment} changes ${first.metric.name} by ${lift}.`,
  }[decision];
  const rest = metrics.flatMap((one): string[] => {
    if (one.guardrail === "failed")
      return [`Guardrail broken: ${one.metric.name} is worse by more than ${percent(one.metric.margin!)}.`];
    if (one.guardrail === "undecided")
      return [`Guardrail undecided: ${one.metric.name} may be worse by more than ${percent(one.metric.margin!)}.`];
    return [];
  });
  if (decision !== "broken" && first.verdict === "undecided" && first.difference.standardError > 0) {
    const users = (4 * first.difference.units).toLocaleString("en"); // half the effect, four times the users
    rest.push(
      `So many users find a lift of ${percent(first.smallestLift)} four times in five; for half of it ${users} are needed.`,
    );
  }
  if (Math.abs(first.imbalance ?? 0) > 3)
    rest.push(
      "The arms differed before the experiment (covariate more than 3 standard errors apart): look at the split.",
    );
  return [head, ...rest];
}

const pText = (p: number): string => (p < 0.0001 ? "< 0.0001" : `= ${p.toPrecision(2)}`);
