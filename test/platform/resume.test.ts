import { describe, expect, it } from "vitest";
import { eventColumns } from "../../src/log/index.js";
import { crewPlayer, herePlayer, runPlatform, type Player } from "../../src/platform/index.js";
import { compiledUrl } from "../../src/platform/compiled.js";
import { adDefaults } from "../../src/pipeline/index.js";
import { createLoggingPolicy, createUniformPolicy, loggingDefaults } from "../../src/serving/index.js";
import type { Impressions } from "../../src/types.js";
import { configFor, openWorld, type World, type WorldSnapshot } from "../../src/world/index.js";

const config = { ...configFor("tiny"), users: 200, videos: 300, days: 5, extraDays: 0 };
const open = (): World => openWorld(config, 7);
const module = compiledUrl(
  "../pipeline/logging-arm",
  new URL("../../src/platform/compiled.ts", import.meta.url).href,
).href;
const here = (world: World): Player =>
  herePlayer(world, createLoggingPolicy({ catalogue: world.catalogue, seed: 7, config: loggingDefaults }), "a");
const crew = (world: World, workers = 2): Promise<Player> =>
  crewPlayer(world, { module, config: { logging: loggingDefaults, ads: adDefaults } }, "a", workers);

/** Four days in one go, with the evening after each. */
async function whole(): Promise<{ log: Impressions[]; evenings: WorldSnapshot[] }> {
  const [log, evenings]: [Impressions[], WorldSnapshot[]] = [[], []];
  const world = open();
  await runPlatform({
    world,
    arms: [{ name: "a", player: here(world) }],
    firstDay: 0,
    days: 4,
    onDay: ({ events }) => void log.push(events),
    onMidnight: () => void evenings.push(world.snapshot()),
  });
  return { log, evenings };
}

function expectSame(a: Impressions, b: Impressions, what: string): void {
  expect(a.count, what).toBe(b.count);
  for (const { field } of eventColumns)
    expect(
      Buffer.compare(Buffer.from(a[field].slice().buffer), Buffer.from(b[field].slice().buffer)),
      `${what}, ${field}`,
    ).toBe(0);
}

describe("a platform that goes on", () => {
  it.each(["one thread", "a crew"])(
    "lives the same days from any evening, its policy told of those before, in %s",
    async (how) => {
      const { log, evenings } = await whole();
      for (const first of [1, 3]) {
        const world = open();
        world.restore(evenings[first - 1]!);
        const player = how === "a crew" ? await crew(world) : here(world);
        const again: Impressions[] = [];
        try {
          for (const day of log.slice(0, first - 1).reverse()) await player.observe(day);
          await runPlatform({
            world,
            arms: [{ name: "a", player }],
            firstDay: first,
            days: 4 - first,
            yesterdays: [log[first - 1]],
            onDay: ({ events }) => void again.push(events),
          });
        } finally {
          await player.close();
        }
        expect(again).toHaveLength(4 - first);
        again.forEach((events, i) => expectSame(events, log[first + i]!, `from day ${first}, day ${first + i}`));
        expect(world.snapshot()).toEqual(evenings[3]);
      }
    },
  );

  it("lives other days when its policy was not told", async () => {
    const { log, evenings } = await whole();
    const world = open();
    world.restore(evenings[1]!);
    const again: Impressions[] = [];
    await runPlatform({
      world,
      arms: [{ name: "a", player: here(world) }],
      firstDay: 2,
      days: 1,
      onDay: ({ events }) => void again.push(events),
    });
    expect(again[0]?.video).not.toEqual(log[2]?.video);
  });

  it("refuses to go on with a policy that cannot observe", async () => {
    const world = open();
    const player = herePlayer(world, createUniformPolicy({ catalogue: world.catalogue, seed: 7 }), "a");
    await expect(player.observe((await whole()).log[0]!)).rejects.toThrow(
      "policy uniform cannot resume from a log: it has no observe(events)",
    );
  });

  it("keeps no rows per user and day when told so", async () => {
    const world = open();
    const counts: number[] = [];
    const [days] = await runPlatform({
      world,
      arms: [{ name: "a", player: here(world) }],
      firstDay: 0,
      days: 2,
      metrics: false,
      onDay: ({ events, userDays }) => void counts.push(events.count, userDays.count),
    });
    expect(days?.count).toBe(0);
    expect(counts.map((n) => n > 0)).toEqual([true, false, true, false]);
  });

  it("says how far it is within a day, with impressions and their rate", async () => {
    const world = open();
    const said: { done: number; total: number; detail: string }[] = [];
    await runPlatform({
      world,
      arms: [{ name: "a", player: here(world) }],
      firstDay: 0,
      days: 2,
      control: { onProgress: (_, done, total, detail = "") => said.push({ done, total, detail }) },
    });
    expect(said.map(({ done }) => done)).toEqual([...said.map(({ done }) => done)].sort((a, b) => a - b));
    expect(said.length).toBeGreaterThan(20);
    expect(said.at(-1)).toMatchObject({ done: 2, total: 2 });
    for (const { detail } of said) expect(detail).toMatch(/^[\d,]+ impressions, [\d,]+\/s$/);
  });
});

describe("a crew", () => {
  it("stops soon after an abort in the middle of a day and throws the reason", async () => {
    const world = open();
    const player = await crew(world);
    const controller = new AbortController();
    let shards = 0;
    try {
      const run = runPlatform({
        world,
        arms: [{ name: "a", player }],
        firstDay: 0,
        days: 4,
        control: {
          signal: controller.signal,
          onProgress: (_, done) => void (++shards === 3 && done < 1 && controller.abort(new Error("enough"))),
        },
      });
      await expect(run).rejects.toThrow("enough");
    } finally {
      await player.close();
    }
  });

  it("hands its rows out in memory that stays as it was when later days are played", async () => {
    const { log } = await whole();
    const world = open();
    const player = await crew(world, 3);
    const kept: Impressions[] = [];
    try {
      await runPlatform({
        world,
        arms: [{ name: "a", player }],
        firstDay: 0,
        days: 4,
        onDay: ({ events }) => void kept.push(events),
      });
    } finally {
      await player.close();
    }
    kept.forEach((events, day) => expectSame(events, log[day]!, `day ${day}`));
  });

  it("passes a worker's failure on", async () => {
    const world = open();
    const player = await crewPlayer(
      world,
      { module, config: { logging: { ...loggingDefaults, slots: 3 }, ads: adDefaults } },
      "a",
      2,
    );
    try {
      await expect(runPlatform({ world, arms: [{ name: "a", player }], firstDay: 0, days: 1 })).rejects.toThrow(
        /slates are .* × 3; allowed/,
      );
    } finally {
      await player.close();
    }
  });
});
