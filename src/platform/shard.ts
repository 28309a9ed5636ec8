/** Plays shards of an open day in this thread: the inner half of the loop (steps 2–5). */
import { type Answerer, growingImpressions, type GrowingImpressions } from "../log/index.js";
import { type Day, type Impressions, type Policy, shardCount } from "../types.js";
import type { World } from "../world/index.js";
import { type DayOfArm, observe, type Player } from "./player.js";
import type { VisitTimes } from "./user-days.js";

/** A shard's day. */
export interface PlayedShard {
  readonly events: Impressions;
  readonly visits: VisitTimes;
}

/** Who is recorded in the log for this arm. */
export interface ArmNames {
  readonly policy: string;
  readonly arm: string;
}

/** Steps 2–5 for one shard: rounds of requests until every visitor has left. `room` is about how many rows to expect. */
export async function playShard(
  world: World,
  shard: number,
  policy: Policy,
  names: ArmNames,
  assigned?: Uint8Array,
  room = 0,
): Promise<PlayedShard> {
  const log = growingImpressions(answererOf(names), room);
  const visits = await playInto(log, world, shard, policy, assigned);
  return { events: log.rows(), visits };
}

/** The same, with the rows at the end of a log that goes on. Returns the visits. */
async function playInto(
  log: GrowingImpressions,
  world: World,
  shard: number,
  policy: Policy,
  assigned?: Uint8Array,
): Promise<VisitTimes> {
  const shardDay = world.openShard(shard, assigned);
  for (let requests = shardDay.next(); requests !== undefined; requests = shardDay.next()) {
    // 2
    const answer = policy.recommend(requests); // 3
    const slates = answer instanceof Promise ? await answer : answer;
    const feedback = shardDay.respond(slates); // 4
    policy.apply(log.add(requests, slates, feedback)); // 5
  }
  return shardDay.visits();
}

function answererOf({ policy, arm }: ArmNames): Answerer {
  return { policies: [policy], policy: 0, arms: [arm], arm: 0 };
}

/** Rows to make room for in the next shard, after one that held `count`. */
export function roomAfter(count: number): number {
  return Math.ceil(count * 1.15);
}

/** A player in this thread. `policy` is not closed by it before `close()`. */
export function herePlayer(world: World, policy: Policy, arm: string, assigned?: Uint8Array): Player {
  let current = policy;
  let room = 0;
  return {
    openDay: async (day, yesterday) => current.openDay(day, yesterday),
    observe: async (events) => observe(current, events),
    async play(
      _day: Day,
      signal?: AbortSignal,
      onShard?: (shards: number, impressions: number) => void,
    ): Promise<DayOfArm> {
      const log = growingImpressions(answererOf({ policy: current.name, arm }), room);
      const visits: VisitTimes[] = [];
      for (let shard = 0; shard < shardCount; shard++) {
        signal?.throwIfAborted();
        visits.push(await playInto(log, world, shard, current, assigned));
        onShard?.(shard + 1, log.rows().count);
        // lets timers, progress and Ctrl-C in between shards of a synchronous policy
        if (shard % 8 === 7) await new Promise<void>((resolve) => setImmediate(resolve));
      }
      const events = log.rows();
      room = roomAfter(events.count);
      return { events, visits };
    },
    replace(next: Policy): void {
      current = next;
    },
    close: async () => current.close?.(),
  };
}
