/** Worlds that break one promise each: the built-in one behind a wrapper. */
import type { Catalogue, FeedbackBatch, RequestBatch, SlateBatch } from "../../../src/types.js";
import {
  attachWorld,
  openOracle,
  openWorld,
  type Oracle,
  type SharedWorld,
  type ShardDay,
  type World,
  type WorldConfig,
} from "../../../src/world/index.js";
import type { OpenWorld } from "../../../src/world/contract/types.js";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The worlds behind the wrappers, for their oracle. */
const inner = new WeakMap<World, World>();

/** The truth of a wrapped world. */
export function truthOf(world: World): Oracle {
  return openOracle(inner.get(world) ?? world);
}

/** What a wrapper may change. `count` is how many worlds of the same config and seed were opened before. */
interface Change {
  readonly open?: (config: WorldConfig, seed: number) => World;
  readonly world?: (world: World, restore: World["restore"]) => Partial<World>; // `restore` refuses the snapshots of other worlds
  readonly catalogue?: (catalogue: Catalogue, count: number, config: WorldConfig) => Catalogue;
  readonly shard?: (open: ShardDay, world: World, shard: number, assigned: Uint8Array | undefined) => ShardDay;
}

/** How to attach to a wrapped world. */
const attachers = new WeakMap<SharedWorld, () => World>();

/** `attachWorld`, wrapped as the owner is. */
export function attachBroken(shared: SharedWorld): World {
  return attachers.get(shared)?.() ?? attachWorld(shared);
}

/** Opens worlds with a change; each call gives a new breed, so that one check's worlds do not count for another. */
export function broken(change: Change): OpenWorld {
  const opened = new Map<string, number>();
  const wrap = (world: World, count: number, config: WorldConfig, key: string): World => {
    const wrapped: World = {
      config: world.config,
      seed: world.seed,
      catalogue: change.catalogue?.(world.catalogue, count, config) ?? world.catalogue,
      get day(): number {
        return world.day;
      },
      openDay: (day) => world.openDay(day),
      openShard(shard, assigned) {
        const open = world.openShard(shard, assigned);
        return change.shard?.(open, wrapped, shard, assigned) ?? open;
      },
      splitBudgets: (armOf) => world.splitBudgets(armOf),
      closeDay: () => world.closeDay(),
      // snapshots are of the config and seed that were asked for, whatever stands inside
      snapshot: () => ({ ...world.snapshot(), fingerprint: key }),
      restore(snapshot) {
        if (snapshot.fingerprint !== key) throw new RangeError("restore: the snapshot is of another world");
        world.restore({ ...snapshot, fingerprint: world.snapshot().fingerprint });
      },
      share() {
        const shared = world.share();
        attachers.set(shared, () => wrap(attachWorld(shared), count, config, key));
        return shared;
      },
    };
    Object.defineProperties(wrapped, Object.getOwnPropertyDescriptors(change.world?.(world, wrapped.restore) ?? {}));
    inner.set(wrapped, world);
    return wrapped;
  };
  return (config, seed) => {
    const world = (change.open ?? openWorld)(config, seed);
    const key = JSON.stringify([config, seed]);
    const count = opened.get(key) ?? 0;
    opened.set(key, count + 1);
    return wrap(world, count, config, key);
  };
}

/** A shard whose requests are changed on their way out. */
export function asking(change: (requests: Mutable<RequestBatch>) => void): (open: ShardDay) => ShardDay {
  return (open) => ({
    next(): RequestBatch | undefined {
      const requests = open.next();
      if (requests) change(requests);
      return requests;
    },
    respond: (slates) => open.respond(slates),
    visits: () => open.visits(),
  });
}

/** A shard whose feedback is changed on its way out. */
export function answering(
  change: (feedback: Mutable<FeedbackBatch>, slates: SlateBatch) => void,
): (open: ShardDay) => ShardDay {
  return (open) => ({
    next: () => open.next(),
    respond(slates): FeedbackBatch {
      const feedback = open.respond(slates);
      change(feedback, slates);
      return feedback;
    },
    visits: () => open.visits(),
  });
}
