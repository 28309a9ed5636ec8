/** Share of the random-to-oracle gap that a policy closes: (policy − random) / (oracle − random). */
import type { UserDays } from "../types.js";
import { armSums, combine, type ArmOptions } from "./experiment/ab-test.js";
import { intervalOf, ratioReplicates, type Interval, type Replicates } from "./bootstrap.js";
import { onlineMetric, type OnlineMetricName } from "./online.js";

/** The share a policy closes: 0 is random, 1 the oracle; below 0 is worse than random. */
export interface GapClosed {
  readonly policy: string;
  readonly share: Interval;
}

/** The two ends of the gap, for the same users as the policies. */
export interface GapEnds {
  readonly random: UserDays;
  readonly oracle: UserDays;
}

/**
 * Share closed by each policy in one metric (default watch minutes), with paired intervals: the same users in twin worlds,
 * resampled together. Throws if users differ, or if the oracle is not above random (there is no gap).
 */
export function gapClosed(
  ends: GapEnds,
  policies: Readonly<Record<string, UserDays>>,
  name: OnlineMetricName = "watchMinutes",
  options: ArmOptions = {},
): readonly GapClosed[] {
  const sign = onlineMetric(name).better === "higher" ? 1 : -1;
  const segment = options.segment ?? "all";
  const random = armSums(ends.random, segment);
  const replicates = (label: string, days: UserDays): Replicates => {
    const sums = armSums(days, segment);
    const same = sums.users.length === random.users.length && sums.users.every((user, u) => user === random.users[u]);
    if (!same)
      throw new RangeError(
        `${label} must have the same users as random: ${sums.users.length} users against ${random.users.length}`,
      );
    return ratioReplicates(sums.users, [sums.metrics[name]], options)[0]!;
  };
  const start = replicates("random", ends.random);
  const way = combine(start, replicates("oracle", ends.oracle), (a, b) => b - a);
  if (!(sign * way.estimate > 0))
    throw new RangeError(
      `the oracle is not better than random in ${name}: oracle − random is ` +
        `${way.estimate}; the oracle must be better, or there is no gap to close`,
    );
  return Object.entries(policies).map(([policy, days]) => {
    const gained = combine(start, replicates(policy, days), (a, b) => b - a);
    return {
      policy,
      share: intervalOf(
        combine(gained, way, (gain, length) => gain / length),
        random.users.length,
        options,
      ),
    };
  });
}
