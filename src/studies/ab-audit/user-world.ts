/**
 * One world of the audit: two policies on the same users (twins), and what experiments on these users would have said. Twins know what
 * each user does in either arm; an experiment shows one of the two, by a hash of the user and a salt of its own.
 */
import { codeHash, makeOrLoad, writeFileAtomic } from "../../artifacts/index.js";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  alwaysValid,
  assign,
  differenceOf,
  type Interval,
  type MetricOfArm,
  preference,
  ratioOf,
  twinStatistics,
} from "../../evaluation/index.js";
import { keyOf, uniformInt } from "../../random.js";
import { teamDraft } from "../../serving/index.js";
import type { Impressions, RunControl } from "../../types.js";
import type { Arm, LocalArm } from "../../pipeline/arms/arm.js";
import { type Past, pastOf } from "../../pipeline/arms/past.js";
import { play, type Trial } from "../../pipeline/arms/play.js";
import { modulesOf, openArm } from "../../pipeline/arms/registry.js";
import type { Setting } from "../../pipeline/setting.js";
import { simulateLog } from "../../pipeline/simulate.js";
import { covariates, periodBefore, twinSums, type TwinSums } from "../twins/metrics.js";

/** What is played in each world. */
export interface UserPlan {
  readonly control: Arm;
  readonly treatment: Arm;
  readonly users: number; // at most
  readonly days: number; // of the experiment, and daily looks
  readonly replications: number; // of twins, at least 2: the first is the experiment, the others say what is expected
  readonly salts: number; // experiments on the same users
}

/** Tests of which both arms had the control: named by how they judge, counted where they found a difference at 5 %. */
export const nullTests = ["Welch", "ratio", "CUPED", "daily looks", "daily looks, always-valid"] as const;
export type NullTest = (typeof nullTests)[number];

/** Metrics in which the clickbait ranker is compared with the treatment in twin worlds. */
export const baitMetrics = ["watchMinutes", "satisfaction", "visits", "day7Return"] as const;

/** What one world says. */
export interface UserWorld {
  readonly seed: number;
  readonly users: number;
  readonly found: Readonly<Record<NullTest, number>>; // of `salts`
  readonly width: number; // always-valid over fixed interval at the last look
  readonly covered: { readonly drawn: number; readonly expected: number }; // of `salts`: the same draws' truth; the mean of others
  readonly lift: number; // treatment over control in watch time, expected
  readonly kept: { readonly cuped: number; readonly twins: number }; // share of the A/B test's variance, watch time
  /** Signal over noise of one user, for the same question (who is clicked more?). */
  readonly signal: { readonly ab: number; readonly interleaving: number };
  /** Interleaving of treatment and clickbait, and what the twins of the two say: lifts over the treatment. */
  readonly bait: {
    readonly preference: number;
    readonly lifts: Readonly<Record<(typeof baitMetrics)[number], number>>;
  };
}

/** What a job is given. */
export interface UserJob {
  readonly setting: Setting;
  readonly plan: UserPlan;
  readonly remake: boolean;
}

/** Plays or loads one world. @public called by its name, as a job */
export async function userWorld({ setting, plan, remake }: UserJob, control: RunControl = {}): Promise<UserWorld> {
  const log = await simulateLog(setting, control);
  const code = codeHash(import.meta.url, modulesOf([plan.control, plan.treatment]));
  const spec = { root: setting.datasets, kind: "ab-audit", config: plan, inputs: [log.artifact.id], code };
  const artifact = await makeOrLoad(
    spec,
    async (dir) => {
      const sums = await playedOf(pastOf(log), plan, control);
      const before = covariates(await periodBefore(log, sums.assigned, 7), sums.control[0]!.users).watchMinutes;
      const world = worldOf(setting.seed, plan, sums, before);
      await writeFileAtomic(join(dir, "world.json"), `${JSON.stringify(world)}\n`);
      return { seed: setting.seed };
    },
    { remake },
  );
  return JSON.parse(await readFile(join(artifact.dir, "world.json"), "utf8")) as UserWorld;
}

interface PlayedSums {
  readonly assigned: Uint8Array;
  readonly control: readonly TwinSums[]; // [replications]
  readonly treatment: readonly TwinSums[];
  readonly bait: TwinSums;
  readonly mixed: Interval; // preference for the treatment over the control
  readonly baited: Interval; // … for clickbait over the treatment
}

async function playedOf(past: Past, plan: UserPlan, { signal, onProgress }: RunControl): Promise<PlayedSums> {
  const { control, treatment, users, days, replications } = plan;
  const bait: LocalArm = {
    name: "clickbait",
    policy: { open: (context) => openArm(treatment, { ...context, past: clicksOnly(past) }) },
  };
  const total = 2 * replications + 3;
  let done = 0;
  let assigned = new Uint8Array(0);
  const run = async (arm: LocalArm, replication = 0): Promise<TwinSums> => {
    const trial: Trial = { users, days, horizons: [days], replication };
    const played = await play(past, arm, trial, signal ? { signal } : {});
    assigned = played.assigned as Uint8Array<ArrayBuffer>;
    onProgress?.("plays", ++done, total, arm.name);
    return twinSums(played, past.firstDay, days);
  };
  const interleaved = async (a: LocalArm, b: LocalArm): Promise<Interval> => {
    let credits: (() => Parameters<typeof preference>[0]) | undefined;
    const name = `${a.name} and ${b.name}`;
    await run({
      name,
      policy: {
        async open(context) {
          const [one, other] = [await openArm(a, context), await openArm(b, context)];
          const draft = teamDraft(name, one.policy, other.policy, context.seed);
          credits = draft.credits;
          return { policy: draft.policy };
        },
      },
    });
    return preference(credits!());
  };
  const sums = { control: [] as TwinSums[], treatment: [] as TwinSums[] };
  for (let r = 0; r < replications; r++) {
    sums.control.push(await run(control, r));
    sums.treatment.push(await run(treatment, r));
  }
  const found = { ...sums, bait: await run(bait), mixed: await interleaved(control, treatment) };
  return { ...found, baited: await interleaved(treatment, bait), assigned };
}

/** The same past to a ranker by watch time, but with clicks in the place of watch time: it learns to rank clickbait first. */
function clicksOnly(past: Past): Past {
  const counts = async (): Promise<Awaited<ReturnType<Past["knowledge"]>>> => {
    const known = await past.knowledge();
    const [clicks, shown] = [new Float64Array(known.watchRate.length), new Float64Array(known.watchRate.length)];
    for await (const { count, video, click } of past.days() as AsyncIterable<Impressions>)
      for (let i = 0; i < count; i++) {
        clicks[video[i]!]! += click[i]!;
        shown[video[i]!]! += 1;
      }
    const mean = clicks.reduce((a, b) => a + b, 0) / shown.reduce((a, b) => a + b, 0);
    return { ...known, watchRate: clicks.map((n, v) => (n + 20 * mean) / (shown[v]! + 20)) };
  };
  return { ...past, knowledge: counts };
}

function worldOf(seed: number, plan: UserPlan, played: PlayedSums, before: Float64Array): UserWorld {
  const { control, treatment, bait, mixed, baited } = played;
  const [a, b] = [control[0]!, treatment[0]!];
  const ids = a.users;
  const n = ids.length;
  const watch = ({ metrics }: TwinSums): Float64Array => metrics.watchMinutes.numerator.map((ms) => ms / 60_000);
  const mean = (values: Float64Array): number => values.reduce((sum, x) => sum + x, 0) / n;
  const [watchA, watchB] = [watch(a), watch(b)];
  const rest = treatment.slice(1).map((sums, r) => mean(watch(sums)) - mean(watch(control[r + 1]!)));
  const truths = { drawn: mean(watchB) - mean(watchA), expected: rest.reduce((x, y) => x + y, 0) / rest.length };
  const found = { Welch: 0, ratio: 0, CUPED: 0, "daily looks": 0, "daily looks, always-valid": 0 };
  const covered = { drawn: 0, expected: 0 };
  let width = 0;
  for (let s = 0; s < plan.salts; s++) {
    const salt = `ab-audit/${seed}/${s}`;
    const arm = assign(ids, [0.5, 0.5], salt);
    const rows = (which: number, keep: (row: number) => boolean = () => true): Int32Array =>
      Int32Array.from(ids.keys()).filter((row) => arm[row] === which && keep(row));
    const test = (metric: Metric, keep?: (row: number) => boolean): ReturnType<typeof differenceOf> =>
      differenceOf(picked(metric, rows(0, keep)), picked(metric, rows(1, keep)));
    const value = { numerator: watchA };
    if (test(value).pValue < 0.05) found.Welch++;
    if (test(a.metrics.ctr).pValue < 0.05) found.ratio++;
    if (test({ ...value, before }).pValue < 0.05) found.CUPED++;
    // a fourteenth of the users comes in each day; their value does not change afterwards
    const key = keyOf(0, `${salt}/enters`);
    const enters = Int32Array.from(ids, (user) => uniformInt(plan.days, key, user));
    const looks = Array.from({ length: plan.days }, (_, day) => day)
      .filter((day) => [0, 1].every((which) => rows(which, (row) => enters[row]! <= day).length >= 2))
      .map((day) => test(value, (row) => enters[row]! <= day).difference);
    const valid = looks.map((look) => alwaysValid(look, { tunedFor: n }));
    const decided = ({ low, high }: Interval): boolean => low > 0 || high < 0;
    if (looks.some(decided)) found["daily looks"]++;
    if (valid.some(decided)) found["daily looks, always-valid"]++;
    const half = ({ high, estimate }: Interval): number => high - estimate;
    width += half(valid.at(-1)!) / half(looks.at(-1)!) / plan.salts;
    const shown = differenceOf(
      { numerator: Float64Array.from(rows(0), (row) => watchA[row]!) },
      { numerator: Float64Array.from(rows(1), (row) => watchB[row]!) },
    ).difference;
    for (const truth of ["drawn", "expected"] as const)
      if (shown.low <= truths[truth] && truths[truth] <= shown.high) covered[truth]++;
  }
  const twins = twinStatistics(a.metrics.watchMinutes, b.metrics.watchMinutes, before);
  const clicks = twinStatistics(a.metrics.ctr, b.metrics.ctr);
  const lift = (metric: (typeof baitMetrics)[number]): number =>
    ratioOf(bait.metrics[metric]) / ratioOf(b.metrics[metric]) - 1;
  return {
    seed,
    users: n,
    found,
    width,
    covered,
    lift: truths.expected / mean(watchA),
    kept: { cuped: twins.cuped?.kept ?? 1, twins: twins.kept },
    signal: {
      ab: clicks.difference / (clicks.abStandardError * Math.sqrt(n)),
      interleaving: (mixed.estimate - 0.5) / (mixed.standardError * Math.sqrt(n)),
    },
    bait: {
      preference: baited.estimate,
      lifts: Object.fromEntries(baitMetrics.map((metric) => [metric, lift(metric)])) as UserWorld["bait"]["lifts"],
    },
  };
}

type Metric = MetricOfArm;

function picked({ numerator, denominator, before }: Metric, rows: Int32Array): Metric {
  const of = (column: Float64Array): Float64Array => Float64Array.from(rows, (row) => column[row]!);
  return {
    numerator: of(numerator),
    ...(denominator && { denominator: of(denominator) }),
    ...(before && { before: before instanceof Float64Array ? of(before) : before.map(of) }),
  };
}
