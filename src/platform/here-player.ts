/** Plays an arm's days in this thread. */
import { growingImpressions } from "../log/index.js";
import { playShard } from "../platform.js";
import type { Day, Policy } from "../types.js";
import type { World } from "../world/index.js";
import { type DayOfArm, observe, type Player, roomAfter } from "./player.js";
import { allShards } from "./rounds.js";
import type { VisitTimes } from "./user-days.js";

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
      const log = growingImpressions({ policies: [current.name], policy: 0, arms: [arm], arm: 0 }, room);
      const visits: VisitTimes[] = [];
      for (const shard of allShards) {
        signal?.throwIfAborted();
        visits.push(await playShard(world, shard, current, log, assigned));
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
