import { describe, expect, it } from "vitest";
import { checkConfig, driftLevel, driftTruth } from "../../src/world/index.js";
import type { DriftEvent } from "../../src/world/index.js";
import { covariateShare, regionShift } from "../../src/world/drift.js";
import { stateOf } from "../../src/world/world.js";
import { digest, playDays, slatesOf, small, smallWorld as anyWorld } from "./play.js";
import type { World } from "../../src/world/index.js";

/** Tastes move by drift only. */
const smallWorld: typeof anyWorld = (seed, changes) =>
  anyWorld(seed, { tasteWalk: 0, tasteReinforcement: 0, ...changes });
const idle = (world: World, from: number, to: number): void =>
  playDays(world, from, to, (batch) => slatesOf(world, batch, () => []));
const levels = (event: DriftEvent): number[] => Array.from({ length: 8 }, (_, day) => driftLevel(event, day));

describe("drift shapes", () => {
  it("have the stated levels", () => {
    expect(levels({ day: 2, kind: "prior", strength: 1 })).toEqual([0, 0, 1, 1, 1, 1, 1, 1]);
    expect(levels({ day: 2, kind: "prior", strength: 1, shape: "gradual", duration: 4 })).toEqual([
      0, 0, 0.25, 0.5, 0.75, 1, 1, 1,
    ]);
    expect(levels({ day: 1, kind: "prior", strength: 1, shape: "recurring", period: 4 })).toEqual([
      0, 1, 1, 0, 0, 1, 1, 0,
    ]);
    expect(levels({ day: 0, kind: "prior", strength: 1, shape: "recurring", period: 3 })).toEqual([
      1, 1, 0, 1, 1, 0, 1, 1,
    ]);
  });

  it("list every onset, end of rise and off of the horizon", () => {
    const drift: DriftEvent[] = [
      { day: 5, kind: "concept", strength: 0.5 },
      { day: 2, kind: "covariate", strength: 1, shape: "gradual", duration: 3 },
      { day: 1, kind: "prior", strength: 1, shape: "recurring", period: 4 },
      { day: 3, kind: "prior", strength: 0 },
    ];
    expect(driftTruth({ ...small, drift }).map(({ day, event, change }) => [day, event, change])).toEqual([
      [1, 2, "onset"],
      [2, 1, "onset"],
      [3, 2, "off"],
      [4, 1, "full"],
      [5, 0, "onset"],
      [5, 2, "onset"],
      [7, 2, "off"],
    ]);
  });

  it("say of a sudden event what no shape says: the same bytes", () => {
    for (const kind of ["concept", "covariate", "prior"] as const) {
      const [a, b] = [
        smallWorld(1, { drift: [{ day: 1, kind, strength: 0.6 }] }),
        smallWorld(1, { drift: [{ day: 1, kind, strength: 0.6, shape: "sudden" }] }),
      ];
      playDays(a, 0, 3);
      playDays(b, 0, 3);
      expect(digest(a)).toBe(digest(b));
    }
  });

  it("move tastes one after another to where the sudden event moves them at once", () => {
    const gradual = smallWorld(1, {
      users: 600,
      drift: [{ day: 1, kind: "concept", strength: 0.8, shape: "gradual", duration: 3 }],
    });
    const sudden = smallWorld(1, { users: 600, drift: [{ day: 1, kind: "concept", strength: 0.8 }] });
    const start = stateOf(gradual).now.mode.slice();
    const moved = (): number => {
      const { mode } = stateOf(gradual).now;
      let n = 0;
      let of = 0;
      for (let u = 0; u < gradual.catalogue.users.count; u++)
        for (let m = 0; m < stateOf(gradual).users.modeCount[u]!; m++, of++)
          if (mode[(u * 3 + m) * 8] !== start[(u * 3 + m) * 8]) n++;
      return n / of;
    };
    idle(gradual, 0, 1);
    expect(moved()).toBe(0);
    for (const [day, share] of [
      [1, 0.8 / 3],
      [2, 1.6 / 3],
      [3, 0.8],
    ] as const) {
      idle(gradual, day, day + 1);
      expect(Math.abs(moved() - share)).toBeLessThan(0.05);
    }
    idle(sudden, 0, 4);
    expect([...stateOf(gradual).now.mode]).toEqual([...stateOf(sudden).now.mode]);
  });

  it("bring recurring tastes, shocks and devices back to where they were, also around a sudden move", () => {
    const world = smallWorld(1, {
      drift: [
        { day: 1, kind: "concept", strength: 0.7, shape: "recurring", period: 4 },
        { day: 2, kind: "concept", strength: 0.5 },
        { day: 1, kind: "prior", strength: 1, shape: "recurring", period: 4 },
        { day: 1, kind: "covariate", strength: 0.5, shape: "recurring", period: 4 },
      ],
    });
    const plain = smallWorld(1, {
      drift: [
        { day: 1, kind: "concept", strength: 0 },
        { day: 2, kind: "concept", strength: 0.5 },
      ],
    });
    const [state, calm] = [stateOf(world), stateOf(plain)];
    const gap = (): number => state.now.mode.reduce((most, x, i) => Math.max(most, Math.abs(x - calm.now.mode[i]!)), 0);
    idle(world, 0, 3);
    idle(plain, 0, 3);
    expect(gap()).toBeGreaterThan(0.5);
    expect(state.now.shock.some((x) => x !== 0)).toBe(true);
    expect(covariateShare(world.config, 2)).toBe(0.5);
    idle(world, 3, 4);
    idle(plain, 3, 4);
    expect(gap()).toBeLessThan(1e-6);
    expect(state.now.shock.every((x) => x === 0)).toBe(true);
    expect(covariateShare(world.config, 3)).toBe(0);
  });

  it("shift visiting between regions: half win what the others lose", () => {
    const world = smallWorld(2, {
      users: 4_000,
      usersAtStart: 1,
      drift: [{ day: 1, kind: "covariate", of: "region", strength: 0.5 }],
    });
    const state = stateOf(world);
    const shifts = Array.from({ length: 6 }, (_, region) => regionShift(state, region, 1));
    expect([...shifts].sort((a, b) => a - b)).toEqual([-1, -1, -1, 1, 1, 1]);
    expect(shifts.map((_, region) => regionShift(state, region, 0))).toEqual([0, 0, 0, 0, 0, 0]);
    expect(covariateShare(world.config, 1)).toBe(0);
    const visitors = new Float64Array(2); // of winning regions, by day
    const all = new Float64Array(2);
    playDays(
      world,
      0,
      2,
      (batch) => slatesOf(world, batch, () => []),
      (batch) =>
        batch.user.forEach((u, i) => {
          if (batch.page[i] !== 0) return;
          all[batch.day] = all[batch.day]! + 1;
          if (shifts[world.catalogue.users.region[u]!]! > 0) visitors[batch.day] = visitors[batch.day]! + 1;
        }),
    );
    expect(visitors[1]! / all[1]!).toBeGreaterThan(visitors[0]! / all[0]! + 0.08);
  });

  it.each([
    [
      { day: 1, kind: "concept", strength: 1, of: "region" },
      "drift.0: of: region on a concept drift; allowed: on covariate drift only",
    ],
    [
      { day: 1, kind: "prior", strength: 1, duration: 3 },
      "duration: 3 on a sudden drift; allowed: on gradual drift only",
    ],
    [
      { day: 1, kind: "prior", strength: 1, shape: "gradual" },
      "a gradual drift without duration; allowed: a duration in days",
    ],
    [
      { day: 1, kind: "prior", strength: 1, shape: "recurring" },
      "a recurring drift without period; allowed: a period in days",
    ],
    [
      { day: 1, kind: "prior", strength: 1, shape: "gradual", period: 3, duration: 2 },
      "period: 3 on a gradual drift; allowed: on recurring drift only",
    ],
    [
      { day: 6, kind: "prior", strength: 1, shape: "gradual", duration: 3 },
      "fully there on day 8; allowed: a day of the horizon, 0 … 7",
    ],
    [{ day: 1, kind: "prior", strength: NaN }, "drift.0.strength: NaN"],
  ] as [DriftEvent, string][])("refuse %j", (event, message) => {
    expect(() => checkConfig({ ...small, drift: [event] })).toThrow(message);
  });
});
