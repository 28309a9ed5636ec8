/**
 * The feature store that an arm of an experiment uses: aggregates of closed days, a snapshot as of last midnight, visits that
 * move with each event. One instance serves one arm; its rows equal the offline training join's (tested for every feature).
 */
import type {
  CandidateBatch,
  Catalogue,
  Day,
  FeatureMatrix,
  Impressions,
  RequestBatch,
  RunControl,
} from "../../types.js";
import { openAggregates, type Aggregates, type AggregatesOptions } from "../tables/aggregates.js";
import { WatchRings, type SequenceBatch } from "./sequence.js";
import type { Visit } from "./session.js";
import {
  readSegmentVideoStats,
  readSnapshot,
  readStatic,
  type SegmentVideoStats,
  type StaticRows,
  type VideoStats,
} from "./snapshot.js";
import { SnapshotRows } from "./snapshot-rows.js";
import { stalenessAt, type Staleness } from "../features/staleness.js";
import { countVideos, type VideoCounting, type VideoCounts } from "../sets/video-counts.js";

/**
 * `from`: a folder of saved aggregates to start from; `threads` of DuckDB (1); `sequences`: keep each user's last watches (400 bytes
 * per user).
 */
export interface StoreOptions extends AggregatesOptions {
  readonly sequences?: boolean;
}

/** Features for serving. Rows are requested between `openDay` and the next `openDay`. */
export interface FeatureStore {
  /** The opened day. @throws Error before the first `openDay`. */
  readonly day: Day;
  /** The opened day's rows in memory: what a device takes away. @throws Error before the first `openDay`. */
  readonly rows: SnapshotRows;
  /** The aggregates below, for the training join. */
  readonly aggregates: Aggregates;
  /** Adds closed days from the log. */
  appendLog(dir: string, days: readonly Day[], control?: RunControl): Promise<void>;
  /** Adds a closed day from memory (an arm's yesterday); no rows change nothing. */
  append(events: Impressions): Promise<void>;
  /** Writes the aggregates to a folder that `openStore(catalogue, { from })` starts from. */
  saveAggregates(dir: string): Promise<void>;
  /** Midnight: takes the snapshot of all aggregated days before `day`, and forgets visits and today's clicks. */
  openDay(day: Day): Promise<void>;
  /** Query tower's rows. // [requests.count] */
  queryRows(requests: RequestBatch): FeatureMatrix;
  /** Candidate tower's rows: metadata, and the video's and its creator's counts as of midnight. // [videos.length] */
  candidateRows(videos: Int32Array): FeatureMatrix;
  /**
   * The ranker's rows. // [requests.count × candidates.width]; pads (-1) get video 0's. `into` (of at least that many rows) is filled and
   * returned with the right count instead of a new matrix: for loops that would otherwise allocate a matrix each time.
   */
  rankRows(requests: RequestBatch, candidates: CandidateBatch, into?: FeatureMatrix): FeatureMatrix;
  /** The last watches of each request's user, this visit's earlier pages included. @throws Error unless opened with `sequences`. */
  sequenceRows(requests: Pick<RequestBatch, "count" | "user">): SequenceBatch;
  /** How old every feature's value is at `timeMs` of the opened day: stale where a day's aggregates are missing. */
  staleness(timeMs: number): readonly Staleness[];
  /** The outcomes of a page move the visit's features and the seen set; ads move nothing, as in the aggregates. */
  apply(events: Impressions): void;
  /** The user's current visit, as plain data; `restore` puts it in place, with the videos clicked today. */
  visitOf(user: number): Visit;
  restore(user: number, visit: Visit, clicked: readonly number[]): void;
  /** Whether the user clicked the video before the opened day, or today so far. */
  hasSeen(user: number, video: number): boolean;
  /** Creators that the user followed before the opened day. */
  followedCreators(user: number): readonly number[];
  /** Counts of each video before the opened day. // [videos] each */
  videoStats(): VideoStats;
  /**
   * Counts of each video before the opened day with more weight on recent days, or a limited number of votes per user: popularity that
   * follows trends or resists fraud.
   */
  countVideos(counting: VideoCounting): Promise<VideoCounts>;
  /** Counts by segment (age band × region) and video before the opened day: popularity for newcomers. */
  segmentVideoStats(): Promise<SegmentVideoStats>;
  close(): Promise<void>;
}

/** Opens a store over a catalogue. Close it when done. */
export async function openStore(catalogue: Catalogue, options: StoreOptions = {}): Promise<FeatureStore> {
  const aggregates = await openAggregates(catalogue, options);
  return new Store(
    catalogue,
    aggregates,
    await readStatic(aggregates),
    options.sequences === true ? new WatchRings(catalogue) : undefined,
  );
}

/** Uses a store over a catalogue, and closes it. */
export async function withStore<T>(
  catalogue: Catalogue,
  options: StoreOptions,
  use: (store: FeatureStore) => Promise<T>,
): Promise<T> {
  const store = await openStore(catalogue, options);
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

class Store implements FeatureStore {
  #open: SnapshotRows | undefined;

  constructor(
    private readonly catalogue: Catalogue,
    readonly aggregates: Aggregates,
    private readonly fixed: StaticRows,
    private readonly rings: WatchRings | undefined,
  ) {}

  get day(): Day {
    return this.rows.snapshot.day;
  }

  get rows(): SnapshotRows {
    if (this.#open === undefined) throw new Error("no day is open: await store.openDay(day) first");
    return this.#open;
  }

  appendLog(dir: string, days: readonly Day[], control?: RunControl): Promise<void> {
    return this.aggregates.appendLog(dir, days, control);
  }

  append(events: Impressions): Promise<void> {
    return this.aggregates.append(events);
  }

  saveAggregates(dir: string): Promise<void> {
    return this.aggregates.save(dir);
  }

  async openDay(day: Day): Promise<void> {
    this.#open = new SnapshotRows(this.catalogue, this.fixed, await readSnapshot(this.aggregates, this.fixed, day));
    await this.rings?.openDay(this.aggregates, day);
  }

  queryRows(requests: RequestBatch): FeatureMatrix {
    return this.rows.queryRows(requests);
  }

  candidateRows(videos: Int32Array): FeatureMatrix {
    return this.rows.candidateRows(videos);
  }

  rankRows(requests: RequestBatch, candidates: CandidateBatch, into?: FeatureMatrix): FeatureMatrix {
    return this.rows.rankRows(requests, candidates, into);
  }

  sequenceRows(requests: Pick<RequestBatch, "count" | "user">): SequenceBatch {
    void this.rows; // a day must be open
    if (this.rings === undefined) throw new Error("this store keeps no sequences: open it with { sequences: true }");
    return this.rings.read(requests);
  }

  staleness(timeMs: number): readonly Staleness[] {
    return stalenessAt(this.aggregates.days, this.day, timeMs);
  }

  apply(events: Impressions): void {
    this.rings?.apply(events);
    this.rows.apply(events);
  }

  visitOf(user: number): Visit {
    return this.rows.visitOf(user);
  }

  restore(user: number, visit: Visit, clicked: readonly number[]): void {
    this.rows.restore(user, visit, clicked);
    this.rings?.restore(user, clicked);
  }

  hasSeen(user: number, video: number): boolean {
    return this.rows.hasSeen(user, video);
  }

  followedCreators(user: number): readonly number[] {
    return this.rows.followedCreators(user);
  }

  videoStats(): VideoStats {
    return this.rows.snapshot.stats;
  }

  countVideos(counting: VideoCounting): Promise<VideoCounts> {
    return countVideos(this.aggregates, this.day, counting);
  }

  segmentVideoStats(): Promise<SegmentVideoStats> {
    return readSegmentVideoStats(this.aggregates, this.day);
  }

  async close(): Promise<void> {
    this.aggregates.close();
    return Promise.resolve();
  }
}
