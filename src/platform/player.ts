/** What plays an arm's days for the loop: this thread or a crew. */
import type { Day, Impressions, Policy } from "../types.js";
import type { VisitTimes } from "./user-days.js";

/** Plays all shards of an open day (steps 2–5): in this thread or by a crew of worker threads, with the same bytes. */
export interface Player {
  /** Tells the policy that a day opens; `yesterday` is the arm's own day before. */
  openDay(day: Day, yesterday: Impressions | undefined): Promise<void>;
  play(day: Day, signal?: AbortSignal): Promise<DayOfArm>;
  /** Puts another policy in (retraining). Crews refuse. */
  replace(policy: Policy): void;
  close(): Promise<void>;
}

/** What an arm's users did in one day, in shard order. */
export interface DayOfArm {
  readonly events: Impressions;
  readonly visits: readonly VisitTimes[];
}
