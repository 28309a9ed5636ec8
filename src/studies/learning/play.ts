/**
 * The platform under a policy of learning on, day by day: random pages first, then the small funnel. At the end of each day its rows are
 * judged as they were predicted, the detector is asked, a candidate is fitted where one is due, and serves from tomorrow if its gate
 * passes. After each day a checkpoint is written; a run that was stopped resumes there, with the same bytes.
 */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { codeHash, makeOrResume, writeFileAtomic, writeJsonAtomic } from "../../artifacts/index.js";
import { auc, meanInterval } from "../../evaluation/index.js";
import {
  alarmsOf,
  decideRetraining,
  type GateResult,
  offlineGate,
  promote,
  register,
  type StreamConfig,
} from "../../monitoring/index.js";
import type { Setting } from "../../pipeline/setting.js";
import type { Trained } from "../../pipeline/train.js";
import { rankerFolder } from "../../pipeline/arms/learned.js";
import { workshop } from "../../pipeline/workshop.js";
import { assignPeople, type ClosedDay, herePlayer, runPlatform } from "../../platform/index.js";
import { keyOf, uniform } from "../../random.js";
import { requestHigh, requestLow } from "../../serving/slates.js";
import type { Impressions, Policy, RequestBatch, RunControl, SlateBatch } from "../../types.js";
import { loadBehaviour, openOracle, openWorld, type World, type WorldSnapshot } from "../../world/index.js";
import { openCreators } from "./creators.js";
import { openFunnel } from "./funnel.js";
import type { DayLearned, LearningDay, LearningRun, Living } from "./living.js";
import { type Learner, type LearningRows, openLearner } from "./learner.js";
import { loopOf } from "./loop.js";
import { openPages } from "./page-policy.js";
import type { LearningPlan, LearningPolicy } from "./plans.js";

export type { LearningDay, LearningRun } from "./living.js";

/** The detector that watches the AUC of each day, and asks for a model where the policy says so. */
export const watching: StreamConfig = {
  ...{ kind: "page-hinkley", least: 3, tolerance: 0.005, threshold: 0.06, direction: "down" },
};
/** Share of user-days that no fit sees: candidates are judged on those of the last days. */
const [heldShare, heldDays, margin] = [0.1, 3, 0.005];
/** Pages per day whose regret is measured. */
const judgedPages = 40;
const mostWeight = 10;

interface State {
  readonly days: LearningDay[];
  readonly rows: LearningRows[]; // by day
  readonly seen: Set<number>[];
  weights: Float32Array | undefined;
  snapshot: WorldSnapshot | undefined;
  shift: number;
}

/** Options of a run. */
export interface LearningOptions {
  readonly remake?: boolean;
  /** Called after each day, with all so far; also once with those that an earlier run left. */
  readonly onDay?: (run: LearningRun) => void | Promise<void>;
  /** Keeps the weights of each version and a registry of them. Default false. */
  readonly models?: boolean;
  /** Days between checkpoints. Default 1. */
  readonly every?: number;
}

/** Plays, resumes or loads. Same setting and plan, same bytes. */
export async function playLearning(
  setting: Setting,
  plan: LearningPlan,
  { remake = false, onDay, models = false, every = 1 }: LearningOptions = {},
  control: RunControl = {},
): Promise<LearningRun & { readonly dir: string }> {
  const { seed } = setting;
  const { behaviour } = setting;
  const config = { seed, world: setting.world, plan, models, ...(behaviour && { behaviour: behaviour.sha256 }) };
  const trained = plan.funnel ? await workshop(setting, control).trained() : undefined;
  const inputs = trained ? [trained.twoTower.artifact.id, trained.ranker.artifact.id] : [];
  const spec = { root: setting.datasets, kind: "learning", config, inputs, code: codeHash(import.meta.url) };
  const artifact = await makeOrResume(
    spec,
    async (dir, kept) => {
      const checkpoint = join(kept, "checkpoint.bin");
      const found = await readFile(checkpoint).catch(() => undefined);
      const state: State = found
        ? (deserialize(found) as State)
        : { days: [], rows: [], seen: [], weights: undefined, snapshot: undefined, shift: 0 };
      const run = { policy: plan.policy, seed, days: state.days };
      const registry = models ? await openRegistry(dir, state.days, plan) : undefined;
      if (state.days.length > 0) await onDay?.(run);
      await playFrom(setting, plan, state, trained && { trained, dir }, control, async (model) => {
        if (model) await registry?.(state.days.at(-1)!, model);
        if (state.days.length % every === 0) await writeFileAtomic(checkpoint, serialize(state));
        await onDay?.(run);
      });
      await writeJsonAtomic(join(dir, "run.json"), run);
    },
    { remake },
  );
  const run = JSON.parse(await readFile(join(artifact.dir, "run.json"), "utf8")) as LearningRun;
  return { ...run, dir: artifact.dir };
}

async function playFrom(
  setting: Setting,
  plan: LearningPlan,
  state: State,
  funnel: { readonly trained: Trained; readonly dir: string } | undefined,
  control: RunControl,
  onMidnight: (model: DayLearned["model"]) => Promise<void>,
): Promise<void> {
  const { policy, warmUp } = plan;
  const { seed } = setting;
  const days = warmUp + plan.days;
  const { days: ofLog } = setting.world;
  const worldConfig = { ...setting.world, drift: plan.drift, extraDays: Math.max(0, days - ofLog) };
  const first = (funnel ? warmUp : 0) + state.days.length;
  if (first >= days) return;
  const creators = openCreators(worldConfig);
  const own = setting.behaviour && (await loadBehaviour(setting.behaviour));
  if (own && policy.incentive)
    throw new RangeError("incentive: creators answer in the usual world alone, without a world module");
  const opened = funnel && (await openFunnel(funnel.trained, plan, funnel.dir, state.days, control));
  const world = opened?.world ?? openWorld(worldConfig, seed, policy.incentive ? creators.behaviour : own);
  const { catalogue } = world;
  const { slots } = worldConfig;
  const oracle = openOracle(world);
  creators.know(oracle, catalogue);
  creators.shift = state.shift;
  if (state.snapshot) world.restore(state.snapshot);
  const assigned = assignPeople(world, seed, plan.users, days - 1);
  const living = opened?.living ?? openSmall(plan, state, world, seed);
  const judge = openJudge(living.policy, Math.min(1, judgedPages / plan.users), seed, (requests, slates, row) => {
    const user = requests.user[row]!;
    const context = { timeMs: requests.timeMs[row]!, device: requests.device[row]! };
    const shown = slates.video.subarray(row * slots, (row + 1) * slots);
    const expected = oracle.expectedAt(user, shown, context).watchMs.reduce((sum, ms) => sum + ms, 0);
    const live = catalogue.liveVideos[requests.day]!;
    return (oracle.bestSlate(user, live, context, "watch", new Int32Array(slots)) - expected) / 60_000;
  });
  const alarmed = (ranked: number | null): boolean => {
    const known = [...state.days.map((one) => one.auc), ranked].filter((one) => one !== null);
    return ranked !== null && alarmsOf(known, watching).includes(known.length - 1);
  };
  let model: DayLearned["model"];
  const closeDay = async ({ day, events, userDays }: ClosedDay): Promise<void> => {
    const { model: promoted, ...learned } = await living.close(day, events, alarmed);
    model = promoted;
    creators.answer(events, catalogue.liveVideos[day]!, policy.incentive ?? 0);
    state.shift = creators.shift;
    const pagesShown = userDays.requests.reduce((a, b) => a + b, 0);
    state.days.push({
      ...{ day, pages: pagesShown, userDays: userDays.count, minutes: sum(userDays.watchMs) / 60_000 },
      regret: judge.mean() * pagesShown,
      ...learned,
      version: (state.days.at(-1)?.version ?? 0) + (model ? 1 : 0),
      loop: loopOf(events, catalogue, assigned, oracle, creators, seed),
    });
  };
  const player = herePlayer(world, judge.policy, policy.name, assigned);
  const { onProgress } = control;
  try {
    await runPlatform({
      ...{ world, firstDay: first, days: days - first },
      arms: [{ name: policy.name, assigned, player }],
      control: {
        ...control,
        ...(onProgress && {
          onProgress: (step, done, _, detail) => onProgress(step, first + done, days, detail),
        }),
      },
      onDay: closeDay,
      async onMidnight() {
        state.snapshot = world.snapshot();
        await onMidnight(model);
      },
    });
  } finally {
    await living.end?.();
  }
}

/** The small funnel; it learns by what is in the state. */
function openSmall({ policy, warmUp }: LearningPlan, state: State, world: World, seed: number): Living {
  const { catalogue, config } = world;
  const { slots } = config;
  const oracle = openOracle(world);
  while (state.seen.length < catalogue.users.count) state.seen.push(new Set());
  const open = (weights?: Float32Array): Learner => openLearner(catalogue, slots, policy.position ?? true, weights);
  let champion = state.weights && open(state.weights);
  const rowsOf = (events: Impressions): LearningRows => rowsIn(events, policy);
  return {
    policy: openPages({
      ...{ catalogue, seed, slots, policy, seen: state.seen, rowsOf },
      champion: () => champion,
      interests: (user) => oracle.interests(user),
    }),
    close(day, events, alarmed): DayLearned {
      const today = rowsOf(events);
      const predicted = champion?.predict(today);
      const ranked = predicted && events.click.includes(1) ? auc(events.click, predicted) : null;
      const alarm = alarmed(ranked);
      state.rows.push(today);
      const decision = decide(policy, day - warmUp, alarm);
      const fitted = decision.due ? candidateOf(state.rows, policy, champion ?? open(), seed, !champion) : undefined;
      const passed = fitted && (fitted.gate?.verdict ?? "passed") === "passed";
      if (passed) state.weights = (champion = fitted.candidate).weights;
      return {
        auc: ranked,
        calibration: predicted ? sum(today.label) / Math.max(1e-9, sum(predicted)) : null,
        ...{ alarm, decision: decision.reason, rows: fitted?.rows ?? 0 },
        ...(fitted?.gate && { gate: fitted.gate }),
        ...(passed && { model: { weights: fitted.candidate.weights } }),
      };
    },
  };
}

/** Is a model due? After the last day of random pages always. */
function decide(
  { when }: LearningPolicy,
  day: number,
  alarm: boolean,
): { readonly due: boolean; readonly reason: LearningDay["decision"] } {
  if (day < -1) return { due: false, reason: "not yet" };
  if (day === -1) return { due: true, reason: "first" };
  const every = typeof when === "number" ? when : when === "stream" ? 1 : "never";
  return decideRetraining({ every, onAlarm: when === "alarm" }, day, alarm);
}

/** Fits a candidate and judges it beside the champion, on user-days that neither has seen. */
function candidateOf(
  days: readonly LearningRows[],
  { window = 7, warm = false, when, replay = 0 }: LearningPolicy,
  learner: Learner,
  seed: number,
  isFirst: boolean,
): { readonly candidate: Learner; readonly rows: number; readonly gate?: GateResult } {
  const last = days.length - 1;
  const from = isFirst || window === "all" ? 0 : Math.max(0, days.length - window);
  const count = (some: readonly LearningRows[]): number => some.reduce((all, rows) => all + rows.count, 0);
  const share = (replay * count(days.slice(from))) / Math.max(1, count(days.slice(0, from)));
  const [key, drawKey] = [keyOf(seed, "learning/held out"), keyOf(seed, "learning/replay")];
  const held = (rows: LearningRows, row: number): boolean => uniform(key, rows.user[row]!, rows.day[row]!) < heldShare;
  const drawn = ({ day }: LearningRows, row: number): boolean => uniform(drawKey, last, day[row]!, row) < share;
  const candidate = learner.copy();
  if (!warm && when !== "stream") candidate.weights.fill(0);
  const rows = candidate.fit(replay > 0 ? days : days.slice(from), keyOf(seed, `learning/fit ${last}`), (one, row) =>
    one.day[row]! >= from || drawn(one, row) ? !held(one, row) : false,
  );
  if (isFirst) return { candidate, rows };
  const [better, users]: [number[], number[]] = [[], []];
  for (const judged of days.slice(-heldDays)) {
    const [before, after] = [learner.predict(judged), candidate.predict(judged)];
    for (let row = 0; row < judged.count; row++)
      if (held(judged, row)) {
        users.push(judged.user[row]!);
        better.push(lossOf(before[row]!, judged.label[row]!) - lossOf(after[row]!, judged.label[row]!));
      }
  }
  if (users.length === 0) return { candidate, rows };
  return { candidate, rows, gate: offlineGate(meanInterval(better, users, { seed, name: "learning gate" }), margin) };
}

function lossOf(p: number, label: number): number {
  return -label * Math.log(Math.max(1e-9, p)) - (1 - label) * Math.log(Math.max(1e-9, 1 - p));
}

function rowsIn(events: Impressions, { goal = "watch", weights = "none" }: LearningPolicy): LearningRows {
  const { count, day, user, video, position, click, watchMs, propensity } = events;
  const label = Float32Array.from(watchMs, (ms, i) => (goal === "click" ? click[i]! : Math.min(1, ms / 60_000)));
  const weight = Float32Array.from(propensity, (p) => (weights === "none" ? 1 : Math.min(mostWeight, 1 / p)));
  const mean = sum(weight) / Math.max(1, count);
  return { count, day, user, video, position, label, weight: weight.map((w) => w / mean) };
}

/** Versions of the days so far, and what adds one: after a stop in the middle of a promotion the registry is that of the checkpoint. */
async function openRegistry(
  dir: string,
  days: readonly LearningDay[],
  plan: LearningPlan,
): Promise<(day: LearningDay, model?: DayLearned["model"]) => Promise<void>> {
  const registry = join(dir, "registry");
  await rm(registry, { recursive: true, force: true });
  const add = async (day: LearningDay, { weights }: NonNullable<DayLearned["model"]> = {}): Promise<void> => {
    const artifact = plan.funnel ? rankerFolder(day.day) : `models/${day.version}.bin`;
    if (weights) await writeFileAtomic(join(dir, artifact), new Uint8Array(weights.buffer));
    const { window = 7 } = plan.policy;
    const from = day.decision === "first" || window === "all" ? 0 : Math.max(0, day.day + 1 - window);
    const known = Object.entries({ auc: day.auc, calibration: day.calibration }).filter(([, value]) => value !== null);
    const metrics = Object.fromEntries(known) as Record<string, number>;
    const version = await register(registry, {
      ...{ artifact, window: [from, day.day], features: ["identities"], config: { ...plan.policy }, metrics },
      ...(day.version > 1 && { parent: day.version - 1 }),
      signature: { logit: "float32" },
    });
    const first: GateResult = { gate: "offline", verdict: "passed", says: "the first model" };
    await promote(registry, version, [day.gate ?? first]);
  };
  for (const [i, day] of days.entries()) if (day.version > (days[i - 1]?.version ?? 0)) await add(day);
  return add;
}

type PageLoss = (requests: RequestBatch, slates: SlateBatch, row: number) => number;

/** A policy of which some pages are judged; `mean` is that of those since the last time. */
function openJudge(
  policy: Policy,
  share: number,
  seed: number,
  lossOfPage: PageLoss,
): { readonly policy: Policy; mean(): number } {
  const key = keyOf(seed, "learning/judged");
  let losses: number[] = [];
  return {
    policy: {
      ...policy,
      async recommend(requests) {
        const slates = await policy.recommend(requests);
        requests.request.forEach((request, row) => {
          if (uniform(key, requestLow(request), requestHigh(request)) < share)
            losses.push(lossOfPage(requests, slates, row));
        });
        return slates;
      },
    },
    mean(): number {
      const mean = sum(losses) / Math.max(1, losses.length);
      losses = [];
      return mean;
    },
  };
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}
