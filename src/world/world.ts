/**
 * The world: opened from a config and a seed, moved day by day. `openDay` brings uploads, newcomers and drift; shards play
 * the day independently of each other; `closeDay` is midnight, when they meet. See `ShardDay` for the rounds within a day.
 */
import { shardCount } from "../types.js";
import type { Catalogue, Day } from "../types.js";
import { makeCampaigns, openAdsDay, splitBudgets } from "./ads.js";
import { checkBehaviour, loadBehaviour } from "./people/behaviour.js";
import type { Behaviour, BehaviourModule } from "./people/behaviour.js";
import { checkConfig } from "./check-config.js";
import { horizonDays } from "./config.js";
import type { DriftEvent, WorldConfig } from "./config.js";
import { applyDrift } from "./drift.js";
import { publicCopy } from "./public-copy.js";
import { openShardDay } from "./shard-day.js";
import type { ShardDay } from "./shard-day.js";
import { layout } from "./state.js";
import type { WorldBuffers, WorldState } from "./state.js";
import { walkTastes } from "./people/taste.js";
import { makeUsers } from "./people/users.js";
import { makeVideos } from "./content/videos.js";

/** The mutable state of a world at the end of a day. Plain data: structured-cloneable. */
export interface WorldSnapshot {
  readonly day: Day; // last closed day, -1: none
  readonly fingerprint: string; // config (without drift), seed and replaced behaviours: what must agree for a restore
  readonly drift: readonly DriftEvent[];
  readonly columns: readonly Uint8Array[];
}

/** A world's memory for worker threads: posted, not copied. */
export interface SharedWorld {
  readonly config: WorldConfig;
  readonly seed: number;
  readonly replication: number | undefined;
  readonly buffers: WorldBuffers;
  /** Set where a behaviour is replaced: where to find it, or `local` if it does not come from a module. */
  readonly behaviour?: BehaviourModule | "local";
}

/** The world. Recommenders see `catalogue` and what `ShardDay` hands out, nothing else. */
export interface World {
  readonly config: WorldConfig;
  readonly seed: number;
  readonly catalogue: Catalogue;
  /** The day now open, or -1. */
  readonly day: Day;
  /** Opens the day after the last closed one: uploads, newcomers, drift. */
  openDay(day: Day): void;
  /**
   * Opens one shard of the open day; `assigned[user] = 1` limits who may visit, the others are frozen. Each user once a day: two arms
   * share a shard by disjoint `assigned`.
   */
  openShard(shard: number, assigned?: Uint8Array): ShardDay;
  /** Midnight: reduces the shards' counts into topic trends, in shard order, and lowers satiation. */
  closeDay(): void;
  /** From the next day on, each arm has an equal part of every campaign's budget: 0 or 1 by user. Only where this world plays alone. */
  splitBudgets(armOf: Uint8Array): void;
  /** All mutable state, between days. */
  snapshot(): WorldSnapshot;
  /** Goes back to a snapshot of this world, or of one with the same config and seed whose drift plan agrees up to the snapshot's day. */
  restore(snapshot: WorldSnapshot): void;
  /** Memory for `attachWorld` in a worker thread. */
  share(): SharedWorld;
}

const states = new WeakMap<World, WorldState>();

/** The inside of a world, for the oracle and tests. Not exported from this folder. */
export function stateOf(world: World): WorldState {
  const state = states.get(world);
  if (!state) throw new TypeError("not a world: allowed: what openWorld or attachWorld returned");
  return state;
}

/**
 * Makes a world. Same config and seed, same bytes. `behaviour` replaces parts of what users do, see `Behaviour`.
 * With a `replication` the users and videos are the same and the days are drawn again: other visits, clicks and leaving. Snapshots are
 * exchangeable between replications, so an end-of-day snapshot can be continued many times.
 * @throws RangeError if the config, the seed or the replication is invalid.
 * @example const world = openWorld({ ...defaults, users: 500 }, 7);
 * @example const patient = openWorld(defaults, 7, { leave: (given) => given / 2 });
 */
export function openWorld(config: WorldConfig, seed: number, behaviour?: Behaviour, replication?: number): World {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`invalid seed: ${String(seed)}; allowed: an integer`);
  if (replication !== undefined && !Number.isSafeInteger(replication))
    throw new RangeError(
      `invalid replication: ${String(replication)}; allowed: an integer, or undefined for the world's own`,
    );
  const state = layout(checkConfig(config), seed, undefined, behaviour && checkBehaviour(behaviour), replication);
  for (let v = 0; v < state.videos.original.length; v++) state.videos.original[v] = v;
  makeVideos(state);
  makeUsers(state);
  if (config.campaigns > 0) makeCampaigns(state);
  state.now.control.set([-1, -1]);
  return worldOf(state, true);
}

/**
 * The same world in a worker thread: same memory. It may open shards (each by one thread only); days are moved by the owner. A world
 * whose behaviour is replaced is attached with the same behaviour; `joinWorld` loads it.
 */
export function attachWorld(shared: SharedWorld, behaviour?: Behaviour): World {
  if (shared.behaviour !== undefined && !behaviour)
    throw new TypeError(
      `attachWorld: this world's behaviour is replaced; allowed: ` +
        (shared.behaviour === "local"
          ? "the behaviour as second argument, or one opened by loadBehaviour"
          : "joinWorld, which loads it"),
    );
  return worldOf(
    layout(shared.config, shared.seed, shared.buffers, behaviour && checkBehaviour(behaviour), shared.replication),
    false,
  );
}

/** `attachWorld`, with the behaviour loaded from its module if the world has one. What worker threads use. */
export async function joinWorld(shared: SharedWorld): Promise<World> {
  return attachWorld(shared, typeof shared.behaviour === "object" ? await loadBehaviour(shared.behaviour) : undefined);
}

function worldOf(state: WorldState, owner: boolean): World {
  const { config, seed, now } = state;
  const catalogue = publicCopy(state.catalogue);
  const openedDay = (): Day => Atomics.load(now.control, 0);
  const closedDay = (): Day => Atomics.load(now.control, 1);
  const mustOwn = (what: string): void => {
    if (!owner) throw new Error(`${what}: this world is attached; allowed: only where it was opened`);
  };
  const mustRest = (what: string): void => {
    if (openedDay() >= 0)
      throw new Error(`${what}: day ${openedDay()} is open; allowed: between days, after closeDay()`);
  };
  const world: World = {
    config,
    seed,
    catalogue,
    get day(): Day {
      return openedDay();
    },
    openDay(day: Day): void {
      mustOwn("openDay");
      mustRest("openDay");
      const next = closedDay() + 1;
      if (day !== next || day >= horizonDays(config))
        throw new RangeError(
          `openDay: day ${day}; allowed: ${next < horizonDays(config) ? next : "none, the horizon is over"}`,
        );
      applyDrift(state, day);
      now.shardClicks.fill(0);
      openAdsDay(state);
      Atomics.store(now.control, 0, day);
    },
    openShard(shard: number, assigned?: Uint8Array): ShardDay {
      if (openedDay() < 0) throw new Error("openShard: no day is open; call openDay() first");
      return openShardDay(state, openedDay(), shard, assigned);
    },
    closeDay(): void {
      mustOwn("closeDay");
      if (openedDay() < 0) throw new Error("closeDay: no day is open");
      midnight(state);
      walkTastes(state, openedDay());
      Atomics.store(now.control, 1, openedDay());
      Atomics.store(now.control, 0, -1);
    },
    splitBudgets(armOf: Uint8Array): void {
      mustRest("splitBudgets");
      if (armOf.length < catalogue.users.count || armOf.some((arm) => arm > 1))
        throw new RangeError(`splitBudgets: ${armOf.length} arms; allowed: 0 or 1 for ${catalogue.users.count} users`);
      splitBudgets(state, armOf);
    },
    snapshot(): WorldSnapshot {
      mustRest("snapshot");
      const columns = state.buffers.mutable.map((buffer) => new Uint8Array(buffer).slice());
      return { day: closedDay(), fingerprint: fingerprint(state), drift: config.drift, columns };
    },
    restore(snapshot: WorldSnapshot): void {
      mustOwn("restore");
      mustRest("restore");
      if (snapshot.fingerprint !== fingerprint(state))
        throw new RangeError(
          "restore: the snapshot is of a world with another config, seed or behaviour; allowed: the same (drift may differ)",
        );
      const before = (plan: readonly DriftEvent[]): string =>
        JSON.stringify(plan.filter((event) => event.day <= snapshot.day));
      if (before(snapshot.drift) !== before(config.drift))
        throw new RangeError(
          `restore: drift plans differ on or before day ${snapshot.day}; allowed: to differ after it`,
        );
      state.buffers.mutable.forEach((buffer, i) => {
        const bytes = snapshot.columns[i]?.length ?? 0;
        if (bytes !== buffer.byteLength)
          throw new RangeError(
            `restore: damaged snapshot: column ${i} has ${bytes} bytes; allowed: ${buffer.byteLength}`,
          );
      });
      state.buffers.mutable.forEach((buffer, i) => new Uint8Array(buffer).set(snapshot.columns[i]!));
    },
    share: (): SharedWorld => ({
      config,
      seed,
      replication: state.replication,
      buffers: state.buffers,
      ...(state.behaviour && { behaviour: state.behaviour.from ?? "local" }),
    }),
  };
  states.set(world, state);
  return world;
}

/** Topic trends follow yesterday's share of clicks, mildly and within a limit; satiation falls. */
function midnight(state: WorldState): void {
  const { config, now } = state;
  const clicks = new Float64Array(config.topics);
  let total = 0;
  for (let s = 0; s < shardCount; s++)
    for (let t = 0; t < config.topics; t++) {
      const n = now.shardClicks[s * config.topics + t]!;
      clicks[t] = clicks[t]! + n;
      total += n;
    }
  for (let t = 0; t < config.topics; t++) {
    // One click per topic is added, so that a day with few clicks moves the trends little.
    const share = ((clicks[t]! + 1) * config.topics) / (total + config.topics);
    const trend = config.trendKept * now.trend[t]! + config.trendGain * Math.log(share);
    now.trend[t] = Math.max(-config.trendLimit, Math.min(config.trendLimit, trend));
  }
  for (let i = 0; i < now.satiation.length; i++) now.satiation[i] = now.satiation[i]! * config.satiationKept;
}

/** What a snapshot must agree on: the config without drift, the seed, and the code and config of replaced behaviours. */
function fingerprint(state: WorldState): string {
  const { drift: _, ...rest } = state.config;
  const { from, ...parts } = state.behaviour ?? {};
  const replaced = Object.entries(parts).map(([name, part]) => [name, String(part)]);
  return JSON.stringify([
    state.seed,
    sorted(rest),
    ...(replaced.length > 0 ? [replaced.sort(byName), from?.config ?? null] : []),
  ]);
}

const byName = ([a]: readonly unknown[], [b]: readonly unknown[]): number => ((a as string) < (b as string) ? -1 : 1);
const sorted = (fields: object): readonly unknown[] => Object.entries(fields).sort(byName);
