/**
 * Split protocols of the field. Each gives two splits of the same interactions: of those in which an item was taken (retrievers) and of all
 * rows (rankers).
 *
 * - `time`: whole days; the last for test (about a tenth of the rows), those before for validation. What a platform could know.
 * - `ratio`: 80/10/10 in random order, within each user for retrievers and over all rows for rankers (RecBole's settings, Zhao et al.,
 * 2021).
 * - `leave-one-out`: each user's last row for test and the one before for validation (He et al., 2017).
 */
import { cutDays, splitAtDays, splitByRatio, splitLeaveOneOut, type DayCuts, type RowSplit } from "../../data/index.js";
import { keyOf, uniform } from "../../random.js";
import { dayMs } from "../../types.js";
import type { OwnData } from "./own-data.js";

/** Names of the protocols. */
export const protocols = ["time", "ratio", "leave-one-out"] as const;
export type Protocol = (typeof protocols)[number];

/** By time, as a platform would; where rows stand on fewer than three days there is no time to split by. */
export function usualProtocol({ data: { interactions } }: OwnData): Protocol {
  return new Set(interactions.day).size >= 3 ? "time" : "ratio";
}

/** Shares of rows outside training. */
const shares = { validation: 0.1, test: 0.1 };
/** Most rows of rankers by ratio and leave-one-out: with 30 columns about 250 MB. Beyond, each row is kept with the same chance. */
const mostRows = 2_000_000;

/** A split of all interactions. */
export interface OwnSplit {
  readonly protocol: Protocol;
  /** Seed of the random order; the other protocols have one split only. */
  readonly seed?: number;
  /** Rows of `data.interactions`, those that were taken only. */
  readonly taken: RowSplit;
  /** Rows of `data.interactions`, taken or not. */
  readonly all: RowSplit;
  /** Days on which a split by time is cut. */
  readonly cuts?: DayCuts;
  /** The split in a sentence. */
  readonly said: string;
}

/** @throws Error on a split by time of fewer than three days, and where nobody has rows enough to be judged */
export function splitOwnData(own: OwnData, protocol: Protocol, seed: number): OwnSplit {
  const { user, day, timeMs } = own.data.interactions;
  if (protocol === "time") {
    const cuts = cutDays(day, shares);
    const all = splitAtDays(day, cuts);
    const said =
      `by time: training before day ${cuts.validation}, validation before day ${cuts.test}, test from then on ` +
      `(${[all.train, all.validation, all.test].map(({ length }) => length.toLocaleString("en")).join(", ")} rows)`;
    return { protocol, cuts, all, taken: within(own.taken, (rows) => splitAtDays(pick(day, rows), cuts)), said };
  }
  if (protocol === "ratio") {
    const taken = within(own.taken, (rows) =>
      splitByRatio(pick(user, rows), { ...shares, by: "user", key: keyOf(seed, "public data/users") }),
    );
    const rows = splitByRatio(user, { ...shares, by: "all", key: keyOf(seed, "public data/rows") });
    const said =
      `by ratio: 80/10/10 in random order, within users for retrievers, over all ` +
      `rows for rankers${thinnedSaid(user.length)}; later rows are learned from, too`;
    return { protocol, seed, taken, all: thinned(rows, user.length), said };
  }
  const time = Float64Array.from(day, (on, row) => on * dayMs + timeMs[row]!);
  const timesOf = (rows: Int32Array): Float64Array => Float64Array.from(rows, (row) => time[row]!);
  const leaveOut = (rows: Int32Array): RowSplit => splitLeaveOneOut(pick(user, rows), timesOf(rows));
  const split: OwnSplit = {
    protocol,
    taken: within(own.taken, leaveOut),
    all: thinned(leaveOut(Int32Array.from(user.keys())), user.length),
    said:
      `leave-one-out: each user's last row for test, the one before for ` +
      `validation; users of fewer than three train only${thinnedSaid(user.length)}`,
  };
  if (split.all.test.length === 0)
    throw new Error("leave-one-out needs users with at least 3 interactions; there are none");
  return split;
}

function thinned(split: RowSplit, rows: number): RowSplit {
  if (rows <= mostRows) return split;
  const key = keyOf(0, "own data/thinned");
  const some = (part: Int32Array): Int32Array => part.filter((row) => uniform(key, row) * rows < mostRows);
  return { train: some(split.train), validation: some(split.validation), test: some(split.test) };
}

function thinnedSaid(rows: number): string {
  return rows <= mostRows ? "" : `, about ${mostRows.toLocaleString("en")} of them drawn at random for rankers`;
}

/** Splits some rows and says the parts in terms of all. */
function within(rows: Int32Array, split: (rows: Int32Array) => RowSplit): RowSplit {
  const { train, validation, test } = split(rows);
  const back = (part: Int32Array): Int32Array => part.map((at) => rows[at]!);
  return { train: back(train), validation: back(validation), test: back(test) };
}

function pick(column: Int32Array, rows: Int32Array): Int32Array {
  return rows.map((row) => column[row]!);
}
