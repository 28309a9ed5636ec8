/** What the study says: which points are not beaten, which one ships by watch minutes, which by AUC, and what was expected before. */
import { tInterval, type Interval } from "../../evaluation/index.js";
import { judged, type Hypothesis, type Judged } from "../ab-audit/hypotheses.js";
import type { CompressCell } from "./cell.js";
import type { Variant } from "./variants.js";

/** A variant over all worlds. */
export interface CompressRow extends Variant {
  readonly bytes: number; // means over worlds, which differ in their ids
  readonly flops: number;
  readonly saturating: number; // the most
  readonly auc: Interval; // Student's t over worlds
  readonly aucLift: Interval; // less the first variant's, paired by world
  readonly watchMinutes: number;
  /** Watch minutes against the first variant's, per cent: the same users, worlds and draws. Over worlds; of one world, by user. */
  readonly lift: Interval;
  readonly liftByUser: Interval;
  readonly wasm: number; // the most
  readonly tfjs: number;
  readonly time: RankTime;
}

/** Ranking 1,000 rows on one thread, encoding included: busy numbers where the machine is. */
export interface RankTime {
  readonly p50: number; // ms
  readonly p99: number;
  readonly cpuMs: number; // mean CPU time
}

/** Points that ship. The rule was written before the first run. */
export interface Chosen {
  /** The smallest variant whose loss of watch minutes is known to be less than `watchMargin`, by its interval over worlds. */
  readonly ship: CompressRow;
  /** The smallest variant whose loss of AUC is known to be less than `aucMargin`. */
  readonly byAuc: CompressRow;
}

/** Losses that may be shipped: of watch minutes in per cent, of AUC. */
export const watchMargin = 2;
export const aucMargin = 0.002;

/** Applies the rule; the first row is what the others are compared with. */
export function chosen(rows: readonly CompressRow[]): Chosen {
  const smallest = (fits: (row: CompressRow) => boolean): CompressRow =>
    rows.filter((row, at) => at === 0 || fits(row)).reduce((least, row) => (row.bytes < least.bytes ? row : least));
  return {
    ship: smallest(({ lift }) => lift.low > -watchMargin),
    byAuc: smallest(({ aucLift: { estimate, low } }) => (Number.isNaN(low) ? estimate : low) > -aucMargin),
  };
}

/** Rows that no other beats in both: none costs at most as much and is at least as good. */
export function frontOf<Row>(
  rows: readonly Row[],
  cost: (row: Row) => number,
  quality: (row: Row) => number,
): readonly Row[] {
  const beats = (a: Row, b: Row): boolean =>
    cost(a) <= cost(b) && quality(a) >= quality(b) && (cost(a) < cost(b) || quality(a) > quality(b));
  return rows.filter((row) => !rows.some((other) => beats(other, row))).sort((a, b) => cost(a) - cost(b));
}

/** What was expected, before the first run; lifts are watch minutes against float32's in per cent, intervals over worlds. */
const expectations = (
  [
    ["lift of float16", [-1, Infinity], "weights in 16 bits lose less than 1 % of watch minutes"],
    [
      "AUC: static − dynamic",
      [0, Infinity],
      "int8 with measured ranges keeps more AUC than int8 with a range per batch",
    ],
    ["lift of pruned", [-watchMargin, Infinity], "half of the neurons and embedding columns can go"],
    [
      "minutes: distilled − small",
      [0, Infinity],
      "a small ranker is better taught by a multi-task teacher than by labels alone",
    ],
    ["lift of hashed", [-watchMargin, Infinity], "users and videos can share an eighth of their rows"],
    ["native − WASM, at most", [0, 1e-4], "the native library and WASM give the same answers"],
    ["AUC ships another point", [1, 1], "AUC would have shipped another point than watch minutes"],
  ] as const
).map(([measure, allowed, sentence]): Hypothesis => ({ id: measure, measure, allowed, sentence, whole: true }));

/** Judges what was expected of all variants. @param cells [worlds, variants] */
export function judgeExpected(
  rows: readonly CompressRow[],
  cells: readonly (readonly CompressCell[])[],
): readonly Judged[] {
  const paired = (a: string, b: string, value: (cell: CompressCell) => number): Interval => {
    const of = (world: readonly CompressCell[], name: string): number =>
      value(world.find((cell) => cell.name === name)!);
    return tInterval(cells.map((world) => of(world, a) - of(world, b)));
  };
  const exactly = (value: number): Interval => ({ ...rows[0]!.lift, estimate: value, low: value, high: value });
  const { ship, byAuc } = chosen(rows);
  return judged(expectations, {
    ...Object.fromEntries(rows.map(({ name, lift }) => [`lift of ${name}`, lift])),
    "AUC: static − dynamic": paired("int8 static", "int8 dynamic", ({ auc }) => auc),
    "minutes: distilled − small": paired("distilled", "small", ({ watch }) => watch.estimate),
    "native − WASM, at most": exactly(Math.max(...rows.map(({ wasm }) => wasm))),
    "AUC ships another point": exactly(ship === byAuc ? 0 : 1),
  });
}
