/** One world of a twin study: all arms in several replications, every pair measured, computed once and loaded by hash. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Artifact, codeHash, makeOrLoad, type MakeOptions, writeFileAtomic } from "../../artifacts/index.js";
import {
  replicationSpread,
  splitSpread,
  twinStatistics,
  type ReplicationSpread,
  type RatioSums,
  type SplitSpread,
  type TwinStatistics,
} from "../../evaluation/index.js";
import { keyOf } from "../../random.js";
import type { RunControl } from "../../types.js";
import { modulesOf } from "../../pipeline/arms/registry.js";
import type { SimulatedLog } from "../../pipeline/simulate.js";
import { covariates, periodBefore, twinMetrics, twinSums, type TwinMetric, type TwinSums } from "./metrics.js";
import type { Arm } from "../../pipeline/arms/arm.js";
import { pastOf } from "../../pipeline/arms/past.js";
import { play } from "../../pipeline/arms/play.js";

/** Two arms to be compared. */
export interface TwinPair {
  readonly name: string;
  readonly distance: "near" | "far"; // how alike they are meant to be
  readonly control: Arm;
  readonly treatment: Arm;
}

/** Sizes of a twin study. */
export interface TwinPlan {
  readonly pairs: readonly TwinPair[];
  readonly users: number; // assigned at most
  readonly days: number;
  readonly horizons: readonly number[]; // days, each at most `days`
  readonly replications: number; // plays of each arm, at least 2
  readonly before: number; // days of the log that CUPED looks at
}

/** One metric of one pair at one horizon in one world. Variances are means over replications. */
export interface TwinRow {
  readonly pair: string;
  readonly metric: TwinMetric;
  readonly horizon: number;
  readonly users: number;
  readonly control: number; // mean over replications
  readonly treatment: number;
  readonly difference: number;
  readonly firstDifference: number; // of the first replication alone, which `standardError` is for
  readonly standardError: number; // of twins in one replication, by user
  readonly abStandardError: number; // of an A/B test of the same size
  readonly kept: number; // Var(twins) / Var(A/B)
  readonly keptOtherDraws: number; // the same where the twin has another draws: what the users alone give
  readonly cupedKept: number; // Var(A/B with CUPED) / Var(A/B)
  readonly cupedCorrelation: number;
  readonly spread: SplitSpread; // of simulated experiments, of the first replication
  readonly replication: ReplicationSpread;
}

/** A world's rows. Metrics that do not vary at a horizon (day-7 return after 3 days) have none. */
export interface TwinWorld {
  readonly seed: number;
  readonly artifact: Artifact;
  readonly rows: readonly TwinRow[];
}

const rowsFile = "twins.json";
/** Plays or loads one world. Any number of workers gives the same bytes. */
export async function twinWorld(
  log: SimulatedLog,
  plan: TwinPlan,
  control: RunControl = {},
  options?: MakeOptions,
): Promise<TwinWorld> {
  const { seed, datasets: root } = log.setting;
  const code = codeHash(import.meta.url, modulesOf(armsOf(plan.pairs)));
  const spec = { root, kind: "twins", config: plan, inputs: [log.artifact.id], code };
  const artifact = await makeOrLoad(
    spec,
    async (dir) => {
      const rows = await playPairs(log, plan, control);
      await writeFileAtomic(join(dir, rowsFile), `${JSON.stringify(rows)}\n`);
      return { seed, rows: rows.length };
    },
    options,
  );
  const rows = JSON.parse(await readFile(join(artifact.dir, rowsFile), "utf8"), (_, value: unknown) =>
    value === null ? NaN : value,
  ) as TwinRow[];
  return { seed, artifact, rows };
}

/** The distinct arms of a plan, by name. @throws RangeError if one name stands for two arms */
export function armsOf(pairs: readonly TwinPair[]): readonly Arm[] {
  const arms = new Map<string, Arm>();
  for (const arm of pairs.flatMap(({ control, treatment }) => [control, treatment])) {
    const known = arms.get(arm.name);
    if (known && JSON.stringify(known) !== JSON.stringify(arm))
      throw new RangeError(`arm ${arm.name} is two different arms; give each its own name`);
    arms.set(arm.name, arm);
  }
  return [...arms.values()];
}

async function playPairs(log: SimulatedLog, plan: TwinPlan, control: RunControl): Promise<TwinRow[]> {
  const firstDay = log.setting.world.days;
  const arms = armsOf(plan.pairs);
  const sums = new Map<string, Map<number, TwinSums[]>>(
    arms.map(({ name }) => [name, new Map(plan.horizons.map((horizon) => [horizon, []]))]),
  );
  const past = pastOf(log);
  let assigned: Uint8Array | undefined;
  let done = 0;
  for (const arm of arms) {
    const ofArm = sums.get(arm.name);
    for (let replication = 0; replication < plan.replications; replication++) {
      const { users, days, horizons } = plan;
      const quiet = control.signal ? { signal: control.signal } : {};
      const played = await play(past, arm, { users, days, horizons, replication }, quiet);
      assigned ??= played.assigned;
      for (const horizon of plan.horizons) ofArm?.get(horizon)?.push(twinSums(played, firstDay, horizon));
      control.onProgress?.("plays", ++done, arms.length * plan.replications, arm.name);
    }
  }
  const before = await periodBefore(log, assigned as Uint8Array, plan.before);
  return plan.pairs.flatMap((pair) =>
    plan.horizons.flatMap((horizon) => {
      const a = sums.get(pair.control.name)?.get(horizon) as TwinSums[];
      const b = sums.get(pair.treatment.name)?.get(horizon) as TwinSums[];
      const known = covariates(before, a[0]!.users);
      return twinMetrics.flatMap((metric) => {
        const row = rowOf(
          a.map(({ metrics }) => metrics[metric]),
          b.map(({ metrics }) => metrics[metric]),
          known[metric],
          keyOf(log.setting.seed, `twins/${metric}/${horizon}`),
        );
        return Number.isFinite(row.kept) && Number.isFinite(row.difference)
          ? [{ pair: pair.name, metric, horizon, ...row }]
          : [];
      });
    }),
  );
}

/** Groups of the spread check: this many experiments a deal, dealt this often. */
const groupsADeal = 12;
const deals = 20;

function rowOf(
  control: readonly RatioSums[],
  treatment: readonly RatioSums[],
  before: Float64Array,
  seed: number,
): Omit<TwinRow, "pair" | "metric" | "horizon"> {
  const replications = control.length;
  const same = control.map((sums, k) => twinStatistics(sums, treatment[k]!, before));
  const other = control.map((sums, k) => twinStatistics(sums, treatment[(k + 1) % replications]!));
  const first = same[0]!;
  const total = (of: (one: TwinStatistics) => number, over = same): number =>
    over.reduce((sum, one) => sum + of(one), 0);
  const ab = total((one) => one.abStandardError ** 2);
  const groupSize = Math.max(4, Math.floor(first.users / groupsADeal));
  return {
    users: first.users,
    control: total((one) => one.control) / replications,
    treatment: total((one) => one.treatment) / replications,
    difference: total((one) => one.difference) / replications,
    firstDifference: first.difference,
    standardError: Math.sqrt(total((one) => one.standardError ** 2) / replications),
    abStandardError: Math.sqrt(ab / replications),
    kept: total((one) => one.standardError ** 2) / ab,
    keptOtherDraws: total((one) => one.standardError ** 2, other) / total((one) => one.abStandardError ** 2, other),
    cupedKept: total((one) => one.abStandardError ** 2 * (one.cuped?.kept ?? 1)) / ab,
    cupedCorrelation: total((one) => one.cuped?.correlation ?? 0) / replications,
    spread: splitSpread(control[0]!, treatment[0]!, before, { groupSize, deals, seed }),
    replication: replicationSpread(control, treatment),
  };
}
