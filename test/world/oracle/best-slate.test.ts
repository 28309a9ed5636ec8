import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaults, openOracle } from "../../../src/world/index.js";
import type { ChoiceModel, Goal } from "../../../src/world/index.js";
import { bestOf } from "../../../src/world/oracle/best-slate.js";
import { clickChances, newPageWeights } from "../../../src/world/choice/page-choice.js";
import { stateOf } from "../../../src/world/world.js";
import { playDays, smallWorld } from "../play.js";

/** All ordered pages of at most `slots` of `n` videos, -1 padded. */
function pages(n: number, slots: number): number[][] {
  if (slots === 0) return [[]];
  const out: number[][] = [];
  const grow = (page: number[]): void => {
    out.push([...page, ...Array<number>(slots - page.length).fill(-1)]);
    if (page.length < slots) for (let v = 0; v < n; v++) if (!page.includes(v)) grow([...page, v]);
  };
  grow([]);
  return out;
}

describe("the best slate", () => {
  it.each(["position", "cascade", "multinomial"] as ChoiceModel[])(
    "is the best of all pages under the %s model, by brute force",
    (choiceModel) => {
      const rows = fc.array(
        fc.record({
          logit: fc.double({ min: -6, max: 4, noNaN: true }),
          reward: fc.double({ min: -1, max: 5, noNaN: true }),
        }),
        { minLength: 1, maxLength: 6 },
      );
      const rates = fc.record({
        cascadeContinue: fc.double({ min: 0, max: 1, noNaN: true }),
        cascadeAfterClick: fc.double({ min: 0, max: 1, noNaN: true }),
        noClickMass: fc.double({ min: 0.01, max: 20, noNaN: true }),
      });
      const weights = newPageWeights();
      const chance = new Float64Array(3);
      fc.assert(
        fc.property(rows, rates, fc.double({ min: 0, max: 2, noNaN: true }), (videos, rate, decay) => {
          const config = { ...defaults, ...rate, choiceModel, slots: 3 };
          const state = { ...stateOf(smallWorld()), config };
          const examined = Float64Array.of(1, 2 ** -decay, 3 ** -decay);
          const logit = Float64Array.from(videos, (v) => v.logit);
          const reward = Float64Array.from(videos, (v) => v.reward);
          const valueOf = (page: ArrayLike<number>): number => {
            for (let k = 0; k < 3; k++) {
              const v = page[k]!;
              weights.examined[k] = v < 0 ? 0 : choiceModel === "cascade" ? 1 : examined[k]!;
              weights.logit[k] = v < 0 ? 0 : logit[v]!;
            }
            clickChances(state, weights, chance);
            let sum = 0;
            for (let k = 0; k < 3; k++) if (page[k]! >= 0) sum += chance[k]! * reward[page[k]!]!;
            return sum;
          };
          const out = new Int32Array(3);
          const value = bestOf(config, examined, logit, reward, out);
          expect(valueOf(out)).toBeCloseTo(value, 9);
          expect(value).toBeGreaterThanOrEqual(Math.max(...pages(videos.length, 3).map(valueOf)) - 1e-9);
        }),
        { numRuns: 60, seed: 1 },
      );
    },
  );

  it.each(["click", "watch", "satisfaction"] as Goal[])(
    "sums to what is expected of its page, for %s in every model",
    (goal) => {
      for (const choiceModel of ["position", "cascade", "multinomial"] as const) {
        const world = smallWorld(6, { choiceModel });
        playDays(world, 0, 1);
        const oracle = openOracle(world);
        const out = new Int32Array(5);
        const context = { timeMs: 60_000_000, device: 2 };
        for (const user of [1, 7, 30]) {
          const value = oracle.bestSlate(user, 280, context, goal, out);
          const expected = oracle.expectedAt(user, out, context);
          const column =
            goal === "click" ? expected.clickProbability : goal === "watch" ? expected.watchMs : expected.satisfaction;
          expect(column.reduce((sum, x) => sum + x, 0) / value).toBeCloseTo(1, 9);
          const single = oracle.expectedAt(user, Int32Array.of(0, 1, 2, 3, 4), context);
          const other =
            goal === "click" ? single.clickProbability : goal === "watch" ? single.watchMs : single.satisfaction;
          expect(value).toBeGreaterThanOrEqual(other.reduce((sum, x) => sum + x, 0));
        }
      }
    },
  );
});
