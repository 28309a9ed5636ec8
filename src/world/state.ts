/**
 * All memory of a world: columns over SharedArrayBuffers, in two groups. `fixed` is written once when the world is made,
 * `mutable` is what days change and what a snapshot holds. The same function lays out a new world and attaches to an existing
 * one, so a worker thread sees the same memory.
 */
import { shardCount } from "../types.js";
import type { Campaigns, Catalogue, PublicUsers, PublicVideos } from "../types.js";
import type { Behaviour } from "./people/behaviour.js";
import { horizonDays, horizonUsers, horizonVideos } from "./config.js";
import type { WorldConfig } from "./config.js";
import { keyring } from "./keys.js";
import type { Keyring } from "./keys.js";
import { topicNames } from "./content/topics.js";

/** Dimensions of the latent space. */
export const latentDim = 8;
/** Most taste modes a user has. */
export const maxModes = 3;
/** Videos a user remembers having watched. */
export const memoryLength = 64;
/** Creators a user can follow at once; a new one replaces the oldest. */
export const followLength = 8;

/**
 * A video's hidden row: 16 float32 (one cache line), so that scoring a random video costs one memory access.
 * The latent vector comes first; the constants below are the offsets of the rest.
 */
export const traitWidth = 16;
export const trait = {
  looks: 8,
  quality: 9,
  bait: 10,
  logLength: 11,
  short: 12,
  topic: 13,
  language: 14,
  durationMs: 15,
} as const;

/** What only the world knows about its users. Ragged per-mode columns have `maxModes` places per user. */
export interface HiddenUsers {
  readonly modeCount: Uint8Array; // [users] 2 or 3
  readonly modeWeight: Float32Array; // [users, maxModes] 0 = no such mode
  readonly activity: Float32Array; // [users] logit of visiting at satisfaction 0
  readonly patience: Float32Array; // [users] logits, larger stays longer
  readonly attention: Float32Array; // [users] η of P(examined at k) = (k + 1)^-η
  readonly susceptibility: Float32Array; // [users] multiplies the pull of clickbait, mean 1
  readonly lengthTaste: Float32Array; // [users] logits, larger likes long videos
  readonly clickBias: Float32Array; // [users] logits
  readonly peakMinute: Int16Array; // [users] preferred minute of the day
  readonly speaks: Uint8Array; // [users] bit l set: understands language l
  readonly adTolerance: Float32Array; // [users] divides the irritation by ads, mean 1
  readonly bot: Uint8Array; // [users] 0 = a person, else 1 + index into botStyles
}

/** What only the world knows about its videos, in addition to `traits`. */
export interface HiddenVideos {
  readonly original: Int32Array; // [videos] the video it repeats, or itself
}

/** Styles of fraud; `HiddenUsers.bot` holds 1 + the index. */
export const botStyles = ["scraper", "click-farm", "view-inflator", "ad-clicker"] as const;
export type BotStyle = (typeof botStyles)[number];

/** The state that days change. */
export interface MutableState {
  readonly control: Int32Array; // [0] day now open or -1, [1] last closed day or -1
  readonly modeTopic: Uint8Array; // [users, maxModes]
  readonly mode: Float32Array; // [users, maxModes, latentDim]
  readonly satisfaction: Float32Array; // [users] moving average of page satisfaction, in (-1, 1)
  readonly satiation: Float32Array; // [users, topics]
  readonly memory: Int32Array; // [users, memoryLength] ring of videos watched, stored as id of the original + 1, 0 = empty
  readonly memoryNext: Int32Array; // [users] place of the next entry
  readonly subscribed: Uint8Array; // [users]
  readonly churned: Uint8Array; // [users] 1 = has left for good
  readonly followed: Int32Array; // [users, followLength] ring of creators, stored as id + 1, 0 = empty
  readonly followedNext: Uint8Array; // [users] place of the next entry
  readonly adSpent: Float64Array; // [shardCount, campaigns] micros charged on the open day
  readonly shardClicks: Int32Array; // [shardCount, topics] clicks of the open day by true topic
  readonly trend: Float64Array; // [topics] logits
  readonly shock: Float64Array; // [topics] logits, from prior drift
}

/** The inside of a world. Never given to a recommender. */
export interface WorldState {
  readonly config: WorldConfig;
  readonly seed: number;
  readonly replication: number | undefined; // of what happens from day to day; undefined: the world's own
  readonly keys: Keyring;
  readonly catalogue: Catalogue;
  readonly traits: Float32Array; // [videos, traitWidth]
  readonly users: HiddenUsers;
  readonly videos: HiddenVideos;
  readonly now: MutableState;
  readonly buffers: WorldBuffers;
  readonly behaviour: Behaviour | undefined; // undefined: nothing is replaced
  /** Budgets in equal parts, by arm; undefined: one for all. */
  budgetSplit?: { readonly armOf: Uint8Array; readonly spent: readonly Float64Array[] }; // spent: [arms][shardCount, campaigns]
}

/** The memory itself, in the order of the layout. */
export interface WorldBuffers {
  readonly fixed: readonly ArrayBufferLike[];
  readonly mutable: readonly ArrayBufferLike[];
}

/** Memory that worker threads can share; where a page may not have such, its own. */
const memory = (bytes: number): ArrayBufferLike =>
  typeof SharedArrayBuffer === "undefined" ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes);

/** Hands out buffers one after another: new ones, or those of a world that exists. */
class Shelf {
  readonly taken: ArrayBufferLike[] = [];
  constructor(private readonly existing?: readonly ArrayBufferLike[]) {}

  private take(bytes: number): ArrayBufferLike {
    const buffer = this.existing ? this.existing[this.taken.length] : memory(bytes);
    if (!buffer || buffer.byteLength !== bytes)
      throw new RangeError(
        `shared world does not fit its config: a column has ${buffer?.byteLength ?? 0} bytes; allowed: ${bytes}`,
      );
    this.taken.push(buffer);
    return buffer;
  }

  u8 = (length: number): Uint8Array => new Uint8Array(this.take(length));
  i16 = (length: number): Int16Array => new Int16Array(this.take(length * 2));
  i32 = (length: number): Int32Array => new Int32Array(this.take(length * 4));
  f32 = (length: number): Float32Array => new Float32Array(this.take(length * 4));
  f64 = (length: number): Float64Array => new Float64Array(this.take(length * 8));
}

/** Lays out a world's columns, all zero, or over the buffers of an existing world. */
export function layout(
  config: WorldConfig,
  seed: number,
  existing?: WorldBuffers,
  behaviour?: Behaviour,
  replication?: number,
): WorldState {
  const fixed = new Shelf(existing?.fixed);
  const mutable = new Shelf(existing?.mutable);
  const users = horizonUsers(config);
  const videos = horizonVideos(config);
  const publicUsers: PublicUsers = {
    count: users,
    joinDay: fixed.i16(users),
    ageBand: fixed.u8(users),
    region: fixed.u8(users),
    device: fixed.u8(users),
    language: fixed.u8(users),
  };
  const publicVideos: PublicVideos = {
    count: videos,
    uploadDay: fixed.i16(videos),
    topic: fixed.u8(videos),
    creator: fixed.i32(videos),
    durationMs: fixed.i32(videos),
    language: fixed.u8(videos),
    sponsored: fixed.u8(videos),
  };
  const liveVideos = fixed.i32(horizonDays(config));
  const traits = fixed.f32(videos * traitWidth);
  const hidden: HiddenUsers = {
    modeCount: fixed.u8(users),
    modeWeight: fixed.f32(users * maxModes),
    activity: fixed.f32(users),
    patience: fixed.f32(users),
    attention: fixed.f32(users),
    susceptibility: fixed.f32(users),
    lengthTaste: fixed.f32(users),
    clickBias: fixed.f32(users),
    peakMinute: fixed.i16(users),
    speaks: fixed.u8(users),
    adTolerance: fixed.f32(users),
    bot: fixed.u8(users),
  };
  const hiddenVideos: HiddenVideos = { original: fixed.i32(videos) };
  const n = config.campaigns;
  const campaigns: Campaigns = {
    count: n,
    video: fixed.i32(n),
    regions: fixed.u8(n),
    ageBands: fixed.u8(n),
    bidMicros: fixed.i32(n),
    dailyBudgetMicros: fixed.i32(n),
  };
  const now: MutableState = {
    control: mutable.i32(2),
    modeTopic: mutable.u8(users * maxModes),
    mode: mutable.f32(users * maxModes * latentDim),
    satisfaction: mutable.f32(users),
    satiation: mutable.f32(users * config.topics),
    memory: mutable.i32(users * memoryLength),
    memoryNext: mutable.i32(users),
    subscribed: mutable.u8(users),
    churned: mutable.u8(users),
    followed: mutable.i32(users * followLength),
    followedNext: mutable.u8(users),
    adSpent: mutable.f64(shardCount * n),
    shardClicks: mutable.i32(shardCount * config.topics),
    trend: mutable.f64(config.topics),
    shock: mutable.f64(config.topics),
  };
  const catalogue: Catalogue = {
    users: publicUsers,
    videos: publicVideos,
    campaigns,
    topicNames: topicNames(config.topics),
    creatorCount: config.creators,
    liveVideos,
  };
  return {
    config,
    seed,
    replication,
    keys: keyring(seed, replication),
    catalogue,
    traits,
    users: hidden,
    videos: hiddenVideos,
    now,
    buffers: { fixed: fixed.taken, mutable: mutable.taken },
    behaviour,
  };
}
