/**
 * Batch beside online serving: the same models as arms in the same worlds, ranked at each request, or ahead, every so many days. Watch
 * minutes say what it costs the users, the age of what is shown how fresh it is, and CPU time what the platform pays.
 */
import { withStore } from "../data/index.js";
import { tInterval, type Interval } from "../evaluation/index.js";
import { readDay } from "../log/index.js";
import { judgeArms, openWorldAfter, playArms, type Arm, type Trained, type Trial } from "../pipeline/index.js";
import type { BuiltIn } from "../pipeline/arms/arm.js";
import { modelDirs } from "../pipeline/arms/learned.js";
import { lookUp, rankAhead, type RankedAhead } from "../serving/batch/ranked-ahead.js";
import { openLearnedFunnel } from "../serving/index.js";
import { firstRequests, sliceRequests } from "../serving/requests.js";
import type { CandidateBatch, Catalogue, RequestBatch, RunControl } from "../types.js";
import { judged, type Hypothesis, type Judged } from "./ab-audit/hypotheses.js";

const [online, daily, third, once] = ["online", "batch, daily", "batch, every 3 days", "batch, once"] as const;
const popular = "popularity";

/** The arms: days between batches. */
function batchArms(candidates: number): readonly Arm<BuiltIn>[] {
  const batch = (name: string, everyDays: number): Arm<BuiltIn> => ({
    name,
    policy: { kind: "batch", candidates, objective: "watch", everyDays },
  });
  return [
    { name: online, policy: { kind: "learned", candidates, objective: "watch" } },
    ...[batch(daily, 1), batch(third, 3), batch(once, 1_000)],
    { name: popular, policy: { kind: "popularity" } },
  ];
}

/** What was expected, before the first run; watch minutes as shares of online's. */
const batchHypotheses: readonly Hypothesis[] = [
  {
    id: "loses",
    measure: `${daily} − ${online}`,
    allowed: [-Infinity, 0],
    whole: true,
    sentence: "a batch per day loses watch time: what a user does today does not move its candidates",
  },
  {
    id: "little",
    measure: `${daily} − ${online}`,
    allowed: [-0.1, Infinity],
    whole: true,
    sentence: "but at most a tenth",
  },
  {
    id: "ages",
    measure: `${once} − ${daily}`,
    allowed: [-Infinity, 0],
    whole: true,
    sentence: "a batch that is not renewed loses more",
  },
  {
    id: "still",
    measure: `${daily} − ${popular}`,
    allowed: [0, Infinity],
    whole: true,
    sentence: "a batch per day is better than popularity",
  },
];

/** A row of the table. */
export interface BatchArm {
  readonly arm: string;
  readonly watchMinutes: Interval; // of a user and day
  readonly lessOnline: Interval | undefined; // share of online's
  /** Mean age of the videos shown, days. */
  readonly ageDays: number;
  /** CPU seconds of 1,000 users and days; NaN: not measured. */
  readonly cpuSeconds: number;
}

/** CPU time, ms: a page ranked online, a page looked up, a user ranked ahead. */
export interface BatchCost {
  readonly pageMs: number;
  readonly lookUpMs: number;
  readonly userMs: number;
  /** Pages per user and day above which a batch per day costs less than online. */
  readonly evenAt: number;
}

/** The study of some worlds: intervals over them, or over the users of one; `plan` replaces what the scale says. */
export async function batchStudy(
  worlds: readonly Trained[],
  plan: Partial<Pick<Trial, "users" | "days">> = {},
  control: RunControl = {},
): Promise<{ readonly arms: readonly BatchArm[]; readonly cost: BatchCost; readonly hypotheses: readonly Judged[] }> {
  const { users, days, candidates } = { ...worlds[0]!.prepared.log.setting.sizes.online, ...plan };
  const arms = batchArms(candidates);
  const pairs = [...arms.slice(1).map(({ name }) => [online, name]), [daily, once], [popular, daily]] as const;
  const seen: (readonly { watch: Interval; age: number; pages: number }[])[] = [];
  const lifts = new Map<string, Interval[]>();
  for (const trained of worlds) {
    const played = await playArms(trained, arms, { users, days }, control);
    const found = judgeArms(played, pairs as readonly (readonly [string, string])[]);
    for (const { control: of, treatment, comparison } of found.comparisons) {
      const key = `${treatment} − ${of}`;
      lifts.set(key, [...(lifts.get(key) ?? []), comparison.metrics.watchMinutes.lift]);
    }
    const { catalogue } = await openWorldAfter(trained.prepared.log);
    seen.push(
      await Promise.all(
        played.map(async ({ logDir, days: all, userDays }, i) => ({
          watch: found.arms[i]!.metrics.metrics.watchMinutes,
          age: await meanAge(logDir, all, catalogue),
          pages: mean(userDays.requests),
        })),
      ),
    );
  }
  const over = (of: readonly Interval[]): Interval =>
    of.length === 1 ? of[0]! : tInterval(of.map(({ estimate }) => estimate));
  const measures = Object.fromEntries([...lifts].map(([key, of]) => [key, over(of)]));
  const cost = await batchCost(worlds[0]!);
  const rows = arms.map(({ name, policy }, i): BatchArm => {
    const pages = mean(seen.map((one) => one[i]!.pages));
    const every = policy.kind === "batch" ? Math.min(policy.everyDays!, days) : NaN;
    return {
      arm: name,
      watchMinutes: over(seen.map((one) => one[i]!.watch)),
      lessOnline: measures[`${name} − ${online}`],
      ageDays: mean(seen.map((one) => one[i]!.age)),
      cpuSeconds: name === online ? pages * cost.pageMs : pages * cost.lookUpMs + cost.userMs / every,
    };
  });
  return { arms: rows, cost, hypotheses: judged(batchHypotheses, measures) };
}

function mean(of: ArrayLike<number>): number {
  return Array.from(of).reduce((sum, one) => sum + one, 0) / of.length;
}

async function meanAge(logDir: string, days: readonly number[], { videos }: Catalogue): Promise<number> {
  const ages: number[] = [];
  for (const day of days)
    for (const video of (await readDay(logDir, day)).video) ages.push(day - videos.uploadDay[video]!);
  return mean(ages);
}

/** One page, and one user, at a time on one core of this machine: 200 users of the day after the log. */
async function batchCost(trained: Trained, count = 200): Promise<BatchCost> {
  const { log, aggregatesDir } = trained.prepared;
  const { seed, sizes, world: config } = log.setting;
  const [day, top] = [config.days, 100];
  const { catalogue } = await openWorldAfter(log);
  return withStore(catalogue, { from: aggregatesDir }, async (store) => {
    const dirs = modelDirs(trained);
    const { candidates } = sizes.online;
    const funnel = await openLearnedFunnel({ catalogue, store, seed, ...dirs, config: { candidates } });
    try {
      await funnel.openDay(day, undefined);
      const ahead = new Map<number, RankedAhead>();
      const user = Int32Array.from({ length: count }, (_, i) => i % catalogue.users.count);
      const requests = firstRequests(day, user, new Uint8Array(count), 0);
      const hasSeen = (id: number, video: number): boolean => store.hasSeen(id, video);
      const popular = (): CandidateBatch => ({
        count: 1,
        width: 0,
        video: new Int32Array(0),
        source: new Uint8Array(0),
      });
      const each = async (work: (row: RequestBatch) => unknown): Promise<number> => {
        const cpu = process.cpuUsage();
        for (let row = 0; row < count; row++) await work(sliceRequests(requests, row, row + 1));
        const { user: own, system } = process.cpuUsage(cpu);
        return (own + system) / 1000 / count;
      };
      for (let row = 0; row < 20; row++) await funnel.recommend(sliceRequests(requests, row, row + 1)); // warm
      const pageMs = await each((row) => funnel.recommend(row));
      const cpu = process.cpuUsage();
      for await (const { next, ranked } of rankAhead(catalogue, funnel.stages, { day, top })) {
        for (const [id, one] of ranked) ahead.set(id, one);
        if (next >= count) break;
      }
      const spent = process.cpuUsage(cpu);
      const userMs = (spent.user + spent.system) / 1000 / ahead.size;
      const lookUpMs = await each((row) => {
        const { candidates: found, scores } = lookUp(row, (id) => ahead.get(id), { top, atLeast: 1, hasSeen, popular });
        return funnel.stages.rerank(row, found, scores);
      });
      return { pageMs, lookUpMs, userMs, evenAt: userMs / (pageMs - lookUpMs) };
    } finally {
      await funnel.close();
    }
  });
}
