/** The contract's fifth part: invalid calls are refused, and leave the world unchanged. */
import type { SlateBatch } from "../../types.js";
import { horizonDays, type WorldConfig } from "../config.js";
import type { Check, Contract } from "./types.js";
import { digestDays, firstDifference, hashedSlates } from "./play.js";
import type { World } from "../world.js";

function mustThrow(what: string, action: () => unknown): void {
  try {
    action();
  } catch {
    return;
  }
  throw new Error(`${what} was accepted; allowed: to throw`);
}

/** Checks of refusals. */
export function refusalChecks({ open, config, seed }: Contract): readonly Check[] {
  const first = (world: World): { shard: number; visit: ReturnType<World["openShard"]>; good: SlateBatch } => {
    for (let shard = 0; shard < 64; shard++) {
      const visit = world.openShard(shard);
      const requests = visit.next();
      if (requests !== undefined) return { shard, visit, good: hashedSlates(world, requests) };
    }
    throw new Error("nobody visits on day 0; allowed: a config with visits");
  };
  return [
    {
      name: "bad pages are refused and leave no trace",
      run(): void {
        const [spoiled, clean] = [open(config, seed), open(config, seed)];
        spoiled.openDay(0);
        clean.openDay(0);
        const { visit, good } = first(spoiled);
        const live = spoiled.catalogue.liveVideos[0]!;
        const last = good.video.length - 1;
        const withLast = (video: number): SlateBatch => ({
          ...good,
          video: good.video.map((v, i) => (i === last ? video : v)),
        });
        mustThrow("a page with a video of an unknown id", () =>
          visit.respond(withLast(spoiled.catalogue.videos.count + 1)),
        );
        mustThrow("a page with a negative id", () => visit.respond(withLast(-2)));
        if (live < spoiled.catalogue.videos.count)
          mustThrow("a page with a video that is uploaded later", () => visit.respond(withLast(live)));
        mustThrow("a page with one video twice", () => visit.respond(withLast(good.video[last - 1]!)));
        mustThrow("pages for fewer requests", () => visit.respond({ ...good, count: good.count - 1 }));
        mustThrow("pages with fewer slots", () => visit.respond({ ...good, slots: good.slots - 1 }));
        const a = visit.respond(good);
        const b = first(clean).visit.respond(good);
        if (a.watchMs.join() !== b.watchMs.join() || a.click.join() !== b.click.join())
          throw new Error("users answer differently after bad pages were refused; allowed: the same answers");
      },
    },
    {
      name: "calls out of order are refused",
      run(): void {
        const world = open(config, seed);
        mustThrow("openShard before openDay", () => world.openShard(0));
        mustThrow("closeDay before openDay", () => world.closeDay());
        mustThrow("openDay(1) before day 0", () => world.openDay(1));
        world.openDay(0);
        mustThrow("openDay while a day is open", () => world.openDay(1));
        mustThrow("a snapshot while a day is open", () => world.snapshot());
        for (const shard of [-1, 64, 0.5]) mustThrow(`openShard(${shard})`, () => world.openShard(shard));
        mustThrow("assigned users of another length", () => world.openShard(0, new Uint8Array(1)));
        const { visit, good } = first(world);
        mustThrow("next() before the last batch was answered", () => visit.next());
        mustThrow("visits() before the shard has ended", () => visit.visits());
        visit.respond(good);
        mustThrow("respond() twice", () => visit.respond(good));
        world.closeDay();
        if (firstDifference(digestDays(open(config, seed), 0, 1), []) === undefined)
          throw new Error("a world has no days; allowed: days to play");
        const whole = open({ ...config, days: 1, extraDays: 0, drift: [] }, seed);
        digestDays(whole, 0, horizonDays(whole.config));
        mustThrow("a day after the horizon", () => whole.openDay(1));
      },
    },
    {
      name: "unsound configs and seeds are refused",
      run(): void {
        const bad: readonly Partial<WorldConfig>[] = [
          { users: -1 },
          { users: NaN },
          { videos: 2.5 },
          { slots: 100_000 },
          { laterVisit: 1.5 },
          { drift: [{ day: 10_000, kind: "concept", strength: 1 }] },
        ];
        for (const change of bad)
          mustThrow(
            `a config with ${Object.entries(change)
              .map(([field, value]) => `${field} ${JSON.stringify(value)}`)
              .join()}`,
            () => open({ ...config, ...change }, seed),
          );
        for (const odd of [NaN, 0.5, Infinity]) mustThrow(`seed ${odd}`, () => open(config, odd));
      },
    },
    {
      name: "a snapshot of another world is refused",
      run(): void {
        const world = open(config, seed);
        mustThrow("a snapshot of another seed", () => world.restore(open(config, seed + 1).snapshot()));
        mustThrow("a snapshot of another config", () =>
          world.restore(open({ ...config, users: config.users + 64 }, seed).snapshot()),
        );
      },
    },
  ];
}
