/** The whole case: a ladder and a pair of designs over several markets, and what one market shows of the rest. Arms are data. */
import {
  difference,
  intervalOf,
  overSeeds,
  tInterval,
  type Interval,
  type SeedMetric,
} from "../../evaluation/index.js";
import type { RunControl } from "../../types.js";
import { answered, type CaseOptions, type Hypothesis } from "../case.js";
import { climb, rungs, type Climbed } from "./ladder.js";
import { openMarket, type MarketConfig } from "./market.js";
import { campaignFactors, downSample, judge, recalibrated } from "./offline.js";
import type { Pricer, Selling } from "./play.js";
import { fixedPricer, onlinePricer, type Online } from "./pricers.js";
import { openTrial, playLive, type Played, type Trial } from "./trial.js";

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

/** An arm's days, and revenue and total against the first arm's (intervals by user; the clicks that may come are paired). */
export interface ArmRow extends Played {
  readonly name: string;
  readonly revenue: Interval;
  readonly advertisers: Interval;
  readonly total: Interval;
}

/** Plays the arms of one experiment. */
export async function contrast(
  trial: Trial,
  arms: readonly Arm[],
  control: RunControl = {},
): Promise<readonly ArmRow[]> {
  const rows: ArmRow[] = [];
  for (const { name, online, selling, market: changed, factor = 1 } of arms) {
    const market = changed === undefined ? trial.market : openMarket({ ...trial.market.config, ...changed });
    const pricer = times(onlinePricer(trial.ftrl, online), factor);
    const played = await playLive({ market }, pricer, selling, control);
    const first = (rows[0] ?? played).money;
    const against = (of: "revenue" | "advertisers" | "total"): Interval => paired(first[of], played.money[of]);
    rows.push({
      ...{ name, ...played },
      revenue: against("revenue"),
      advertisers: against("advertisers"),
      total: against("total"),
    });
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

/** Share of negatives that the pair's first design is fitted on. */
export const pairShare = 0.3;

/** The pair in one market: DCN-v2 on sampled negatives as it is, the same re-calibrated, and LR-FTRL that learns on. */
export interface Pair {
  readonly sampled: Climbed;
  readonly repaired: Climbed;
  readonly online: Climbed;
}

/** Plays the pair. */
export async function playPair(trial: Trial, ladder: readonly Climbed[], control: RunControl = {}): Promise<Pair> {
  const rows = downSample(trial.train, pairShare, trial.seed);
  const raw = await rungs.at(-1)!.fit(trial, rows, control);
  const design = async (name: string, score: Climbed["score"], pricer = fixedPricer(score)): Promise<Climbed> => ({
    ...{ name, score, offline: judge(trial, score(trial.test.features)) },
    played: await playLive(trial, pricer, {}, control),
  });
  return {
    sampled: await design("DCN-v2, negatives sampled, not re-calibrated", raw),
    repaired: await design("the same, re-calibrated", (some) => raw(some).map((p) => recalibrated(p, pairShare))),
    online: await design("LR-FTRL on all rows, learns on", ladder[0]!.score, onlinePricer(trial.ftrl)),
  };
}

/** Down-sampling of negatives for FTRL: rows, level and log loss before and after re-calibration. */
export async function sampling(trial: Trial): Promise<readonly Record<string, number>[]> {
  const rows = [];
  for (const share of [1, 0.3, 0.1, 0.03]) {
    const some = share === 1 ? trial.train : downSample(trial.train, share, trial.seed);
    const raw = (await rungs[0]!.fit(trial, some))(trial.test.features);
    const [before, after] = [raw, raw.map((p) => recalibrated(p, share))].map((p) => judge(trial, p));
    rows.push({
      ...{ "share of negatives": share, rows: some.features.count, AUC: before!.auc.estimate },
      ...{ "predicted / clicked": before!.ratio, "re-calibrated": after!.ratio, "log loss": after!.logLoss.estimate },
    });
  }
  return rows;
}

/** Share of campaigns off by more than a quarter on the second live day, before and after factors of the first. */
export function byCampaign(
  { market }: Trial,
  { log }: Played,
): Readonly<Record<"before" | "after" | "campaigns", number>> {
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
export async function badDay(
  trial: Trial,
  control: RunControl = {},
): Promise<{
  readonly rows: readonly ArmRow[];
  readonly hours: readonly (readonly { ratio: number; ctr: number }[])[];
}> {
  const start = trial.market.config.logDays * 1440;
  const arms = [
    { name: "usual day", selling: {} },
    { name: "stream stops at noon", selling: { unknownFrom: start + 720 } },
  ];
  const rows = await contrast(trial, arms, control);
  const hours = rows.map(({ log }) => {
    const sums = Array.from({ length: 8 }, () => [0, 0, 0] as [number, number, number]);
    for (let row = 0; row < log.count && log.minute[row]! < start + 1440; row++) {
      if (trial.market.brand[log.campaign[row]!] === 1) continue;
      const at = sums[Math.floor((log.minute[row]! - start) / 180)]!;
      at[0] += log.predicted[row]!;
      at[1] += log.click[row]!;
      at[2] += 1;
    }
    return sums.map(([predicted, clicks, shown]) => ({
      ratio: predicted / Math.max(1, clicks),
      ctr: clicks / Math.max(1, shown),
    }));
  });
  return { rows, hours };
}

/** All that was found. */
export interface AdStudy {
  readonly trial: Trial; // the first market
  readonly ladders: readonly (readonly Climbed[])[]; // by market
  readonly pairs: readonly Pair[];
  readonly hypotheses: readonly Hypothesis[];
}

/** Hypotheses, written before the run, each a difference over markets that should be above 0. */
const hypotheses: readonly [
  says: string,
  found: (study: Omit<AdStudy, "hypotheses" | "trial">) => readonly number[],
][] = [
  ["DeepFM's AUC is above LR-FTRL's", ({ ladders }) => ladders.map((l) => auc(l[2]!) - auc(l[0]!))],
  ["DCN-v2's AUC is above LR-FTRL's", ({ ladders }) => ladders.map((l) => auc(l[3]!) - auc(l[0]!))],
  [
    "DCN-v2's AUC is above that of LR-FTRL after two passes",
    ({ ladders }) => ladders.map((l) => auc(l[3]!) - auc(l[1]!)),
  ],
  [
    "DCN-v2 earns more revenue than LR-FTRL, both frozen",
    ({ ladders }) => ladders.map((l) => money(l[3]!, "revenue") - money(l[0]!, "revenue")),
  ],
  [
    "the pair: DCN-v2 on sampled negatives has the better AUC",
    ({ pairs }) => pairs.map((p) => auc(p.sampled) - auc(p.online)),
  ],
  [
    "the pair: and loses money in total",
    ({ pairs }) => pairs.map((p) => money(p.online, "total") - money(p.sampled, "total")),
  ],
  [
    "re-calibration alone gives money back",
    ({ pairs }) => pairs.map((p) => money(p.repaired, "total") - money(p.sampled, "total")),
  ],
];
const auc = ({ offline }: Climbed): number => offline.auc.estimate;
const money = ({ played }: Climbed, of: "revenue" | "total"): number => played.money[of].estimate;

/** Sizes by scale: at `tiny` as `marketDefaults`. */
export function marketOf(scale: CaseOptions["scale"]): Partial<MarketConfig> {
  return scale === "tiny" ? {} : { users: 2_400, requestsPerDay: 60_000, campaigns: 120 };
}

/** Runs the ladder and the pair over markets. */
export async function studyAds({ scale, seed, seeds }: CaseOptions, control: RunControl = {}): Promise<AdStudy> {
  const [ladders, pairs]: [(readonly Climbed[])[], Pair[]] = [[], []];
  let first: Trial | undefined;
  for (let i = 0; i < seeds; i++) {
    control.onProgress?.("markets", i, seeds);
    const trial = await openTrial({ ...marketOf(scale), seed: seed + i }, control);
    first ??= trial;
    ladders.push(await climb(trial, control));
    pairs.push(await playPair(trial, ladders.at(-1)!, control));
  }
  const answers = hypotheses.map(([says, found]) => answered(says, tInterval(found({ ladders, pairs }))));
  return { trial: first!, ladders, pairs, hypotheses: answers };
}

/** A metric of one design over markets: mean with its t-interval. */
export function overMarkets(designs: readonly Climbed[], of: (one: Climbed) => SeedMetric): Interval {
  return overSeeds(designs.map(of)).bySeed;
}
