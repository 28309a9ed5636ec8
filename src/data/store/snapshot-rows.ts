/**
 * Rows of features of one open day, in memory: a snapshot as of last midnight, visits and clicks that move with each event. The feature
 * store holds one a day; a device without a network holds one and nothing else (see serving/edge), so it needs neither files nor SQL.
 */
import type {
  CandidateBatch,
  Catalogue,
  FeatureMatrix,
  FeatureSchema,
  Impressions,
  RequestBatch,
} from "../../types.js";
import { featuresWhere } from "../features/features.js";
import { emptyMatrix, firstRows } from "../features/matrix.js";
import { PairSet } from "../sets/pair-set.js";
import { fillCandidateRows, fillQueryRows, fillRankRows, type RowSources } from "./rows.js";
import { candidateSchema, querySchema, rankSchema } from "../features/schemas.js";
import { SessionState, type Visit } from "./session.js";
import type { Snapshot, StaticRows } from "./snapshot.js";

const followsColumn = featuresWhere({ entity: "user_creator", kind: "number", available: "midnight" }).findIndex(
  ({ name }) => name === "user_creator_follows",
);

/** Rows of a snapshot; `FeatureStore` has the methods' descriptions. */
export class SnapshotRows {
  readonly #schemas: { readonly rank: FeatureSchema; readonly query: FeatureSchema; readonly candidate: FeatureSchema };
  readonly #sources: RowSources;
  readonly #today = new PairSet();

  constructor(
    private readonly catalogue: Catalogue,
    readonly fixed: StaticRows,
    readonly snapshot: Snapshot,
  ) {
    this.#schemas = {
      rank: rankSchema(catalogue),
      query: querySchema(catalogue),
      candidate: candidateSchema(catalogue),
    };
    const sessions = new SessionState(catalogue.users.count, catalogue.topicNames.length);
    this.#sources = { catalogue, fixed, snapshot, sessions, creatorPlace: new Int32Array(catalogue.creatorCount) };
  }

  queryRows(requests: RequestBatch): FeatureMatrix {
    const out = emptyMatrix(this.#schemas.query, requests.count);
    fillQueryRows(out, this.#sources, requests);
    return out;
  }

  candidateRows(videos: Int32Array): FeatureMatrix {
    const out = emptyMatrix(this.#schemas.candidate, videos.length);
    fillCandidateRows(out, this.fixed, this.snapshot, videos);
    return out;
  }

  rankRows(requests: RequestBatch, candidates: CandidateBatch, into?: FeatureMatrix): FeatureMatrix {
    if (candidates.count !== requests.count)
      throw new Error(`candidates are of ${candidates.count} requests; there are ${requests.count}`);
    const count = requests.count * candidates.width;
    const out = into === undefined ? emptyMatrix(this.#schemas.rank, count) : firstRows(into, count);
    fillRankRows(out, this.#sources, requests, candidates);
    return out;
  }

  apply(events: Impressions): void {
    this.#sources.sessions.apply(events, this.catalogue.videos.topic);
    for (let i = 0; i < events.count; i++) {
      if (events.click[i] === 1 && events.campaign[i] === 0) this.#today.add(events.user[i]!, events.video[i]!);
    }
  }

  /** The user's current visit, as plain data. */
  visitOf(user: number): Visit {
    return this.#sources.sessions.read(user);
  }

  /** Puts a visit in place, and the videos clicked today. */
  restore(user: number, visit: Visit, clicked: readonly number[]): void {
    this.#sources.sessions.write(user, visit);
    for (const video of clicked) this.#today.add(user, video);
  }

  followedCreators(user: number): readonly number[] {
    const { creatorStart, creatorOf, userCreator } = this.snapshot;
    const found: number[] = [];
    for (let pair = creatorStart[user]!; pair < creatorStart[user + 1]!; pair++)
      if (userCreator.values[pair * userCreator.width + followsColumn] === 1) found.push(creatorOf[pair]!);
    return found;
  }

  hasSeen(user: number, video: number): boolean {
    return this.snapshot.clicked.has(user, video) || this.#today.has(user, video);
  }
}
