/** Staleness: how old each feature's value is when it is read, against how old it may be. */
import { dayMs, type Day } from "../../types.js";
import { features, type Availability, type OwnerStep } from "./features.js";

/** One feature's age at a moment. */
export interface Staleness {
  readonly feature: string;
  readonly available: Availability;
  /** The step that should have made a newer value. */
  readonly owner: OwnerStep;
  readonly ageMs: number; // since the moment up to which the value knows everything
  readonly freshnessMs: number; // how old it may be
  readonly stale: boolean;
}

/**
 * The age of every feature at `timeMs` of `day`, with aggregates of `aggregated` days. Midnight features know all up to the end of the
 * last aggregated day before `day` (day 0 needs none); request and event features move with the request.
 */
export function stalenessAt(aggregated: readonly Day[], day: Day, timeMs: number): readonly Staleness[] {
  const last = Math.max(-1, ...aggregated.filter((d) => d < day));
  const sinceLast = (day - last - 1) * dayMs + timeMs;
  return features.map(({ name, available, owner, freshnessMs }) => {
    const ageMs = available === "midnight" ? sinceLast : 0;
    return { feature: name, available, owner, ageMs, freshnessMs, stale: ageMs > freshnessMs };
  });
}
