import { describe, expect, it } from "vitest";
import { eventColumns } from "../../src/log/index.js";
import { adDefaults } from "../../src/pipeline/index.js";
import { policy as loggingArm } from "../../src/pipeline/logging-arm.js";
import { assignPeople, herePlayer, runPlatform, takeTurns, type AssignedArm } from "../../src/platform/index.js";
import { createUniformPolicy, loggingDefaults } from "../../src/serving/index.js";
import type { Impressions, Policy } from "../../src/types.js";
import { configFor, openWorld, type World } from "../../src/world/index.js";

// budgets so small that arms take from each other what they spend
const config = {
  ...configFor("tiny"),
  ...{ users: 600, videos: 400, days: 3, extraDays: 1, campaigns: 3, sponsored: 0.3, adClickBase: 4 },
  ...{ adBudgetMicros: 1_000_000, adBidMicros: 100_000 },
};
const open = (): World => openWorld(config, 7);
const withAds = ({ catalogue }: World): Policy =>
  loggingArm(
    { logging: { ...loggingDefaults, slots: config.slots }, ads: adDefaults },
    { catalogue, seed: 7, name: "ads" },
  );

async function played(world: World, arms: readonly AssignedArm[]): Promise<ReadonlyMap<string, Impressions[]>> {
  const days = new Map<string, Impressions[]>(arms.map(({ name }) => [name, []]));
  const players = takeTurns(world, arms);
  await runPlatform({
    world,
    arms: arms.map(({ name, assigned }, a) => ({ name, assigned, player: players[a]! })),
    firstDay: 0,
    days: 3,
    onDay: ({ arm, events }) => void days.get(arm.name)!.push(events),
  });
  return days;
}

function expectEqual(a: readonly Impressions[], b: readonly Impressions[]): void {
  for (const [d, day] of a.entries())
    for (const { field } of eventColumns)
      expect(Array.from(day[field].subarray(0, day.count)), `day ${d}, ${field}`).toEqual(
        Array.from(b[d]![field].subarray(0, b[d]!.count)),
      );
}

const people = (world: World): Uint8Array => assignPeople(world, 2, 450, 1);
const half = (assigned: Uint8Array, which: number): Uint8Array =>
  assigned.map((is, user) => ((user >> 6) % 2 === which ? is : 0)); // a shard is user % 64: both in each

describe("arms of one world that take turns", () => {
  it("spend shared budgets in the order of requests: the order of the arms changes nothing, to the byte", async () => {
    const run = (order: readonly number[]): Promise<ReadonlyMap<string, Impressions[]>> => {
      const world = open();
      return played(
        world,
        order.map((a) => ({ name: `arm ${a}`, policy: withAds(world), assigned: half(people(world), a) })),
      );
    };
    const [one, other] = [await run([0, 1]), await run([1, 0])];
    const spent = (of: typeof one, name: string): number =>
      of
        .get(name)!
        .reduce(
          (sum, { revenueMicros, campaign }) =>
            sum + revenueMicros.reduce((all, micros, i) => all + (campaign[i]! > 0 ? micros : 0), 0),
          0,
        );
    for (const name of ["arm 0", "arm 1"]) {
      expectEqual(one.get(name)!, other.get(name)!);
      expect(spent(one, name)).toBeGreaterThan(50_000);
    }
    const alone = async (a: number): Promise<number> => {
      const world = open();
      const arm = { name: "alone", policy: withAds(world), assigned: half(people(world), a) };
      return spent(await played(world, [arm]), "alone");
    };
    const together = spent(one, "arm 0") + spent(one, "arm 1");
    expect((await alone(0)) + (await alone(1))).toBeGreaterThan(1.05 * together); // they share the budgets
  });

  it("are one arm's day where there is one arm, and policies with and without ads share a page's round", async () => {
    const [a, b] = [open(), open()];
    const [turns] = [...(await played(a, [{ name: "a", policy: withAds(a), assigned: people(a) }])).values()];
    const here: Impressions[] = [];
    await runPlatform({
      world: b,
      arms: [{ name: "a", assigned: people(b), player: herePlayer(b, withAds(b), "a", people(b)) }],
      firstDay: 0,
      days: 3,
      onDay: ({ events }) => void here.push(events),
    });
    expectEqual(turns!, here);
    const world = open();
    const mixed = await played(world, [
      { name: "ads", policy: withAds(world), assigned: half(people(world), 0) },
      {
        name: "none",
        policy: createUniformPolicy({ catalogue: world.catalogue, seed: 1 }),
        assigned: half(people(world), 1),
      },
    ]);
    const ads = (name: string): number =>
      mixed.get(name)!.reduce((sum, { campaign }) => sum + campaign.filter((c) => c > 0).length, 0);
    expect(ads("ads")).toBeGreaterThan(100);
    expect(ads("none")).toBe(0);
  });

  it("are refused where a user is in two, and where players were not made together", async () => {
    const world = open();
    const assigned = people(world);
    const arm = (name: string): AssignedArm => ({ name, policy: withAds(world), assigned });
    expect(() => takeTurns(world, [arm("a"), arm("b")])).toThrow(/user \d+ is in a and b; allowed: one arm/);
    const arms = [0, 1].map((i) => ({
      name: `${i}`,
      player: herePlayer(world, withAds(world), `${i}`, half(assigned, i)),
    }));
    await expect(runPlatform({ world, arms, firstDay: 0, days: 1 })).rejects.toThrow(
      "several arms of one world do not take turns; allowed: players made together by takeTurns",
    );
  });
});
