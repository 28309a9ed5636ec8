/**
 * Detectors judged by the drift plan: how long until an alarm, how often without a drift, how many drifts are found, by kind, shape and
 * size. Worlds are jobs of processes and are kept, so a stopped study resumes.
 */
import { shareInterval, tInterval, type Interval } from "../../evaluation/index.js";
import { inWorld, type Setting } from "../../pipeline/setting.js";
import { compiledUrl } from "../../platform/compiled.js";
import type { RunControl } from "../../types.js";
import { judged, type Hypothesis, type Judged } from "../ab-audit/hypotheses.js";
import { runParts, wholeNumber } from "../run-study.js";
import type { Cause } from "./cause.js";
import { monitors } from "./monitors.js";
import type { DetectorJob, DriftCase } from "./played.js";
import type { JudgedCase } from "./world.js";

/** Days: to learn the frozen model from, of the reference, watched; and the watched day on which drifts begin. */
export const plan = { learn: 10, reference: 14, watched: 14, onset: 4 } as const;

const kinds = [
  { label: "covariate: device", kind: "covariate", of: "device" },
  { label: "covariate: region", kind: "covariate", of: "region" },
  { label: "concept", kind: "concept" },
  { label: "prior", kind: "prior" },
] as const;
const shapes = [
  { size: "small", strength: 0.25, shape: "sudden" },
  { size: "large", strength: 0.8, shape: "sudden" },
  { size: "large", strength: 0.8, shape: "gradual", duration: 5 },
  { size: "large", strength: 0.8, shape: "recurring", period: 6 },
] as const;

/** Quiet first, then each kind in each shape. */
export const driftCases: readonly DriftCase[] = [
  { name: "quiet", size: "none" },
  ...kinds.flatMap(({ label, ...kind }) =>
    shapes.map(({ size, ...shape }) => ({
      name: `${label}, ${shape.shape}, ${size}`,
      size,
      event: { day: plan.onset, ...kind, ...shape },
    })),
  ),
];

/** One monitor on one group of cases. */
export interface DetectorRow {
  readonly monitor: string;
  readonly of: string; // a case, a kind, a shape, a size, or all
  readonly found: Interval; // share of drifts with an alarm from their day on
  readonly delay: number; // median days from the drift to the first alarm, of those found; NaN: none
}

/** All of the study. */
export interface DetectorStudy {
  readonly worlds: number;
  readonly falseAlarms: readonly {
    readonly monitor: string;
    readonly per30Days: Interval;
    readonly asLong: Interval;
  }[];
  readonly rows: readonly DetectorRow[];
  readonly causes: readonly { readonly of: string; readonly right: Interval; readonly segment: Interval }[];
  readonly named: readonly Cause[];
  readonly page: {
    readonly monitors: readonly { readonly kind: string; readonly monitor: string }[]; // "": page nobody
    readonly sentence: string;
  };
  readonly judged: readonly Judged[];
}

/** Written before the first run of all worlds. */
export const hypotheses: readonly Hypothesis[] = [
  expected(
    "inputs-quiet",
    "false alarms: report on inputs",
    0,
    1,
    "the report on inputs raises at most one false alarm in 30 days",
  ),
  expected("psi-loud", "false alarms: PSI > 0.1, any input", 2, 30, "PSI above 0.1 of any input raises two or more"),
  expected(
    "rows-loud",
    "false alarms: chi-square 5 %, rows independent",
    2,
    30,
    "so does chi-square with rows taken as independent",
  ),
  expected(
    "covariate",
    "found: report on inputs, covariate, large",
    0.8,
    1,
    "the report on inputs finds four of five large covariate drifts",
  ),
  expected(
    "blind",
    "found: report on inputs, concept",
    0,
    0.3,
    "it is blind to a drift of tastes: it finds 30 % or fewer",
  ),
  expected(
    "concept",
    "found: report on responses, concept, large",
    0.5,
    1,
    "the report on responses finds half of the large concept drifts",
  ),
  expected("ctr", "found: CUSUM on CTR, concept, large", 0, 0.5, "CUSUM on CTR finds fewer than half of them"),
  expected("cause", "cause: all", 0.7, 1, "the named cause is right in 70 % of the alarms"),
];

function expected(id: string, measure: string, from: number, to: number, sentence: string): Hypothesis {
  return { id, sentence, measure, allowed: [from, to], whole: true };
}

/** One world of the plan, with some of the cases; the first must be quiet. */
export function detectorJob(base: Setting, seed: number, cases = driftCases, remake = false): DetectorJob {
  const setting = inWorld(base, seed, { days: plan.learn + plan.reference, extraDays: plan.watched });
  return { setting, cases, learn: plan.learn, days: plan.watched, remake };
}

/** Plays or loads all worlds. @throws RangeError on a number of seeds that is none from 2 to 1,000 */
export async function judgeDetectors(
  base: Setting,
  { seeds = 20, remake = false }: { readonly seeds?: number; readonly remake?: boolean } = {},
  control: RunControl = {},
): Promise<DetectorStudy> {
  wholeNumber("seeds", seeds, 2, 1000);
  const module = compiledUrl("world", import.meta.url).href;
  const jobs = Array.from({ length: seeds }, (_, i) => ({
    label: `seed ${base.seed + i}`,
    ...{ module, export: "detectorWorld", argument: detectorJob(base, base.seed + i, driftCases, remake) },
  }));
  const bar = { step: "worlds", inner: "cases", shares: true };
  return judgeWorlds(await runParts<readonly JudgedCase[]>(jobs, bar, base.workers, control));
}

/** What all worlds say together. */
export function judgeWorlds(worlds: readonly (readonly JudgedCase[])[]): DetectorStudy {
  const { onset } = plan;
  const falseAlarms = monitors.map(({ name: monitor }, m) => {
    const quiet = worlds.map((cases) => [cases[0]!.alarms[m]!]);
    const begun = quiet.map(([days]) => days!.filter((on, day) => on && days![day - 1] !== true).length);
    const rate = 30 / plan.watched;
    return { monitor, per30Days: over(begun.map((count) => count * rate)), asLong: found(quiet) };
  });
  const groups = groupsOf();
  const rows = monitors.flatMap(({ name: monitor }, m) =>
    groups.map(({ of, cases }): DetectorRow => {
      const seen = worlds.map((world) => cases.map((c) => world[c]!.alarms[m]!));
      const delays = seen
        .flat()
        .map((days) => days.indexOf(true, onset) - onset)
        .filter((delay) => delay >= 0);
      return { monitor, of, found: found(seen), delay: delays.sort((a, b) => a - b)[delays.length >> 1] ?? NaN };
    }),
  );
  const causes = groups.flatMap(({ of, cases }) => {
    const named = worlds.map((world) => cases.flatMap((c) => world[c]!.cause ?? [])).filter((all) => all.length > 0);
    const rightIn = (right: (cause: Cause) => boolean): Interval =>
      share(named.map((all) => all.filter(right).length / all.length));
    if (named.length < 2) return [];
    return [{ of, right: rightIn((one) => one.right), segment: rightIn((one) => one.segmentRight) }];
  });
  const measures = Object.fromEntries([
    ...falseAlarms.map(({ monitor, per30Days }) => [`false alarms: ${monitor}`, per30Days] as const),
    ...rows.map((row) => [`found: ${row.monitor}, ${row.of}`, row.found] as const),
    ...causes.map(({ of, right }) => [`cause: ${of}`, right] as const),
  ]);
  return {
    ...{ worlds: worlds.length, falseAlarms, rows, causes, page: pageFor(falseAlarms, rows) },
    named: worlds.flatMap((world) => world.flatMap(({ cause }) => cause ?? [])),
    judged: judged(hypotheses, measures),
  };
}

/** Share of the cases with an alarm from the day of the drift on, by world. */
function found(worlds: readonly (readonly (readonly boolean[])[])[]): Interval {
  return share(worlds.map((cases) => cases.filter((days) => days.includes(true, plan.onset)).length / cases.length));
}

/** A mean of shares, which an interval does not leave. */
function share(values: readonly number[]): Interval {
  const { estimate, low, high, ...rest } = over(values);
  return { ...rest, estimate, low: Math.max(0, low), high: Math.min(1, high) };
}

/** A mean over worlds; where all agree, what one more world of another kind would leave possible. */
function over(values: readonly number[]): Interval {
  const whole = tInterval(values);
  if (values.some((value) => value !== values[0])) return { ...whole, low: Math.max(0, whole.low) };
  const { low, high } = shareInterval(values[0]! > 0 ? values.length : 0, values.length);
  return values[0]! > 0 ? { ...whole, low: values[0]! * low } : { ...whole, high };
}

/** Cases by name, by kind and size, by kind, by shape, by size, and all that drift. */
function groupsOf(): readonly { readonly of: string; readonly cases: readonly number[] }[] {
  const all = driftCases.flatMap(({ event, name, size }, c) => (event ? [{ c, event, name, size }] : []));
  const names = new Map<string, number[]>();
  for (const { c, event, name, size } of all)
    for (const of of [name, `${event.kind}, ${size}`, event.kind, event.shape!, size, "all"])
      names.set(of, [...(names.get(of) ?? []), c]);
  return [...names].map(([of, cases]) => ({ of, cases }));
}

/** Share of a kind's drifts that a monitor must find before somebody is paged for it. */
const worthPaging = 0.5;

/** By kind, of the monitors with at most one false alarm in 30 days, the one that finds most (ties to the quicker), if it finds half. */
function pageFor(falseAlarms: DetectorStudy["falseAlarms"], rows: readonly DetectorRow[]): DetectorStudy["page"] {
  const rate = (monitor: string): number => falseAlarms.find((one) => one.monitor === monitor)!.per30Days.estimate;
  const bestOf = (kind: string): DetectorRow | undefined =>
    rows
      .filter(({ of, monitor }) => of === kind && rate(monitor) <= 1)
      .sort((a, b) => b.found.estimate - a.found.estimate || a.delay - b.delay)[0];
  const all = [...new Set(kinds.map(({ kind }) => kind))].map((kind) => ({ kind, best: bestOf(kind) }));
  const sentences = all.map(({ kind, best }) => {
    if (best === undefined) return `${kind} drift: none, every monitor has more than one false alarm in 30 days.`;
    const percent = `${Math.round(100 * best.found.estimate)} %`;
    if (best.found.estimate < worthPaging)
      return `${kind} drift: none, the best quiet enough (${best.monitor}) finds ${percent}.`;
    const half = `half of these within ${best.delay} days`;
    return `${kind} drift: ${best.monitor}, finds ${percent}, ${half}, ${rate(best.monitor).toFixed(1)} false alarms in 30 days.`;
  });
  return {
    monitors: all.map(({ kind, best }) => ({
      kind,
      monitor: best !== undefined && best.found.estimate >= worthPaging ? best.monitor : "",
    })),
    sentence: `What to page somebody for, by kind of drift. ${sentences.map((one) => one[0]!.toUpperCase() + one.slice(1)).join(" ")}`,
  };
}
