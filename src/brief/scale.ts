/**
 * Scales: one name sets every size. All code reads its sizes here and derives none of its own, so that
 * `tiny` (tests), `lesson` (notebooks and verbs), `small` (the tour), `full` and `million` (serving) mean the same thing everywhere.
 */
import { scales } from "../types.js";
import type { Day, Scale } from "../types.js";

/** Sizes of the online experiments that follow the log. */
export interface OnlineSizes {
  readonly users: number; // assigned users
  readonly days: number; // days each arm runs
  readonly candidates: number; // candidates per request that reach the ranker
}

/** Sizes of the drift pair (with and without retraining). */
export interface DriftSizes {
  readonly users: number; // assigned users
  readonly days: number;
  readonly day: Day; // day of the sudden drift, counted from the pair's first day
}

/** Sizes of the latency run of the funnel. */
export interface LatencySizes {
  readonly requests: number;
  readonly candidates: number; // candidates per request that reach the ranker
}

/** Settings of the fits that a scale decides, for the two-tower and the ranker; the rest are the models' defaults. */
export interface FitSizes {
  readonly twoTower: { readonly dim?: number; readonly batchSize?: number; readonly epochs?: number };
  readonly ranker: { readonly batchSize?: number; readonly epochs?: number };
}

/** Everything that grows with the scale. */
export interface Sizes {
  readonly scale: Scale;
  readonly users: number; // accounts by the end of the log's last day
  readonly videos: number; // videos uploaded by the end of the log's last day
  readonly days: number; // days of the log
  readonly extraDays: number; // days after the log for which newcomers and uploads still arrive
  readonly slots: number; // videos per page
  readonly online: OnlineSizes;
  readonly drift: DriftSizes;
  readonly latency: LatencySizes;
  readonly fits?: FitSizes;
}

const table: Readonly<Record<Scale, Sizes>> = {
  tiny: {
    scale: "tiny",
    users: 300,
    videos: 1_000,
    days: 14,
    extraDays: 12,
    slots: 10,
    online: { users: 300, days: 8, candidates: 100 },
    drift: { users: 100, days: 10, day: 3 },
    latency: { requests: 100, candidates: 1_000 },
  },
  lesson: {
    scale: "lesson",
    users: 2_500,
    videos: 8_000,
    days: 14,
    extraDays: 12,
    slots: 10,
    online: { users: 800, days: 8, candidates: 200 },
    drift: { users: 250, days: 10, day: 3 },
    latency: { requests: 200, candidates: 1_000 },
  },
  small: {
    scale: "small",
    users: 5_000,
    videos: 20_000,
    days: 14,
    extraDays: 12,
    slots: 10,
    online: { users: 1_500, days: 8, candidates: 200 },
    drift: { users: 500, days: 10, day: 3 },
    latency: { requests: 500, candidates: 1_000 },
  },
  full: {
    scale: "full",
    users: 50_000,
    videos: 200_000,
    days: 28,
    extraDays: 12,
    slots: 10,
    online: { users: 1_500, days: 8, candidates: 1_000 },
    drift: { users: 500, days: 10, day: 3 },
    latency: { requests: 500, candidates: 1_000 },
  },
  million: {
    scale: "million",
    users: 100_000,
    videos: 1_000_000,
    days: 7,
    extraDays: 12,
    slots: 10,
    online: { users: 1_500, days: 4, candidates: 1_000 },
    drift: { users: 500, days: 10, day: 3 },
    latency: { requests: 10_000, candidates: 1_000 },
    fits: { twoTower: { dim: 64, batchSize: 1024 }, ranker: { batchSize: 2048 } },
  },
};

/**
 * The sizes of one scale.
 * @throws RangeError for an unknown scale, naming the known ones.
 * @example sizes("small").users // 5000
 */
export function sizes(scale: Scale): Sizes {
  if (!(scales as readonly string[]).includes(scale))
    throw new RangeError(`unknown scale: ${String(scale)}; known: ${scales.join(", ")}`);
  return table[scale];
}
