import { describe, expect, it } from "vitest";
import { affinity, clickLogit, examination, look, newViewer, sigmoid } from "../../../src/world/choice/choice.js";
import { remember, watchedLately } from "../../../src/world/people/memory.js";
import { openOracle } from "../../../src/world/index.js";
import { memoryLength, trait, traitWidth } from "../../../src/world/state.js";
import { watchedFraction, watchLogit } from "../../../src/world/choice/watch.js";
import { stateOf } from "../../../src/world/world.js";
import { uniform } from "../../../src/random.js";
import { playDays, smallWorld } from "../play.js";

describe("choice and watch", () => {
  it("examines lower positions less, by each user's own decay", () => {
    const world = smallWorld();
    const state = stateOf(world);
    for (let u = 0; u < world.catalogue.users.count; u++) {
      const p = examination(state, u, 10);
      expect(p[0]).toBe(1);
      for (let k = 1; k < 10; k++) {
        expect(p[k]).toBeCloseTo(Math.pow(k + 1, -state.users.attention[u]!), 12);
        expect(p[k]).toBeLessThanOrEqual(p[k - 1]!);
      }
    }
  });

  it("shows the position effect in clicks on random pages", () => {
    const world = smallWorld(2, { users: 600, slots: 8 });
    const clicks = new Float64Array(8);
    playDays(world, 0, 4, undefined, (_, __, feedback) =>
      feedback.click.forEach((c, i) => {
        clicks[i % 8] = clicks[i % 8]! + c;
      }),
    );
    expect(clicks[0]).toBeGreaterThan(1.5 * clicks[4]!);
    expect(clicks[0]! + clicks[1]!).toBeGreaterThan(1.3 * (clicks[6]! + clicks[7]!));
  });

  it("lets clickbait raise clicks and lower watch time and satisfaction", () => {
    const world = smallWorld();
    const { traits } = stateOf(world);
    const oracle = openOracle(world);
    const out = (): { clickProbability: Float32Array; watchMs: Float32Array; satisfaction: Float32Array } => ({
      clickProbability: new Float32Array(1),
      watchMs: new Float32Array(1),
      satisfaction: new Float32Array(1),
    });
    for (let v = 0; v < 50; v++) {
      const [honest, bait] = [out(), out()];
      traits[v * traitWidth + trait.bait] = 0;
      oracle.expected(1, Int32Array.of(v), { timeMs: 0, device: 0 }, honest);
      traits[v * traitWidth + trait.bait] = 1;
      oracle.expected(1, Int32Array.of(v), { timeMs: 0, device: 0 }, bait);
      expect(bait.clickProbability[0]).toBeGreaterThan(honest.clickProbability[0]!);
      expect(bait.watchMs[0]! / bait.clickProbability[0]!).toBeLessThan(
        honest.watchMs[0]! / honest.clickProbability[0]!,
      );
      expect(bait.satisfaction[0]! / bait.clickProbability[0]!).toBeLessThan(
        honest.satisfaction[0]! / honest.clickProbability[0]!,
      );
    }
  });

  it("takes the best of several interests, not their sum", () => {
    const world = smallWorld();
    const state = stateOf(world);
    const viewer = newViewer();
    look(state, viewer, 0, 0, 0);
    const whole = new Float64Array(400);
    for (let v = 0; v < 400; v++) whole[v] = affinity(state, viewer, v);
    const alone = Array.from({ length: viewer.modes }, (_, m) => {
      look(state, viewer, 0, 0, 0);
      for (let other = 0; other < viewer.modes; other++) if (other !== m) viewer.weight[other] = 0;
      return Float64Array.from({ length: 400 }, (__, v) => affinity(state, viewer, v));
    });
    for (let v = 0; v < 400; v++) expect(whole[v]).toBe(Math.max(...alone.map((a) => a[v]!)));
    expect(Math.max(...whole)).toBeGreaterThan(0.5);
    expect(whole.every((a) => a >= 0 && a <= 1)).toBe(true);
  });

  it("watches the stated mean fraction, with spikes at both ends", () => {
    for (const mean of [0.05, 0.3, 0.6, 0.95]) {
      const n = 40_000;
      let sum = 0;
      let whole = 0;
      let outside = 0;
      for (let i = 0; i < n; i++) {
        const f = watchedFraction(mean, 0.5, uniform(1, i), uniform(2, i));
        if (!(f > 0 && f <= 1)) outside++;
        sum += f;
        if (f === 1) whole++;
      }
      expect(outside).toBe(0);
      expect(Math.abs(sum / n - mean)).toBeLessThan((4 * 0.5) / Math.sqrt(n));
      expect(Math.abs(whole / n - 0.5 * mean)).toBeLessThan((4 * 0.5) / Math.sqrt(n));
    }
  });

  it("has no interest left in a video just watched, until it is forgotten", () => {
    const world = smallWorld();
    const state = stateOf(world);
    const oracle = openOracle(world);
    const out = {
      clickProbability: new Float32Array(1),
      watchMs: new Float32Array(1),
      satisfaction: new Float32Array(1),
    };
    const ask = (): number => {
      oracle.expected(5, Int32Array.of(17), { timeMs: 0, device: 0 }, out);
      return out.clickProbability[0]!;
    };
    const fresh = ask();
    remember(state, 5, 17);
    expect(watchedLately(state, 5, 17)).toBe(true);
    expect(watchedLately(state, 6, 17)).toBe(false);
    expect(ask()).toBeLessThan(fresh / 5);
    for (let v = 100; v < 100 + memoryLength; v++) remember(state, 5, v);
    expect(ask()).toBe(fresh);
  });

  it("dampens a topic that was watched much", () => {
    const world = smallWorld();
    const state = stateOf(world);
    const viewer = newViewer();
    look(state, viewer, 3, 0, 0);
    const topic = state.traits[trait.topic]!;
    const before = clickLogit(state, viewer, 0, 0.5);
    state.now.satiation[3 * world.config.topics + topic] = 2;
    expect(before - clickLogit(state, viewer, 0, 0.5)).toBeCloseTo(2 * world.config.topicSatiation, 6);
  });

  it("likes long videos more on a television in the evening than on a phone in the morning", () => {
    const world = smallWorld();
    const state = stateOf(world);
    const viewer = newViewer();
    const long = state.catalogue.videos.durationMs.findIndex((ms) => ms > 180_000);
    look(state, viewer, 3, 3, 20 * 3_600_000);
    const snapshot = [clickLogit(state, viewer, long, 0.5), watchLogit(state, viewer, long, 0.5)] as const;
    look(state, viewer, 3, 0, 8 * 3_600_000);
    expect(clickLogit(state, viewer, long, 0.5)).toBeLessThan(snapshot[0]);
    expect(watchLogit(state, viewer, long, 0.5)).toBeLessThan(snapshot[1]);
    expect(sigmoid(0)).toBe(0.5);
  });
});
