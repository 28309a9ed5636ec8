/** What serving needs of a feature store; `data/store` has all of it, tests have small fakes. */
import type { CandidateBatch, Day, FeatureMatrix, Impressions, RequestBatch } from "../types.js";

/** Sums by video over all days before the open day; integers in float64. */
export interface VideoStats {
  readonly impressions: Float64Array; // [videos]
  readonly clicks: Float64Array; // [videos]
  readonly watchMs: Float64Array; // [videos]
}

/** The part of a feature store that policies use. One store serves one arm. */
export interface ServingStore {
  /** Adds one closed day of the arm. */
  append(events: Impressions): Promise<void>;
  /** Moves aggregates to midnight before `day` and clears session features. */
  openDay(day: Day): Promise<void>;
  /** Query-tower rows [requests]. */
  queryRows(requests: RequestBatch): FeatureMatrix;
  /** Candidate-tower rows [videos]. */
  candidateRows(videos: Int32Array): FeatureMatrix;
  /** Ranker rows [requests × width]; padding gets a harmless row. */
  rankRows(requests: RequestBatch, candidates: CandidateBatch): FeatureMatrix;
  /** Moves session features and the set of watched videos. */
  apply(events: Impressions): void;
  /** Has this user clicked this video, before today or today? */
  hasSeen(user: number, video: number): boolean;
  videoStats(): VideoStats;
}
