import { describe, expect, it } from "vitest";
import { covariateShare, driftedDevice } from "../../src/world/drift.js";
import { openOracle } from "../../src/world/index.js";
import type { World } from "../../src/world/index.js";
import { visitDevice } from "../../src/world/choice/session.js";
import { stateOf } from "../../src/world/world.js";
import { playDays, smallWorld as anyWorld } from "./play.js";

/** Tastes move by drift only. */
const smallWorld: typeof anyWorld = (seed, changes) =>
  anyWorld(seed, { tasteWalk: 0, tasteReinforcement: 0, ...changes });

const tastes = (world: World): string[] => {
  const oracle = openOracle(world);
  return Array.from({ length: world.catalogue.users.count }, (_, u) => oracle.tastes(u).join());
};

describe("drift", () => {
  it("moves the stated share of tastes on exactly its day", () => {
    const world = smallWorld(1, { users: 800, drift: [{ day: 2, kind: "concept", strength: 0.5 }] });
    const before = tastes(world);
    const modes = before.flatMap((row) => row.split(",")).length;
    playDays(world, 0, 2);
    expect(tastes(world)).toEqual(before);
    world.openDay(2);
    const after = tastes(world);
    world.closeDay();
    let moved = 0;
    before.forEach((row, u) =>
      row.split(",").forEach((topic, m) => {
        if (topic !== after[u]?.split(",")[m]) moved++;
      }),
    );
    expect(Math.abs(moved / modes - 0.5)).toBeLessThan(0.06);
    playDays(world, 3, 5);
    expect(tastes(world)).toEqual(after);
  });

  it("changes nothing at strength 0 and every taste at strength 1", () => {
    for (const strength of [0, 1]) {
      const world = smallWorld(1, { drift: [{ day: 0, kind: "concept", strength }] });
      const before = tastes(world);
      world.openDay(0);
      const same = tastes(world).filter((row, u) =>
        row.split(",").some((topic, m) => topic === before[u]?.split(",")[m]),
      ).length;
      expect(same).toBe(strength === 0 ? before.length : 0);
    }
  });

  it("moves a share of visits to one device from its day on", () => {
    const world = smallWorld(1, { users: 1_000, drift: [{ day: 3, kind: "covariate", strength: 0.6 }] });
    const state = stateOf(world);
    const to = driftedDevice(state);
    const share = (day: number): number =>
      Array.from({ length: 1_000 }, (_, u) => visitDevice(state, u, day, 0)).filter((d) => d === to).length / 1_000;
    expect(covariateShare(world.config, 2)).toBe(0);
    expect(covariateShare(world.config, 4)).toBeCloseTo(0.6, 12);
    expect(share(3) - share(2)).toBeGreaterThan(0.35);
    expect(share(4)).toBeGreaterThan(0.55);
  });

  it("shocks topics for everybody, lastingly, and events add up", () => {
    const world = smallWorld(1, {
      drift: [
        { day: 1, kind: "prior", strength: 1 },
        { day: 3, kind: "prior", strength: 0.5 },
      ],
    });
    const { shock } = stateOf(world).now;
    playDays(world, 0, 1);
    expect([...shock].every((x) => x === 0)).toBe(true);
    playDays(world, 1, 3);
    const first = [...shock];
    const sd = Math.sqrt(first.reduce((sum, x) => sum + x * x, 0) / first.length);
    expect(Math.abs(sd - world.config.priorShock)).toBeLessThan(0.35);
    playDays(world, 3, 4);
    expect([...shock]).not.toEqual(first);
  });
});
