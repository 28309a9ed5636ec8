/** What serving needs from a feature store; `data/store` implements it, tests have small fakes. */
import type { SequenceBatch, VideoCounting, VideoCounts } from "../data/index.js";
import type { CandidateBatch, Day, FeatureMatrix, Impressions, RequestBatch } from "../types.js";

/** Sums by segment (age band × region) and video that met, over all days before the open day; sorted by segment. */
export interface SegmentVideoSums {
  readonly count: number;
  readonly segment: Int32Array;
  readonly video: Int32Array;
  readonly impressions: Float64Array;
  readonly watchMs: Float64Array;
}

/** The part of a feature store that policies use. One store serves one arm. */
export interface ServingStore {
  /** Adds one closed day of the arm. */
  append(events: Impressions): Promise<void>;
  /** Moves aggregates to midnight before `day` and clears session features. */
  openDay(day: Day): Promise<void>;
  /** Query-tower rows [requests]. */
  queryRows(requests: RequestBatch): FeatureMatrix;
  /** Candidate-tower rows [videos], counts as of midnight. */
  candidateRows(videos: Int32Array): FeatureMatrix;
  /**
   * Ranker rows [requests × width]; padding gets a harmless row. `into` of at least as many rows may be filled instead of a new
   * matrix.
   */
  rankRows(requests: RequestBatch, candidates: CandidateBatch, into?: FeatureMatrix): FeatureMatrix;
  /** Moves session features and the set of watched videos. */
  apply(events: Impressions): void;
  /** Has this user clicked this video, before today or today? */
  hasSeen(user: number, video: number): boolean;
  /** Creators that the user followed before today. */
  followedCreators?(user: number): readonly number[];
  /** The last watches of each request's user. */
  sequenceRows?(requests: Pick<RequestBatch, "count" | "user">): SequenceBatch;
  videoStats(): VideoCounts;
  countVideos?(counting: VideoCounting): Promise<VideoCounts>;
  segmentVideoStats?(): Promise<SegmentVideoSums>;
}
