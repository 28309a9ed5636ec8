/**
 * Does the effect last? The effect by days since exposure (0: the day itself), and its trend. An effect that fades is novelty; one that
 * grows is learning, or wears off more slowly than the control does.
 *
 *     effect_k  = R_Bk − R_Ak,  R_k = Σ N_k / Σ D_k over the users seen on day k
 *     trend     = Σ c_k effect_k,  c the least-squares slope, days weighted by their users
 *
 * The days of one user hang together, so the trend's standard error comes from each user's influence on all days (delta method). Where
 * users are exposed on different days, later days are of earlier users: `users` tells.
 */
import { differenceOf, type Difference, type DifferenceOptions, type MetricOfArm } from "./difference.js";

/** One arm's users by day since exposure, row-major. Days after a user's last are ignored. */
export interface ArmByDay {
  readonly days: number;
  readonly seen: ArrayLike<number>; // [users] days since exposure that are over, at most `days`
  readonly numerator: Float64Array; // [users, days] 0 where the user did nothing
  readonly denominator?: Float64Array; // [users, days]
}

/** What was found. */
export interface Novelty {
  readonly days: readonly { readonly day: number; readonly users: number; readonly effect: Difference }[];
  /** Change of the effect per day. */
  readonly trend: Difference["difference"];
  readonly pValue: number; // of no trend
  /** By the trend against the mean effect; undecided where the trend's interval holds 0. */
  readonly verdict: "fades" | "grows" | "undecided";
}

/**
 * The effect by day and its trend; days that fewer than two users of an arm saw, or on which a ratio has no denominator, are left out.
 * @throws RangeError on fewer than two days, and as `differenceOf`
 */
export function noveltyOf(control: ArmByDay, treatment: ArmByDay, options: DifferenceOptions = {}): Novelty {
  const [a, b] = [control, treatment].map(daysOf) as [DayOfUsers[], DayOfUsers[]];
  const shared = Array.from({ length: Math.min(a.length, b.length) }, (_, day) => day).filter((day) =>
    [a[day]!, b[day]!].every(({ users, below }) => users.length >= 2 && below !== 0),
  );
  if (shared.length < 2)
    throw new RangeError(`${shared.length} days since exposure are seen in both arms; a trend needs at least 2`);
  const days = shared.map((day) => {
    const users = a[day]!.users.length + b[day]!.users.length;
    return { day, users, effect: differenceOf(a[day]!.metric, b[day]!.metric, options) };
  });
  const all = days.reduce((sum, { users }) => sum + users, 0);
  const middle = days.reduce((sum, { day, users }) => sum + (day * users) / all, 0);
  const spread = days.reduce((sum, { day, users }) => sum + users * (day - middle) ** 2, 0);
  const weights = new Map(days.map(({ day, users }) => [day, (users * (day - middle)) / spread]));
  const slopes = differenceOf(slopeOf(a, control.seen.length, weights), slopeOf(b, treatment.seen.length, weights), {
    ...(options.level !== undefined && { level: options.level }),
  });
  const { estimate, low, high } = slopes.difference;
  const mean = days.reduce((sum, { users, effect }) => sum + (users * effect.difference.estimate) / all, 0);
  const decided = low > 0 || high < 0;
  return {
    days,
    trend: slopes.difference,
    pValue: slopes.pValue,
    verdict: decided ? (estimate * mean < 0 ? "fades" : "grows") : "undecided",
  };
}

/** One day of an arm: who has seen it, and their sums. */
interface DayOfUsers {
  readonly users: readonly number[];
  readonly metric: MetricOfArm;
  readonly above: number;
  readonly below: number;
}

function daysOf({ days, seen, numerator, denominator }: ArmByDay): DayOfUsers[] {
  if (numerator.length !== seen.length * days || (denominator && denominator.length !== numerator.length))
    throw new RangeError(`numerator has ${numerator.length} values; ${seen.length} users on ${days} days need as many`);
  return Array.from({ length: days }, (_, day) => {
    const users = Array.from(Array.from(seen).keys()).filter((user) => seen[user]! > day);
    const column = (of: Float64Array): Float64Array => Float64Array.from(users, (user) => of[user * days + day]!);
    const metric = { numerator: column(numerator), ...(denominator && { denominator: column(denominator) }) };
    const sum = (of: Float64Array): number => of.reduce((total, value) => total + value, 0);
    const below = metric.denominator ? sum(metric.denominator) : users.length;
    return { users, metric, above: sum(metric.numerator), below };
  });
}

/** Users whose mean is the arm's slope, and whose variance is that of their influence on it. */
function slopeOf(days: readonly DayOfUsers[], users: number, weights: ReadonlyMap<number, number>): MetricOfArm {
  const value = new Float64Array(users);
  let slope = 0;
  for (const [day, weight] of weights) {
    const { users: there, metric, above, below } = days[day]!;
    const ratio = above / below;
    slope += weight * ratio;
    there.forEach((user, row) => {
      const apart = metric.numerator[row]! - ratio * (metric.denominator?.[row] ?? 1);
      value[user] = value[user]! + (weight * apart * users) / below;
    });
  }
  return { numerator: value.map((apart) => slope + apart) };
}
