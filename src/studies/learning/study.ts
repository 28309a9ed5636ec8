/**
 * Policies of learning on, compared in several worlds: a world is a job in a process, each policy in it is kept, so that a study that was
 * stopped resumes. What was expected is in `hypotheses`, written before the first run on the seeds that are reported.
 */
import { type Interval, tInterval } from "../../evaluation/index.js";
import type { Setting } from "../../pipeline/setting.js";
import { compiledUrl } from "../../platform/compiled.js";
import type { RunControl } from "../../types.js";
import { type Hypothesis, type Judged, judged, type Measures } from "../ab-audit/hypotheses.js";
import { runParts, seedWorlds } from "../run-study.js";
import { type LearningDay, type LearningRun, playLearning } from "./play.js";
import {
  driftPlan,
  type LearningPlan,
  learningPlan,
  learningStudies,
  type LearningStudyName,
  phases,
} from "./plans.js";

/** What a study compares, and where. */
export interface LearningStudyOptions {
  readonly study: LearningStudyName;
  readonly seeds?: number; // worlds, default 5: seed, seed + 1, …
  readonly days?: number; // default 60
  readonly remake?: boolean;
}

/** A policy over all worlds; intervals are over worlds. */
export interface LearningRow {
  readonly name: string;
  readonly regretPerUserDay: Interval; // minutes, cumulative over all days
  readonly minutesPerUserDay: Interval;
  readonly fits: Interval;
  readonly promotions: Interval;
  readonly millionRows: Interval; // rows × passes learned
  /** Minutes per user and day gained over the model that is never fitted again; undefined where that is not played. */
  readonly gained?: Interval;
  /** Break-even: a fit pays as long as learning a million rows costs less than so many minutes of watching. */
  readonly breakEven?: Interval;
}

/** All of a study. */
export interface LearningStudy {
  readonly study: LearningStudyName;
  readonly runs: readonly (readonly LearningRun[])[]; // [policies][worlds]
  readonly rows: readonly LearningRow[];
  readonly measures: Measures;
  readonly judged: readonly Judged[];
}

/** All plans in one world, as a job. @public called by its name */
export async function learningJob(
  { setting, plans, remake }: { setting: Setting; plans: readonly LearningPlan[]; remake: boolean },
  control: RunControl = {},
): Promise<LearningRun[]> {
  const runs: LearningRun[] = [];
  for (const [at, plan] of plans.entries()) {
    const { onProgress } = control;
    const onDays: RunControl["onProgress"] = (_, done, of) => onProgress?.("runs", at + done / of, plans.length);
    const { policy, seed, days } = await playLearning(
      setting,
      plan,
      { remake, every: 10 },
      { ...control, onProgress: onDays },
    );
    runs.push({ policy, seed, days });
  }
  return runs;
}

/** Plays or loads all policies in all worlds. @throws RangeError naming the field, the value and what is allowed */
export async function studyLearning(
  base: Setting,
  { study, seeds = 5, days = 60, remake = false }: LearningStudyOptions,
  control: RunControl = {},
): Promise<LearningStudy> {
  const { policies, drifts } = learningStudies[study];
  const users = base.sizes.online.users;
  const drift = drifts ? driftPlan(days) : [];
  const plans = policies.map((policy) => learningPlan(policy, { users, days, drift }));
  const jobs = seedWorlds(base, seeds).map((setting) => ({
    label: `seed ${setting.seed}`,
    module: compiledUrl("study", import.meta.url).href,
    export: "learningJob",
    argument: { setting, plans, remake },
  }));
  const bar = { step: "worlds", inner: "runs", shares: true };
  const worlds = await runParts<readonly LearningRun[]>(jobs, bar, base.workers, control);
  const runs = policies.map((_, p) => worlds.map((of) => of[p]!));
  const measures = measuresOf(study, runs);
  return { study, runs, rows: rowsOf(runs), measures, judged: judged(learningHypotheses(study), measures) };
}

/** Days of a phase of the plan, or all under the policy. */
function daysIn({ days }: LearningRun, phase?: string): readonly LearningDay[] {
  const under = days.filter((day) => day.version > 0).slice(1); // the day after the first fit is the policy's first
  const at = phases.findIndex(({ name }) => name === phase);
  if (at < 0) return under;
  const place = (share: number): number => Math.round(share * under.length);
  return under.slice(place(phases[at]!.from), place(phases[at + 1]?.from ?? 1));
}

const total = (days: readonly LearningDay[], of: (day: LearningDay) => number): number =>
  days.reduce((sum, day) => sum + of(day), 0);
const regretPerPage = (days: readonly LearningDay[]): number =>
  total(days, (d) => d.regret) / total(days, (d) => d.pages);
const minutesPerUserDay = (days: readonly LearningDay[]): number =>
  total(days, (d) => d.minutes) / total(days, (d) => d.userDays);

function rowsOf(runs: LearningStudy["runs"]): readonly LearningRow[] {
  const still = runs.find(([run]) => run!.policy.when === "never");
  return runs.map((worlds): LearningRow => {
    const over = (of: (days: readonly LearningDay[], world: number) => number): Interval =>
      tInterval(worlds.map((run, w) => of(daysIn(run), w)));
    const gain = (days: readonly LearningDay[], w: number): number =>
      minutesPerUserDay(days) - minutesPerUserDay(daysIn(still![w]!));
    const learned = (days: readonly LearningDay[]): number => total(days, (d) => d.rows) / 1e6;
    const compared = still !== undefined && worlds !== still;
    return {
      name: worlds[0]!.policy.name,
      regretPerUserDay: over((days) => total(days, (d) => d.regret) / total(days, (d) => d.userDays)),
      minutesPerUserDay: over(minutesPerUserDay),
      fits: over((days) => days.filter(({ rows }) => rows > 0).length),
      promotions: over((days) => days.at(-1)!.version - 1),
      millionRows: over(learned),
      ...(compared && {
        gained: over(gain),
        breakEven: over((days, w) => (gain(days, w) * total(days, (d) => d.userDays)) / Math.max(1e-9, learned(days))),
      }),
    };
  });
}

const traces = ["videoGini", "creatorGini", "reached", "pageEntropy", "tasteEntropy", "bait"] as const;

/** Every policy against others, by phase, as shares; and of loops the traces of the last quarter, as differences. */
function measuresOf(study: LearningStudyName, runs: LearningStudy["runs"]): Measures {
  const out: Record<string, Interval> = {};
  const last = phases.at(-1)!.name;
  const trace =
    (key: (typeof traces)[number], phase: string) =>
    (run: LearningRun): number =>
      total(daysIn(run, phase), (d) => d.loop[key]) / daysIn(run, phase).length;
  for (const these of runs) {
    const { name } = these[0]!.policy;
    for (const those of runs.filter(
      (one) => one !== these && ["daily", "warm", "clicks"].includes(one[0]!.policy.name),
    )) {
      const than = those[0]!.policy.name;
      const over = (of: (run: LearningRun) => number): Interval =>
        tInterval(these.map((run, w) => of(run) / of(those[w]!) - 1));
      for (const phase of ["all", ...phases.map((one) => one.name)])
        out[`regret: ${name} over ${than}, ${phase}`] = over((run) => regretPerPage(daysIn(run, phase)));
      out[`minutes: ${name} over ${than}`] = over((run) => minutesPerUserDay(daysIn(run)));
      out[`minutes: ${name} over ${than}, last quarter`] = over((run) => minutesPerUserDay(daysIn(run, last)));
      const rowsOfFits = (run: LearningRun): number => total(daysIn(run), (d) => d.rows);
      out[`rows: ${name} of ${than}`] = tInterval(
        these.map((run, w) => rowsOfFits(run) / Math.max(1, rowsOfFits(those[w]!))),
      );
      for (const key of study === "loops" ? traces : [])
        out[`${key}: ${name} less ${than}`] = tInterval(
          these.map((run, w) => trace(key, last)(run) - trace(key, last)(those[w]!)),
        );
    }
    for (const key of study === "loops" ? traces : [])
      out[`${key}: ${name}, last quarter less first`] = tInterval(
        these.map((run) => trace(key, last)(run) - trace(key, phases[0].name)(run)),
      );
  }
  return out;
}

const [least, most] = [-Infinity, Infinity];
type Row = readonly [measure: string, from: number, to: number, sentence: string];

const rows: Readonly<Record<LearningStudyName, readonly Row[]>> = {
  retraining: [
    ["regret: never over daily, sudden", 0, most, "after a sudden drift, no refit regrets more than daily refits"],
    ["regret: never over daily, quiet", 0, most, "before any drift, too: videos and users are new"],
    ["regret: 3-days over daily, all", -0.02, 0.02, "a fit every three days regrets within 2 % of daily"],
    ["regret: 7-days over daily, all", 0, most, "a fit every seven days regrets more than daily"],
    ["rows: alarm of daily", 0, 0.33, "fits at an alarm learn a third of daily's rows at most"],
    ["regret: alarm over daily, all", least, 0.03, "and regret at most 3 % more"],
    ["regret: short-window over daily, sudden", least, 0, "after a sudden drift 3 days of rows beat 7"],
    ["regret: growing-window over daily, sudden", 0, most, "and 7 days beat all days"],
    ["regret: growing-window over daily, quiet", least, 0, "before the drift all days beat 7"],
    ["rows: warm of daily", 0, 0.2, "a warm start learns a fifth of daily's rows at most"],
    ["regret: warm over daily, all", least, 0.02, "and regrets at most 2 % more"],
    ["regret: warm-replay over warm, recurring", least, 0, "where tastes return, replay of old rows helps it"],
    ["regret: online over warm, all", least, 0, "labels learned within the day lower its regret"],
  ],
  loops: [
    [
      "tasteEntropy: daily, last quarter less first",
      least,
      0,
      "interests narrow under a ranker that learns from its pages",
    ],
    ["creatorGini: greedy less daily", 0, most, "without exploration creators' exposure is more unequal"],
    ["reached: greedy less daily", least, 0, "and fewer creators are shown at all"],
    ["minutes: greedy over daily, last quarter", least, 0, "and in the last quarter less is watched"],
    ["creatorGini: weighted less daily", least, 0, "propensity weights make exposure less unequal"],
    ["minutes: no-position over daily", least, 0, "without position correction less is watched"],
    ["pageEntropy: organic less daily", 0, most, "where half of the pages are organic, pages have more topics"],
    ["tasteEntropy: organic less daily", 0, most, "and interests stay wider"],
    ["bait: clicks less daily", 0, most, "a ranker by clicks shows more clickbait than by watch time"],
    ["bait: creators-clicks less clicks", 0, most, "creators who answer it add more"],
    ["minutes: creators-clicks over clicks, last quarter", least, 0, "and less is watched"],
    ["bait: creators less daily", least, 0, "creators who answer a ranker by watch time use less"],
  ],
};

/** What was expected. */
export const learningHypotheses = (study: LearningStudyName): readonly Hypothesis[] =>
  rows[study].map(([measure, from, to, sentence]) => ({
    id: measure,
    measure,
    allowed: [from, to],
    sentence,
    whole: true,
  }));
