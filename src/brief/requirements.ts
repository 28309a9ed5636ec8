/**
 * Step 1, clarify: what a video platform asks of its recommender, as one plain record. The defaults describe a
 * YouTube-like service in round numbers; `forScale` describes the platform this workbench simulates.
 */
import type { Scale } from "../types.js";
import { sizes } from "./scale.js";

/** A platform's requirements. What `capacity` turns into budgets. */
export interface Requirements {
  readonly name: string;
  // Demand
  readonly dailyActiveUsers: number;
  readonly registeredUsers: number;
  readonly requestsPerUserDay: number; // page requests of an active user per day
  readonly peakToMean: number; // busiest second over the mean second
  readonly slots: number; // videos per page
  // Catalogue
  readonly catalogueSize: number; // videos that may be shown
  readonly uploadsPerDay: number;
  // Latency
  readonly latencyTargetMs: number; // p99 of a page request, within the data centre
  // Log
  readonly eventBytes: number; // an impression with its outcome, compressed columns
  readonly retentionDays: number;
  // Models
  readonly retrievalDim: number; // width of the two towers' output
  readonly rankerDim: number; // width of the ranker's id embeddings
  readonly bytesPerWeight: number; // float32: 4
  readonly graphLinks: number; // links per video in the nearest-neighbour index (HNSW's M; twice as many on the ground level)
  readonly retrieved: number; // candidates that leave retrieval
  readonly ranked: number; // candidates that the ranker scores
  readonly rankerFlops: number; // floating-point operations per scored candidate
  readonly coreFlops: number; // operations per second that one core sustains on such a model
  readonly coreUtilisation: number; // share of a core that may be busy at peak, so that queues stay short
}

/** A YouTube-like service in round numbers. */
export const youtubeLike: Requirements = {
  name: "YouTube-like",
  dailyActiveUsers: 100_000_000,
  registeredUsers: 1_000_000_000,
  requestsPerUserDay: 10,
  peakToMean: 3,
  slots: 10,
  catalogueSize: 1_000_000_000,
  uploadsPerDay: 1_000_000,
  latencyTargetMs: 150,
  eventBytes: 40,
  retentionDays: 90,
  retrievalDim: 64,
  rankerDim: 16,
  bytesPerWeight: 4,
  graphLinks: 16,
  retrieved: 1_000,
  ranked: 1_000,
  rankerFlops: 200_000,
  coreFlops: 5e9,
  coreUtilisation: 0.5,
};

/** The simulated platform at a scale: sizes of the scale, behaviour as measured in the world at its defaults. */
export function forScale(scale: Scale): Requirements {
  const { users, videos, days, slots, online } = sizes(scale);
  return {
    ...youtubeLike,
    name: `Stagecraft, ${scale}`,
    registeredUsers: users,
    dailyActiveUsers: Math.round(users * 0.5), // about half of all accounts visit on a day
    requestsPerUserDay: 3, // 1.2 visits of 2.5 pages
    slots,
    catalogueSize: videos,
    uploadsPerDay: Math.round((videos * 0.3) / days), // three tenths of the videos arrive during the log
    retentionDays: days,
    retrieved: online.candidates,
    ranked: online.candidates,
  };
}
