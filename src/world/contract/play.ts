/** What the contract's checks share: a stand-in for a platform that plays days without learning, and digests of what it saw. */
import { createHash, type Hash } from "node:crypto";
import { uniformInt } from "../../random.js";
import {
  shardCount,
  type Catalogue,
  type Day,
  type FeedbackBatch,
  type RequestBatch,
  type SlateBatch,
} from "../../types.js";
import type { ShardDay, Visits } from "../shard-day.js";
import type { World } from "../world.js";

/** Called with each answered batch. */
export type OnPage = (requests: RequestBatch, slates: SlateBatch, feedback: FeedbackBatch) => void;

/** Distinct live videos by a hash of (request, slot): the same for a request wherever it is played. */
export function hashedSlates(world: World, requests: RequestBatch): SlateBatch {
  const { slots } = world.config;
  const { count } = requests;
  const live = world.catalogue.liveVideos[requests.day]!;
  const video = new Int32Array(count * slots).fill(-1);
  for (let row = 0; row < count; row++) {
    const id = requests.request[row]!;
    for (let k = 0, draw = 0; k < slots; draw++) {
      const v = uniformInt(live, 77, id >>> 0, Math.floor(id / 4294967296), draw);
      const page = video.subarray(row * slots, row * slots + k);
      if (!page.includes(v)) video[row * slots + k++] = v;
    }
  }
  return {
    count,
    slots,
    video,
    source: new Uint8Array(count * slots),
    propensity: new Float64Array(count * slots).fill(1),
    component: new Uint8Array(count),
  };
}

/** Plays one opened shard to its end. */
export function playOpened(world: World, open: ShardDay, onPage?: OnPage): Visits {
  for (let requests = open.next(); requests !== undefined; requests = open.next()) {
    const slates = hashedSlates(world, requests);
    const feedback = open.respond(slates);
    onPage?.(requests, slates, feedback);
  }
  return open.visits();
}

/** One sha256 per shard of the open day, of all that a platform sees of it; shards are played in `order`. [shardCount] */
export function digestShards(
  world: World,
  order: Iterable<number> = new Array(shardCount).keys(),
  after?: OnPage,
  visited?: (visits: Visits) => void,
): readonly string[] {
  const digests = new Array<string>(shardCount).fill("");
  for (const shard of order) {
    const hash = createHash("sha256");
    const visits = playOpened(world, world.openShard(shard), (requests, slates, feedback) => {
      addColumns(hash, requests);
      addColumns(hash, feedback);
      after?.(requests, slates, feedback);
    });
    addColumns(hash, visits);
    visited?.(visits);
    digests[shard] = hash.digest("hex");
  }
  return digests;
}

/** Plays days `from … to − 1` and gives one digest per day and shard. */
export function digestDays(
  world: World,
  from: Day,
  to: Day,
  after?: OnPage,
  visited?: (visits: Visits) => void,
  order?: () => Iterable<number>,
): readonly string[] {
  const all: string[] = [];
  for (let day = from; day < to; day++) {
    world.openDay(day);
    all.push(...digestShards(world, order?.(), after, visited));
    world.closeDay();
  }
  return all;
}

/** A sha256 of the public record. */
export function digestCatalogue(catalogue: Catalogue): string {
  const hash = createHash("sha256").update(JSON.stringify([catalogue.topicNames, catalogue.creatorCount]));
  for (const part of [catalogue.users, catalogue.videos, catalogue.campaigns ?? {}, { live: catalogue.liveVideos }])
    addColumns(hash, part);
  return hash.digest("hex");
}

/** A record's own columns, by name in order; numbers too. */
function addColumns(hash: Hash, record: object): void {
  for (const [name, value] of Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(name);
    if (ArrayBuffer.isView(value)) hash.update(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    else hash.update(String(value));
  }
}

/** Where two lists of digests differ first, as "day 1, shard 7"; undefined when they do not. */
export function firstDifference(a: readonly string[], b: readonly string[], from: Day = 0): string | undefined {
  const at = a.findIndex((digest, i) => digest !== b[i]);
  if (at < 0 && a.length === b.length) return undefined;
  return at < 0 ? "one has more days" : `day ${from + Math.floor(at / shardCount)}, shard ${at % shardCount}`;
}
