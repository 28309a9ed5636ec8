/**
 * Daily metrics by arm and segment against guardrails and against what is usual for the day of the week. With the reference's level, its
 * weekday effects (of n days shrunk by n / (n + 2)) and the deviation s of what is left over N days, a day is expected within
 *
 *     level + effect ± t(1 − α / 2S) · s · √(1 + 1/N),      S: all days of all series, so that α is the chance of any false alert
 */
import { studentQuantile } from "../../evaluation/index.js";
import { day as nameOf } from "./quality.js";

/** A metric on a day. */
export interface DayValue {
  readonly day: number; // since the epoch or the simulation's start
  readonly value: number;
  readonly rows: number;
}

/** A metric of an arm's segment; empty: of all. */
export interface DailySeries {
  readonly metric: string;
  readonly arm: string;
  readonly segment: string;
  readonly reference: readonly DayValue[];
  readonly current: readonly DayValue[];
}

/** What a metric may not go below, or above. */
export interface DailyGuardrail {
  readonly metric: string;
  readonly bound: "least" | "most";
  readonly value: number;
}

/** A day of the current window with what was expected; NaN: too few reference days. */
export interface ExpectedDay extends DayValue, Pick<DailySeries, "metric" | "arm" | "segment"> {
  readonly expected: number;
  readonly low: number;
  readonly high: number;
  /** Why it alerts; empty: it does not. */
  readonly alert: string;
}

/** Reference days that a band needs, and rows that a day needs. */
const [leastDays, leastRows] = [5, 30];

/** Judges every day of every series. */
export function dailyHealth(
  series: readonly DailySeries[],
  { alpha = 0.05, guardrails = [] }: { readonly alpha?: number; readonly guardrails?: readonly DailyGuardrail[] } = {},
): readonly ExpectedDay[] {
  const looks = series.reduce((sum, { current }) => sum + current.length, 0);
  return series.flatMap(({ metric, arm, segment, reference, current }) => {
    const usual = reference.filter(({ rows }) => rows >= leastRows);
    const expect = usual.length >= leastDays ? bandOf(usual, 1 - alpha / (2 * looks)) : undefined;
    return current.map((of): ExpectedDay => {
      const band = expect?.(of.day) ?? { expected: NaN, low: NaN, high: NaN };
      const bounds = guardrails.filter((one) => one.metric === metric);
      return { metric, arm, segment, ...of, ...band, alert: alertOf(of, band, bounds) };
    });
  });
}

type Band = Pick<ExpectedDay, "expected" | "low" | "high">;

function bandOf(days: readonly DayValue[], level: number): (day: number) => Band {
  const mean = days.reduce((sum, { value }) => sum + value, 0) / days.length;
  const effects = Array.from({ length: 7 }, (_, weekday) => {
    const of = days.filter(({ day }) => day % 7 === weekday);
    return of.reduce((sum, { value }) => sum + value - mean, 0) / (of.length + 2);
  });
  const squares = days.reduce((sum, { day, value }) => sum + (value - mean - effects[day % 7]!) ** 2, 0);
  const degrees = days.length - 1;
  const half = studentQuantile(level, degrees) * Math.sqrt((squares / degrees) * (1 + 1 / days.length));
  return (day) => {
    const expected = mean + effects[day % 7]!;
    return { expected, low: expected - half, high: expected + half };
  };
}

function alertOf({ day, value, rows }: DayValue, { low, high }: Band, bounds: readonly DailyGuardrail[]): string {
  if (rows < leastRows) return "";
  const broken = bounds.find(({ bound, value: limit }) => (bound === "least" ? value < limit : value > limit));
  if (broken) return `${round(value)}; the guardrail is at ${broken.bound} ${round(broken.value)}`;
  if (value < low || value > high)
    return `${round(value)} on ${nameOf(day)}; usual for the day of the week is ${round(low)} to ${round(high)}`;
  return "";
}

function round(value: number): string {
  return String(Number(value.toPrecision(3)));
}
