/**
 * The one player: an arm on a copy of the world at the log's end. The same people meet every arm, each in a copy of the world of their
 * own and with common random numbers, so that the difference of two arms is the effect of the policy and little else.
 */
import { assignPeople, type ClosedDay, herePlayer, runPlatform } from "../../platform/index.js";
import { keyOf } from "../../random.js";
import type { RunControl, UserDays } from "../../types.js";
import { type DriftEvent, openOracle } from "../../world/index.js";
import type { LocalArm } from "./arm.js";
import type { Past } from "./past.js";
import { openArm } from "./registry.js";

/** Who is in an experiment and for how long. */
export interface Trial {
  readonly users: number; // assigned at most
  readonly days: number;
  readonly drift?: readonly DriftEvent[]; // that lies ahead
  /** Two plays of one replication are twins; another one has other random draws, of users and policies. Default: the log's own go on. */
  readonly replication?: number;
  /** Days after which hidden satisfaction is read, from 1 to `days`; default: none. */
  readonly horizons?: readonly number[];
}

/** The result. */
export interface Played {
  readonly assigned: Uint8Array; // [users of the world] 1 = assigned
  readonly userDays: UserDays;
  /** What the policy says of its play; empty for most. */
  readonly remarks: Readonly<Record<string, number>>;
  /** Hidden satisfaction of every user of the world at the end of each horizon, for judging only. */
  readonly satisfaction: ReadonlyMap<number, Float32Array>;
}

/** What may be done with a play's days beside summing them. */
export interface PlayOptions extends RunControl {
  /** Called with each closed day, before the arm's policy is retrained. */
  readonly onDay?: (closed: ClosedDay) => void | Promise<void>;
  /** Where `onDay` writes the days; arms that retrain read them there. */
  readonly logDir?: string;
}

/** Plays. The same arm, trial and past give the same bytes. */
export async function play(past: Past, arm: LocalArm, trial: Trial, options: PlayOptions = {}): Promise<Played> {
  const { firstDay } = past;
  const { days, drift = [], replication, horizons = [] } = trial;
  const { onDay, logDir, ...control } = options;
  const world = await past.world(drift, replication);
  const oracle = openOracle(world);
  const assigned = assignPeople(world, past.seed, trial.users, firstDay + days - 1);
  const seed = replication === undefined ? past.seed : keyOf(past.seed, `policy/luck ${replication}`);
  const opened = await openArm(arm, { world, seed, past, ...(logDir !== undefined && { logDir }) });
  const player = herePlayer(world, opened.policy, arm.name, assigned);
  const satisfaction = new Map<number, Float32Array>();
  try {
    const [userDays] = await runPlatform({
      world,
      arms: [{ name: arm.name, assigned, player }],
      firstDay,
      days,
      control,
      async onDay(closed) {
        const horizon = closed.day - firstDay + 1;
        const felt = (): Float32Array => Float32Array.from(assigned, (_, user) => oracle.satisfaction(user));
        if (horizons.includes(horizon)) satisfaction.set(horizon, felt());
        await onDay?.(closed);
      },
      retrain: async ({ day }) => opened.retrain?.(day, control),
    });
    return { assigned, userDays: userDays as UserDays, satisfaction, remarks: opened.remarks?.() ?? {} };
  } finally {
    await player.close();
    await opened.close?.();
  }
}
