/**
 * Splits of rows: by time (whole days; models never learn from days after the evaluated ones), and like public benchmarks by ratio in
 * random order (RecBole's RO_RS) and leave-one-out (He et al., 2017). The last two let models learn from rows later than those they are
 * evaluated on: for comparison with published numbers, not for serving.
 */
import { hash32 } from "../../random.js";
import type { Day } from "../../types.js";

/** Row indexes of each part, ascending. */
export interface RowSplit {
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly test: Int32Array;
}

/** Shares of the parts, sum 1. `by`: within each user (the default) or over all rows. `key` decides the order. */
export interface RatioSplit {
  readonly validation: number;
  readonly test: number;
  readonly by?: "user" | "all";
  readonly key: number;
}

/**
 * Shuffles each user's rows (or all rows) and cuts them by the shares. A part's rows are rounded down, but a part with a share above 0
 * gets at least one row while training has more than one; what is left goes to training.
 * @throws Error on shares outside [0, 1) or of sum 1 and more.
 */
export function splitByRatio(user: Int32Array, { validation, test, by = "user", key }: RatioSplit): RowSplit {
  checkShares(validation, test);
  const part = new Uint8Array(user.length);
  const draw = Uint32Array.from(user, (_, row) => hash32(key, row));
  const groups = by === "all" ? [Int32Array.from(user.keys())] : rowsByUser(user);
  for (const rows of groups) {
    const shuffled = rows.slice().sort((a, b) => draw[a]! - draw[b]! || a - b);
    const sizes = partSizes(rows.length, validation, test);
    shuffled.forEach((row, i) => (part[row] = i < sizes.train ? 0 : i < sizes.train + sizes.validation ? 1 : 2));
  }
  return parts(part);
}

/**
 * Each user's last row in time for test, the one before for validation, the others for training. Users with fewer than three rows train
 * only. `time` in any unit; ties are broken by row.
 */
export function splitLeaveOneOut(user: Int32Array, time: Float64Array): RowSplit {
  if (time.length !== user.length) throw new Error(`time has ${time.length} rows; user has ${user.length}`);
  const part = new Uint8Array(user.length);
  for (const rows of rowsByUser(user)) {
    if (rows.length < 3) continue;
    const sorted = Array.from(rows).sort((a, b) => time[a]! - time[b]! || a - b);
    part[sorted[sorted.length - 1]!] = 2;
    part[sorted[sorted.length - 2]!] = 1;
  }
  return parts(part);
}

/** First days of validation and of test. */
export interface DayCuts {
  readonly validation: Day;
  readonly test: Day;
}

/**
 * The days at which rows are cut by time: as many of the last days for test as come nearest to its share of the rows (at least one;
 * fewer in a tie), or those from `testFrom` on; then as many before for validation.
 * @throws Error on shares outside [0, 1) or of sum 1 and more, on rows of fewer than three days, and on a `testFrom` that leaves no day for
 *   test or fewer than two before it
 */
export function cutDays(
  day: ArrayLike<number>,
  shares: { readonly validation: number; readonly test: number },
  testFrom?: Day,
): DayCuts {
  checkShares(shares.validation, shares.test);
  const counts = new Map<Day, number>();
  for (let row = 0; row < day.length; row++) counts.set(day[row]!, (counts.get(day[row]!) ?? 0) + 1);
  const days = [...counts.keys()].sort((a, b) => a - b);
  if (days.length < 3)
    throw new Error(
      `rows cover ${days.length} ${days.length === 1 ? "day" : "days"}; a split by time needs at least 3`,
    );
  const nearest = (last: number, least: number, share: number): number => {
    let [best, bestGap, rows] = [last, Infinity, 0];
    for (let first = last; first >= least; first--) {
      rows += counts.get(days[first]!) as number;
      const gap = Math.abs(rows / day.length - share);
      if (gap < bestGap) [best, bestGap] = [first, gap];
    }
    return best;
  };
  const test =
    testFrom === undefined ? nearest(days.length - 1, 2, shares.test) : days.findIndex((on) => on >= testFrom);
  if (test < 2)
    throw new Error(`test from day ${testFrom}; allowed: from ${days[2]}, the third day with rows, to ${days.at(-1)}`);
  return { validation: days[nearest(test - 1, 1, shares.validation)]!, test: days[test]! };
}

/** A split that came with the rows: 0 train, 1 validation, 2 test. */
export function splitAsGiven(part: ArrayLike<number>): RowSplit {
  return parts(Uint8Array.from(part));
}

/** Rows before the first cut train, those before the second validate, the others test. */
export function splitAtDays(day: ArrayLike<number>, cuts: DayCuts): RowSplit {
  return parts(Uint8Array.from(day, (on) => (on < cuts.validation ? 0 : on < cuts.test ? 1 : 2)));
}

function checkShares(validation: number, test: number): void {
  for (const [name, share] of Object.entries({ validation, test })) {
    if (!(share >= 0 && share < 1)) throw new Error(`share of ${name} is ${share}; allowed: from 0 to below 1`);
  }
  if (validation + test >= 1) throw new Error(`validation ${validation} and test ${test} leave nothing for training`);
}

function partSizes(
  rows: number,
  validation: number,
  test: number,
): { readonly train: number; readonly validation: number } {
  const sizes = [0, Math.floor(validation * rows + 1e-9), Math.floor(test * rows + 1e-9)];
  sizes[0] = rows - sizes[1]! - sizes[2]!;
  for (const [i, share] of [
    [2, test],
    [1, validation],
  ] as const) {
    if (share > 0 && sizes[i] === 0 && (sizes[0] as number) > 1) {
      sizes[i] = 1;
      sizes[0] = (sizes[0] as number) - 1;
    }
  }
  return { train: sizes[0] as number, validation: sizes[1]! };
}

/** Rows of each user that has any, users ascending. */
function rowsByUser(user: Int32Array): readonly Int32Array[] {
  const order = Int32Array.from(user.keys()).sort((a, b) => user[a]! - user[b]! || a - b);
  const groups: Int32Array[] = [];
  for (let from = 0, to = 0; from < order.length; from = to) {
    while (to < order.length && user[order[to]!] === user[order[from]!]) to++;
    groups.push(order.subarray(from, to));
  }
  return groups;
}

function parts(part: Uint8Array): RowSplit {
  const rowsOf = (wanted: number): Int32Array => Int32Array.from(part.keys()).filter((row) => part[row] === wanted);
  return { train: rowsOf(0), validation: rowsOf(1), test: rowsOf(2) };
}
