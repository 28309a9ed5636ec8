/**
 * What a choice of the design is worth: arms on copies of a world at its log's end, each compared with the learned funnel (`control`), with
 * the same users and common random numbers, over several worlds. `brief/worth.ts` holds what was found, so that a design can be derived
 * without playing anything.
 */
import { compareArms, type OnlineMetricName, tInterval } from "../../evaluation/index.js";
import { openArm } from "../../pipeline/arms/registry.js";
import { type LocalArm, pastOfTrained, play, type Setting, setting, workshop } from "../../pipeline/index.js";
import type { RequestBatch, RunControl, SlateBatch } from "../../types.js";
import type { Goal } from "../../world/index.js";

/** One arm over all worlds, relative to the control: `-0.1` is a tenth less. Intervals are Student's t over worlds. */
export interface Worth {
  readonly arm: string;
  readonly lifts: Readonly<
    Record<WorthMetric, { readonly estimate: number; readonly low: number; readonly high: number }>
  >;
  readonly bySeed: Readonly<Record<WorthMetric, readonly number[]>>;
}

/** Metrics of an assigned user-day. */
export const worthMetrics = [
  "watchMinutes",
  "ctr",
  "day1Return",
  "day7Return",
  "revenue",
] as const satisfies readonly OnlineMetricName[];
export type WorthMetric = (typeof worthMetrics)[number];

/** The arm that all others are compared with. */
export const control = "200 candidates, watch time";

/** Expected of each arm's watch minutes against the control, written before the first run; shown beside what was found. */
export const worthHypotheses: Readonly<Record<string, "above" | "below" | "equal">> = {
  "25 candidates": "below",
  "50 candidates": "below",
  "100 candidates": "below",
  "400 candidates": "equal",
  "label: click": "below",
  "oracle: watch": "above",
  "oracle: click": "below",
  "oracle: satisfaction": "above",
  "batch, once a day": "below",
  popularity: "below",
  "popularity by segment": "below",
  "no fresh source": "equal",
  "index rebuilt every 4 days": "equal",
  "2 % random candidates": "equal",
};

/** The arms, as data. */
export function worthArms(): readonly LocalArm[] {
  const learned = (name: string, config: object): LocalArm => ({
    name,
    policy: { kind: "learned", candidates: 200, objective: "watch", ...config },
  });
  const oracle = (goal: Goal): LocalArm => ({ name: `oracle: ${goal}`, policy: { kind: "oracle", goal } });
  return [
    learned(control, {}),
    ...[25, 50, 100, 400].map((candidates) => learned(`${candidates} candidates`, { candidates })),
    learned("label: click", { objective: "click" }),
    ...(["watch", "click", "satisfaction"] as const).map(oracle),
    batchArm("batch, once a day"),
    { name: "popularity", policy: { kind: "popularity" } },
    { name: "popularity by segment", policy: { kind: "popularity", popularity: { by: "segment" } } },
    learned("no fresh source", { shares: { twoTower: 0.7, popular: 0.3, fresh: 0, uniform: 0 } }),
    learned("index rebuilt every 4 days", { refreshDays: 4 }),
    learned("2 % random candidates", { shares: { twoTower: 0.6, popular: 0.25, fresh: 0.13, uniform: 0.02 } }),
  ];
}

/** Plays all arms in the worlds of these seeds. */
export async function measureWorth(
  { seeds, scale }: { readonly seeds: readonly number[]; readonly scale: Setting["scale"] },
  runControl: RunControl = {},
): Promise<readonly Worth[]> {
  const arms = worthArms();
  const found = arms.map(() => new Map(worthMetrics.map((name) => [name, [] as number[]])));
  for (const [s, seed] of seeds.entries()) {
    const chosen = setting({ scale, seed });
    const past = pastOfTrained(await workshop(chosen, runControl).trained());
    const trial = { users: chosen.sizes.online.users, days: chosen.sizes.online.days };
    const played = [];
    for (const [a, arm] of arms.entries()) {
      runControl.signal?.throwIfAborted();
      runControl.onProgress?.("arms", s * arms.length + a, seeds.length * arms.length, `${arm.name}, seed ${seed}`);
      played.push((await play(past, arm, trial, { ...(runControl.signal && { signal: runControl.signal }) })).userDays);
    }
    for (const [a, userDays] of played.entries()) {
      const { metrics } = compareArms(played[0]!, userDays, { paired: true, replicates: 2 });
      for (const name of worthMetrics)
        found[a]!.get(name)!.push(metrics[name].treatment.estimate / metrics[name].control.estimate - 1);
    }
  }
  return arms.map((arm, a) => {
    const bySeed = Object.fromEntries(found[a]!) as unknown as Worth["bySeed"];
    const lifts = Object.fromEntries(
      worthMetrics.map((name) => [name, tInterval(bySeed[name])]),
    ) as unknown as Worth["lifts"];
    return { arm: arm.name, lifts, bySeed };
  });
}

/**
 * Batch serving: a list of 40 videos for a user, made when the user first comes on a day, from what was known at midnight; later pages of
 * the day are the next ten. Nothing that the user does on the day changes it.
 */
function batchArm(name: string): LocalArm {
  const [slots, pages] = [10, 4];
  return {
    name,
    policy: {
      async open(context) {
        const learned: LocalArm["policy"] = {
          kind: "learned",
          candidates: 200,
          objective: "watch",
          rerank: { slots: slots * pages, pool: slots * pages, depth: 200 },
        };
        const opened = await openArm({ name, policy: learned }, context);
        const { policy } = opened;
        const lists = new Map<number, { readonly slate: SlateBatch; readonly row: number; page: number }>();
        return {
          ...opened,
          policy: {
            name,
            openDay(day, yesterday) {
              lists.clear();
              return policy.openDay(day, yesterday);
            },
            apply: (events) => policy.apply(events),
            async recommend(requests: RequestBatch): Promise<SlateBatch> {
              const slate = await policy.recommend(requests);
              const { count } = requests;
              const [video, source] = [new Int32Array(count * slots), new Uint8Array(count * slots)];
              for (let row = 0; row < count; row++) {
                const user = requests.user[row]!;
                const list = lists.get(user) ?? { slate, row, page: 0 };
                lists.set(user, list);
                const at = list.row * slots * pages + (list.page++ % pages) * slots;
                video.set(list.slate.video.subarray(at, at + slots), row * slots);
                source.set(list.slate.source.subarray(at, at + slots), row * slots);
              }
              const propensity = new Float64Array(count * slots).fill(1);
              return { count, slots, video, source, propensity, component: new Uint8Array(count) };
            },
            close: () => policy.close?.(),
          },
        };
      },
    },
  };
}
