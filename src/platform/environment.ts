/**
 * The platform as an environment of reinforcement learning, with the interface of Gymnasium 1.x (Towers et al., 2024):
 *
 *   const env = environment({ config, reward: "watchMinutes" });
 *   let { observation } = env.reset(42);
 *   for (;;) {
 *     const { observation: next, reward, terminated, truncated, info } = env.step(agent(observation));
 *     if (terminated || truncated) break;
 *     observation = next;
 *   }
 *
 * An observation is the next round of page requests of one shard (as in a vector environment, many users at once; how many changes
 * from step to step), an action is a page a request, a reward is a number per request. An episode is `days` days of one world, shard after
 * shard, the same order as `runPlatform`. It ends by `truncated`: the number of days was set from outside, users would have visited again.
 * `terminated` stays false; in `sessionEnvironment`, where an episode is one visit, the user's leaving terminates it.
 */
import { impressionsOf } from "../log/index.js";
import { keyOf } from "../random.js";
import { emptySlates } from "../serving/slates.js";
import {
  dayMs,
  type Catalogue,
  type Day,
  devices,
  type FeedbackBatch,
  type Impressions,
  type RequestBatch,
  shardCount,
  type SlateBatch,
} from "../types.js";
import { horizonDays, horizonUsers, horizonVideos, openWorld, type World, type WorldConfig } from "../world/index.js";
import { type Reward, type RewardName, rewardOf } from "./rewards.js";
import { allShards, openDays, type Round, rounds } from "./rounds.js";
import { box, type Box, type Dict } from "./spaces.js";
import type { VisitTimes } from "./user-days.js";

/** Options of an environment. */
export interface EnvironmentOptions {
  readonly config: WorldConfig;
  /** Of the first `reset()` without a seed; default 0. */
  readonly seed?: number;
  /** A name, or a function of the public record; default `clicks`. */
  readonly reward?: RewardName | Reward;
  /** Days of an episode; default: the days of the config's log. */
  readonly days?: number;
  /** `assigned[user] = 1` limits who visits. */
  readonly assigned?: Uint8Array;
  /** A custom world, and how an evaluator can keep the world for its oracle; default `openWorld`. */
  readonly open?: (config: WorldConfig, seed: number) => World;
  /** Name in `info.events`; default `agent`. */
  readonly name?: string;
}

/** Information with every observation. */
export interface ResetInfo {
  readonly catalogue: Catalogue; // all that may be looked up
  readonly seed: number; // of the world now open
  readonly slots: number; // videos per page
  readonly shard: number; // of the observation
}

/** Outcome of the answered batch; `day` and `shard` are the next observation's. */
export interface StepInfo extends ResetInfo {
  readonly feedback: FeedbackBatch;
  readonly events: Impressions; // the batch as log rows
  /** Shards that ended before the next observation, in order: their visits. */
  readonly ended: readonly VisitTimes[];
}

/** What `step` gives. After the last step the observation has no requests. */
export interface Step {
  readonly observation: RequestBatch;
  readonly reward: Float64Array; // [requests answered]
  readonly terminated: boolean; // always false: see above
  readonly truncated: boolean; // the episode's days are over
  readonly info: StepInfo;
}

/** An environment of batches. */
export interface Environment {
  readonly days: number; // of an episode
  readonly observationSpace: Dict;
  readonly actionSpace: Box;
  /** Opens the world of a seed; without one, a seed that follows from the last (as Gymnasium continues its generator). */
  reset(seed?: number): { readonly observation: RequestBatch; readonly info: ResetInfo };
  /**
   * Answers the observation: a SlateBatch, or just its videos [requests, slots] (logged with propensity 1). A page refused is not played:
   * another may be given.
   * @throws Error before `reset`, after the end, or when closed; RangeError for an illegal page
   */
  step(action: SlateBatch | Int32Array): Step;
  close(): void;
}

interface Episode {
  readonly world: World;
  readonly seed: number;
  readonly rounds: Iterator<Round, void>;
  readonly ended: VisitTimes[]; // since the observation before
  now: Round | undefined; // undefined: the episode is over
}

/** All rounds of an episode, day after day. */
function* episodeRounds(
  world: World,
  days: number,
  assigned: Uint8Array | undefined,
  onEnd: (visits: VisitTimes) => void,
): Generator<Round, void, void> {
  for (const _ of openDays(world, 0, days)) yield* rounds(world, allShards, assigned, onEnd);
}

/** Opens an environment. The same seed and actions give the same observations, rewards and events, byte by byte. */
export function environment(options: EnvironmentOptions): Environment {
  const { config, assigned, open = openWorld, name = "agent" } = options;
  const days = daysOf(options);
  const reward = typeof options.reward === "function" ? options.reward : rewardOf(options.reward ?? "clicks");
  const codes = { policies: [name], policy: 0, arms: [name], arm: 0 };
  let nextSeed = options.seed ?? 0;
  let closed = false;
  let episode: Episode | undefined;

  const infoOf = ({ world: { catalogue }, seed, now }: Episode): ResetInfo => ({
    catalogue,
    seed,
    slots: config.slots,
    shard: now?.shard ?? shardCount,
  });
  const observationOf = ({ now }: Episode): RequestBatch => now?.requests ?? noRequests(days - 1);

  return {
    days,
    ...spacesOf(config),
    reset(seed = nextSeed) {
      if (closed) throw new Error("reset: the environment is closed");
      const world = open(config, seed);
      nextSeed = keyOf(seed, "next episode");
      const ended: VisitTimes[] = [];
      const all = episodeRounds(world, days, assigned, (visits) => ended.push(visits));
      episode = { world, seed, rounds: all, ended, now: all.next().value ?? undefined };
      return { observation: observationOf(episode), info: infoOf(episode) };
    },
    step(action): Step {
      if (closed) throw new Error("step: the environment is closed");
      if (episode === undefined) throw new Error("step: the environment was not reset; call reset() first");
      const { now, world, ended } = episode;
      if (now === undefined) throw new Error("step: the episode is over; call reset() first");
      const slates = action instanceof Int32Array ? slatesOf(action, now.requests.count, config.slots) : action;
      const feedback = now.respond(slates);
      const events = impressionsOf(now.requests, slates, feedback, codes);
      const paid = reward(now.requests, slates, feedback, world.catalogue);
      ended.length = 0;
      episode.now = episode.rounds.next().value ?? undefined;
      return {
        observation: observationOf(episode),
        reward: paid,
        terminated: false,
        truncated: episode.now === undefined,
        info: { ...infoOf(episode), feedback, events, ended: [...ended] },
      };
    },
    close(): void {
      closed = true;
      episode = undefined;
    },
  };
}

/** Days of an episode. @throws RangeError outside the world's horizon */
export function daysOf({ config, days = config.days }: EnvironmentOptions): number {
  const horizon = horizonDays(config);
  if (!Number.isInteger(days) || days < 1 || days > horizon)
    throw new RangeError(`days: ${days}; allowed: an integer in [1, ${horizon}], the world's horizon`);
  return days;
}

/** Pages of certain videos: [requests, slots], -1 = empty. @throws RangeError when there are too few or too many */
export function slatesOf(video: Int32Array, count: number, slots: number): SlateBatch {
  const size = count * slots;
  if (video.length !== size)
    throw new RangeError(
      `the action has ${video.length} videos; allowed: ${size} = ${count} requests × ${slots} slots`,
    );
  return { ...emptySlates(count, slots), video };
}

/** An observation without requests: where an episode ends. */
export function noRequests(day: Day): RequestBatch {
  return {
    day,
    count: 0,
    request: new Float64Array(0),
    session: new Float64Array(0),
    user: new Int32Array(0),
    page: new Uint8Array(0),
    timeMs: new Int32Array(0),
    device: new Uint8Array(0),
  };
}

/** What observations and actions of a world may be. The videos of an action must also be live on the day, each at most once on a page. */
export function spacesOf(config: WorldConfig): { readonly observationSpace: Dict; readonly actionSpace: Box } {
  const horizon = horizonDays(config);
  const users = horizonUsers(config);
  const videos = horizonVideos(config);
  const ids = horizon * 2 ** 27;
  const each = ["requests"] as const;
  const ads: Record<string, Box> =
    config.campaigns > 0
      ? {
          adBudgetMicros: box(
            "int32",
            ["requests", config.campaigns],
            0,
            2 ** 31 - 1,
            "what each campaign can still spend",
          ),
        }
      : {};
  return {
    observationSpace: {
      kind: "dict",
      spaces: {
        day: box("int32", [], 0, horizon - 1, "day since the world began"),
        request: box("float64", each, 0, ids * 64, "id of the request"),
        session: box("float64", each, 0, ids, "id of the visit"),
        user: box("int32", each, 0, users - 1, "the user; looked up in catalogue.users"),
        page: box("uint8", each, 0, 63, "page of the visit"),
        timeMs: box("int32", each, 0, dayMs - 1, "since midnight"),
        device: box("uint8", each, 0, devices.length - 1, "device of the visit"),
        ...ads,
      },
    },
    actionSpace: box(
      "int32",
      ["requests", config.slots],
      -1,
      videos - 1,
      "videos, best place first; -1 leaves a slot empty",
    ),
  };
}
