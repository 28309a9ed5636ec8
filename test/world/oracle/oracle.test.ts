import { describe, expect, it } from "vitest";
import { openOracle } from "../../../src/world/index.js";
import type { Expected, Goal } from "../../../src/world/index.js";
import { stateOf } from "../../../src/world/world.js";
import { playDays, slatesOf, smallWorld, uniformSlates } from "../play.js";

const columns = (n: number): Expected => ({
  clickProbability: new Float32Array(n),
  watchMs: new Float32Array(n),
  satisfaction: new Float32Array(n),
});
const snapshot = { timeMs: 72_000_000, device: 0 };

describe("oracle", () => {
  it("agrees with simulated clicks and watch time within four standard errors", () => {
    // Within a page, satiation would move the state between the question and the click.
    const world = smallWorld(11, { users: 1_500, satiationGain: 0 });
    const oracle = openOracle(world);
    const out = columns(5);
    let [clickGap, clickVariance, watchGap, watchVariance, clicks] = [0, 0, 0, 0, 0];
    let expectedRows: { click: number; watchMs: number }[] = [];
    playDays(
      world,
      0,
      4,
      (batch) => {
        const slates = uniformSlates(world, batch);
        expectedRows = [];
        for (let i = 0; i < batch.count; i++) {
          const user = batch.user[i]!;
          oracle.expected(
            user,
            slates.video.subarray(i * 5, i * 5 + 5),
            { timeMs: batch.timeMs[i]!, device: batch.device[i]! },
            out,
          );
          const examined = oracle.examination(user);
          for (let k = 0; k < 5; k++)
            expectedRows.push({
              click: examined[k]! * out.clickProbability[k]!,
              watchMs: examined[k]! * out.watchMs[k]!,
            });
        }
        return slates;
      },
      (_, __, feedback) =>
        expectedRows.forEach(({ click, watchMs }, i) => {
          clickGap += feedback.click[i]! - click;
          clickVariance += click * (1 - click);
          watchGap += feedback.watchMs[i]! - watchMs;
          watchVariance += (feedback.watchMs[i]! - watchMs) ** 2;
          clicks += feedback.click[i]!;
        }),
    );
    expect(clicks).toBeGreaterThan(2_000);
    expect(Math.abs(clickGap) / Math.sqrt(clickVariance)).toBeLessThan(4);
    expect(Math.abs(watchGap) / Math.sqrt(watchVariance)).toBeLessThan(4);
  });

  it("gives probabilities, and finite expectations, for every user and video", () => {
    const world = smallWorld(1, { tasteStrength: 5, clickBase: 3 });
    const oracle = openOracle(world);
    const ids = Int32Array.from({ length: 400 }, (_, v) => v);
    const out = columns(400);
    let faults = 0;
    for (let u = 0; u < world.catalogue.users.count; u++) {
      oracle.expected(u, ids, snapshot, out);
      for (let v = 0; v < 400; v++) {
        const p = out.clickProbability[v]!;
        if (!(
          p >= 0 &&
          p <= 1 &&
          out.watchMs[v]! <= p * world.catalogue.videos.durationMs[v]! * 1.000001 &&
          Number.isFinite(out.satisfaction[v])
        ))
          faults++;
      }
      const visit = oracle.visitProbability(u, 0);
      expect(visit >= 0 && visit <= 1).toBe(true);
    }
    expect(faults).toBe(0);
    expect(() => oracle.expected(-1, ids, snapshot, out)).toThrow("unknown user: -1; allowed: 0 …");
  });

  it.each(["click", "watch", "satisfaction"] as Goal[])(
    "finds the slate a full sort by %s finds, ties by id",
    (goal) => {
      const world = smallWorld(5);
      playDays(world, 0, 2); // so that there are memories and satiation
      const oracle = openOracle(world);
      const ids = Int32Array.from({ length: 380 }, (_, v) => v);
      const out = columns(380);
      const best = new Int32Array(12);
      const scores = new Float32Array(12);
      for (let u = 0; u < 40; u++) {
        oracle.expected(u, ids, snapshot, out);
        const value = goal === "click" ? out.clickProbability : goal === "watch" ? out.watchMs : out.satisfaction;
        const sorted = [...ids].sort((a, b) => value[b]! - value[a]! || a - b);
        oracle.best(u, 380, snapshot, goal, best, scores);
        expect([...best]).toEqual(sorted.slice(0, 12));
        expect([...scores]).toEqual(sorted.slice(0, 12).map((v) => value[v]));
      }
      oracle.best(0, 3, snapshot, goal, best);
      expect([...best.subarray(3)].every((v) => v === -1)).toBe(true); // asking for too many gives what exists
    },
  );

  it("gives two users one order of videos at taste strength 0, and different orders at 1", () => {
    const orders = (tasteStrength: number, goal: Goal): string[] => {
      const world = smallWorld(5, { tasteStrength });
      playDays(world, 0, 2, (batch) => slatesOf(world, batch, () => [])); // time passes, nothing is watched
      const oracle = openOracle(world);
      return [3, 40, 77].map((user, i) => {
        const best = new Int32Array(380);
        oracle.best(user, 380, { timeMs: i * 2e7, device: i }, goal, best);
        return best.join();
      });
    };
    for (const goal of ["click", "watch", "satisfaction"] as const) {
      expect(new Set(orders(0, goal)).size).toBe(1);
      expect(new Set(orders(1, goal)).size).toBe(3);
    }
  });

  it("averages single expectations into ideal popularity", () => {
    const world = smallWorld(5);
    const oracle = openOracle(world);
    const users = Int32Array.of(1, 2, 3);
    const mean = oracle.popularity(users, 50, snapshot, "watch");
    const ids = Int32Array.from({ length: 50 }, (_, v) => v);
    const sum = new Float64Array(50);
    for (const user of users) {
      const out = columns(50);
      oracle.expected(user, ids, snapshot, out);
      out.watchMs.forEach((ms, v) => {
        sum[v] = sum[v]! + ms / 3;
      });
    }
    mean.forEach((ms, v) => expect(ms).toBeCloseTo(sum[v]!, 1));
  });

  it("tells hidden facts of videos and tastes of users that the catalogue only hints at", () => {
    const world = smallWorld(5, { videos: 4_000, creators: 200 });
    const oracle = openOracle(world);
    const { videos } = world.catalogue;
    let wrong = 0;
    for (let v = 0; v < videos.count; v++) {
      const truth = oracle.video(v);
      if (truth.topic !== videos.topic[v]) wrong++;
      expect(
        truth.clickbait >= 0 && truth.clickbait <= 1 && Math.abs(truth.quality) <= 2 && Math.abs(truth.looks) <= 2,
      ).toBe(true);
    }
    expect(Math.abs(wrong / videos.count - 0.08)).toBeLessThan(0.02);
    expect(oracle.tastes(0).length).toBe(stateOf(world).users.modeCount[0]);
  });
});
