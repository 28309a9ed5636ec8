/**
 * An A/B test as a platform runs it: one world, its people split between the arms by a hash of the user and the test's salt. The arms
 * share what the world shares (what is popular, budgets of ads), unlike twins. Who is assigned does not depend on who comes.
 */
import { assign } from "../../evaluation/index.js";
import { assignPeople, runPlatform, takeTurns } from "../../platform/index.js";
import type { RunControl, UserDays } from "../../types.js";
import type { LocalArm, OpenedPolicy } from "./arm.js";
import type { Past } from "./past.js";
import type { Trial } from "./play.js";
import { openArm } from "./registry.js";

/** How users are split. */
export interface Split extends Pick<Trial, "users" | "days" | "drift" | "replication"> {
  readonly salt: string; // a name of the test's own
  readonly shares?: readonly number[]; // in order of the arms, at most 1 in all; default: equal
}

/** One arm of the test. */
export interface SplitArm {
  readonly name: string;
  readonly assigned: Uint8Array; // [users of the world] 1 = assigned
  readonly userDays: UserDays; // zeros included
}

/** Plays. The same arms, split and past give the same bytes. */
export async function playSplit(
  past: Past,
  arms: readonly LocalArm[],
  { users, days, drift = [], replication, salt, shares = arms.map(() => 1 / arms.length) }: Split,
  control: RunControl = {},
): Promise<readonly SplitArm[]> {
  const { firstDay, seed } = past;
  const world = await past.world(drift, replication);
  const people = assignPeople(world, seed, users, firstDay + days - 1);
  const armOf = assign(Array.from(people.keys()), shares, salt);
  const opened: OpenedPolicy[] = [];
  try {
    for (const arm of arms) opened.push(await openArm(arm, { world, seed, past }));
    const own = arms.map(({ name }, a) => ({
      name,
      policy: opened[a]!.policy,
      assigned: people.map((is, user) => (armOf[user] === a ? is : 0)),
    }));
    const players = takeTurns(world, own);
    const played = await runPlatform({
      world,
      arms: own.map(({ name, assigned }, a) => ({ name, assigned, player: players[a]! })),
      firstDay,
      days,
      control,
      retrain: async ({ day, arm }) => opened[arms.findIndex(({ name }) => name === arm.name)]!.retrain?.(day, control),
    });
    for (const player of players) await player.close();
    return own.map(({ name, assigned }, a) => ({ name, assigned, userDays: played[a]! }));
  } finally {
    for (const { close } of opened) await close?.();
  }
}
