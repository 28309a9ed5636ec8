import { describe, expect, it } from "vitest";
import { assignPeople, crewPlayer, herePlayer, runPlatform, takeTurns, userDaysOf } from "../../src/platform/index.js";
import { compiledUrl } from "../../src/platform/compiled.js";
import { adDefaults } from "../../src/pipeline/index.js";
import { createLoggingPolicy, createUniformPolicy, loggingDefaults } from "../../src/serving/index.js";
import type { Impressions, Policy } from "../../src/types.js";
import { configFor, openWorld, type World } from "../../src/world/index.js";
import { eventColumns } from "../../src/log/index.js";

const config = { ...configFor("tiny"), users: 130, videos: 300, days: 4, extraDays: 6 };
const open = (seed = 7): World => openWorld(config, seed);
const logging = (world: World): Policy => createLoggingPolicy({ catalogue: world.catalogue, seed: 7 });

async function logOf(world: World, days: number, policy = logging(world)): Promise<Impressions[]> {
  const log: Impressions[] = [];
  await runPlatform({
    world,
    arms: [{ name: "a", player: herePlayer(world, policy, "a") }],
    firstDay: 0,
    days,
    onDay: ({ events }) => void log.push(events),
  });
  return log;
}

function expectEqual(a: readonly Impressions[], b: readonly Impressions[]): void {
  expect(a.map((day) => day.count)).toEqual(b.map((day) => day.count));
  for (const [d, day] of a.entries())
    for (const { field } of eventColumns)
      expect(
        Buffer.compare(Buffer.from(day[field].slice().buffer), Buffer.from(b[d]![field].slice().buffer)),
        `day ${d}, ${field}`,
      ).toBe(0);
}

describe("platform", () => {
  it("gives the same events for the same seed and others for another seed", async () => {
    const first = await logOf(open(), 3);
    expectEqual(first, await logOf(open(), 3));
    const other = await logOf(open(8), 3);
    expect(other.map((day) => day.count)).not.toEqual(first.map((day) => day.count));
  });

  it.each([1, 2, 3])("gives the same events from a crew of %i threads as in this thread", async (workers) => {
    const here = await logOf(open(), 3);
    const world = open();
    const spec = {
      module: compiledUrl("../pipeline/logging-arm", new URL("../../src/platform/compiled.ts", import.meta.url).href)
        .href,
      config: { logging: loggingDefaults, ads: adDefaults },
    };
    const player = await crewPlayer(world, spec, "a", workers);
    const crew: Impressions[] = [];
    try {
      await runPlatform({
        world,
        arms: [{ name: "a", player }],
        firstDay: 0,
        days: 3,
        onDay: ({ events }) => void crew.push(events),
      });
    } finally {
      await player.close();
    }
    expectEqual(here, crew);
  });

  it("says which export is missing when a crew's policy module does not have it", async () => {
    const module = compiledUrl(
      "../pipeline/logging-arm",
      new URL("../../src/platform/compiled.ts", import.meta.url).href,
    ).href;
    await expect(crewPlayer(open(), { module, export: "nothing", config: {} }, "a", 1)).rejects.toThrow(
      /no function "nothing".*policy/,
    );
  });

  it("counts each assigned user-day once, zeros included, and its sums are the log's", async () => {
    const world = open();
    const assigned = assignPeople(world, 1, 60, 3);
    const events: Impressions[] = [];
    const [days] = await runPlatform({
      world,
      arms: [{ name: "a", assigned, player: herePlayer(world, logging(world), "a", assigned) }],
      firstDay: 0,
      days: 4,
      onDay: (closed) => void events.push(closed.events),
    });
    expect(assigned.reduce((a, b) => a + b, 0)).toBe(60);
    const expectedRows = [0, 1, 2, 3].reduce(
      (sum, day) => sum + world.catalogue.users.joinDay.filter((join, u) => assigned[u] === 1 && join <= day).length,
      0,
    );
    expect(days!.count).toBe(expectedRows);
    expect(days!.visits.filter((v) => v === 0).length).toBeGreaterThan(10);
    const sum = (of: (e: Impressions) => ArrayLike<number>): number =>
      events.reduce((all, e) => all + Array.from(of(e)).reduce((a, b) => a + b, 0), 0);
    expect(days!.watchMs.reduce((a, b) => a + b, 0)).toBe(sum((e) => e.watchMs));
    expect(days!.clicks.reduce((a, b) => a + b, 0)).toBe(sum((e) => e.click));
    expect(days!.impressions.reduce((a, b) => a + b, 0)).toBe(events.reduce((n, e) => n + e.count, 0));
    expect(days!.requests.reduce((a, b) => a + b, 0)).toBe(events.reduce((n, e) => n + new Set(e.request).size, 0));
    expect(days!.sessionMs.some((ms) => ms > 0)).toBe(true);
    for (let i = 0; i < days!.count; i++) expect(assigned[days!.user[i]!]).toBe(1);
  });

  it("runs two arms of disjoint users in one world, each user seen by its own arm's policy only", async () => {
    const world = open();
    const all = assignPeople(world, 2, 200, 3);
    const halves = [0, 1].map((half) => all.map((yes, u) => (yes === 1 && u % 2 === half ? 1 : 0)));
    const policies = [logging(world), createUniformPolicy({ catalogue: world.catalogue, seed: 7 })];
    const turns = halves.map((assigned, i) => ({ name: `arm${i}`, policy: policies[i]!, assigned }));
    const players = takeTurns(world, turns);
    const arms = turns.map(({ name, assigned }, i) => ({ name, assigned, player: players[i]! }));
    const seen: Impressions[] = [];
    const [a, b] = await runPlatform({
      world,
      arms,
      firstDay: 0,
      days: 3,
      onDay: ({ events }) => void seen.push(events),
    });
    expect([...a!.user].every((u) => u % 2 === 0)).toBe(true);
    expect([...b!.user].every((u) => u % 2 === 1)).toBe(true);
    for (const events of seen)
      expect(new Set(Array.from(events.user, (u) => events.arms[events.arm[0]!] === `arm${u % 2}`))).toEqual(
        new Set([true]),
      );
  });

  it("forks: twins from one evening with the same policy live the same days, with another policy they do not", async () => {
    const world = open();
    await logOf(world, 2);
    const snapshot = world.snapshot();
    const twin = async (policy: Policy): Promise<Impressions[]> => {
      const events: Impressions[] = [];
      const copy = open();
      copy.restore(snapshot);
      await runPlatform({
        world: copy,
        arms: [{ name: "a", player: herePlayer(copy, policy, "a") }],
        firstDay: 2,
        days: 2,
        onDay: (closed) => void events.push(closed.events),
      });
      return events;
    };
    expectEqual(await twin(logging(world)), await twin(logging(world)));
    const uniformEvents = await twin(createUniformPolicy({ catalogue: world.catalogue, seed: 7 }));
    expect(uniformEvents[0]!.video).not.toEqual((await twin(logging(world)))[0]!.video);
  });

  it("puts the retrained policy in from the next day on", async () => {
    const world = open();
    const days: string[] = [];
    await runPlatform({
      world,
      arms: [{ name: "a", player: herePlayer(world, logging(world), "a") }],
      firstDay: 0,
      days: 3,
      onDay: ({ events }) => void days.push(events.policies.join()),
      retrain: async ({ day }) =>
        day === 0 ? createUniformPolicy({ catalogue: world.catalogue, seed: 7, name: "retrained" }) : undefined,
    });
    expect(days).toEqual(["logging", "retrained", "retrained"]);
  });

  it("stops soon after an abort and throws the reason", async () => {
    const world = open();
    const controller = new AbortController();
    const run = runPlatform({
      world,
      arms: [{ name: "a", player: herePlayer(world, logging(world), "a") }],
      firstDay: 0,
      days: 4,
      onDay: () => controller.abort(new Error("enough")),
      control: { signal: controller.signal },
    });
    await expect(run).rejects.toThrow("enough");
  });

  it("refuses an impression of a user who is not assigned", () => {
    const world = open();
    const events = { count: 1, user: Int32Array.of(3) } as unknown as Impressions;
    expect(() => userDaysOf(world.catalogue, new Uint8Array(world.catalogue.users.count), 0, 0, events, [])).toThrow(
      "not assigned: 3",
    );
  });
});
