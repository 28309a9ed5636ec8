/** What plays an arm's days for the loop: this thread or a crew. */
import type { ObservingPolicy } from "../serving/policy-module.js";
import type { Day, Impressions, Policy } from "../types.js";
import type { VisitTimes } from "./user-days.js";

/** Plays all shards of an open day (steps 2–5): in this thread or by a crew of worker threads, with the same bytes. */
export interface Player {
  /** The same for arms of one world that take turns (`takeTurns`). */
  readonly turns?: object;
  /** Opens a day of the policy; `yesterday` is the arm's own day before. */
  openDay(day: Day, yesterday: Impressions | undefined): Promise<void>;
  /** Plays the day. `onShard` is called after each shard with how many are played and their rows. */
  play(day: Day, signal?: AbortSignal, onShard?: (shards: number, impressions: number) => void): Promise<DayOfArm>;
  /**
   * Passes an earlier day, read back from the log, to the policy before the first `openDay`: to resume a run after a kill.
   * @throws Error for a policy without `observe`.
   */
  observe(events: Impressions): Promise<void>;
  /** Puts another policy in (retraining). Crews refuse. */
  replace(policy: Policy): void;
  close(): Promise<void>;
}

/** What an arm's users did in one day, in shard order. */
export interface DayOfArm {
  readonly events: Impressions;
  readonly visits: readonly VisitTimes[];
}

/** Passes an earlier day to a policy. @throws Error for a policy without `observe` */
export function observe(policy: Policy, events: Impressions): void {
  const told = (policy as Partial<ObservingPolicy>).observe;
  if (told === undefined) throw new Error(`policy ${policy.name} cannot resume from a log: it has no observe(events)`);
  told.call(policy, events);
}

/** Rows to make room for in the next shard or day, after one that held `count`. */
export function roomAfter(count: number): number {
  return Math.ceil(count * 1.15);
}
