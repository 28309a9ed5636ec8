/**
 * An experiment in one world by several designs, and the twin truth: everybody treated, in a copy of the world, less nobody treated. The
 * designs differ in who gets which arm when, and in what the arms share.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { codeHash, makeOrLoad, writeFileAtomic } from "../../artifacts/index.js";
import {
  assign,
  differenceOf,
  type Interval,
  switchback,
  switchbackArm,
  type SwitchbackPlan,
} from "../../evaluation/index.js";
import { assignPeople, herePlayer, routedPolicy, runPlatform } from "../../platform/index.js";
import { keyOf } from "../../random.js";
import { type Day, type Impressions, type Policy, type RunControl, shardCount } from "../../types.js";
import type { World } from "../../world/index.js";
import type { Arm } from "../../pipeline/arms/arm.js";
import { type Past, pastOf } from "../../pipeline/arms/past.js";
import { modulesOf, openArm } from "../../pipeline/arms/registry.js";
import type { AdPlacement, Setting } from "../../pipeline/setting.js";
import { simulateLog } from "../../pipeline/simulate.js";

/** Where interference may come from, and what is tried there. */
export interface Interference {
  readonly control: Arm;
  readonly treatment: Arm;
  readonly ads?: readonly [control: AdPlacement, treatment: AdPlacement];
  readonly metric: "adRevenue" | "watchMinutes"; // per assigned user-day
  readonly users: number; // at most
  readonly days: number;
  readonly replications: number; // of the twin truth
}

/** Names of the designs, in the order of tables. */
export const designNames = ["user-split", "split of what is shared", "switchback", "switchback by market"] as const;
/** One of `designNames`. Markets are the 64 shards: budgets are theirs, and users of two shards never meet within a day. */
export type DesignName = (typeof designNames)[number];

/** A design's estimate beside the truth, as shares of the control's value. */
export interface DesignResult {
  readonly design: DesignName;
  readonly estimate: Interval;
  readonly bias: number;
}

/** One world. */
export interface DesignedWorld {
  readonly control: number; // the metric where nobody is treated
  readonly truth: number; // everybody less nobody, as a share of that
  readonly spent: readonly [control: number, treatment: number]; // share of all budgets; NaN without ads
  readonly designs: readonly DesignResult[];
}

/** What a job of interference is given. */
export interface DesignJob {
  readonly setting: Setting;
  readonly plan: Interference;
  readonly remake: boolean;
}

/** Plays or loads one world of interference. @public called by its name, as a job */
export async function designJob(
  { setting, plan, remake }: DesignJob,
  control: RunControl = {},
): Promise<DesignedWorld> {
  const log = await simulateLog(setting, control);
  const code = codeHash(import.meta.url, modulesOf([plan.control, plan.treatment]));
  const spec = { root: setting.datasets, kind: "ab-designs", config: plan, inputs: [log.artifact.id], code };
  const total = 2 * plan.replications + designNames.length;
  let done = 0;
  const onPlay = (): void => control.onProgress?.("plays", ++done, total);
  const artifact = await makeOrLoad(
    spec,
    async (dir) => {
      const world = await designedWorld(pastOf(log), plan, { ...control, onPlay });
      await writeFileAtomic(join(dir, "world.json"), `${JSON.stringify(world)}\n`);
      return { seed: setting.seed };
    },
    { remake },
  );
  const text = await readFile(join(artifact.dir, "world.json"), "utf8");
  return JSON.parse(text, (_, value: unknown) => (value === null ? NaN : value)) as DesignedWorld;
}

interface Cells {
  readonly user: Int32Array;
  readonly day: Int16Array;
  readonly value: Float64Array;
  readonly spent: number;
}

/** Plays the truth and each design. */
export async function designedWorld(
  past: Past,
  of: Interference,
  control: RunControl & { readonly onPlay?: () => void } = {},
): Promise<DesignedWorld> {
  const { firstDay } = past;
  const play = async (route: Route, share: Share, replication: number): Promise<Cells> => {
    const cells = await playRouted(past, of, route, share, replication, control);
    control.onPlay?.();
    return cells;
  };
  const mean = ({ value }: Cells): number => value.reduce((sum, x) => sum + x, 0) / value.length;
  const truths: { nobody: Cells; everybody: Cells }[] = [];
  for (let r = 0; r < of.replications; r++)
    truths.push({ nobody: await play(() => 0, "shared", r), everybody: await play(() => 1, "shared", r) });
  const over = (value: (one: (typeof truths)[number]) => number): number =>
    truths.reduce((sum, one) => sum + value(one), 0) / truths.length;
  const base = over(({ nobody }) => mean(nobody));
  const truth = over(({ nobody, everybody }) => mean(everybody) - mean(nobody)) / base;

  const salt = `ab-audit/${past.seed}`;
  const half = assign(
    [...Array(truths[0]!.nobody.user.reduce((a, b) => Math.max(a, b), 0) + 1).keys()],
    [0.5, 0.5],
    salt,
  );
  const byUser: Route = (user) => half[user] ?? 0;
  const plan: SwitchbackPlan = { salt, firstDay };
  const armOf = switchbackArm(plan);
  const estimates: Record<DesignName, () => Promise<Interval>> = {
    "user-split": async () => splitEstimate(await play(byUser, "shared", 0), byUser),
    "split of what is shared": async () => splitEstimate(await play(byUser, "split", 0), byUser),
    switchback: async () => blockEstimate(plan, await play((_, day) => armOf(0, day), "shared", 0), () => 0),
    "switchback by market": async () =>
      blockEstimate(plan, await play((user, day) => armOf(user % shardCount, day), "shared", 0), (u) => u % shardCount),
  };
  const designs: DesignResult[] = [];
  for (const design of designNames) {
    const found = relative(await estimates[design](), base);
    designs.push({ design, estimate: found, bias: found.estimate - truth });
  }
  const spent = [over(({ nobody }) => nobody.spent), over(({ everybody }) => everybody.spent)] as const;
  return { control: base, truth, spent, designs };
}

type Route = (user: number, day: Day) => number;
type Share = "shared" | "split";

/** Welch by user: a user's mean per assigned day. */
function splitEstimate(cells: Cells, route: Route): Interval {
  const sums = new Map<number, [value: number, days: number]>();
  cells.user.forEach((user, i) => {
    const [value, days] = sums.get(user) ?? [0, 0];
    sums.set(user, [value + cells.value[i]!, days + 1]);
  });
  const arm = (a: number): { numerator: Float64Array; denominator: Float64Array } => {
    const own = [...sums].filter(([user]) => route(user, 0) === a).map(([, sum]) => sum);
    return {
      numerator: Float64Array.from(own, ([value]) => value),
      denominator: Float64Array.from(own, ([, days]) => days),
    };
  };
  return differenceOf(arm(0), arm(1)).difference;
}

function blockEstimate(plan: SwitchbackPlan, { user, day, value }: Cells, market: (user: number) => number): Interval {
  const denominator = new Float64Array(day.length).fill(1);
  return switchback(plan, { market: Int32Array.from(user, market), day, numerator: value, denominator });
}

function relative({ estimate, low, high, standardError, ...rest }: Interval, base: number): Interval {
  return {
    ...rest,
    estimate: estimate / base,
    low: low / base,
    high: high / base,
    standardError: standardError / base,
  };
}

async function playRouted(
  past: Past,
  { control, treatment, ads, metric, users, days }: Interference,
  route: Route,
  share: Share,
  replication: number,
  { signal }: RunControl,
): Promise<Cells> {
  const world = await past.world([], replication);
  const seed = keyOf(past.seed, `ab-audit/replication ${replication}`);
  const assigned = assignPeople(world, past.seed, users, past.firstDay + days - 1);
  const policies: Policy[] = [];
  for (const [a, arm] of [control, treatment].entries()) {
    const own = ads ? { ...past, ads: ads[a]! } : past;
    policies.push((await openArm(arm, { world, seed, past: own })).policy);
  }
  const policy = routedPolicy({ name: "experiment", policies, route, hear: share === "split" ? "own" : "all" });
  if (share === "split" && ads) world.splitBudgets(Uint8Array.from(assigned, (_, user) => route(user, past.firstDay)));
  const player = herePlayer(world, policy, "experiment", assigned);
  let spent = 0;
  const revenue = new Map<number, number>();
  try {
    const [userDays] = await runPlatform({
      world,
      arms: [{ name: "experiment", assigned, player }],
      firstDay: past.firstDay,
      days,
      ...(signal && { control: { signal } }),
      onDay({ events, day }) {
        for (const [row, micros] of adRevenue(events)) {
          const cell = events.user[row]! * 65_536 + day;
          revenue.set(cell, (revenue.get(cell) ?? 0) + micros);
          spent += micros;
        }
      },
    });
    const { user, day, watchMs, count } = userDays!;
    const value =
      metric === "watchMinutes"
        ? watchMs.map((ms) => ms / 60_000)
        : Float64Array.from({ length: count }, (_, i) => revenue.get(user[i]! * 65_536 + day[i]!) ?? 0);
    return { user, day, value, spent: spent / (days * budgetOf(world)) };
  } finally {
    await player.close();
  }
}

function* adRevenue({ count, campaign, revenueMicros }: Impressions): Generator<[row: number, micros: number]> {
  for (let i = 0; i < count; i++) if (campaign[i]! > 0 && revenueMicros[i]! > 0) yield [i, revenueMicros[i]!];
}

function budgetOf({ catalogue: { campaigns } }: World): number {
  return campaigns ? campaigns.dailyBudgetMicros.reduce((sum, micros) => sum + micros, 0) : NaN;
}
