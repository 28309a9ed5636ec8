/**
 * One arm: a policy on a fork of the platform's evening. The same assigned users meet every arm in a copy of the world of their own, with
 * the same luck, so that the difference of two arms is the effect of the policy and little else.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Artifact, codeHash, makeOrLoad, writeJsonAtomic } from "../artifacts/index.js";
import { writeDay } from "../log/index.js";
import { assignUsers, emptyUserDays, herePlayer, runPlatform, userDayColumns } from "../platform.js";
import { keyOf, uniform } from "../random.js";
import type { Day, RunControl, UserDays } from "../types.js";
import type { DriftEvent, World } from "../world/index.js";
import { armInputs, openArmPolicy, type ArmSpec } from "./policies.js";
import type { Trained } from "./train.js";
import { openRetraining } from "./retraining.js";
import { openWorldAfter } from "./simulate.js";

/** Who is in an experiment and for how long. */
export interface Trial {
  readonly users: number; // assigned at most
  readonly days: number;
  readonly drift: readonly DriftEvent[];
}

/** A played arm. */
export interface PlayedArm {
  readonly spec: ArmSpec;
  readonly artifact: Artifact;
  readonly userDays: UserDays;
  /** The arm's own log: `day=014/impressions.parquet`, … */
  readonly logDir: string;
  readonly days: readonly Day[];
}

/** Plays an arm, or loads it if it was played before. Same artifacts in, same bytes out. */
export async function playArm(
  trained: Trained,
  spec: ArmSpec,
  trial: Trial,
  control: RunControl = {},
): Promise<PlayedArm> {
  const { log } = trained.prepared;
  const { root, inputs } = { root: log.setting.datasets, inputs: armInputs(trained, spec) };
  const artifact = await makeOrLoad(
    { root, kind: "arm", config: { spec, trial }, inputs, code: codeHash(import.meta.url) },
    async (dir) => {
      const world = await openWorldAfter(log, { drift: trial.drift });
      const userDays = await play(world, trained, spec, trial, dir, control);
      await writeJsonAtomic(join(dir, userDaysFile), jsonOf(userDays));
      return { arm: spec.name, rows: userDays.count };
    },
  );
  return loadArm(artifact, spec, log.setting.world.days, trial.days);
}

const userDaysFile = "user-days.json";

async function loadArm(artifact: Artifact, spec: ArmSpec, firstDay: Day, days: number): Promise<PlayedArm> {
  const columns = JSON.parse(await readFile(join(artifact.dir, userDaysFile), "utf8")) as Record<string, number[]>;
  const userDays = emptyUserDays(columns["user"]?.length ?? 0);
  for (const name of userDayColumns) userDays[name].set(columns[name] ?? []);
  return { spec, artifact, userDays, logDir: artifact.dir, days: Array.from({ length: days }, (_, d) => firstDay + d) };
}

async function play(
  world: World,
  trained: Trained,
  spec: ArmSpec,
  trial: Trial,
  dir: string,
  control: RunControl,
): Promise<UserDays> {
  const { setting } = trained.prepared.log;
  const firstDay = setting.world.days;
  const key = keyOf(setting.seed, "experiments/assignment");
  const assigned = assignUsers(world, trial.users, firstDay + trial.days - 1, (user) => uniform(key, user));
  const opened = await openArmPolicy(trained, spec, world);
  const retraining =
    spec.kind === "learned" && spec.retrainEvery ? await openRetraining(trained, spec, opened, world, dir) : undefined;
  try {
    const [userDays] = await runPlatform({
      world,
      arms: [{ name: spec.name, assigned, player: herePlayer(world, opened.policy, spec.name, assigned) }],
      firstDay,
      days: trial.days,
      control,
      async onDay({ day, events }) {
        await writeDay(dir, day, events);
      },
      async retrain({ day }) {
        await retraining?.afterDay(day, control); // the funnel exchanges its ranker and stays the policy
        return undefined;
      },
    });
    return userDays as UserDays;
  } finally {
    await retraining?.close();
    await opened.policy.close?.();
    await opened.close();
  }
}

function jsonOf(userDays: UserDays): Record<string, number[]> {
  return Object.fromEntries(userDayColumns.map((name) => [name, Array.from(userDays[name])]));
}
