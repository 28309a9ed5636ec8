/** Plays shards of an open day in this thread: the inner half of the loop (steps 2–5). */
import { concatImpressions, emptyImpressions, impressionsOf } from "../log/index.js";
import { type Day, type Impressions, type Policy, shardCount } from "../types.js";
import type { World } from "../world/index.js";
import type { DayOfArm, Player } from "./player.js";
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

/** Steps 2–5 for one shard: rounds of requests until every visitor has left. */
export async function playShard(world: World, shard: number, policy: Policy, names: ArmNames, assigned?: Uint8Array): Promise<PlayedShard> {
  const codes = { policies: [names.policy], policy: 0, arms: [names.arm], arm: 0 };
  const rounds: Impressions[] = [];
  const shardDay = world.openShard(shard, assigned);
  for (let requests = shardDay.next(); requests !== undefined; requests = shardDay.next()) { // 2
    const answer = policy.recommend(requests); // 3
    const slates = answer instanceof Promise ? await answer : answer;
    const feedback = shardDay.respond(slates); // 4
    const events = impressionsOf(requests, slates, feedback, codes); // 5
    policy.apply(events);
    rounds.push(events);
  }
  const events = rounds.length > 0 ? concatImpressions(rounds) : emptyImpressions([names.policy], [names.arm]);
  return { events, visits: shardDay.visits() };
}

/** A player in this thread. `policy` is not closed by it before `close()`. */
export function herePlayer(world: World, policy: Policy, arm: string, assigned?: Uint8Array): Player {
  let current = policy;
  return {
    openDay: async (day, yesterday) => current.openDay(day, yesterday),
    async play(_day: Day, signal?: AbortSignal): Promise<DayOfArm> {
      const shards: PlayedShard[] = [];
      for (let shard = 0; shard < shardCount; shard++) {
        signal?.throwIfAborted();
        shards.push(await playShard(world, shard, current, { policy: current.name, arm }, assigned));
        // lets timers, progress and Ctrl-C in between shards of a synchronous policy
        if (shard % 8 === 7) await new Promise<void>((resolve) => setImmediate(resolve));
      }
      return { events: concatImpressions(shards.map((s) => s.events)), visits: shards.map((s) => s.visits) };
    },
    replace(next: Policy): void {
      current = next;
    },
    close: async () => current.close?.(),
  };
}
