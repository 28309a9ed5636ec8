import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { doublyRobust } from "../../../src/evaluation/counterfactual/doubly-robust.js";
import { estimatePages } from "../../../src/evaluation/counterfactual/estimate.js";
import {
  ips,
  selfNormalisedIps,
  valueOf,
  type Contributions,
} from "../../../src/evaluation/counterfactual/importance.js";
import type { LoggedPages } from "../../../src/evaluation/counterfactual/logged.js";
import { conditionalPropensities } from "../../../src/evaluation/counterfactual/propensities.js";
import { pseudoInverseWeight, pseudoInverseWeights } from "../../../src/evaluation/counterfactual/pseudo-inverse.js";
import {
  cascadeWeights,
  jointWeights,
  marginalWeights,
  type Unweighted,
  type Weighted,
} from "../../../src/evaluation/counterfactual/weights.js";
import { keyOf, uniform } from "../../../src/random.js";
import { allPages, everyPage, rewards, slots, target, videos, type Reward } from "./toy-pages.js";

/** The mean of what an estimator says, over all logs. */
function expected({ terms }: Contributions, probability: Float64Array): number {
  return terms[0]!.numerator.reduce((sum, value, page) => sum + probability[page]! * value, 0);
}

function weighted(rows: Weighted | Unweighted): Weighted {
  if ("refused" in rows) throw new Error(rows.refused);
  return rows;
}

describe("over all pages that the logging policy can show, each with its probability", () => {
  const off = (weights: (log: LoggedPages) => Weighted | Unweighted, reward: Reward): number => {
    const { log, probability, truth } = everyPage(reward);
    return expected(ips(weighted(weights(log))), probability) - truth;
  };

  it("standard IPS has the target's value as its mean, whatever a reward depends on", () => {
    for (const reward of Object.values(rewards)) expect(Math.abs(off(jointWeights, reward))).toBeLessThan(1e-10);
    const { log, ...rest } = everyPage(rewards.page);
    const { joint: _, ...logging } = log.logging; // the product of the conditional ones
    const without = expected(ips(weighted(jointWeights({ ...log, logging }))), rest.probability);
    expect(without).toBeCloseTo(rest.truth, 10);
  });

  it("reward-interaction IPS has where rewards depend on what is above, and not where they depend on what is below", () => {
    expect(Math.abs(off(cascadeWeights, rewards.independent))).toBeLessThan(1e-10);
    expect(Math.abs(off(cascadeWeights, rewards.cascade))).toBeLessThan(1e-10);
    expect(Math.abs(off(cascadeWeights, rewards.page))).toBeGreaterThan(0.5);
  });

  it("independent IPS has where a reward depends on its own position alone (marginal propensities to 1e-9), and not elsewhere", () => {
    expect(Math.abs(off(marginalWeights, rewards.independent))).toBeLessThan(1e-8);
    expect(Math.abs(off(marginalWeights, rewards.cascade))).toBeGreaterThan(0.05);
  });

  it("cascade-DR has with any reward model", () => {
    const { log, probability, truth } = everyPage(rewards.cascade);
    const key = keyOf(3, "model");
    const guess = (page: readonly number[], k: number): number =>
      10 * uniform(key, ...(page.slice(0, k + 1) as [number, number, number]));
    const pages = allPages(videos, slots);
    const each = (value: (page: readonly number[], k: number) => number): number[] =>
      pages.flatMap((page) => page.map((_, k) => value(page, k)));
    const model = {
      shown: each(guess),
      expected: each((page, k) => {
        const before = page.slice(0, k);
        return [...Array(videos).keys()]
          .filter((video) => !before.includes(video))
          .reduce((sum, video) => {
            const next = [...before, video];
            return sum + conditionalPropensities(target, next)[k]! * guess(next, k);
          }, 0);
      }),
    };
    expect(expected(doublyRobust(weighted(cascadeWeights(log)), model), probability)).toBeCloseTo(truth, 10);
  });

  it("the pseudo-inverse estimator has where the page's total is a sum over positions, with the pairs of this logging policy", () => {
    const { log, probability, truth } = everyPage(rewards.independent);
    const pages = allPages(videos, slots).map((page) => page.map((video, k) => k * videos + video));
    const size = slots * videos;
    const pairs = new Float64Array(size * size);
    const wanted = new Float64Array(size);
    pages.forEach((places, page) => {
      for (const a of places) for (const b of places) pairs[a * size + b]! += probability[page]!;
      for (const a of places) wanted[a]! += (log.target.joint as Float64Array)[page]!;
    });
    const weightOf = pseudoInverseWeight(pairs, wanted);
    const rows = weighted(pseudoInverseWeights(log, Float64Array.from(pages, weightOf)));
    expect(expected(ips(rows), probability)).toBeCloseTo(truth, 10);
    // its variance is less than that of standard IPS
    const second = ({ weight }: Weighted): number =>
      weight.reduce((sum, w, page) => sum + probability[page]! * w * w, 0);
    expect(second(rows)).toBeLessThan(second(weighted(jointWeights(log))));
    // the formula for independent positions is another one here
    expect(Math.abs(expected(ips(weighted(pseudoInverseWeights(log))), probability) - truth)).toBeGreaterThan(0.005);
  });

  it("the formula of independent positions is the pseudo-inverse where they are drawn independently", () => {
    const [first, second] = [
      [0.2, 0.5, 0.3],
      [0.6, 0.1, 0.3],
    ];
    const [wantedFirst, wantedSecond] = [
      [0.1, 0.1, 0.8],
      [0.3, 0.3, 0.4],
    ];
    const pages = [0, 1, 2].flatMap((a) => [0, 1, 2].map((b) => [a, b] as const));
    const pairs = new Float64Array(36);
    for (const [a, b] of pages)
      for (const i of [a, 3 + b]) for (const j of [a, 3 + b]) pairs[i * 6 + j]! += first![a]! * second![b]!;
    const weightOf = pseudoInverseWeight(pairs, [...wantedFirst!, ...wantedSecond!]);
    const { weight } = weighted(
      pseudoInverseWeights({
        user: pages.map((_, i) => i),
        slots: 2,
        reward: pages.flatMap(() => [0, 0]),
        logging: { marginal: pages.flatMap(([a, b]) => [first![a]!, second![b]!]) },
        target: { marginal: pages.flatMap(([a, b]) => [wantedFirst![a]!, wantedSecond![b]!]) },
      }),
    );
    pages.forEach(([a, b], page) => expect(weight[page]).toBeCloseTo(weightOf([a, 3 + b]), 10));
  });
});

describe("pages", () => {
  it("give the numbers of Open Bandit Pipeline to 1e-9", () => {
    const { pages } = JSON.parse(readFileSync("test/fixtures/off-policy/obp.json", "utf8")) as {
      pages: Pick<LoggedPages, "slots"> & {
        reward: number[];
        conditional: { logging: number[]; target: number[] };
        marginal: { logging: number[]; target: number[] };
        shown: number[];
        expected: number[];
        values: Record<string, number>;
      };
    };
    const { conditional, marginal, shown, expected: under, values } = pages;
    const log: LoggedPages = {
      ...pages,
      user: Array.from({ length: pages.reward.length / pages.slots }, (_, i) => i),
      logging: { conditional: conditional.logging, marginal: marginal.logging },
      target: { conditional: conditional.target, marginal: marginal.target },
    };
    const [joint, cascade, single] = [jointWeights, cascadeWeights, marginalWeights].map((of) => weighted(of(log)));
    const found = {
      "standard IPS": ips(joint!),
      "independent IPS": ips(single!),
      "reward-interaction IPS": ips(cascade!),
      "self-normalised standard IPS": selfNormalisedIps(joint!),
      "self-normalised independent IPS": selfNormalisedIps(single!),
      "self-normalised reward-interaction IPS": selfNormalisedIps(cascade!),
      "cascade-DR": doublyRobust(cascade!, { shown, expected: under }),
    };
    expect(Object.keys(found)).toEqual(Object.keys(values));
    for (const [name, contributions] of Object.entries(found))
      expect(Math.abs(valueOf(contributions) - values[name]!), name).toBeLessThan(1e-9);
  });

  it("with marginal propensities alone are refused by what weighs whole pages or prefixes, with the reason", () => {
    const { log } = everyPage(rewards.independent);
    const { marginal } = log.logging;
    const said = estimatePages(
      { ...log, logging: { marginal: marginal! } },
      { limits: { leastEffective: 1, mostDeviation: 9 } },
    );
    expect(said.map(({ estimator, ...rest }) => [estimator, "refused" in rest ? rest.refused : "estimated"])).toEqual([
      ["standard IPS", "it needs the probability of the whole page; of the logging policy there is marginal"],
      [
        "reward-interaction IPS",
        "it needs the probability of each position given those before it; of the logging policy there is marginal",
      ],
      ["independent IPS", "estimated"],
      ["pseudo-inverse", "estimated"],
    ]);
    const jointAlone = estimatePages({ ...log, target: { joint: log.target.joint! } });
    expect(jointAlone[2]).toMatchObject({
      refused:
        "it needs the probability of each position whatever comes before it (marginal); of the target policy there is joint",
    });
  });

  it("whose target has mass that the log cannot show are refused by that mass, of pages or of positions", () => {
    const { log } = everyPage(rewards.independent);
    const pages = log.user.length;
    const unsupported = {
      joint: new Float64Array(pages).fill(0.5),
      marginal: new Float64Array(pages * slots).map((_, i) => (i % slots === 2 ? 0.02 : 0)),
    };
    const said = estimatePages({ ...log, unsupported }, { limits: { leastEffective: 1, mostDeviation: 9 } });
    expect(said.map((one) => ("refused" in one ? one.refused.slice(0, 45) : one.check.unsupported))).toEqual([
      "the log has no support: 50.0 % of what the ta",
      "the log has no support: 50.0 % of what the ta",
      expect.closeTo(0.02, 12),
      expect.closeTo(0.02, 12),
    ]);
  });

  it("that are no log are refused: the fault, the value, what is allowed", () => {
    const { log } = everyPage(rewards.page);
    const changed = (values: ArrayLike<number>, at: number, value: number): Float64Array =>
      Float64Array.from(values).fill(value, at, at + 1);
    const marginal = log.logging.marginal!;
    const fault =
      (change: Partial<LoggedPages>): (() => void) =>
      () =>
        void jointWeights({ ...log, ...change });
    expect(fault({ slots: 0 })).toThrow("slots is 0; it must be a whole number of at least 1");
    expect(fault({ user: [] })).toThrow("user is empty: 0 rows");
    expect(fault({ reward: [1] })).toThrow("reward has 1 values; 24 pages × 3 are 72");
    expect(fault({ reward: changed(log.reward, 5, NaN) })).toThrow("reward[5] is NaN; it must be a finite number");
    for (const value of [0, -0.1, 1.1, NaN])
      expect(fault({ logging: { ...log.logging, marginal: changed(marginal, 4, value) } })).toThrow(
        `logging marginal propensity [4] is ${value}; it must be in (0, 1]`,
      );
    expect(fault({ target: { ...log.target, joint: changed(log.target.joint!, 2, 1.5) } })).toThrow("[2] is 1.5");
    expect(fault({ logging: { ...log.logging, joint: changed(log.logging.joint!, 2, 0.5) } })).toThrow(
      /^logging joint\[2\] is 0.5; its positions' conditional propensities multiply to 0.0\d+: they must agree$/,
    );
    expect(fault({ model: { shown: [1], expected: log.reward } })).toThrow("model shown has 1 values");
    expect(fault({ unsupported: { joint: new Float64Array(24).fill(2) } })).toThrow("unsupported[0] is 2");
    expect(() => pseudoInverseWeights(log, Float64Array.of(1))).toThrow(
      "weight has 1 values; it must have one for each of 24",
    );
  });
});
