/**
 * The loop, and the only place where the world meets the system. It reads as the numbered steps of a platform's day:
 *
 *   1 the world moves on by one day (uploads, newcomers, drift)
 *   2 users arrive; each page view is a request
 *   3 the user's arm answers with a slate
 *   4 the user examines, clicks, watches, leaves
 *   5 impressions with propensities go to the log, and the policy hears of them
 *   6 the day closes: metrics and checks
 *   7 if retraining is due, tomorrow's policy is fitted on the log so far
 *
 * One arm is data collection. Several arms with disjoint `assigned` users are an A/B test in one world, in which they take turns
 * (`takeTurns`). The same users in two copies of the world (forked by `world.snapshot()`) give the true effect.
 * Cost: linear in impressions; cost depends on users only through visits, on videos only through the policy.
 */
import type { GrowingImpressions } from "./log/index.js";
import type { DayOfArm, Player } from "./platform/player.js";
import { rounds } from "./platform/rounds.js";
import { concatUserDays, emptyUserDays, userDaysOf, type VisitTimes } from "./platform/user-days.js";
import { type Day, type Impressions, type Policy, type RunControl, shardCount, type UserDays } from "./types.js";
import type { World } from "./world/index.js";

/** A named treatment: its users (undefined: everyone) and the player of its policy. */
export interface Treatment {
  readonly name: string;
  readonly assigned?: Uint8Array; // [users] 1 = assigned
  readonly player: Player;
}

/** A closed day of one arm. */
export interface ClosedDay extends DayOfArm {
  readonly day: Day;
  readonly arm: Treatment;
  readonly userDays: UserDays;
}

/** What `runPlatform` needs. */
export interface PlatformOptions {
  readonly world: World;
  readonly arms: readonly Treatment[];
  readonly firstDay: Day;
  readonly days: number;
  /** Steps 5 and 6: called once per arm and day, in order of arms; the place to write the log. */
  readonly onDay?: (closed: ClosedDay) => void | Promise<void>;
  /** Step 6, after midnight has moved the world: the place for a snapshot. */
  readonly onMidnight?: (day: Day) => void | Promise<void>;
  /** Each arm's day before `firstDay`, for a resumed run: passed to the policies when the first day opens. */
  readonly yesterdays?: readonly (Impressions | undefined)[];
  /** false: no rows are summed or kept per user and day (`userDays` has none), so that memory does not grow with days. */
  readonly metrics?: boolean;
  /** Step 7, after midnight, for each arm: a policy that answers from tomorrow on, or undefined to keep the present one. */
  readonly retrain?: (closed: ClosedDay) => Promise<Policy | undefined>;
  readonly control?: RunControl;
}

/**
 * Runs `days` days and returns one UserDays per arm, in order of `arms`. Throws `signal.reason` between shards after an abort.
 * @throws Error on several arms that do not take turns: one's whole day would come before another's
 */
export async function runPlatform(options: PlatformOptions): Promise<UserDays[]> {
  const { world, arms, firstDay, days, control, metrics = true } = options;
  const { turns } = arms[0]!.player;
  if (arms.length > 1 && (turns === undefined || arms.some(({ player }) => player.turns !== turns)))
    throw new Error("several arms of one world do not take turns; allowed: players made together by takeTurns");
  const collected: UserDays[][] = arms.map(() => []);
  const yesterdays: (Impressions | undefined)[] = arms.map((_, a) => options.yesterdays?.[a]);
  const report = progressOf(days, control);
  for (let day = firstDay; day < firstDay + days; day++) {
    control?.signal?.throwIfAborted();
    world.openDay(day); // 1
    const closedDays: ClosedDay[] = [];
    for (const [a, arm] of arms.entries()) await arm.player.openDay(day, yesterdays[a]);
    for (const [a, arm] of arms.entries()) {
      // 2–5: `playShard` for each of the 64 shards, in this thread or in worker threads
      const played = await arm.player.play(day, control?.signal, report.shard(day - firstDay, a, arms.length));
      const userDays = metrics
        ? userDaysOf(world.catalogue, arm.assigned, firstDay, day, played.events, played.visits)
        : emptyUserDays(0);
      const closed: ClosedDay = { ...played, day, arm, userDays };
      closedDays.push(closed);
      collected[a]?.push(userDays);
      yesterdays[a] = played.events;
      report.played(played.events.count);
      await options.onDay?.(closed); // 5, 6
    }
    world.closeDay(); // 6
    await options.onMidnight?.(day);
    for (const closed of closedDays) {
      const next = await options.retrain?.(closed); // 7
      if (next !== undefined) closed.arm.player.replace(next);
    }
    report.day(day - firstDay + 1);
  }
  return collected.map((parts) => concatUserDays(parts));
}

/**
 * Steps 2–5 for the users of one shard: rounds of requests until every visitor has left. Rows go to the end of `log`; returns the
 * visits.
 */
export async function playShard(
  world: World,
  shard: number,
  policy: Policy,
  log: GrowingImpressions,
  assigned?: Uint8Array,
): Promise<VisitTimes> {
  let visits: VisitTimes | undefined;
  for (const { requests, respond } of rounds(world, [shard], assigned, (ended) => (visits = ended))) {
    // 2: a query of each user who asks for a page now
    const answer = policy.recommend(requests);
    const slates = answer instanceof Promise ? await answer : answer; // 3: a slate for each
    const feedback = respond(slates); // 4: what they do with it
    const events = log.add(requests, slates, feedback); // 5: to the log,
    policy.apply(events); // and to the policy's own memory
  }
  return visits as VisitTimes;
}

/** Reports progress, a sixteenth of a day at a time, with impressions and their rate since the start. */
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
