/**
 * Switchback: everybody in a market has the same arm for a block of days, then perhaps the other (Bojinov, Simchi-Levi & Zhao, 2023). What
 * users of a market share within a block (budgets, stock) cannot leak between the arms; what lasts longer than a block (habits, learned
 * counts) can: days at a block's start may be left out (`burnIn`).
 *
 * Blocks come in pairs of neighbours, one of each arm in random order, so that weekdays and trends nearly cancel:
 *
 *     estimate = R_B − R_A,   R = Σ numerator / Σ denominator over the blocks of an arm
 *     interval: Student's t over pairs, each by its influence on R_B less that on R_A (delta method)
 */
import { hash32, keyOf } from "../../random.js";
import type { Interval } from "../bootstrap.js";
import { sameLength } from "../checks.js";
import { studentQuantile } from "../student.js";
import { influence, standardErrorOf } from "./ab-test.js";

/** Who has which arm on which day. */
export interface SwitchbackPlan {
  readonly salt: string;
  readonly firstDay: number;
  readonly blockDays?: number; // default 1
  readonly burnIn?: number; // first days of each block that are not counted; default 0
}

/** A market's sums on one day. */
export interface MarketDays {
  readonly market: ArrayLike<number>; // [rows] 0 everywhere: all users switch together
  readonly day: ArrayLike<number>; // [rows]
  readonly numerator: ArrayLike<number>; // [rows]
  readonly denominator: ArrayLike<number>; // [rows]
}

/** The arm of a market on a day: 0 control, 1 treatment. @throws RangeError on a plan out of range */
export function switchbackArm(plan: SwitchbackPlan): (market: number, day: number) => 0 | 1 {
  const { salt, firstDay, blockDays = 1, burnIn = 0 } = plan;
  if (salt.trim() === "") throw new RangeError("salt is empty; it must be a name of the experiment's own");
  if (!Number.isInteger(blockDays) || blockDays < 1)
    throw new RangeError(`blockDays is ${blockDays}; it must be a whole number of at least 1`);
  if (!Number.isInteger(burnIn) || burnIn < 0 || burnIn >= blockDays)
    throw new RangeError(`burnIn is ${burnIn}; it must be a whole number from 0 to ${blockDays - 1}, below blockDays`);
  const key = keyOf(0, `switchback/${salt}`);
  return (market, day) => {
    const block = Math.floor((day - firstDay) / blockDays);
    return (((hash32(key, market, block >> 1) >>> 16) + block) & 1) as 0 | 1;
  };
}

/**
 * The estimate of a switchback from its market-days; blocks without their pair are left out. `units` are pairs.
 * @throws RangeError if lengths differ, fewer than two pairs are complete, or a denominator sums to 0
 */
export function switchback(plan: SwitchbackPlan, rows: MarketDays, level = 0.95): Interval {
  sameLength({ ...rows });
  const { firstDay, blockDays = 1, burnIn = 0 } = plan;
  const armOf = switchbackArm(plan);
  const pairs = new Map<string, { days: [number, number]; above: [number, number]; below: [number, number] }>();
  for (let row = 0; row < rows.day.length; row++) {
    const [market, day] = [rows.market[row]!, rows.day[row]!];
    if ((day - firstDay) % blockDays < burnIn) continue;
    const name = `${market}/${Math.floor((day - firstDay) / (2 * blockDays))}`;
    const pair = pairs.get(name) ?? { days: [0, 0], above: [0, 0], below: [0, 0] };
    const arm = armOf(market, day);
    pair.days[arm] += 1;
    pair.above[arm] += rows.numerator[row]!;
    pair.below[arm] += rows.denominator[row]!;
    pairs.set(name, pair);
  }
  const whole = [...pairs.values()].filter(({ days }) => days[0] > 0 && days[1] > 0);
  if (whole.length < 2) throw new RangeError(`${whole.length} pairs of blocks; a standard error needs at least 2`);
  const [a, b] = ([0, 1] as const).map((arm) => ({
    numerator: Float64Array.from(whole, ({ above }) => above[arm]),
    denominator: Float64Array.from(whole, ({ below }) => below[arm]),
  })) as [Sums, Sums];
  const of = ({ numerator, denominator }: Sums): number => total(numerator) / total(denominator);
  if (total(a.denominator) === 0 || total(b.denominator) === 0)
    throw new RangeError("the denominator of an arm sums to 0; a ratio needs another");
  const ofControl = influence(a);
  const standardError = standardErrorOf(influence(b).map((value, i) => value - ofControl[i]!));
  const estimate = of(b) - of(a);
  const half = standardError * studentQuantile((1 + level) / 2, whole.length - 1);
  return { estimate, low: estimate - half, high: estimate + half, standardError, level, units: whole.length };
}

interface Sums {
  readonly numerator: Float64Array;
  readonly denominator: Float64Array;
}

const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
