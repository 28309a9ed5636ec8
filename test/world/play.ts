/** Small stand-ins for a platform: policies that fill pages without learning, and a loop that plays days. */
import { createHash } from "node:crypto";
import { shardCount } from "../../src/types.js";
import type { Day, FeedbackBatch, RequestBatch, SlateBatch } from "../../src/types.js";
import { defaults, openWorld } from "../../src/world/index.js";
import type { World, WorldConfig } from "../../src/world/index.js";
import { uniformSlates } from "./slates.js";

export { slatesOf, uniformSlates } from "./slates.js";

/** A world small enough for a unit test. */
export const small: WorldConfig = {
  ...defaults,
  users: 120,
  videos: 400,
  days: 5,
  extraDays: 3,
  creators: 20,
  slots: 5,
};

export function smallWorld(seed = 1, changes: Partial<WorldConfig> = {}): World {
  return openWorld({ ...small, ...changes }, seed);
}

export type Answer = (batch: RequestBatch) => SlateBatch;
export type Watch = (batch: RequestBatch, slates: SlateBatch, feedback: FeedbackBatch) => void;

/** Plays one shard of the open day to its end. */
export function playShard(
  world: World,
  shard: number,
  answer: Answer,
  watch: Watch = () => undefined,
  assigned?: Uint8Array,
): void {
  const day = world.openShard(shard, assigned);
  for (let batch = day.next(); batch; batch = day.next()) {
    const slates = answer(batch);
    watch(batch, slates, day.respond(slates));
  }
}

/** Plays days `from` … `to - 1`, all shards in order. */
export function playDays(
  world: World,
  from: Day,
  to: Day,
  answer: Answer = (batch) => uniformSlates(world, batch),
  watch?: Watch,
  assigned?: Uint8Array,
): void {
  for (let day = from; day < to; day++) {
    world.openDay(day);
    for (let shard = 0; shard < shardCount; shard++) playShard(world, shard, answer, watch, assigned);
    world.closeDay();
  }
}

/** sha256 over all memory of a world, public and hidden. */
export function digest(world: World): string {
  const hash = createHash("sha256");
  const { buffers } = world.share();
  for (const buffer of [...buffers.fixed, ...buffers.mutable]) hash.update(new Uint8Array(buffer));
  return hash.digest("hex");
}

/** sha256 over what a platform sees of some days. */
export function historyOf(world: World, from: Day, to: Day, answer?: Answer): string {
  const hash = createHash("sha256");
  playDays(world, from, to, answer, (batch, slates, feedback) => {
    for (const column of [
      batch.request,
      batch.timeMs,
      batch.device,
      slates.video,
      feedback.click,
      feedback.watchMs,
      feedback.like,
      feedback.share,
      feedback.hide,
      feedback.conversion,
      feedback.revenueMicros,
    ])
      hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  });
  return hash.digest("hex");
}
