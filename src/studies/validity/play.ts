/**
 * The platform's loop without a log, for small worlds played by the hundred: rounds of some five pages, of which most of the
 * cost would be the columns of `Impressions`. Watchers get each batch as it was asked, answered and met.
 */
import { shardCount, type FeedbackBatch, type RequestBatch, type RunControl, type SlateBatch } from "../../types.js";
import type { World } from "../../world/index.js";

/** Answers a batch at once. */
export type PageAnswer = (requests: RequestBatch) => SlateBatch;

/** Sees a batch with its outcomes. */
export type Watch = (requests: RequestBatch, slates: SlateBatch, feedback: FeedbackBatch) => void;

/** Who plays and who looks on. */
export interface PlayOptions {
  readonly answer: PageAnswer;
  readonly watch: Watch;
  readonly openDay?: (day: number) => void;
  readonly closeDay?: (day: number) => void;
  readonly assigned?: Uint8Array;
}

/** Plays days `from` … `to − 1` of a world, all shards in order. */
export function playPages(
  world: World,
  from: number,
  to: number,
  options: PlayOptions,
  control: RunControl = {},
): void {
  const { answer, watch, openDay, closeDay, assigned } = options;
  for (let day = from; day < to; day++) {
    control.signal?.throwIfAborted();
    world.openDay(day);
    openDay?.(day);
    for (let shard = 0; shard < shardCount; shard++) {
      const open = world.openShard(shard, assigned);
      for (let requests = open.next(); requests !== undefined; requests = open.next()) {
        const slates = answer(requests);
        watch(requests, slates, open.respond(slates));
      }
    }
    closeDay?.(day);
    world.closeDay();
  }
}

/** A policy's answer where it is known to come at once. */
export function atOnce(answer: SlateBatch | Promise<SlateBatch>): SlateBatch {
  if (answer instanceof Promise) throw new TypeError("this loop plays policies that answer at once; got a promise");
  return answer;
}
