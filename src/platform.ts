/**
 * The loop, and the only place where the world meets the system. It reads as the numbered steps of a platform's day:
 *
 *   1 the world moves a day (uploads, newcomers, drift)
 *   2 users arrive; each page view is a request
 *   3 the user's arm answers with a slate
 *   4 the user examines, clicks, watches, leaves
 *   5 impressions with propensities go to the log, and to the online store
 *   6 the day closes: metrics and checks
 *   7 if retraining is due, tomorrow's funnel is fitted on the log so far
 *
 * One arm is data collection. Several arms with disjoint `assigned` users are an A/B test in one world. The same users in
 * two copies of the world (forked by `world.snapshot()`) give the true effect.
 * Cost: linear in impressions; users only matter through those who visit, videos only through the policy.
 */
import type { DayOfArm, Player } from "./platform/player.js";
import { concatUserDays, emptyUserDays, userDaysOf } from "./platform/user-days.js";
import { type Day, type Impressions, type Policy, type RunControl, shardCount, type UserDays } from "./types.js";
import type { World } from "./world/index.js";

export {
  environment,
  noRequests,
  slatesOf,
  type Environment,
  type EnvironmentOptions,
  type ResetInfo,
  type Step,
  type StepInfo,
} from "./platform/environment.js";
export { playEpisode, type EpisodeDay } from "./platform/episode.js";
export { rewardNames, rewardOf, type Reward, type RewardName } from "./platform/rewards.js";
export {
  sessionEnvironment,
  type Request,
  type SessionEnvironment,
  type SessionInfo,
  type SessionStep,
} from "./platform/session-environment.js";
export { outside, type Box, type BoxType, type Dict, type Space } from "./platform/spaces.js";
export { crewPlayer, type PolicySpec } from "./platform/crew.js";
export type { DayOfArm, ObservingPolicy, Player } from "./platform/player.js";
export { herePlayer } from "./platform/shard.js";
export {
  concatUserDays,
  emptyUserDays,
  filterUserDays,
  userDayColumns,
  userDaysOf,
  type VisitTimes,
} from "./platform/user-days.js";

/** A named treatment: who is in it (undefined: everyone) and who answers them. */
export interface Arm {
  readonly name: string;
  readonly assigned?: Uint8Array; // [users] 1 = assigned
  readonly player: Player;
}

/** A closed day of one arm. */
export interface ClosedDay extends DayOfArm {
  readonly day: Day;
  readonly arm: Arm;
  readonly userDays: UserDays;
}

/** What `runPlatform` needs. */
export interface PlatformOptions {
  readonly world: World;
  readonly arms: readonly Arm[];
  readonly firstDay: Day;
  readonly days: number;
  /** Steps 5 and 6: called once an arm and day, in order of arms; the place to write the log. */
  readonly onDay?: (closed: ClosedDay) => void | Promise<void>;
  /** Step 6, after midnight has moved the world: the place for a snapshot. */
  readonly onMidnight?: (day: Day) => void | Promise<void>;
  /** Each arm's day before `firstDay`, for a run that goes on: what the policies are told on the first morning. */
  readonly yesterdays?: readonly (Impressions | undefined)[];
  /** false: no rows are summed or kept per user and day (`userDays` has none), so that memory does not grow with days. */
  readonly metrics?: boolean;
  /** Step 7: a new policy from tomorrow on, or undefined to go on with the present one. */
  readonly retrain?: (closed: ClosedDay) => Promise<Policy | undefined>;
  readonly control?: RunControl;
}

/** Runs `days` days and returns one UserDays an arm, in order of `arms`. Throws `signal.reason` between shards after an abort. */
export async function runPlatform(options: PlatformOptions): Promise<UserDays[]> {
  const { world, arms, firstDay, days, control, metrics = true } = options;
  const collected: UserDays[][] = arms.map(() => []);
  const yesterdays: (Impressions | undefined)[] = arms.map((_, a) => options.yesterdays?.[a]);
  const report = progressOf(days, control);
  for (let day = firstDay; day < firstDay + days; day++) {
    control?.signal?.throwIfAborted();
    world.openDay(day); // 1
    for (const [a, arm] of arms.entries()) {
      await arm.player.openDay(day, yesterdays[a]);
      const played = await arm.player.play(day, control?.signal, report.shard(day - firstDay, a, arms.length)); // 2–5
      const userDays = !metrics
        ? emptyUserDays(0)
        : userDaysOf(world.catalogue, arm.assigned, firstDay, day, played.events, played.visits);
      const closed: ClosedDay = { ...played, day, arm, userDays };
      collected[a]?.push(userDays);
      yesterdays[a] = played.events;
      report.played(played.events.count);
      await options.onDay?.(closed); // 5, 6
      const next = await options.retrain?.(closed); // 7
      if (next !== undefined) arm.player.replace(next);
    }
    world.closeDay(); // 6
    await options.onMidnight?.(day);
    report.day(day - firstDay + 1);
  }
  return collected.map((parts) => concatUserDays(parts));
}

/** Says how far the days are, a sixteenth of a day at a time, with impressions and their rate since the start. */
function progressOf(
  days: number,
  control?: RunControl,
): {
  shard: (dayIndex: number, arm: number, arms: number) => ((shards: number, impressions: number) => void) | undefined;
  played: (count: number) => void;
  day: (done: number) => void;
} {
  const { onProgress } = control ?? {};
  const startedMs = performance.now();
  let before = 0; // impressions of days and arms that are over
  const say = (done: number, impressions: number): void => {
    const rate = Math.round((1000 * impressions) / Math.max(1, performance.now() - startedMs));
    onProgress?.("days", done, days, `${impressions.toLocaleString("en")} impressions, ${rate.toLocaleString("en")}/s`);
  };
  return {
    shard: (dayIndex, arm, arms) =>
      onProgress &&
      ((shards, impressions) => {
        if (shards % 4 === 0 && shards < shardCount)
          say(dayIndex + (arm + shards / shardCount) / arms, before + impressions);
      }),
    played: (count) => void (before += count),
    day: (done) => say(done, before),
  };
}

/** Users of an experiment: `wanted` of those who exist by `lastDay`, chosen by a hash of their id (a fair share of newcomers among them). */
export function assignUsers(
  world: World,
  wanted: number,
  lastDay: Day,
  chooseBy: (user: number) => number,
): Uint8Array {
  const { joinDay, count } = world.catalogue.users;
  const eligible: number[] = [];
  for (let u = 0; u < count; u++) if (joinDay[u]! <= lastDay) eligible.push(u);
  eligible.sort((a, b) => chooseBy(a) - chooseBy(b) || a - b);
  const assigned = new Uint8Array(count);
  for (const user of eligible.slice(0, wanted)) assigned[user] = 1;
  return assigned;
}
