/** The world of a release drill, its rows, and the plays on it: a canary beside its baseline, and the same people under the champion. */
import { openStore, type TrainingSet } from "../../data/index.js";
import { rankScored } from "../../evaluation/index.js";
import { readDay } from "../../log/index.js";
import type { LocalArm } from "../../pipeline/arms/arm.js";
import { pastOf } from "../../pipeline/arms/past.js";
import { playSplit, type SplitArm } from "../../pipeline/arms/split.js";
import { prepareFeatures, type Prepared } from "../../pipeline/prepare.js";
import { inWorld, type Setting } from "../../pipeline/setting.js";
import { simulateLog } from "../../pipeline/simulate.js";
import { trainingSet, trainTwoTower } from "../../pipeline/train.js";
import { createLearnedFunnel, openTowers } from "../../serving/index.js";
import type { RunControl } from "../../types.js";
import { scoresOf } from "../benchmark/world-source.js";
import type { DrillParts, PushedModel } from "./models.js";

/** The plan of a drill. */
export interface DrillPlan {
  readonly users: number; // people of the world
  readonly looks: readonly number[]; // days of a canary; while it is undecided it goes on to the next
  readonly share: number; // of people: the canary's, and as many the baseline's
}

/** A model and its scores on the held-out day. */
export interface Known {
  readonly model: PushedModel;
  readonly losses: Float64Array;
  readonly order?: { readonly ndcg: Float64Array; readonly queries: Float64Array }; // absent: scores that are none
}

export interface Site {
  readonly parts: DrillParts;
  readonly prepared: Prepared;
  readonly plan: DrillPlan;
  readonly test: TrainingSet; // the offline gate's day
  readonly shadow: TrainingSet; // the day after it, as it is served
  readonly before: readonly Float64Array[]; // [users] minutes watched in the log, impressions
  known(model: PushedModel): Promise<Known>;
  /**
   * Models, each on a share of the people drawn by the salt, in a copy of the world at the log's end. The first model's people do not
   * depend on whether there is a second.
   */
  play(salt: string, days: number, models: readonly PushedModel[]): Promise<readonly SplitArm[]>;
  close(): Promise<void>;
}

/** Makes or loads the world: tastes and what is popular change in the middle of the training days. */
export async function openSite(base: Setting, plan: DrillPlan, control: RunControl): Promise<Site> {
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
    early: await rows(since.slice(0, Math.max(1, Math.floor(since.length / 2)))),
    train: await rows(since),
    more: await rows([...since, ...split.validation]),
    validation: await rows(split.validation),
    towers,
    control,
  };
  const { count } = log.catalogue.users;
  const [minutes, impressions] = [new Float64Array(count), new Float64Array(count)];
  for (const day of log.days) {
    const { user, watchMs } = await readDay(log.dir, day);
    user.forEach((who, i) => {
      minutes[who]! += watchMs[i]! / 60_000;
      impressions[who]! += 1;
    });
  }
  return {
    ...{ parts, prepared, plan, test, before: [minutes, impressions], shadow: await rows(split.test.slice(1)) },
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
    play: (salt, days, models) => {
      const arms = models.map((model, a) => armOf(`arm ${a + 1}`, model, { parts, prepared }));
      return playSplit(
        pastOf(log),
        arms,
        { users: plan.users, days, salt, shares: arms.map(() => plan.share) },
        control,
      );
    },
    close: async () => towers.close?.(),
  };
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

function lossOf(p: number, label: number): number {
  return -Math.log(Math.max(1e-9, label === 1 ? p : 1 - p));
}
