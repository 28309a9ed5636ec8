import { describe, expect, it } from "vitest";
import { openOracle } from "../../../src/world/index.js";
import { trait, traitWidth } from "../../../src/world/state.js";
import { entropyOf, reinforce, walkTastes } from "../../../src/world/people/taste.js";
import { stateOf } from "../../../src/world/world.js";
import { playDays, slatesOf, smallWorld } from "../play.js";

const length = (v: Float64Array, from = 0): number => Math.hypot(...v.subarray(from, from + 8));

describe("tastes that move", () => {
  it("walk by steps of the stated length, and keep their own", () => {
    const world = smallWorld(1, { users: 2_000, usersAtStart: 1, tasteWalk: 0.05 });
    const state = stateOf(world);
    const before = state.now.mode.slice();
    walkTastes(state, 0);
    let squares = 0;
    let n = 0;
    for (let u = 0; u < 2_000; u++) {
      const [old, now] = [
        Float64Array.from(before.subarray(u * 24, u * 24 + 8)),
        openOracle(world).modes(u).slice(0, 8),
      ];
      expect(length(now)).toBeCloseTo(length(old), 5);
      squares += old.reduce((sum, x, d) => sum + (now[d]! - x) ** 2, 0);
      n++;
    }
    // Of a step in 8 dimensions, the 7 across the mode are kept.
    expect(Math.sqrt(squares / n) / (0.05 * Math.sqrt(7 / 8))).toBeCloseTo(1, 1);
  });

  it("walk whether or not somebody visits, but not before joining", () => {
    const world = smallWorld(1, { tasteWalk: 0.05, usersAtStart: 0.5 });
    const state = stateOf(world);
    const before = state.now.mode.slice();
    playDays(world, 0, 1, (batch) => slatesOf(world, batch, () => []));
    for (let u = 0; u < world.catalogue.users.count; u++)
      expect(state.now.mode[u * 24] === before[u * 24]).toBe(world.catalogue.users.joinDay[u]! > 0);
  });

  it("come nearer to what is watched, in proportion to the fraction, in the mode that is nearest; and never leave the span", () => {
    const world = smallWorld(2, { tasteReinforcement: 0.1 });
    const state = stateOf(world);
    const oracle = openOracle(world);
    const z = oracle.latent(7);
    const before = oracle.modes(4);
    reinforce(state, 4, 7, 0.5);
    const after = oracle.modes(4);
    const dots = Array.from({ length: before.length / 8 }, (_, m) =>
      z.reduce((sum, x, d) => sum + x * before[m * 8 + d]!, 0),
    );
    const nearest = dots.indexOf(Math.max(...dots));
    for (let i = 0; i < before.length; i++) {
      const moved = Math.floor(i / 8) === nearest ? 0.05 * (z[i % 8]! - before[i]!) : 0;
      expect(after[i]! - before[i]!).toBeCloseTo(moved, 6);
    }
    for (let i = 0; i < 3_000; i++) reinforce(state, 4, i % 50, 1);
    const longest = Math.max(...Array.from({ length: 50 }, (_, v) => length(oracle.latent(v))));
    for (let m = 0; m < before.length / 8; m++)
      expect(length(oracle.modes(4), m * 8)).toBeLessThanOrEqual(Math.max(longest, length(before, m * 8)) + 1e-6);
  });

  it("close a filter bubble that can be measured: shown one topic only, all come to like the same", () => {
    const world = smallWorld(3, {
      users: 300,
      videos: 2_000,
      creators: 100,
      tasteReinforcement: 0.3,
      clickBase: 0.5,
      satiationGain: 0,
      days: 12,
    });
    const oracle = openOracle(world);
    const { traits } = stateOf(world);
    const ofTopic = Array.from({ length: 1_400 }, (_, v) => v).filter(
      (v) => traits[v * traitWidth + trait.topic] === 3,
    );
    const mean = (f: (user: number) => number): number =>
      Array.from({ length: 255 }, (_, u) => f(u)).reduce((a, b) => a + b, 0) / 255;
    const everybody = Int32Array.from({ length: 255 }, (_, u) => u);
    const before = oracle.sharedEntropy(everybody);
    playDays(world, 0, 12, (batch) =>
      slatesOf(world, batch, (row) =>
        Array.from(
          { length: 5 },
          (_, k) => ofTopic[(batch.user[row]! * 7 + batch.day * 5 + batch.page[row]! * 3 + k) % ofTopic.length]!,
        ).filter((v, k, page) => page.indexOf(v) === k),
      ),
    );
    expect(oracle.sharedEntropy(everybody)).toBeLessThan(before - 0.1);
    expect(oracle.interests(0).every((x) => x >= 0 && x <= 1)).toBe(true);
    const [old, now] = [smallWorld(3, { users: 300, videos: 2_000, creators: 100 }), world].map((one) =>
      mean((u) => openOracle(one).interests(u)[3]!),
    ) as [number, number];
    expect(now).toBeGreaterThan(old + 0.1);
  });

  it("measure entropy in nats", () => {
    expect(entropyOf(Float64Array.of(1, 1, 0, 0))).toBeCloseTo(Math.log(2), 12);
    expect(entropyOf(Float64Array.of(0, 0))).toBe(0);
  });
});
