/**
 * The release drill: models are pushed one after another through the registry's gates. Offline judges a model as its trainer does;
 * calibration and latency judge it in the shadow of the champion, as it serves; the canary serves it to a share of the users, beside a
 * baseline of as many users that starts with it and has the champion's model. A gate that cannot decide refuses. Who is promoted is the
 * champion of the next. What a canary cost is measured in a twin world in which its users had the champion.
 */
import { openStore, takeRows, type TrainingSet } from "../../data/index.js";
import {
  groupBy,
  type Interval,
  intervalOf,
  meanInterval,
  rankScored,
  ratioReplicates,
} from "../../evaluation/index.js";
import { readDay } from "../../log/index.js";
import {
  calibrationGate,
  canaryGate,
  type GateResult,
  latencyGate,
  type Lineage,
  offlineGate,
  promote,
  register,
  registryState,
  setAlias,
} from "../../monitoring/index.js";
import type { LocalArm } from "../../pipeline/arms/arm.js";
import { pastOf } from "../../pipeline/arms/past.js";
import { playSplit, type SplitArm } from "../../pipeline/arms/split.js";
import { prepareFeatures, type Prepared } from "../../pipeline/prepare.js";
import { inWorld, type Setting } from "../../pipeline/setting.js";
import { simulateLog } from "../../pipeline/simulate.js";
import { trainingSet, trainTwoTower } from "../../pipeline/train.js";
import { createLearnedFunnel, openTowers } from "../../serving/index.js";
import type { RunControl } from "../../types.js";
import { judged, type Judged } from "../ab-audit/hypotheses.js";
import { costOfAnswers } from "../benchmark/cost.js";
import { scoresOf } from "../benchmark/world-source.js";
import { releaseHypotheses } from "./hypotheses.js";
import { type DrillModel, drillModels, type DrillParts, firstChampion, type PushedModel } from "./models.js";

/** Thresholds of the gates. */
export const thresholds = {
  logLoss: 0.005, // nats for each impression that a model may be worse by, offline
  ndcg: 0.03, // of NDCG@10 by watch time, likewise
  calibration: 0.2, // clicks observed over predicted: 1 ± this, in the shadow
  p99Ms: 50, // of ranking a page's candidates
  canary: 0.15, // share of watch minutes per user that a canary may lose
} as const;

/** The plan of a drill. */
export interface DrillPlan {
  readonly users: number; // people of the world
  readonly days: number; // of a canary
  readonly share: number; // of people: the canary's, and as many the baseline's
}
export const drillPlan: DrillPlan = { users: 1000, days: 4, share: 0.45 };

/** What became of a model. */
export interface DrillRow {
  readonly model: string;
  readonly good: boolean;
  readonly version: number;
  readonly gates: readonly GateResult[]; // up to the one that refused
  readonly caughtAt: GateResult["gate"] | null;
  readonly users: number; // who saw it
  readonly minutesLost: number; // watched less by them than under the champion, in a twin world; 0: not shown
  readonly promoted: boolean;
}

/** A drill. */
export interface Drill {
  readonly rows: readonly DrillRow[];
  readonly champion: number;
  readonly judged: readonly Judged[];
}

/** Plays. `registry`: its folder, empty. @throws what the fits throw */
export async function releaseDrill(
  base: Setting,
  registry: string,
  { models = drillModels, plan = drillPlan }: { models?: readonly DrillModel[]; plan?: DrillPlan } = {},
  control: RunControl = {},
): Promise<Drill> {
  const quiet: RunControl = control.signal ? { signal: control.signal } : {};
  const site = await openSite(base, plan, quiet);
  try {
    const first = await firstChampion(site.parts);
    await promote(registry, await register(registry, lineageOf(site, "first champion", {})), [
      { gate: "offline", verdict: "passed", says: "the first model" },
    ]);
    let champion = await site.known(first);
    const rows: DrillRow[] = [];
    for (const { name, good, make } of models) {
      control.signal?.throwIfAborted();
      const parent = registryState(registry).aliases.champion!;
      const model = await make(site.parts);
      const version = await register(registry, { ...lineageOf(site, name, {}), parent });
      const { gates, cost, candidate } = await judge(site, champion, model, (alias) =>
        setAlias(registry, alias, version, `${name}: passed the gates before`),
      );
      const refused = gates.find(({ verdict }) => verdict !== "passed");
      if (refused === undefined) {
        await promote(registry, version, gates);
        champion = candidate;
      }
      const promoted = refused === undefined;
      rows.push({ model: name, good, version, gates, caughtAt: refused?.gate ?? null, ...cost, promoted });
      control.onProgress?.("models", rows.length, models.length, name);
    }
    return {
      rows,
      champion: registryState(registry).aliases.champion!,
      judged: judged(releaseHypotheses, measures(rows)),
    };
  } finally {
    await site.close();
  }
}

/** Scores of a model on the held-out days, and what it plays like. */
interface Known {
  readonly model: PushedModel;
  readonly losses: Float64Array;
  readonly order?: { readonly ndcg: Float64Array; readonly queries: Float64Array }; // absent: scores that are none
  twin?: Promise<readonly SplitArm[]>; // it plays both sides of a canary
}

interface Site {
  readonly parts: DrillParts;
  readonly prepared: Prepared;
  readonly plan: DrillPlan;
  readonly test: TrainingSet; // the offline gate's day
  readonly shadow: TrainingSet; // the day after it, as it is served
  readonly minutesBefore: Float64Array; // [users] watched in the log
  known(model: PushedModel): Promise<Known>;
  /** A baseline and a canary, on people drawn by the same salt in a copy of the world at the log's end. */
  play(baseline: PushedModel, canary: PushedModel): Promise<readonly SplitArm[]>;
  close(): Promise<void>;
}

/** Makes or loads the world: tastes and what is popular change in the middle of the training days. */
async function openSite(base: Setting, plan: DrillPlan, control: RunControl): Promise<Site> {
  const { days } = base.world;
  const changeDay = Math.floor(days / 2);
  const change = { day: changeDay, shape: "sudden", strength: 1 } as const;
  const setting = inWorld(base, base.seed, {
    users: plan.users,
    drift: [
      { ...change, kind: "concept" },
      { ...change, kind: "prior" },
    ],
  });
  const prepared = await prepareFeatures(await simulateLog(setting, control), control);
  const { log, split } = prepared;
  const towers = await openTowers((await trainTwoTower(prepared, {}, control)).artifact.dir);
  const rows = (some: readonly number[]): Promise<TrainingSet> => trainingSet(prepared, some, control);
  const since = split.train.filter((day) => day >= changeDay);
  const test = await rows(split.test.slice(0, 1));
  const parts: DrillParts = {
    catalogue: log.catalogue,
    seed: setting.seed,
    before: await rows(split.train.filter((day) => day < changeDay)),
    train: await rows(since),
    more: await rows([...since, ...split.validation]),
    validation: await rows(split.validation),
    towers,
    control,
  };
  const minutesBefore = new Float64Array(log.catalogue.users.count);
  for (const day of log.days) {
    const { user, watchMs } = await readDay(log.dir, day);
    user.forEach((who, i) => (minutesBefore[who]! += watchMs[i]! / 60_000));
  }
  return {
    ...{ parts, prepared, plan, test, minutesBefore, shadow: await rows(split.test.slice(1)) },
    known: async (model) => {
      const features = model.warehouse?.(test) ?? test.features;
      const { click, score } = await scoresOf(
        { predict: model.offline, objective: model.objective },
        { ...test, features },
      );
      const losses = Float64Array.from(click, (p, i) => lossOf(p, test.click[i]!));
      const sound = losses.every(Number.isFinite) && score.every(Number.isFinite);
      return { model, losses, ...(sound && { order: rankScored(test.watchMs, score, test.request, 10) }) };
    },
    play: (baseline, canary) => {
      const arms = [armOf("baseline", baseline, { parts, prepared }), armOf("canary", canary, { parts, prepared })];
      const { users, days, share } = plan;
      return playSplit(pastOf(log), arms, { users, days, salt: "release", shares: [share, share] }, control);
    },
    close: async () => towers.close?.(),
  };
}

interface Judgement {
  readonly gates: readonly GateResult[];
  readonly cost: { readonly users: number; readonly minutesLost: number };
  readonly candidate: Known;
}

/** The gates in their order, up to the first that refuses. */
async function judge(
  site: Site,
  champion: Known,
  model: PushedModel,
  alias: (name: "shadow" | "canary") => Promise<void>,
): Promise<Judgement> {
  const candidate = await site.known(model);
  const unseen = { users: 0, minutesLost: 0 };
  const gates = offlineGates(site, champion, candidate);
  const passed = (): boolean => gates.every(({ verdict }) => verdict === "passed");
  if (!passed()) return { gates, cost: unseen, candidate };
  await alias("shadow");
  gates.push(await shadowGate(site, model));
  if (passed()) gates.push(await speedGate(site, model));
  if (!passed()) return { gates, cost: unseen, candidate };
  await alias("canary");
  const arms = await site.play(champion.model, model);
  const [, twin] = await (champion.twin ??= site.play(champion.model, champion.model));
  const [baseline, canary] = arms.map((arm) => minutesOf(site, arm));
  gates.push(
    canaryGate([
      {
        ...{ name: "watch minutes per user", better: "higher", margin: thresholds.canary },
        baseline: { numerator: baseline!.minutes, before: baseline!.before },
        canary: { numerator: canary!.minutes, before: canary!.before },
      },
    ]),
  );
  const minutesLost = minutesOf(site, twin!).total - canary!.total;
  return { gates, cost: { users: canary!.seen, minutesLost }, candidate };
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

/** Time to rank the candidates of a page, one request at a time. */
async function speedGate({ shadow, prepared }: Site, { served }: PushedModel): Promise<GateResult> {
  const { online, latency } = prepared.log.setting.sizes;
  const width = Math.min(online.candidates, shadow.count);
  const pages = Array.from({ length: Math.min(20, Math.floor(shadow.count / width)) }, (_, page) =>
    takeRows(
      shadow.features,
      Int32Array.from({ length: width }, (_, i) => page * width + i),
    ),
  );
  const { p99Ms } = await costOfAnswers(pages, latency.requests, width, served);
  return latencyGate(Number(p99Ms.toFixed(1)), thresholds.p99Ms);
}

interface Minutes {
  readonly minutes: Float64Array; // [users of the arm]
  readonly before: Float64Array;
  readonly total: number;
  readonly seen: number; // users with a page
}

function minutesOf({ minutesBefore }: Site, { assigned, userDays }: SplitArm): Minutes {
  const [minutes, pages] = [new Float64Array(assigned.length), new Float64Array(assigned.length)];
  for (let i = 0; i < userDays.count; i++) {
    minutes[userDays.user[i]!]! += userDays.watchMs[i]! / 60_000;
    pages[userDays.user[i]!]! += userDays.requests[i]!;
  }
  const among = <T extends Float64Array>(values: T): Float64Array => values.filter((_, user) => assigned[user] === 1);
  const total = minutes.reduce((sum, x) => sum + x, 0);
  return { minutes: among(minutes), before: among(minutesBefore), total, seen: pages.filter((n) => n > 0).length };
}

/** The funnel around a model, opened anew: a baseline starts as cold as its canary. */
function armOf(
  name: string,
  { served, objective, towers }: PushedModel,
  { parts, prepared }: Pick<Site, "parts" | "prepared">,
): LocalArm {
  const { candidates } = prepared.log.setting.sizes.online;
  return {
    name,
    policy: {
      async open({ world: { catalogue }, seed }) {
        const store = await openStore(catalogue, { from: prepared.aggregatesDir });
        const config = { candidates, objective };
        const stages = { towers: towers ?? parts.towers, predict: served };
        const policy = createLearnedFunnel({ catalogue, store, seed, name, ...stages, config });
        return { policy, close: () => store.close() };
      },
    },
  };
}

function lineageOf({ prepared, parts }: Site, artifact: string, metrics: Record<string, number>): Lineage {
  const { train } = prepared.split;
  const { categories, numbers } = parts.train.features.schema;
  return {
    artifact,
    window: [train[0]!, train.at(-1)!],
    features: [...categories, ...numbers].map(({ name }) => name),
    config: {},
    metrics,
    signature: { clickProbability: "float32", watchMs: "float32" },
  };
}

function lossOf(p: number, label: number): number {
  return -Math.log(Math.max(1e-9, label === 1 ? p : 1 - p));
}

/** What the hypotheses speak of: counts of models. */
function measures(rows: readonly DrillRow[]): Readonly<Record<string, Interval>> {
  const count = (of: (row: DrillRow) => boolean): Interval => {
    const estimate = rows.filter(of).length;
    return { estimate, low: estimate, high: estimate, standardError: 0, level: 0.95, units: rows.length };
  };
  const skews = ["wrong feature scaling", "swapped columns", "label leak"];
  return {
    "bad promoted": count(({ good, promoted }) => !good && promoted),
    "good promoted": count(({ good, promoted }) => good && promoted),
    "bad at offline": count(({ good, caughtAt }) => !good && caughtAt === "offline"),
    "skew at calibration": count(({ model, caughtAt }) => skews.includes(model) && caughtAt === "calibration"),
    "bad at canary": count(({ good, users }) => !good && users > 0),
    "stale index at canary": count(({ model, caughtAt }) => model === "stale index" && caughtAt === "canary"),
  };
}
