/** What the study says: which points are not beaten, which one ships by watch minutes, which by AUC, and what was expected before. */
import { tInterval, type Interval } from "../../evaluation/index.js";
import type { TriedHypothesis } from "../atlas/hypotheses.js";
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

type Cells = readonly (readonly CompressCell[])[]; // [worlds, variants]
type Outcome = Pick<TriedHypothesis, "outcome" | "because">;
interface Hypothesis extends Pick<TriedHypothesis, "expected" | "decidedBy"> {
  tried(rows: readonly CompressRow[], cells: Cells): Outcome;
}

const find = (rows: readonly CompressRow[], name: string): CompressRow => rows.find((row) => row.name === name)!;

/** Held where the whole interval is above a limit, not where it is below. */
function above(limit: number, { estimate, low, high }: Interval, unit: string): Outcome {
  const outcome = low > limit ? "held" : high < limit ? "did not hold" : "undecided";
  const [mean, from, to] = [estimate, low, high].map((value) => value.toPrecision(2));
  return { outcome, because: `${mean} ${unit}, 95 % interval over worlds ${from} to ${to}` };
}

/** One variant less another, world by world. */
function paired(cells: Cells, a: string, b: string, value: (cell: CompressCell) => number): Interval {
  const of = (world: readonly CompressCell[], name: string): number => value(world.find((cell) => cell.name === name)!);
  return tInterval(cells.map((world) => of(world, a) - of(world, b)));
}

const watchCost = (name: string): Hypothesis["tried"] => {
  return (rows) => above(-watchMargin, find(rows, name).lift, "% of watch minutes");
};

const hypotheses: readonly Hypothesis[] = [
  {
    expected: "Weights in 16 bits change nothing that a user notices: less than 1 % of watch minutes is lost.",
    decidedBy: "the interval over worlds of float16's watch minutes against float32's",
    tried: (rows) => above(-1, find(rows, "float16").lift, "% of watch minutes"),
  },
  {
    expected: "int8 with measured ranges keeps more AUC than int8 with a range for each batch.",
    decidedBy: "the interval over worlds of their difference in AUC",
    tried: (_, cells) =>
      above(
        0,
        paired(cells, "int8 static", "int8 dynamic", ({ auc }) => auc),
        "of AUC",
      ),
  },
  {
    expected: "Half of the neurons and embedding columns can go: less than 2 % of watch minutes is lost.",
    decidedBy: "the interval over worlds of pruned's watch minutes against float32's",
    tried: watchCost("pruned"),
  },
  {
    expected: "A small ranker brings more watch minutes when a multi-task teacher helps it than on the labels alone.",
    decidedBy: "the interval over worlds of distilled's watch minutes less small's",
    tried: (_, cells) =>
      above(
        0,
        paired(cells, "distilled", "small", ({ watch }) => watch.estimate),
        "minutes per user and day",
      ),
  },
  {
    expected: "Users and videos can share an eighth of their rows: less than 2 % of watch minutes is lost.",
    decidedBy: "the interval over worlds of hashed's watch minutes against float32's",
    tried: watchCost("hashed"),
  },
  {
    expected: "The native library and WASM give the same answers: no chance of a click differs by 0.0001.",
    decidedBy: "the largest difference over 10,000 rows, all variants and worlds",
    tried: (rows) => {
      const [worst] = [...rows].sort((a, b) => b.wasm - a.wasm);
      const because = `at most ${worst!.wasm.toPrecision(2)}, in ${worst!.name}`;
      return { outcome: worst!.wasm < 1e-4 ? "held" : "did not hold", because };
    },
  },
  {
    expected: "AUC would have shipped another point than watch minutes.",
    decidedBy: "the two rules, with margins of 2 % of watch minutes and .002 of AUC",
    tried: (rows) => {
      const { ship, byAuc } = chosen(rows);
      const because = `watch minutes ship ${ship.name}, AUC ${byAuc.name}`;
      return { outcome: ship.name !== byAuc.name ? "held" : "did not hold", because };
    },
  },
];

/** Tries what was expected, of all variants. */
export function tryHypotheses(rows: readonly CompressRow[], cells: Cells): readonly TriedHypothesis[] {
  return hypotheses.map(({ expected, decidedBy, tried }) => ({ expected, decidedBy, ...tried(rows, cells) }));
}
