/** When is retraining due? A schedule, and optionally an alarm; each decision is recorded with its reason. */

/** When an arm's model is fitted again on the log so far. */
export interface RetrainConfig {
  /** Days between fits, counted from the arm's first day; `never` keeps the first model. */
  readonly every: "never" | number;
  /** Also at the end of a day with an alarm (drift, a detector). Default false. */
  readonly onAlarm?: boolean;
}

/** Why a model was or was not fitted at the end of a day. */
export interface RetrainDecision {
  readonly day: number; // days since the arm began, 0-based: the day that has just closed
  readonly due: boolean;
  readonly reason: "schedule" | "alarm" | "never" | "not yet";
}

/**
 * Is a fit due at the end of this day? `closedDay` counts from 0 at the arm's first day, so `every: 1` is due every day and
 * `every: 3` after days 2, 5, 8 ….
 * @throws RangeError unless `every` is `never` or an integer of at least 1
 */
export function retrainingDue(config: RetrainConfig, closedDay: number, alarm = false): boolean {
  return decideRetraining(config, closedDay, alarm).due;
}

/** The same decision with its reason. */
export function decideRetraining(config: RetrainConfig, closedDay: number, alarm = false): RetrainDecision {
  const { every, onAlarm = false } = config;
  if (every !== "never" && (!Number.isInteger(every) || every < 1))
    throw new RangeError(`every: ${every}; allowed: never, or an integer of at least 1`);
  if (every !== "never" && (closedDay + 1) % every === 0) return { day: closedDay, due: true, reason: "schedule" };
  if (onAlarm && alarm) return { day: closedDay, due: true, reason: "alarm" };
  return { day: closedDay, due: false, reason: every === "never" ? "never" : "not yet" };
}
