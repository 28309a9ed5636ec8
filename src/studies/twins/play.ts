/** One policy on a copy of the log's evening, under a luck of one's choice: what both the value of a policy and twin worlds are made of. */
import { assignUsers, herePlayer, runPlatform } from "../../platform.js";
import { keyOf, uniform } from "../../random.js";
import type { Day, Policy, RunControl, UserDays } from "../../types.js";
import { openOracle, type World } from "../../world/index.js";
import { openWorldAfter, type SimulatedLog } from "../../pipeline/simulate.js";

/** Makes the policy for a world at the log's evening; `seed` is for the policy's own draws and changes with the luck. It is closed after the play. */
export type PolicyFactory = (world: World, seed: number) => Policy | Promise<Policy>;

/** How a play goes. */
export interface ReplicationPlay {
  readonly users: number; // assigned at most
  readonly days: number;
  readonly replication: number;
  /** Days after which hidden satisfaction is read, from 1 to `days`; default: none. */
  readonly horizons?: readonly number[];
  /** May bots be assigned? Default no: an experiment is about people. */
  readonly bots?: boolean;
}

/** What came of it. */
export interface Played {
  readonly assigned: Uint8Array; // [users of the world] 1 = assigned
  readonly userDays: UserDays;
  /** Hidden satisfaction of every user of the world at the end of each horizon, for judging only. */
  readonly satisfaction: ReadonlyMap<number, Float32Array>;
}

/** Who is assigned: a function of the world and the seed alone, so that arms and lucks have the same users. Bots are drawn too, then left out. */
export function assignmentOf(world: World, seed: number, users: number, lastDay: Day, bots = false): Uint8Array {
  const key = keyOf(seed, "experiments/assignment");
  const drawn = assignUsers(world, users, lastDay, (user) => uniform(key, user));
  const oracle = openOracle(world);
  return drawn.map((one, user) => (one === 1 && (bots || oracle.bot(user) === undefined) ? 1 : 0));
}

/** Plays. Two plays of one luck are twins; the same luck and policy give the same bytes. */
export async function playReplication(
  log: SimulatedLog,
  factory: PolicyFactory,
  play: ReplicationPlay,
  control: RunControl = {},
): Promise<Played> {
  const { setting } = log;
  const firstDay = setting.world.days;
  const world = await openWorldAfter(log, {}, play.replication);
  const oracle = openOracle(world);
  const assigned = assignmentOf(world, setting.seed, play.users, firstDay + play.days - 1, play.bots);
  const policy = await factory(world, keyOf(setting.seed, `policy/luck ${play.replication}`));
  const satisfaction = new Map<number, Float32Array>();
  try {
    const [userDays] = await runPlatform({
      world,
      firstDay,
      days: play.days,
      control,
      arms: [{ name: policy.name, assigned, player: herePlayer(world, policy, policy.name, assigned) }],
      onDay({ day }) {
        const horizon = day - firstDay + 1;
        if (play.horizons?.includes(horizon))
          satisfaction.set(
            horizon,
            Float32Array.from(assigned, (_, user) => oracle.satisfaction(user)),
          );
      },
    });
    return { assigned, userDays: userDays as UserDays, satisfaction };
  } finally {
    await policy.close?.();
  }
}
