/**
 * The A/B test, judged by the world: what its intervals and error rates are worth, what narrows them, and what interference does to each
 * design. Worlds are jobs of processes and are kept, so a stopped audit resumes.
 */
import { type Interval, shareInterval, tInterval } from "../../evaluation/index.js";
import type { Setting } from "../../pipeline/setting.js";
import { compiledUrl } from "../../platform/compiled.js";
import type { RunControl } from "../../types.js";
import type { WorldConfig } from "../../world/index.js";
import { runParts, seedWorlds, wholeNumber } from "../run-study.js";
import { type DesignedWorld, designNames, type Interference } from "./designs.js";
import { hypotheses, type Judged, judged, type Measures } from "./hypotheses.js";
import { baitMetrics, nullTests, type UserPlan, type UserWorld } from "./user-world.js";

/** Sizes of an audit. */
export interface AuditOptions {
  readonly seeds?: number; // worlds, default 20: seed, seed + 1, …; two fifths of them for interference
  readonly replications?: number; // of each null test over all worlds, default 1,000
  readonly remake?: boolean;
}

/** All of an audit. */
export interface Audit {
  readonly users: readonly UserWorld[];
  readonly settings: readonly { readonly name: string; readonly worlds: readonly DesignedWorld[] }[];
  readonly replications: number;
  readonly measures: Measures;
  readonly judged: readonly Judged[];
}

/** A setting in which arms may interfere: a world of 1,000 users, whatever the scale. */
export interface InterferenceSetting {
  readonly name: string;
  readonly world: Partial<WorldConfig>;
  readonly plan: Interference;
}

const random = (name: string): Interference["control"] => ({ name, policy: { kind: "uniform" } });
/** One ad on a page or two, on random pages, so that nothing but ads differs; clicked so often that one shard is a market. */
const ads = (name: string, adBudgetMicros: number): InterferenceSetting => ({
  name,
  world: {
    ...{ users: 1_000, videos: 1_000, creators: 50, days: 3, extraDays: 12, campaigns: 6, sponsored: 0.1 },
    ...{ adBidMicros: 10_000, adBudgetMicros, adClickBase: 3 },
  },
  plan: {
    control: random("one ad"),
    treatment: random("two ads"),
    ads: [
      { adSlots: [3], reserveMicros: 1_000 },
      { adSlots: [0, 3], reserveMicros: 1_000 },
    ],
    ...{ metric: "adRevenue", users: 1_200, days: 10, replications: 1 },
  },
});
/** Budgets that run out, the same that last, and popularity that is learned from what both arms show. */
export const interferenceSettings: readonly InterferenceSetting[] = [
  ads("budgets run out", 1_000_000),
  ads("budgets last", 1_000_000_000),
  {
    name: "shared counts",
    world: { users: 400, videos: 3_000, creators: 150, days: 1, extraDays: 14 },
    plan: {
      control: random("random"),
      treatment: { name: "popularity", policy: { kind: "popularity", freshShare: 0 } },
      ...{ metric: "watchMinutes", users: 600, days: 12, replications: 2 },
    },
  },
];

/** The two policies of the worlds without interference: the same order for all, and by what a user thinks of a topic. */
export const auditArms: Pick<UserPlan, "control" | "treatment"> = {
  control: { name: "watch-rate", policy: { kind: "watch-rate" } },
  treatment: { name: "topic-affinity", policy: { kind: "topic-affinity" } },
};

/** @throws RangeError naming the option, the value and what is allowed */
export function auditPlan({ seeds = 20, replications = 1_000 }: AuditOptions): Required<Omit<AuditOptions, "remake">> {
  return {
    seeds: wholeNumber("seeds", seeds, 2, 1_000),
    replications: wholeNumber("replications", replications, seeds, 1_000_000),
  };
}

/** Plays or loads all worlds and judges the hypotheses. @throws RangeError as `auditPlan` */
export async function auditAb(base: Setting, options: AuditOptions = {}, control: RunControl = {}): Promise<Audit> {
  const { seeds, replications } = auditPlan(options);
  const { remake = false } = options;
  const salts = Math.ceil(replications / seeds);
  const days = 14;
  const plan: UserPlan = { ...auditArms, users: base.sizes.online.users, days, replications: 3, salts };
  const extraDays = Math.max(base.world.extraDays, days);
  const userJobs = seedWorlds(base, seeds, { extraDays }).map((setting) => ({
    label: `seed ${setting.seed}`,
    module: compiledUrl("user-world", import.meta.url).href,
    export: "userWorld",
    argument: { setting, plan, remake },
  }));
  const few = Math.max(2, Math.floor(seeds * 0.4));
  const designJobs = interferenceSettings.flatMap(({ name, world, plan: of }) =>
    seedWorlds(base, few, world).map((setting) => ({
      label: `${name}, seed ${setting.seed}`,
      module: compiledUrl("designs", import.meta.url).href,
      export: "designJob",
      argument: { setting, plan: of, remake },
    })),
  );
  const jobs = [...designJobs, ...userJobs]; // the longest first
  const results = await runParts(jobs, { step: "worlds", inner: "plays", shares: true }, base.workers, control);
  const users = results.slice(designJobs.length) as UserWorld[];
  const settings = interferenceSettings.map(({ name }, s) => ({
    name,
    worlds: results.slice(s * few, (s + 1) * few) as DesignedWorld[],
  }));
  const measures = { ...userMeasures(users, salts), ...designMeasures(settings) };
  const tests = salts * seeds;
  return { users, settings, replications: tests, measures, judged: judged(hypotheses(tests), measures) };
}

function userMeasures(worlds: readonly UserWorld[], salts: number): Measures {
  const over = (of: (world: UserWorld) => number): Interval => tInterval(worlds.map(of));
  const tests = salts * worlds.length;
  const rates = nullTests.map((test) => {
    const hits = worlds.reduce((sum, { found }) => sum + found[test], 0);
    const standardError = Math.sqrt(((hits / tests) * (1 - hits / tests)) / tests);
    return [`false positives: ${test}`, { ...shareInterval(hits, tests), standardError, level: 0.95, units: tests }];
  });
  return {
    ...(Object.fromEntries(rates) as Measures),
    "always-valid width": over(({ width }) => width),
    coverage: over(({ covered }) => covered.drawn / salts),
    "coverage of other draws' truth": over(({ covered }) => covered.expected / salts),
    "lift of the treatment": over(({ lift }) => lift),
    "saved by CUPED": over(({ kept }) => 1 - kept.cuped),
    "saved by twins": over(({ kept }) => 1 - kept.twins),
    "saved by interleaving": savedBy(worlds.map(({ signal }) => signal)),
    "clickbait: preference": over(({ bait }) => bait.preference),
    ...Object.fromEntries(
      baitMetrics.map((metric) => [`clickbait: ${metric}`, over(({ bait }) => bait.lifts[metric])]),
    ),
  };
}

/** 1 − (signal over noise in an A/B test / in interleaving)² of the mean world; interval by leaving out one world at a time. */
function savedBy(signals: readonly UserWorld["signal"][]): Interval {
  const saved = (of: readonly UserWorld["signal"][]): number => {
    const sum = (name: "ab" | "interleaving"): number => of.reduce((all, one) => all + one[name], 0);
    return 1 - (sum("ab") / sum("interleaving")) ** 2;
  };
  const n = signals.length;
  const whole = saved(signals);
  const pseudo = signals.map((_, i) => n * whole - (n - 1) * saved(signals.filter((__, j) => j !== i)));
  const { estimate, low, high, ...rest } = tInterval(pseudo);
  return { ...rest, estimate: whole, low: whole + low - estimate, high: whole + high - estimate };
}

function designMeasures(settings: Audit["settings"]): Measures {
  const of = (name: string): readonly DesignedWorld[] => settings.find((one) => one.name === name)!.worlds;
  const lasting = of("budgets last");
  const biases = settings.flatMap(({ name, worlds }) =>
    designNames.map((design, d) => [`${name}: ${design}`, tInterval(worlds.map(({ designs }) => designs[d]!.bias))]),
  );
  const truths = settings.map(({ name, worlds }) => [`${name}: truth`, tInterval(worlds.map(({ truth }) => truth))]);
  const bound = of("budgets run out").map(({ control }, w) => control / lasting[w]!.control);
  return {
    ...(Object.fromEntries([...truths, ...biases]) as Measures),
    "budgets run out: revenue of unlimited budgets": tInterval(bound),
  };
}
