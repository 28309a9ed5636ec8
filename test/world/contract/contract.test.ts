import { describe, expect, it } from "vitest";
import { contractConfig, worldContract } from "../../../src/world/contract/contract.js";
import type { ContractOptions, OpenWorld } from "../../../src/world/contract/types.js";
import { digestShards } from "../../../src/world/contract/play.js";
import { openWorld, type World } from "../../../src/world/index.js";
import { answering, asking, attachBroken, broken, truthOf } from "./broken-worlds.js";

const thread: NonNullable<ContractOptions["thread"]> = async (shared) => digestShards(attachBroken(shared)); // this thread does for these
const names = worldContract(openWorld, { thread }).map(({ name }) => name);

describe("the built-in world keeps the contract", () => {
  for (const check of worldContract(openWorld, { thread })) it(check.name, check.run);
});

describe("a world with replaced behaviour keeps the contract", () => {
  const own: OpenWorld = (config, seed) =>
    openWorld(config, seed, {
      clickLogit: (given, { position }) => given - 0.2 * position,
      leave: (given) => given / 2,
    });
  for (const check of worldContract(own)) it(check.name, check.run);
});

describe.each(["cascade", "multinomial"] as const)("the %s world keeps the contract", (choiceModel) => {
  for (const check of worldContract((config, seed) => openWorld({ ...config, choiceModel }, seed)))
    it(check.name, check.run);
});

/** For the broken worlds: large enough for every check to see what is broken. */
const smaller = { ...contractConfig(), users: 110, videos: 250 };

/** Outcomes of a page: what a click brings. */
const outcomes = ["click", "watchMs", "like", "share", "hide", "follow", "conversion", "revenueMicros"] as const;

/** Whoever clears a click clears all that came of it. */
const unclick = (feedback: Parameters<Parameters<typeof answering>[0]>[0], at: number): void =>
  outcomes.forEach((name) => void (feedback[name][at] = 0));

/** Likes whatever is clicked in a page's first slot, or nothing there: a trace that breaks no rule. */
const trace = (feedback: Parameters<Parameters<typeof answering>[0]>[0], on: boolean): void => {
  for (let row = 0; row < feedback.count; row++)
    if (feedback.click[row * feedback.slots] === 1) feedback.like[row * feedback.slots] = on ? 1 : 0;
};

interface Mutant {
  readonly what: string;
  readonly open: () => OpenWorld;
  readonly caught: string;
  readonly options?: ContractOptions;
}

const mutants: readonly Mutant[] = [
  {
    what: "a world that counts how often it was opened",
    caught: "the same config and seed give the same bytes",
    open: () =>
      broken({
        catalogue: (catalogue, count) => {
          catalogue.videos.sponsored[0] = count % 2;
          return catalogue;
        },
      }),
  },
  {
    what: "a world that ignores its seed",
    caught: "another seed gives another world",
    open: () => broken({ open: (config, seed) => openWorld(config, Number.isSafeInteger(seed) ? 1 : seed) }),
  },
  {
    what: "a snapshot that keeps the day and forgets the rest",
    caught: "a restored snapshot replays the days after it",
    open: () =>
      broken({
        world: (_world, restore) => ({
          restore: (snapshot) =>
            restore({
              ...snapshot,
              columns: snapshot.columns.map((column, i) => (i === 0 ? column : column.slice().fill(0))),
            }),
        }),
      }),
  },
  {
    what: "a shard that looks at another shard's day",
    caught: "shards may be played in any order",
    open: () => {
      const last = new WeakMap<World, { readonly day: number; readonly over: boolean }>();
      return broken({
        shard: (open, world, shard) => {
          const before = last.get(world);
          const over = before?.day === world.day && before.over; // shard 63 was played before this one today
          last.set(world, { day: world.day, over: over || shard === 63 });
          return over ? answering((feedback) => trace(feedback, true))(open) : open;
        },
      });
    },
  },
  {
    what: "a world that lets everybody in",
    caught: "users assigned to two arms do the same as without arms",
    open: () =>
      broken({
        world: (world) => ({
          openShard: (shard, assigned) => (world.openShard(shard, assigned), world.openShard(shard)),
        }),
      }),
  },
  {
    what: "an attached world without the state of its owner",
    caught: "a world attached in another thread",
    open: () => broken({ world: (world) => ({ share: () => ({ ...world.share(), seed: world.seed + 1 }) }) }),
  },
  {
    what: "a catalogue that tells quality",
    caught: "the catalogue is the public record and nothing else",
    open: () =>
      broken({
        catalogue: (catalogue) => {
          Object.defineProperty(catalogue.videos, "quality", {
            value: new Float32Array(catalogue.videos.count),
            enumerable: false,
          });
          return catalogue;
        },
      }),
  },
  {
    what: "a catalogue column that is a window on more",
    caught: "the catalogue is the public record and nothing else",
    open: () =>
      broken({
        catalogue: (catalogue) => {
          const wide = new Uint8Array(catalogue.users.count * 2);
          wide.set(catalogue.users.region);
          return { ...catalogue, users: { ...catalogue.users, region: wide.subarray(0, catalogue.users.count) } };
        },
      }),
  },
  {
    what: "requests that tell satisfaction",
    caught: "requests are of known users",
    open: () =>
      broken({
        shard: asking((requests) => void Object.assign(requests, { satisfaction: new Float32Array(requests.count) })),
      }),
  },
  {
    what: "feedback that tells examination",
    caught: "feedback is what a platform can see",
    open: () =>
      broken({ shard: answering((feedback) => void Object.assign(feedback, { examined: feedback.click.slice() })) }),
  },
  {
    what: "likes without a click",
    caught: "feedback is what a platform can see",
    open: () =>
      broken({
        shard: answering((feedback) =>
          feedback.click.forEach((click, i) => void (click === 0 && (feedback.like[i] = 1))),
        ),
      }),
  },
  {
    what: "visits that tell why they ended",
    caught: "visits lie within the day",
    open: () =>
      broken({
        shard: (open) => ({
          next: () => open.next(),
          respond: (slates) => open.respond(slates),
          visits: () => ({ ...open.visits(), why: "bored" }),
        }),
      }),
  },
  {
    what: "pages asked for while the last video still plays",
    caught: "time passes: pages in order",
    open: () =>
      broken({
        shard: (open) => {
          const began = new Map<number, number>();
          return asking((requests) =>
            requests.session.forEach((session, i) => {
              if (requests.page[i] === 0) began.set(session, requests.timeMs[i]!);
              requests.timeMs[i] = began.get(session) as number; // all pages at the time of the first
            }),
          )(open);
        },
      }),
  },
  {
    what: "a world that does not heed the time budget",
    caught: "the time budget is kept",
    open: () =>
      broken({
        open: (config, seed) => openWorld({ ...config, budgetMs: Math.max(config.budgetMs, 1_500_000) }, seed),
      }),
  },
  {
    what: "durations that tell how clickable a world is",
    caught: "hidden behaviour does not show in the public record",
    open: () =>
      broken({
        catalogue: (catalogue, _count, config) => {
          if (config.clickBase < -3) catalogue.users.ageBand[0] = (catalogue.users.ageBand[0]! + 1) % 6;
          return catalogue;
        },
      }),
  },
  {
    what: "a world that reads its last feedback again",
    caught: "writing into what was handed out changes nothing",
    open: () =>
      broken({
        shard: (open) => {
          let kept: { readonly handed: Int32Array; readonly copy: Int32Array } | undefined;
          return answering((feedback) => {
            if (kept && kept.handed.join() !== kept.copy.join()) trace(feedback, true);
            kept = { handed: feedback.watchMs, copy: feedback.watchMs.slice() };
          })(open);
        },
      }),
  },
  {
    what: "a world that reads the catalogue it has handed out",
    caught: "writing into the catalogue changes nothing",
    open: () =>
      broken({
        shard: (open, world) =>
          answering((feedback) => {
            if (world.catalogue.users.language.every((code) => code === 1)) trace(feedback, true);
          })(open),
      }),
  },
  {
    what: "a truth with probabilities above 1",
    caught: "probabilities lie in [0, 1]",
    open: () => broken({}),
    options: { oracle: (world) => ({ ...truthOf(world), examination: () => Float64Array.of(1.01) }) },
  },
  {
    what: "users who click half as often as the truth says",
    caught: "clicks and watch time come as often as the oracle expects",
    open: () =>
      broken({
        shard: answering((feedback, { video }) =>
          feedback.click.forEach((_, i) => void (video[i]! % 2 === 0 && unclick(feedback, i))),
        ),
      }),
  },
  {
    what: "a world that plays pages with unknown videos",
    caught: "bad pages are refused",
    open: () =>
      broken({
        shard: (open, world) => ({
          next: () => open.next(),
          visits: () => open.visits(),
          respond: (slates) =>
            open.respond({ ...slates, video: slates.video.map((v) => (v >= world.catalogue.videos.count ? -1 : v)) }),
        }),
      }),
  },
  {
    what: "a world that opens whatever day is asked for",
    caught: "calls out of order are refused",
    open: () =>
      broken({
        world: (world, restore) => {
          let next = 0;
          return {
            openDay: (day) => (day > next ? world.openDay(next++) : (world.openDay(day), void (next = day + 1))),
            restore: (snapshot) => (restore(snapshot), void (next = snapshot.day + 1)),
          };
        },
      }),
  },
  {
    what: "a world that mends unsound configs by itself",
    caught: "unsound configs and seeds are refused",
    open: () =>
      broken({ open: (config, seed) => openWorld({ ...config, laterVisit: Math.min(1, config.laterVisit) }, seed) }),
  },
  {
    what: "a world that takes any snapshot",
    caught: "a snapshot of another world is refused",
    open: () =>
      broken({
        world: (world) => ({
          restore: (snapshot) => {
            world.restore({ ...snapshot, fingerprint: world.snapshot().fingerprint }); // one of another size is still refused
          },
        }),
      }),
  },
  {
    what: "a slow world",
    caught: "impressions are played per CPU second",
    open: () =>
      broken({
        world: (world) => ({
          openDay(day) {
            const start = process.cpuUsage();
            for (let spent = 0; spent < 60_000;) {
              // microseconds
              const { user, system } = process.cpuUsage(start);
              spent = user + system;
            }
            world.openDay(day);
          },
        }),
      }),
  },
];

describe("the contract catches", () => {
  it.each(mutants)("$what, by one check and no other", async ({ open, caught, options }) => {
    const failed: string[] = [];
    for (const [i, name] of names.entries()) {
      if (name.includes("CPU second") && !caught.includes("CPU second")) continue; // the others are no slower
      // a fresh breed of worlds for each check
      const check = worldContract(open(), { thread, oracle: truthOf, config: smaller, ...options })[i];
      try {
        await check?.run();
      } catch {
        failed.push(name);
      }
    }
    expect(failed).toEqual(names.filter((name) => name.includes(caught)));
    expect(failed).toHaveLength(1);
  });

  it("at least one broken world for every check", () => {
    const untested = names.filter((name) => !mutants.some(({ caught }) => name.includes(caught)));
    expect(untested).toEqual([]);
  });
});

describe("the contract's options", () => {
  it("leave out what a world cannot be asked, and say when hidden changes do nothing", async () => {
    const bare = worldContract(openWorld, { oracle: false }).map(({ name }) => name);
    expect(names.filter((name) => !bare.includes(name))).toEqual([
      expect.stringContaining("another thread"),
      expect.stringContaining("probabilities"),
      expect.stringContaining("as often as the oracle"),
    ]);
    const blind = worldContract(openWorld, { hidden: { adBidMicros: 1 } }).find(({ name }) =>
      name.startsWith("hidden"),
    );
    expect(() => blind?.run()).toThrow(
      "adBidMicros change nothing that users do; allowed for the contract's hidden: fields that this world uses",
    );
  });
});
