/** A growing collection of impressions: batches are written once, into columns with free capacity, and nothing is copied afterwards. */
import type { FeedbackBatch, Impressions, Pools, RequestBatch, SlateBatch } from "../types.js";
import { eventColumns } from "./events.js";
import { concatPools } from "./pools.js";
import {
  type Answerer,
  countShown,
  emptyImpressions,
  fillImpressions,
  recode,
  sliceImpressions,
  withPools,
} from "./impressions.js";

/** Collects a day's rows. Views stay valid when it grows: rows are never moved in memory that was handed out. */
export interface GrowingImpressions {
  /** Appends an answered batch and gives its rows, sharing memory. */
  add(requests: RequestBatch, slates: SlateBatch, feedback: FeedbackBatch): Impressions;
  /** Appends rows; names of policies and arms are joined in order of first appearance. */
  addAll(events: Impressions): void;
  /** All rows so far, sharing memory. */
  rows(): Impressions;
}

/** An empty collection. `room` is the number of rows expected; `shared` puts them in memory which threads see without a copy. */
export function growingImpressions(answerer: Answerer, room = 0, shared = false): GrowingImpressions {
  const policies = [...answerer.policies];
  const arms = [...answerer.arms];
  let columns = emptyImpressions(policies, arms, Math.max(room, 64), shared);
  const pools: (Pools | undefined)[] = [];
  let count = 0;
  const makeRoom = (rows: number): void => {
    if (rows <= columns.count) return;
    const wider = emptyImpressions(policies, arms, Math.max(rows, Math.ceil(columns.count * 1.5)), shared);
    for (const { field } of eventColumns) wider[field].set(columns[field].subarray(0, count));
    columns = wider;
  };
  return {
    add(requests, slates, feedback): Impressions {
      makeRoom(count + countShown(slates));
      const from = count;
      count = fillImpressions(columns, from, requests, slates, feedback, answerer);
      if (slates.pools) pools.push(slates.pools);
      return withPools(sliceImpressions(columns, from, count), slates.pools);
    },
    addAll(events): void {
      makeRoom(count + events.count);
      for (const { field } of eventColumns) columns[field].set(events[field].subarray(0, events.count), count);
      for (const name of events.policies) if (!policies.includes(name)) policies.push(name);
      for (const name of events.arms) if (!arms.includes(name)) arms.push(name);
      recode(columns.policy, count, events.count, events.policies, policies);
      recode(columns.arm, count, events.count, events.arms, arms);
      count += events.count;
      if (events.pools) pools.push(events.pools);
    },
    rows: (): Impressions => {
      pools.splice(0, pools.length, concatPools(pools)); // joined once
      return withPools(sliceImpressions(columns, 0, count), pools[0]);
    },
  };
}
