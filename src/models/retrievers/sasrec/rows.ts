/** What the sequence model learns from: watches by user in order of time, cut into windows. */
import type { FeatureMatrix } from "../../../types.js";
import { checkColumns } from "../../contract/inputs.js";
import type { StepInput } from "../../network/graph/step.js";

/** Watches of all users, each user's oldest first. */
export interface SequenceRows {
  readonly offsets: Int32Array; // [users + 1] user u's watches are offsets[u] … offsets[u + 1] - 1
  readonly item: Int32Array; // [watches]
  readonly dwellMs?: ArrayLike<number>; // [watches] default 0
  /** What is known of each item, by id: ids alone, or ids and features. // [items] */
  readonly items: FeatureMatrix;
  /** How many items (ids in order of upload) there were at each watch: negatives are drawn among them. Default: up to the largest id. */
  readonly liveItems?: ArrayLike<number>; // [watches]
}

/** Sequences to embed: oldest first from the left, as the data room's sequence feature has them. */
export interface SequenceInputs {
  readonly count: number;
  readonly width: number;
  readonly length: Int32Array; // [count] at most width
  readonly video: Int32Array; // [count, width]; beyond the length nothing is read
  readonly dwellMs?: Int32Array; // [count, width] default 0
}

/** A window: watches `from … to - 1` are read, each to predict the one after it. */
export interface Windows {
  readonly count: number;
  readonly from: Int32Array;
  readonly to: Int32Array;
}

/** Cuts each user's watches into windows of at most `length` places, the newest first, so that a remainder is of the oldest. */
export function windowsOf(rows: SequenceRows, length: number): Windows {
  const from: number[] = [];
  const to: number[] = [];
  for (let user = 0; user + 1 < rows.offsets.length; user++) {
    const first = rows.offsets[user]!;
    for (let end = rows.offsets[user + 1]! - 1; end > first; end -= length) {
      from.push(Math.max(first, end - length));
      to.push(end);
    }
  }
  return { count: from.length, from: Int32Array.from(from), to: Int32Array.from(to) };
}

/** A dwell as the network reads it: log(1 + seconds) / 5, about 0 to 1.4 for up to 20 minutes. */
export function dwellMark(dwellMs: number): number {
  return Math.log1p(dwellMs / 1000) / 5;
}

/** Sequences of a batch as the network reads them. */
export interface SequenceLayout {
  /** Rows that hold a watch: sequence by sequence, oldest first. */
  readonly watches: number;
  /** All rows; those after the watches fill up. */
  readonly rows: number;
  /** Each watch's cell in the smallest grid, and the size of that: they name random draws, whatever the layout's sizes. // [watches] */
  readonly numbers: Int32Array;
  readonly cells: number;
  /**
   * `marks` [rows, positions + 1]: 1 in the column of the watch's position (the newest of a sequence is at the last, whatever the
   * sequence's length), and its dwell in the last column; then the grid's `cells` and `rows` (attention.ts).
   */
  readonly inputs: readonly StepInput[];
}

/** Sizes of a layout. */
export interface LayoutSizes {
  readonly sequences: number;
  readonly places: number;
  readonly rows: number; // at most sequences × places
}

/** The smallest sizes for some sequences, by their lengths. */
export function leastSizes(lengths: readonly number[]): LayoutSizes {
  return {
    sequences: lengths.length,
    places: Math.max(...lengths),
    rows: lengths.reduce((a, b) => a + b, 0),
  };
}

/** Sizes in which few batches differ, for a graph is of one size: a sixteenth of the rows fills up at most, or 64. */
export function roundSizes(lengths: readonly number[], sequences: number, positions: number): LayoutSizes {
  const least = leastSizes(lengths);
  const up = (n: number, to: number): number => to * Math.ceil(n / to);
  const places = Math.min(positions, up(least.places, 8));
  const rows = up(least.rows, Math.max(64, 2 ** Math.floor(Math.log2(least.rows / 16))));
  return { sequences, places, rows: Math.min(rows, sequences * places) };
}

/** Lays sequences out. @param lengths of each @param dwellAt dwell in ms of a sequence's place @param sizes default: the smallest */
export function layoutOf(
  lengths: readonly number[],
  positions: number,
  dwellAt: (sequence: number, place: number) => number,
  sizes: LayoutSizes = leastSizes(lengths),
): SequenceLayout {
  const least = leastSizes(lengths);
  const wide = positions + 1;
  const marks = new Float32Array(sizes.rows * wide);
  const [numbers, cells] = [new Int32Array(least.rows), new Int32Array(sizes.rows)];
  const rows = new Int32Array(sizes.sequences * sizes.places).fill(-1);
  let row = 0;
  lengths.forEach((n, s) => {
    for (let place = 0; place < n; place++, row++) {
      marks[row * wide + positions - n + place] = 1;
      marks[row * wide + positions] = dwellMark(dwellAt(s, place));
      numbers[row] = s * least.places + place;
      cells[row] = s * sizes.places + place;
      rows[cells[row]!] = row;
    }
  });
  for (let cell = 0; cell < rows.length; cell++) {
    if (rows[cell]! >= 0) continue;
    if (row < sizes.rows) cells[row++] = cell;
    rows[cell] = 0;
  }
  const inputs = [
    { shape: [sizes.rows, wide], values: marks },
    { shape: [sizes.rows, 1], values: cells },
    { shape: [rows.length, 1], values: rows },
  ];
  return { watches: least.rows, rows: sizes.rows, numbers, cells: least.sequences * least.places, inputs };
}

/**
 * @throws Error on offsets out of order, items that are not there, no user with two watches, columns of another length, fewer live
 * items than were watched
 */
export function checkSequenceRows(rows: SequenceRows): void {
  const { offsets, item, dwellMs, items, liveItems } = rows;
  if (offsets.length < 2 || offsets[0] !== 0 || offsets.at(-1) !== item.length) {
    throw new Error(
      `offsets run from ${offsets[0]} to ${offsets.at(-1)}; expected 0 to ${item.length}, the number of watches`,
    );
  }
  let longest = 0;
  for (let user = 0; user + 1 < offsets.length; user++) {
    const length = offsets[user + 1]! - offsets[user]!;
    if (length < 0)
      throw new Error(`offsets fall from ${offsets[user]} to ${offsets[user + 1]} after user ${user}; allowed: never`);
    longest = Math.max(longest, length);
  }
  checkColumns(
    item.length,
    { item: [item, items.count - 1], dwellMs: [dwellMs, Infinity], liveItems: [liveItems, items.count] },
    "watch",
  );
  item.forEach((id, i) => {
    const live = liveItems?.[i] ?? Infinity;
    if (live <= id)
      throw new Error(`liveItems is ${live} in watch ${i} of item ${id}; allowed: ${id + 1} to ${items.count}`);
  });
  if (longest < 2)
    throw new Error(
      `no sequences to learn from: the longest user has ${longest} watches; allowed: at least one of 2 or more`,
    );
}

/** The items' features, one row a watch: what the items' encoding is fitted on. */
export function watchedItems({ items, item }: SequenceRows): FeatureMatrix {
  const wide = items.schema.categories.length;
  const deep = items.schema.numbers.length;
  const categories = new Int32Array(item.length * wide);
  const numbers = new Float32Array(item.length * deep);
  for (let i = 0; i < item.length; i++) {
    categories.set(items.categories.subarray(item[i]! * wide, (item[i]! + 1) * wide), i * wide);
    numbers.set(items.numbers.subarray(item[i]! * deep, (item[i]! + 1) * deep), i * deep);
  }
  return { schema: items.schema, count: item.length, categories, numbers };
}

/**
 * How often each item is drawn by one place of a batch and by one uniform draw, and the number of items a watch's negatives are drawn
 * among.
 */
export interface NextRates {
  readonly next: Float64Array; // [items]
  readonly uniform: Float64Array; // [items]
  live(watch: number): number;
}

/** Rates over the places of some windows. */
export function nextRates(rows: SequenceRows, windows: Windows, some: Int32Array): NextRates {
  const { item, items, liveItems } = rows;
  let latest = 1;
  if (liveItems === undefined) for (const id of item) latest = Math.max(latest, id + 1);
  const live = (watch: number): number => liveItems?.[watch] ?? latest;
  const next = new Float64Array(items.count);
  const uniform = new Float64Array(items.count);
  let places = 0;
  for (const w of some) {
    for (let watch = windows.from[w]! + 1; watch <= windows.to[w]!; watch++, places++) {
      next[item[watch]!]! += 1;
      uniform[live(watch) - 1]! += 1 / live(watch); // of each item below; summed from the end
    }
  }
  for (let id = items.count - 1; id >= 0; id--) {
    next[id]! /= places;
    uniform[id]! = uniform[id]! / places + (uniform[id + 1] ?? 0);
  }
  return { next, uniform, live };
}
