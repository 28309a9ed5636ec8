import { describe, expect, it } from "vitest";
import { openOracle } from "../../../src/world/index.js";
import type { Goal } from "../../../src/world/index.js";
import {
  arrivalMs,
  leaveProbability,
  pageSatisfaction,
  visitDevice,
  visitProbability,
  visitsOf,
} from "../../../src/world/choice/session.js";
import { stateOf } from "../../../src/world/world.js";
import { dayMs } from "../../../src/types.js";
import { playDays, slatesOf, smallWorld } from "../play.js";

describe("session", () => {
  it("brings satisfied users back more often", () => {
    const world = smallWorld(2, { users: 2_000, usersAtStart: 1 });
    const state = stateOf(world);
    const visits = (satisfaction: number): number => {
      state.now.satisfaction.fill(satisfaction);
      let count = 0;
      for (let u = 0; u < 2_000; u++) if (visitsOf(state, u, 1) > 0) count++;
      return count;
    };
    const [low, middle, high] = [visits(-0.4), visits(0), visits(0.4)];
    expect(middle).toBeGreaterThan(low + 100);
    expect(high).toBeGreaterThan(middle + 100);
    for (let u = 0; u < 2_000; u++) expect(visitProbability(state, u, 1)).toBeLessThan(1);
  });

  it("lets what was shown today decide who comes tomorrow: greed for clicks loses visits against greed for satisfaction", () => {
    const visitsAfter = (goal: Goal): number => {
      const world = smallWorld(2, { users: 600 });
      const oracle = openOracle(world);
      const best = new Int32Array(5);
      const sessions = new Set<number>();
      playDays(
        world,
        0,
        5,
        (batch) =>
          slatesOf(world, batch, (row) => {
            oracle.best(
              batch.user[row]!,
              world.catalogue.liveVideos[batch.day]!,
              { timeMs: batch.timeMs[row]!, device: batch.device[row]! },
              goal,
              best,
            );
            return [...best];
          }),
        (batch) => {
          if (batch.day >= 2) batch.session.forEach((s) => sessions.add(s));
        },
      );
      return sessions.size;
    };
    expect(visitsAfter("satisfaction")).toBeGreaterThan(1.05 * visitsAfter("click"));
  });

  it("never lets a user visit before joining, and always on the day", () => {
    const world = smallWorld(2);
    const state = stateOf(world);
    const newcomer = world.catalogue.users.joinDay.findIndex((day) => day === 2);
    expect(visitProbability(state, newcomer, 1)).toBe(0);
    expect(visitProbability(state, newcomer, 2)).toBe(1);
    expect(visitsOf(state, newcomer, 2)).toBeGreaterThan(0);
    expect(visitProbability(state, newcomer, 3)).toBeLessThan(1);
  });

  it("values pages between -1 and 1, and keeps satisfied users on", () => {
    expect(pageSatisfaction(0.1, 0, 0)).toBeCloseTo(-0.1 / 1.1, 12);
    expect(pageSatisfaction(0.1, 1, 3)).toBe(0.5);
    expect(pageSatisfaction(0.1, -1e6, 3)).toBeGreaterThanOrEqual(-1);
    const state = stateOf(smallWorld());
    expect(leaveProbability(state, 0, 0.5)).toBeLessThan(leaveProbability(state, 0, -0.5));
  });

  it("spreads arrivals around each user's hour, within the day", () => {
    const state = stateOf(smallWorld(1, { users: 500 }));
    const hours = new Float64Array(24);
    for (let u = 0; u < 500; u++)
      for (let day = 0; day < 8; day++) {
        const at = arrivalMs(state, u, day, 0);
        expect(Number.isInteger(at) && at >= 0 && at < dayMs).toBe(true);
        hours[Math.floor(at / 3_600_000)] = hours[Math.floor(at / 3_600_000)]! + 1;
      }
    expect(hours[20]).toBeGreaterThan(4 * hours[3]!); // evenings are busy, nights are not
  });

  it("uses the usual device most of the time", () => {
    const state = stateOf(smallWorld(1, { users: 500 }));
    let usual = 0;
    for (let u = 0; u < 500; u++)
      for (let day = 0; day < 4; day++) if (visitDevice(state, u, day, 0) === state.catalogue.users.device[u]) usual++;
    expect(Math.abs(usual / 2_000 - 0.85)).toBeLessThan(0.04); // 80 % by habit, and a quarter of the rest by chance
  });
});
