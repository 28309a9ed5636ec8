/** One world of the robustness study: data collection, then every cheap recommender on its own fork of the same evening. */
import { herePlayer, runPlatform } from "../../platform.js";
import { createLoggingPolicy } from "../../serving/logging-policy.js";
import type { Impressions, RunControl, UserDays } from "../../types.js";
import { openWorld, type WorldConfig } from "../../world/index.js";
import { cheapPolicies, openCheapPolicy, type CheapPolicyName } from "./cheap-policies.js";
import { learn } from "./knowledge.js";

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
export interface PlayedWorld {
  readonly name: string;
  readonly seed: number;
  readonly arms: Readonly<Record<CheapPolicyName, UserDays>>;
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
  const logging = createLoggingPolicy({ catalogue: world.catalogue, seed, config: { slots: world.config.slots } });
  await runPlatform({
    world,
    arms: [{ name: "logging", player: herePlayer(world, logging, "logging") }],
    firstDay: 0,
    days: logDays,
    control: quiet,
    onDay: ({ events }) => void log.push(events),
  });
  const snapshot = world.snapshot();
  const knowledge = learn(world.catalogue, log);
  const arms: Partial<Record<CheapPolicyName, UserDays>> = {};
  for (const policy of cheapPolicies) {
    world.restore(snapshot);
    const player = herePlayer(world, openCheapPolicy(policy, world, log, knowledge), policy);
    [arms[policy]] = (await runPlatform({
      world,
      arms: [{ name: policy, player }],
      firstDay: logDays,
      days: playDays,
      control: quiet,
    })) as [UserDays];
  }
  return { name, seed, arms: arms as Record<CheapPolicyName, UserDays> };
}
