/** One world of the robustness study: data collection, then every recommender that needs no training on its own copy of the log's end. */
import type { Arm } from "../../pipeline/arms/arm.js";
import { type Past, readings } from "../../pipeline/arms/past.js";
import { play } from "../../pipeline/arms/play.js";
import { adDefaults } from "../../pipeline/setting.js";
import { herePlayer, runPlatform } from "../../platform/index.js";
import { createLoggingPolicy } from "../../serving/logging-policy.js";
import type { Impressions, RunControl, UserDays } from "../../types.js";
import { openWorld, type World, type WorldConfig } from "../../world/index.js";

/** The recommenders, from the worst that is sensible to the two that know the truth; none needs training. */
const policies = {
  uniform: { kind: "uniform" },
  logging: { kind: "logging" },
  popularity: { kind: "watch-rate" },
  "topic affinity": { kind: "topic-affinity" },
  "low-rank tastes": { kind: "low-rank-tastes" },
  "click oracle": { kind: "oracle", goal: "click" },
  "watch oracle": { kind: "oracle", goal: "watch" },
} as const satisfies Readonly<Record<string, Arm["policy"]>>;
export type StudyArmName = keyof typeof policies;
export const studyArmNames = Object.keys(policies) as readonly StudyArmName[];
export const studyArms: readonly Arm[] = studyArmNames.map((name) => ({ name, policy: policies[name] }));

/** Sizes of a study world. */
export interface StudySizes {
  readonly users: number;
  readonly videos: number;
  readonly logDays: number;
  readonly playDays: number;
  readonly seeds: number; // worlds a perturbation
}

/** A world to be played: `base` in the study's sizes, changed in some fields. */
export interface StudyWorld {
  readonly name: string;
  readonly seed: number;
  readonly base: WorldConfig;
  readonly change: Partial<WorldConfig>;
  readonly sizes: StudySizes;
}

/** What each recommender's users did, the same users in each arm. */
export interface PlayedWorld extends Pick<StudyWorld, "name" | "seed"> {
  readonly arms: Readonly<Record<StudyArmName, UserDays>>;
}

/** The config of a study world. */
export function studyConfig({ base, change, sizes }: StudyWorld): WorldConfig {
  const { users, videos, logDays, playDays } = sizes;
  return {
    ...base,
    users,
    videos,
    creators: Math.round(videos / 20),
    days: logDays,
    extraDays: playDays,
    drift: [],
    campaigns: 0,
    ...change,
  };
}

/** Plays one. */
export async function playStudyWorld(study: StudyWorld, control: RunControl = {}): Promise<PlayedWorld> {
  const { name, seed, sizes } = study;
  const { logDays, playDays } = sizes;
  const quiet: RunControl = control.signal ? { signal: control.signal } : {};
  const world = openWorld(studyConfig(study), seed);
  const log: Impressions[] = [];
  const logging = { slots: world.config.slots };
  const collecting = createLoggingPolicy({ catalogue: world.catalogue, seed, config: logging });
  await runPlatform({
    world,
    arms: [{ name: "logging", player: herePlayer(world, collecting, "logging") }],
    firstDay: 0,
    days: logDays,
    control: quiet,
    onDay: ({ events }) => void log.push(events),
  });
  const snapshot = world.snapshot();
  const past: Past = {
    seed,
    firstDay: logDays,
    world(): World {
      world.restore(snapshot);
      return world;
    },
    ...readings(world.catalogue, () => log),
    logging,
    ads: adDefaults,
  };
  const arms: Partial<Record<StudyArmName, UserDays>> = {};
  for (const arm of studyArmNames) {
    const trial = { users: Infinity, days: playDays };
    ({ userDays: arms[arm] } = await play(past, { name: arm, policy: policies[arm] }, trial, quiet));
  }
  return { name, seed, arms: arms as Record<StudyArmName, UserDays> };
}
