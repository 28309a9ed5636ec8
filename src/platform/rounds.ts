/**
 * The loop of requests and responses, as the world gives it: everything that plays (the platform, environments, studies of small worlds)
 * iterates over it and answers each round once.
 *
 *   for (const day of openDays(world, 0, 7))
 *     for (const { requests, respond } of rounds(world, allShards)) respond(slatesFor(requests));
 */
import { type Day, type FeedbackBatch, type RequestBatch, shardCount, type SlateBatch } from "../types.js";
import type { World } from "../world/index.js";
import type { VisitTimes } from "./user-days.js";

/** Page requests of one shard that are answered together. */
export interface Round {
  readonly shard: number;
  readonly requests: RequestBatch;
  /** Shows the pages; to be called once before the next round. @throws RangeError for an illegal page, which is not played */
  respond(slates: SlateBatch): FeedbackBatch;
}

/** 0 … 63, in the order in which a day is played. */
export const allShards: readonly number[] = Array.from({ length: shardCount }, (_, shard) => shard);

/** Opens days `from` … `to − 1` one after another; each is closed when the next is asked for. */
export function* openDays(world: World, from: Day, to: Day): Generator<Day, void, void> {
  for (let day = from; day < to; day++) {
    world.openDay(day);
    yield day;
    world.closeDay();
  }
}

/** Rounds of some shards of the open day until every visitor (of `assigned[user] = 1`) has left; `onEnd` hears each shard's visits. */
export function* rounds(
  world: World,
  shards: Iterable<number>,
  assigned?: Uint8Array,
  onEnd?: (visits: VisitTimes) => void,
): Generator<Round, void, void> {
  for (const shard of shards) {
    const open = world.openShard(shard, assigned);
    const respond = (slates: SlateBatch): FeedbackBatch => open.respond(slates);
    for (let requests = open.next(); requests !== undefined; requests = open.next()) yield { shard, requests, respond };
    onEnd?.(open.visits());
  }
}

/** A policy's answer where it is known to come at once. */
export function atOnce(answer: SlateBatch | Promise<SlateBatch>): SlateBatch {
  if (answer instanceof Promise) throw new TypeError("this loop plays policies that answer at once; got a promise");
  return answer;
}
