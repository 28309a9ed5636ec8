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
import { openWorld, type ShardDay, type World } from "../world/index.js";
import { daysOf, type EnvironmentOptions, slatesOf, spacesOf } from "./environment.js";
import { rewardOf } from "./rewards.js";
import type { Box, Dict } from "./spaces.js";

/** A page request. */
export interface Request {
  readonly day: Day;
  readonly user: number; // looked up in info.catalogue.users
  readonly page: number; // of the visit, from 0
  readonly timeMs: number; // since midnight
  readonly device: number; // index into devices
}

/** Beside every observation. */
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
  /** Answers the page with `slots` videos, best place first (-1 or too few: empty slots). @throws Error before reset or after the end; RangeError for an illegal page */
  step(action: ArrayLike<number>): SessionStep;
  close(): void;
}

interface Visiting {
  readonly world: World;
  readonly seed: number;
  day: Day;
  user: number; // whose turn it is, in order of ids
  open: ShardDay | undefined; // of that user alone
  waiting: RequestBatch | undefined; // the next request, not yet shown
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
  let only: Uint8Array = new Uint8Array(0); // the one user whose turn it is

  const openAt = (seed: number): Visiting => {
    const world = open(config, seed);
    nextSeed = keyOf(seed, "next episode");
    only = new Uint8Array(world.catalogue.users.count);
    world.openDay(0);
    return { world, seed, day: 0, user: -1, open: undefined, waiting: undefined };
  };
  /** Finds the next visit; undefined when the days are over. */
  const seek = (at: Visiting): RequestBatch | undefined => {
    const count = at.world.catalogue.users.count;
    for (;;) {
      if (at.waiting !== undefined) return at.waiting;
      if (++at.user >= count) {
        at.world.closeDay();
        if (at.day + 1 >= days) return undefined;
        at.world.openDay(++at.day);
        at.user = -1;
        continue;
      }
      if (assigned !== undefined && assigned[at.user] !== 1) continue;
      only[at.user] = 1;
      at.open = at.world.openShard(at.user % shardCount, only);
      only[at.user] = 0;
      at.waiting = at.open.next();
    }
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
      else if (asked !== undefined) now.waiting = undefined; // left in the middle
      let found = seek(now);
      for (let tries = 0; found === undefined; tries++) {
        if (tries > 100)
          throw new Error(
            `reset: nobody visits within ${days} days in 100 worlds; allowed: a config and assigned users with visits`,
          );
        now = openAt(nextSeed);
        found = seek(now);
      }
      now.waiting = undefined;
      asked = found;
      return { observation: requestOf(found), info: infoOf(now, found) };
    },
    step(action): SessionStep {
      if (closed) throw new Error("step: the environment is closed");
      if (now?.open === undefined) throw new Error("step: the environment was not reset; call reset() first");
      if (asked === undefined) throw new Error("step: the visit is over; call reset() first");
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
      const feedback = now.open.respond(slates);
      const events = impressionsOf(requests, slates, feedback, codes);
      const paid = reward(requests, slates, feedback, now.world.catalogue)[0]!;
      const next = now.open.next();
      const stays = next !== undefined && next.session[0] === requests.session[0];
      asked = stays ? next : undefined;
      now.waiting = stays ? undefined : next;
      return {
        observation: requestOf(asked ?? requests),
        reward: paid,
        terminated: !stays,
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
