/** What one market gives: designs of the ladder and the pair; and what the first market shows of the rest. Arms are data. */
import { difference, intervalOf, type Interval, type SeedMetric } from "../../evaluation/index.js";
import type { RunControl } from "../../types.js";
import { partSteps, type CaseOptions } from "../case.js";
import { climb, playPair, rungs, type Design, type Pair } from "./ladder.js";
import { openMarket, type MarketConfig } from "./market.js";
import { estimates, type MoneyName } from "./money.js";
import { campaignFactors, downSample, judge, recalibrated } from "./offline.js";
import type { Pricer, Selling } from "./play.js";
import { onlinePricer, type Online } from "./pricers.js";
import type { AdLog } from "./rows.js";
import { openTrial, playLive, type Trial } from "./trial.js";

/** One way to run the market. */
export interface Arm {
  readonly name: string;
  readonly online?: Partial<Online>;
  readonly selling?: Partial<Selling>;
  readonly market?: Partial<MarketConfig>;
  readonly factor?: number; // of all probabilities
}

/** Experiments on one market: each arm against the first, which is FTRL as it is usually run. */
export const experiments: Readonly<Record<string, readonly Arm[]>> = {
  lag: [
    { name: "ten minutes old" },
    { name: "up to an hour", online: { refreshMinutes: 60 } },
    { name: "up to a day", online: { refreshMinutes: 1440 } },
    { name: "frozen", online: { refreshMinutes: Infinity } },
  ],
  delay: [
    { name: "waits an hour" },
    { name: "waits 10 minutes", online: { waitMinutes: 10 } },
    { name: "waits 6 hours", online: { waitMinutes: 360 } },
    { name: "waits a day", online: { waitMinutes: 1440 } },
    { name: "does not wait, corrects", online: { corrects: true } },
  ],
  selling: [
    { name: "a click pays, even pacing" },
    { name: "no pacing", selling: { pacing: "none" } },
    { name: "an impression pays", selling: { pays: "impression" } },
    { name: "an impression pays, predictions × 1.5", selling: { pays: "impression" }, factor: 1.5 },
  ],
  whatIf: [
    { name: "as it is" },
    { name: "bids double", market: { bids: 2 } },
    { name: "budgets halve", market: { budgets: 0.5 } },
    { name: "traffic doubles", market: { traffic: 2 } },
  ],
};

/** An arm's live days, and its money against the first arm's (intervals by user; the clicks that may come are paired). */
export interface ArmRow {
  readonly name: string;
  readonly ctr: number;
  readonly shown: number;
  readonly money: Readonly<Record<MoneyName, number>>;
  readonly against: Readonly<Record<MoneyName, Interval>>;
}

/** Plays the arms of one experiment; `see` is given each one's log. */
export async function contrast(
  trial: Trial,
  arms: readonly Arm[],
  control: RunControl = {},
  see: (log: AdLog) => void = () => undefined,
): Promise<readonly ArmRow[]> {
  const rows: ArmRow[] = [];
  let first: Record<MoneyName, SeedMetric> | undefined;
  for (const { name, online, selling, market: changed, factor = 1 } of arms) {
    const market = changed === undefined ? trial.market : openMarket({ ...trial.market.config, ...changed });
    const pricer = times(onlinePricer(trial.ftrl, online), factor);
    const { log, money, ctr, shown } = await playLive({ market }, pricer, selling, control);
    see(log);
    first ??= money;
    const against = Object.entries(money).map(([of, value]) => [of, paired(first![of as MoneyName], value)] as const);
    rows.push({ name, ctr, shown, money: estimates(money), against: Object.fromEntries(against) as ArmRow["against"] });
  }
  return rows;
}

function paired(control: SeedMetric, treatment: SeedMetric): Interval {
  return intervalOf(difference(control, treatment), Math.min(control.users, treatment.users));
}

const times = ({ score, learn }: Pricer, factor: number): Pricer => ({
  score: (rows, minute) => Array.from(score(rows, minute), (p) => p * factor),
  ...(learn && { learn }),
});

/** Down-sampling of negatives for FTRL: rows, level and log loss before and after re-calibration. */
export async function sampling(trial: Trial): Promise<readonly Record<string, number>[]> {
  const rows = [];
  for (const share of [1, 0.3, 0.1, 0.03]) {
    const some = share === 1 ? trial.train : downSample(trial.train, share, trial.seed);
    const raw = (await rungs[0]!.fit(trial, some))(trial.test.features);
    const [before, after] = [raw, raw.map((p) => recalibrated(p, share))].map((p) => judge(trial.test, p));
    rows.push({
      ...{ "share of negatives": share, rows: some.features.count, AUC: before!.auc },
      ...{ "predicted / clicked": before!.ratio, "re-calibrated": after!.ratio, "log loss": after!.logLoss },
    });
  }
  return rows;
}

/** Share of campaigns off by more than a quarter on the second live day, before and after factors of the first. */
export function byCampaign({ market }: Trial, log: AdLog): Readonly<Record<"before" | "after" | "campaigns", number>> {
  const { count } = market.campaigns;
  const half = log.minute.findIndex((minute) => minute >= 1440 * (market.config.logDays + 1));
  const parts = (from: number, to: number): ArrayLike<number>[] =>
    [log.campaign, log.click, log.predicted].map((c) => c.subarray(from, to));
  const [campaign, click, predicted] = parts(0, half);
  const factors = campaignFactors(campaign!, click!, predicted!, count);
  const sums = Array.from({ length: count }, () => ({ truth: 0, before: 0, after: 0 }));
  for (let row = half; row < log.count; row++) {
    const of = sums[log.campaign[row]!]!;
    if (market.brand[log.campaign[row]!] === 1) continue;
    of.truth += log.probability[row]!;
    of.before += log.predicted[row]!;
    of.after += log.predicted[row]! * factors[log.campaign[row]!]!;
  }
  const judged = sums.filter(({ truth }) => truth >= 10);
  const off = (of: "before" | "after"): number =>
    judged.filter((one) => Math.abs(Math.log(one[of] / one.truth)) > Math.log(1.25)).length / judged.length;
  return { before: off("before"), after: off("after"), campaigns: judged.length };
}

/** A day on which the stream of what is known of users stops at noon, by three hours: predicted over clicked, the alarm's range. */
export async function badDay(trial: Trial, control: RunControl = {}): Promise<BadDay> {
  const start = trial.market.config.logDays * 1440;
  const hours: (readonly { ratio: number; ctr: number }[])[] = [];
  const arms = [
    { name: "usual day", selling: {} },
    { name: "stream stops at noon", selling: { unknownFrom: start + 720 } },
  ];
  const rows = await contrast(trial, arms, control, (log) => {
    const sums = Array.from({ length: 8 }, () => ({ predicted: 0, clicks: 0, shown: 0 }));
    for (let row = 0; row < log.count && log.minute[row]! < start + 1440; row++) {
      if (trial.market.brand[log.campaign[row]!] === 1) continue;
      const at = sums[Math.floor((log.minute[row]! - start) / 180)]!;
      at.predicted += log.predicted[row]!;
      at.clicks += log.click[row]!;
      at.shown += 1;
    }
    const most = (count: number): number => Math.max(1, count);
    hours.push(
      sums.map(({ predicted, clicks, shown }) => ({ ratio: predicted / most(clicks), ctr: clicks / most(shown) })),
    );
  });
  return { rows, hours };
}

/** The bad day beside a usual one: arms, and [arms][8] by three hours. */
export interface BadDay {
  readonly rows: readonly ArmRow[];
  readonly hours: readonly (readonly { readonly ratio: number; readonly ctr: number }[])[];
}

/** Sizes by scale: at `tiny` as `marketDefaults`. */
export function marketOf(scale: CaseOptions["scale"]): Partial<MarketConfig> {
  return scale === "tiny" ? {} : { users: 2_400, requestsPerDay: 60_000, campaigns: 120 };
}

/** The argument of both parts. */
export type OneMarket = Pick<CaseOptions, "scale" | "seed">;

/** What is compared over markets. */
export interface MarketResult {
  readonly ladder: readonly Design[];
  readonly pair: Pair;
}

/** The ladder and the pair in one market. @public a part */
export async function marketPart({ scale, seed }: OneMarket, control: RunControl): Promise<MarketResult> {
  const stepped = partSteps(rungs.length + 2, control);
  const trial = await openTrial({ ...marketOf(scale), seed }, quiet(control));
  stepped();
  const ladder = await climb(trial, quiet(control), stepped);
  return { ladder, pair: await playPair(trial, quiet(control)) };
}

/** What the first market alone shows. */
export interface FirstResult {
  readonly experiments: Readonly<Record<string, readonly ArmRow[]>>;
  readonly campaigns: ReturnType<typeof byCampaign>;
  readonly bad: BadDay;
  readonly samples: readonly Readonly<Record<string, number>>[];
  readonly config: MarketConfig;
}

/** Experiments, a bad day, sampling and campaigns of one market. @public a part */
export async function firstPart({ scale, seed }: OneMarket, control: RunControl): Promise<FirstResult> {
  const stepped = partSteps(Object.keys(experiments).length + 2, control);
  const trial = await openTrial({ ...marketOf(scale), seed }, quiet(control));
  const played: Record<string, readonly ArmRow[]> = {};
  let usual: AdLog | undefined;
  for (const [name, arms] of Object.entries(experiments)) {
    played[name] = await contrast(trial, arms, quiet(control), (log) => (usual ??= log));
    stepped();
  }
  const samples = await sampling(trial);
  stepped();
  const bad = await badDay(trial, quiet(control));
  return { experiments: played, campaigns: byCampaign(trial, usual!), bad, samples, config: trial.market.config };
}

const quiet = ({ signal }: RunControl): RunControl => (signal ? { signal } : {});
