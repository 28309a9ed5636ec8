/**
 * One user's visit as an episode, for code that answers one request at a time (bandits, classic reinforcement learning), with the
 * interface of Gymnasium 1.x: `reset` begins the next visit, `step` answers one page, and the visit's end is `terminated` (leaving is a
 * terminal state of the user's process). Nothing is cut from outside, so `truncated` is always false. Users visit one after another, by day
 * and id; satisfaction and satiation carry over from visit to visit as on the platform.
 *
 *   const env = sessionEnvironment({ config });
 *   for (let visit = 0; visit < 1000; visit++) {
 *     let { observation } = env.reset();
 *     for (let over = false; !over; ) {
 *       const step = env.step(agent(observation)); // ids of `slots` videos
 *       [observation, over] = [step.observation, step.terminated || step.truncated];
 *     }
 *   }
 */
import { impressionsOf } from "../log/index.js";
import { keyOf } from "../random.js";
import {
  type Catalogue,
  type Day,
  type FeedbackBatch,
  type Impressions,
  type RequestBatch,
  shardCount,
} from "../types.js";
import { openWorld, type World } from "../world/index.js";
import { daysOf, type EnvironmentOptions, slatesOf, spacesOf } from "./environment.js";
import { rewardOf } from "./rewards.js";
import { openDays, type Round, rounds } from "./rounds.js";
import type { Box, Dict } from "./spaces.js";

/** A page request. */
export interface Request {
  readonly day: Day;
  readonly user: number; // looked up in info.catalogue.users
  readonly page: number; // of the visit, from 0
  readonly timeMs: number; // since midnight
  readonly device: number; // index into devices
}

/** Information with every observation. */
export interface SessionInfo {
  readonly catalogue: Catalogue;
  readonly seed: number; // of the world now open
  readonly slots: number;
  readonly live: number; // videos that may be shown: ids 0 … live − 1
  readonly session: number; // id of the visit
}

/** What `step` gives. After a visit's last page the observation repeats the request that was answered. */
export interface SessionStep {
  readonly observation: Request;
  readonly reward: number;
  readonly terminated: boolean; // the user has left
  readonly truncated: boolean; // always false
  readonly info: SessionInfo & { readonly feedback: FeedbackBatch; readonly events: Impressions };
}

/** An environment of visits. */
export interface SessionEnvironment {
  readonly observationSpace: Dict;
  readonly actionSpace: Box;
  /**
   * With a seed: opens that world and begins its first visit. Without: the next visit of the open world (after the last day, of a world
   * whose seed follows from the last). A visit left in the middle is lost with what its user would have done later that day.
   */
  reset(seed?: number): { readonly observation: Request; readonly info: SessionInfo };
  /**
   * Answers the page with `slots` videos, best place first (-1 or too few: empty slots). @throws Error before reset or after the end;
   * RangeError for an illegal page
   */
  step(action: ArrayLike<number>): SessionStep;
  close(): void;
}

interface Visiting {
  readonly world: World;
  readonly seed: number;
  /** Rounds of one user after another; `next(true)` leaves the user whose turn it is. */
  readonly rounds: Generator<Round, void, boolean>;
  now: Round | undefined; // the next request; undefined: the days are over
}

/** Everyone's rounds, by day and id. */
function* visitRounds(world: World, days: number, assigned?: Uint8Array): Generator<Round, void, boolean> {
  const only = new Uint8Array(world.catalogue.users.count);
  for (const _ of openDays(world, 0, days))
    for (let user = 0; user < only.length; user++) {
      if (assigned !== undefined && assigned[user] !== 1) continue;
      only[user] = 1;
      const own = rounds(world, [user % shardCount], only);
      let round = own.next();
      only[user] = 0;
      for (; round.done !== true; round = own.next()) if (yield round.value) break;
    }
}

/** Opens an environment of single visits. Same seed, same actions: same visits. */
export function sessionEnvironment(options: EnvironmentOptions): SessionEnvironment {
  const { config, assigned, open = openWorld, name = "agent" } = options;
  const days = daysOf(options);
  const reward = typeof options.reward === "function" ? options.reward : rewardOf(options.reward ?? "clicks");
  const codes = { policies: [name], policy: 0, arms: [name], arm: 0 };
  const batch = spacesOf(config);
  const fields = ["day", "user", "page", "timeMs", "device"] as const;
  const spaces = Object.fromEntries(
    fields.map((field) => [field, { ...(batch.observationSpace.spaces[field] as Box), shape: [] }]),
  );
  let nextSeed = options.seed ?? 0;
  let closed = false;
  let now: Visiting | undefined;
  let asked: RequestBatch | undefined; // the request that waits for an answer

  const openAt = (seed: number): Visiting => {
    const world = open(config, seed);
    nextSeed = keyOf(seed, "next episode");
    const all = visitRounds(world, days, assigned);
    return { world, seed, rounds: all, now: all.next().value ?? undefined };
  };
  const infoOf = (at: Visiting, requests: RequestBatch): SessionInfo => ({
    catalogue: at.world.catalogue,
    seed: at.seed,
    slots: config.slots,
    live: at.world.catalogue.liveVideos[requests.day]!,
    session: requests.session[0]!,
  });

  return {
    observationSpace: { kind: "dict", spaces },
    actionSpace: { ...batch.actionSpace, shape: [config.slots] },
    reset(seed) {
      if (closed) throw new Error("reset: the environment is closed");
      if (seed !== undefined || now === undefined) now = openAt(seed ?? nextSeed);
      else if (asked !== undefined) now.now = now.rounds.next(true).value ?? undefined; // left in the middle
      for (let tries = 0; now.now === undefined; tries++) {
        if (tries > 100)
          throw new Error(
            `reset: nobody visits within ${days} days in 100 worlds; allowed: a config and assigned users with visits`,
          );
        now = openAt(nextSeed);
      }
      asked = now.now.requests;
      return { observation: requestOf(asked), info: infoOf(now, asked) };
    },
    step(action): SessionStep {
      if (closed) throw new Error("step: the environment is closed");
      if (now === undefined) throw new Error("step: the environment was not reset; call reset() first");
      if (now.now === undefined || asked === undefined) throw new Error("step: the visit is over; call reset() first");
      if (action.length > config.slots)
        throw new RangeError(`the action has ${action.length} videos; allowed: at most ${config.slots}`);
      const requests = asked;
      const videos = new Int32Array(config.slots).fill(-1);
      for (let k = 0; k < action.length; k++) {
        if (!Number.isInteger(action[k]))
          throw new RangeError(`action[${k}] is ${action[k]}; allowed: ids of videos, or -1`);
        videos[k] = action[k]!;
      }
      const slates = slatesOf(videos, 1, config.slots);
      const feedback = now.now.respond(slates);
      const events = impressionsOf(requests, slates, feedback, codes);
      const paid = reward(requests, slates, feedback, now.world.catalogue)[0]!;
      now.now = now.rounds.next(false).value ?? undefined;
      const next = now.now?.requests;
      asked = next?.session[0] === requests.session[0] ? next : undefined;
      return {
        observation: requestOf(asked ?? requests),
        reward: paid,
        terminated: asked === undefined,
        truncated: false,
        info: { ...infoOf(now, requests), feedback, events },
      };
    },
    close(): void {
      closed = true;
      now = asked = undefined;
    },
  };
}

function requestOf({ day, user, page, timeMs, device }: RequestBatch): Request {
  return {
    day,
    user: user[0]!,
    page: page[0]!,
    timeMs: timeMs[0]!,
    device: device[0]!,
  };
}
