/** Who is in an experiment: people only. Bots act in the log that models learn from; the experimenter knows them and leaves them out. */
import { keyOf, uniform } from "../random.js";
import type { Day } from "../types.js";
import { openOracle, type World } from "../world/index.js";

/**
 * At most `wanted` of the users who exist by `lastDay`, chosen by a hash of the seed and the id (a fair share of newcomers among them): all
 * arms and replications have the same users. Bots are drawn too, then left out, so a bot more or less moves nobody else. // [users] 1 =
 * assigned
 */
export function assignPeople(world: World, seed: number, wanted: number, lastDay: Day): Uint8Array {
  const { joinDay, count } = world.catalogue.users;
  const key = keyOf(seed, "experiments/assignment");
  const order = Float64Array.from({ length: count }, (_, user) => uniform(key, user));
  const eligible: number[] = [];
  for (let user = 0; user < count; user++) if (joinDay[user]! <= lastDay) eligible.push(user);
  eligible.sort((a, b) => order[a]! - order[b]! || a - b);
  const oracle = openOracle(world);
  const assigned = new Uint8Array(count);
  for (const user of eligible.slice(0, wanted)) if (oracle.bot(user) === undefined) assigned[user] = 1;
  return assigned;
}
