/** The gates of a release drill, in their order up to the first that refuses, and what a canary cost its users. */
import { takeRows, withStore } from "../../data/index.js";
import { groupBy, type Interval, intervalOf, meanInterval, ratioReplicates } from "../../evaluation/index.js";
import {
  calibrationGate,
  type CanaryMetric,
  canaryGate,
  type GateResult,
  latencyGate,
  offlineGate,
  parityGate,
} from "../../monitoring/index.js";
import { judgeRetrievers, recallK } from "../../pipeline/offline-retrieval.js";
import { towerRetriever } from "../../pipeline/offline.js";
import type { SplitArm } from "../../pipeline/arms/split.js";
import { retrievalSet } from "../../pipeline/train.js";
import { costOfAnswers } from "../benchmark/cost.js";
import type { PushedModel } from "./models.js";
import type { Known, Site } from "./site.js";

/**
 * Thresholds of the gates. Those of the canary are from champion against champion: of 300 splits of one play (seed 42, 1,480 people a
 * side, looks after 3 and 6 days) 4.7 % were not promoted, none was called worse; with 0.1 per visit it was 13 %.
 */
export const thresholds = {
  logLoss: 0.005, // nats for each impression that a model may be worse by, offline
  ndcg: 0.03, // of NDCG@10 by watch time, likewise
  recall: 0.03, // of recall@100 of long watches by its index, likewise
  calibration: 0.25, // clicks observed over predicted: 1 ± this, in the shadow; a sound model has 0.82 to 0.91 after the change of tastes
  p99Ms: 50, // CPU, of ranking a page's candidates
  perVisit: 0.12, // share of watch minutes per visit that a canary may lose
  visits: 0.15, // share of visits per user, likewise
} as const;

/** What the gates said of a model, and what it cost. */
export interface Judgement {
  readonly gates: readonly GateResult[]; // up to the first that refuses
  readonly users: number; // who saw it
  readonly minutesLost: number; // watched less by them than under the champion, in a twin world; 0: not shown
  readonly truth: Interval | null; // minutes more as a share of the twin's; null: not shown
}

/** The gates in their order, up to the first that refuses. `salt`: of the canary's own people. */
export async function judge(site: Site, champion: Known, candidate: Known, salt: string): Promise<Judgement> {
  const { model } = candidate;
  const gates = offlineGates(site, champion, candidate);
  if (model.towers !== champion.model.towers) gates.push(await indexGate(site, champion.model, model));
  const passed = (): boolean => gates.every(({ verdict }) => verdict === "passed");
  if (passed()) gates.push(await sameScores(site, model));
  if (passed()) gates.push(await shadowGate(site, model));
  if (passed()) gates.push(await speedGate(site, model));
  if (!passed()) return { gates, users: 0, minutesLost: 0, truth: null };
  const { looks } = site.plan;
  for (const days of looks) {
    const [canary, baseline] = (await site.play(salt, days, [model, champion.model])).map((arm) => sumsOf(site, arm));
    const gate = canaryOf(canary!, baseline!, looks.length);
    if (gate.verdict === "undecided" && days !== looks.at(-1)) continue;
    const [twin] = (await site.play(salt, days, [champion.model])).map((arm) => sumsOf(site, arm));
    const gained = canary!.minutes.map((minutes, user) => minutes - twin!.minutes[user]!);
    const perUser = total(twin!.minutes) / gained.length;
    return {
      gates: [...gates, { ...gate, says: `${gate.says}, after ${days} days` }],
      users: canary!.pages.filter((pages) => pages > 0).length,
      minutesLost: -total(gained),
      truth: meanInterval(
        gained.map((minutes) => minutes / perUser),
        Int32Array.from(gained.keys()),
        { seed: site.parts.seed, name: "release" },
      ),
    };
  }
  throw new RangeError("looks: none; allowed: at least one number of days");
}

/** Time on the page and coming back; each look has its share of what may go wrong. */
export function canaryOf(canary: Sums, baseline: Sums, looks: number): GateResult {
  const metric = (name: string, margin: number, of: (sums: Sums) => CanaryMetric["canary"]): CanaryMetric => ({
    ...{ name, better: "higher", margin, baseline: of(baseline), canary: of(canary) },
  });
  return canaryGate(
    [
      metric("watch minutes per visit", thresholds.perVisit, ({ minutes, visits, before }) => ({
        ...{ numerator: minutes, denominator: visits, before },
      })),
      metric("visits per user", thresholds.visits, ({ visits, before }) => ({ numerator: visits, before })),
    ],
    1 - 0.05 / looks,
  );
}

/** Loss of clicks and order by watch time, the candidate less the champion on the same rows. */
function offlineGates({ test, parts }: Site, champion: Known, candidate: Known): GateResult[] {
  const none = { low: NaN, high: NaN };
  if (champion.order === undefined || candidate.order === undefined) return [offlineGate(none, thresholds.logLoss)];
  const { ndcg, queries } = candidate.order;
  const userOf = new Map(Array.from(test.request, (request, i) => [request, test.user[i]!]));
  const users = Float64Array.from(queries, (request) => userOf.get(request)!);
  const options = { seed: parts.seed, name: "release" };
  const better = candidate.losses.map((loss, i) => champion.losses[i]! - loss);
  const ahead = ndcg.map((value, i) => value - champion.order!.ndcg[i]!);
  const [loss, order] = [meanInterval(better, test.user, options), meanInterval(ahead, users, options)];
  const [first, second] = [offlineGate(loss, thresholds.logLoss), offlineGate(order, thresholds.ndcg)];
  return [
    { ...first, says: `log loss: ${first.says}` },
    { ...second, says: `NDCG@10 by watch time: ${second.says}` },
  ];
}

/** What people watched long among the nearest in the index, the candidate's less the champion's. */
async function indexGate({ prepared, parts }: Site, champion: PushedModel, model: PushedModel): Promise<GateResult> {
  const set = await retrievalSet(prepared, prepared.split.test, parts.control);
  return withStore(parts.catalogue, { from: prepared.aggregatesDir }, async (store) => {
    const sides = { champion: champion.towers ?? parts.towers, candidate: model.towers ?? parts.towers };
    const retrievers = Object.entries(sides).map(([name, towers]) => towerRetriever(name, towers, store));
    const [all] = await judgeRetrievers(prepared, store, set, retrievers, parts.control);
    const ahead = all!.recall["candidate"]!.map((recall, query) => recall - all!.recall["champion"]![query]!);
    const gate = offlineGate(meanInterval(ahead, all!.user, { seed: parts.seed, name: "release" }), thresholds.recall);
    return { ...gate, says: `recall@${recallK} of the index: ${gate.says}` };
  });
}

/** Rows of the shadow's day as the trainer reads and scores them, and as they are served. */
async function sameScores({ shadow }: Site, { offline, served, warehouse }: PushedModel): Promise<GateResult> {
  const [trained, live] = [await offline(warehouse?.(shadow) ?? shadow.features), await served(shadow.features)];
  return parityGate(trained.clickProbability, live.clickProbability);
}

/** Clicks observed over those predicted for what the champion showed, as the model serves. */
async function shadowGate({ shadow, parts }: Site, { served }: PushedModel): Promise<GateResult> {
  const { clickProbability } = await served(shadow.features);
  const { ids, group, count } = groupBy(shadow.user);
  const [numerator, denominator] = [new Float64Array(count), new Float64Array(count)];
  for (let i = 0; i < shadow.count; i++) {
    numerator[group[i]!]! += shadow.click[i]!;
    denominator[group[i]!]! += clickProbability[i]!;
  }
  const options = { seed: parts.seed, name: "release" };
  const [ratio] = ratioReplicates(ids, [{ numerator, denominator }], options);
  return calibrationGate(intervalOf(ratio!, count, options), thresholds.calibration);
}

/** CPU time to rank the candidates of a page, one request at a time: on a busy machine the clock would refuse sound models. */
async function speedGate({ shadow, prepared }: Site, { served }: PushedModel): Promise<GateResult> {
  const { online, latency } = prepared.log.setting.sizes;
  const width = Math.min(online.candidates, shadow.count);
  const pages = Array.from({ length: Math.min(20, Math.floor(shadow.count / width)) }, (_, page) =>
    takeRows(
      shadow.features,
      Int32Array.from({ length: width }, (_, i) => page * width + i),
    ),
  );
  const { cpuP99Ms } = await costOfAnswers(pages, latency.requests, width, served);
  return latencyGate(Number(cpuP99Ms.toFixed(1)), thresholds.p99Ms);
}

/** An arm's people: what they did in the canary, and in the log before. */
export interface Sums {
  readonly minutes: Float64Array; // [users of the arm], as all of these
  readonly visits: Float64Array;
  readonly pages: Float64Array;
  readonly before: readonly Float64Array[]; // minutes, impressions
}

/** Sums of the days before `until`. */
export function sumsOf({ before }: Pick<Site, "before">, { assigned, userDays }: SplitArm, until = Infinity): Sums {
  const sums = { minutes: before[0]!.map(() => 0), visits: before[0]!.map(() => 0), pages: before[0]!.map(() => 0) };
  for (let i = 0; i < userDays.count; i++) {
    if (userDays.day[i]! >= until) continue;
    const user = userDays.user[i]!;
    sums.minutes[user]! += userDays.watchMs[i]! / 60_000;
    sums.visits[user]! += userDays.visits[i]!;
    sums.pages[user]! += userDays.requests[i]!;
  }
  const among = (values: Float64Array): Float64Array => values.filter((_, user) => assigned[user] === 1);
  return {
    ...{ minutes: among(sums.minutes), visits: among(sums.visits), pages: among(sums.pages) },
    before: before.map(among),
  };
}

function total(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
