/**
 * Retrievers evaluated on later days: recall@100 over the videos live that day, those watched before left out. A query is a user's day
 * with at least one long watch, asked as of the first of them.
 */
import { columnOf, takeRows, type FeatureStore, type RetrievalSet } from "../data/index.js";
import { rankLists, relevantSets, type Interval } from "../evaluation/index.js";
import type { Neighbours } from "../serving/index.js";
import type { Day, FeatureMatrix, RequestBatch, RunControl } from "../types.js";
import { rowsOf, slices, type Slice } from "./offline-ranking.js";
import type { Prepared } from "./prepare.js";

/** The offline quality of a retriever. */
export interface RetrievalQuality {
  readonly retriever: string;
  readonly slice: Slice;
  readonly k: number;
  readonly queries: number; // user-days with a long watch
  readonly recall: Interval;
}

/** k of recall@k. */
export const recallK = 100;

/** How many more than k are retrieved, so that k remain without watched ones. */
export const spareNeighbours = 200;

/** Queries of one day, as requests and as the query tower's rows. */
export interface DayQueries {
  readonly requests: RequestBatch;
  readonly features: FeatureMatrix; // as of each request's time
}

/** A retriever under evaluation. `openDay` is called once the store is at midnight of the day. */
export interface JudgedRetriever {
  readonly name: string;
  openDay?(day: Day, live: number): void | Promise<void>;
  neighbours(queries: DayQueries, k: number): Neighbours | Promise<Neighbours>;
}

/** One slice: recall of each query by retriever, and the queries' users. */
export interface RecallOfSlice {
  readonly slice: Slice;
  readonly user: readonly number[]; // of each query
  readonly recall: Readonly<Record<string, Float64Array>>; // [queries] by retriever
}

/**
 * Asks all retrievers the queries of the test days, slice by slice; slices without a query are left out. The store is moved through the
 * days.
 */
export async function judgeRetrievers(
  prepared: Prepared,
  store: FeatureStore,
  set: RetrievalSet,
  retrievers: readonly JudgedRetriever[],
  control: RunControl = {},
): Promise<readonly RecallOfSlice[]> {
  const { catalogue } = prepared.log;
  const found = slices.map((slice): Found => ({ slice, user: [], lists: {}, queries: 0, pairs: [] }));
  for (const day of prepared.split.test) {
    await store.openDay(day);
    const live = catalogue.liveVideos[day]!;
    for (const retriever of retrievers) await retriever.openDay?.(day, live);
    for (const part of found) {
      const { groups, queries } = dayQueries(set, day, part.slice);
      if (groups.size === 0) continue;
      for (const retriever of retrievers) {
        control.signal?.throwIfAborted();
        const { k, ids } = await retriever.neighbours(queries, recallK + spareNeighbours);
        let q = 0;
        for (const user of groups.keys()) {
          add(part.lists, retriever.name, unseen(store, user, ids.subarray(q * k, (q + 1) * k)));
          q++;
        }
      }
      for (const [user, rows] of groups) {
        for (const row of rows) part.pairs.push([part.queries, set.video[row]!]);
        part.user.push(user);
        part.queries++;
      }
    }
  }
  return found.flatMap(({ slice, user, lists, queries, pairs }) => {
    if (queries === 0) return [];
    const [asked, wanted] = [pairs.map(([query]) => query), pairs.map(([, video]) => video)];
    const relevant = relevantSets(queries, asked, wanted);
    const recallOf = (ids: number[]): Float64Array =>
      rankLists(Int32Array.from(ids), recallK, relevant, recallK).recall;
    const recall = Object.fromEntries(Object.entries(lists).map(([name, ids]) => [name, recallOf(ids)]));
    return [{ slice, user, recall }];
  });
}

/** Ranked lists of one slice, as they come. */
interface Found {
  readonly slice: Slice;
  readonly user: number[]; // of each query
  readonly lists: Record<string, number[]>; // [queries, recallK] each
  readonly pairs: [query: number, video: number][];
  queries: number;
}

/** The queries of a day and slice, and the rows of each user's long watches, in order of user. */
export function dayQueries(
  set: RetrievalSet,
  day: Day,
  slice: Slice,
): { readonly groups: ReadonlyMap<number, readonly number[]>; readonly queries: DayQueries } {
  const groups = queriesOf(set, day, slice);
  const rows = Int32Array.from(groups.values(), (of) => of[0]!);
  const device = columnOf(set.query, "device");
  const requests: RequestBatch = {
    day,
    count: rows.length,
    request: Float64Array.from(rows, (row) => set.request[row]!),
    session: Float64Array.from(rows, (row) => set.session[row]!),
    user: rows.map((row) => set.user[row]!),
    page: Uint8Array.from(rows, (row) => set.page[row]!),
    timeMs: rows.map((row) => set.timeMs[row]!),
    device: Uint8Array.from(rows, (row) => device[row]!),
  };
  return { groups, queries: { requests, features: takeRows(set.query, rows) } };
}

function add(lists: Record<string, number[]>, name: string, ids: readonly number[]): void {
  (lists[name] ??= []).push(...ids);
}

function unseen(store: FeatureStore, user: number, ids: Iterable<number>): number[] {
  const kept: number[] = [];
  const taken = new Set<number>();
  for (const id of ids) {
    if (kept.length === recallK || id < 0 || taken.has(id) || store.hasSeen(user, id)) continue;
    taken.add(id);
    kept.push(id);
  }
  while (kept.length < recallK) kept.push(-1);
  return kept;
}

/** Rows of each user with a positive on `day`, in order of user. */
function queriesOf(set: RetrievalSet, day: Day, slice: Slice): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const row of rowsOf(set.component, slice)) {
    if (set.day[row] !== day) continue;
    const user = set.user[row]!;
    const rows = groups.get(user);
    if (rows) rows.push(row);
    else groups.set(user, [row]);
  }
  return new Map([...groups].sort(([a], [b]) => a - b));
}
