import fc from "fast-check";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bernsteinInterval } from "../../../src/evaluation/counterfactual/bernstein.js";
import { crossFit } from "../../../src/evaluation/counterfactual/cross-fit.js";
import {
  directMethod,
  doublyRobust,
  selfNormalisedDoublyRobust,
  switchDoublyRobust,
} from "../../../src/evaluation/counterfactual/doubly-robust.js";
import { estimateActions, intervalsByUser } from "../../../src/evaluation/counterfactual/estimate.js";
import {
  clippedIps,
  ips,
  selfNormalisedIps,
  valueOf,
  type Contributions,
} from "../../../src/evaluation/counterfactual/importance.js";
import type { LoggedActions } from "../../../src/evaluation/counterfactual/logged.js";
import { checkWeights, refusalOf } from "../../../src/evaluation/counterfactual/support.js";
import { actionsFromTables, type TabledActions } from "../../../src/evaluation/counterfactual/tables.js";
import { actionWeights } from "../../../src/evaluation/counterfactual/weights.js";
import { keyOf, normal, uniform } from "../../../src/random.js";

/** Every action of two contexts once, with the logging policy's probability of the round. */
const contexts = [0.4, 0.6];
const logging = [0.5, 0.3, 0.2, 0.1, 0.1, 0.8];
const wanted = [0.1, 0.3, 0.6, 0.3, 0.3, 0.4];
const truths = [1, 2, 5, -1, 0.5, 3];
const wrong = [4, 4, 0, 7, -2, 1];
const probability = logging.map((p, i) => p * contexts[Math.floor(i / 3)]!);
const truth = truths.reduce((sum, r, i) => sum + contexts[Math.floor(i / 3)]! * wanted[i]! * r, 0);
const every = (model: readonly number[], propensity: readonly number[] = logging): LoggedActions =>
  actionsFromTables({
    user: [0, 1, 2, 3, 4, 5],
    action: [0, 1, 2, 0, 1, 2],
    context: [0, 0, 0, 1, 1, 1],
    reward: truths,
    logging: propensity,
    actions: 3,
    target: wanted,
    model,
  });

/** An estimate of an endless log. */
function endless({ terms }: Contributions): number {
  const mean = (values: Float64Array): number => values.reduce((sum, value, i) => sum + probability[i]! * value, 0);
  return terms.reduce(
    (sum, { numerator, denominator }) => sum + mean(numerator) / (denominator ? mean(denominator) : 1),
    0,
  );
}

describe("over all rounds, each with its probability", () => {
  it("IPS and DR have the target's value as their mean, DR with any model; SNIPS and SN-DR tend to it", () => {
    const log = every(wrong);
    const rows = actionWeights(log);
    for (const found of [
      ips(rows),
      selfNormalisedIps(rows),
      doublyRobust(rows, log.model!),
      selfNormalisedDoublyRobust(rows, log.model!),
    ])
      expect(endless(found)).toBeCloseTo(truth, 12);
  });

  it("DR and the direct method are right with a right model, whatever the propensities; IPS is not", () => {
    const log = every(truths, [0.1, 0.2, 0.9, 0.5, 0.5, 0.1]);
    const rows = actionWeights(log);
    expect(endless(doublyRobust(rows, log.model!))).toBeCloseTo(truth, 12);
    expect(endless(directMethod(log))).toBeCloseTo(truth, 12);
    expect(Math.abs(endless(ips(rows)) - truth)).toBeGreaterThan(0.3);
    expect(Math.abs(endless(directMethod(every(wrong))) - truth)).toBeGreaterThan(0.3);
  });

  it("clipping loses exactly the weight above the largest, and switch-DR goes from the model to DR", () => {
    const log = every(wrong);
    const rows = actionWeights(log);
    const lost = truths.reduce((sum, r, i) => sum + probability[i]! * Math.max(0, rows.weight[i]! - 2) * r, 0);
    expect(endless(clippedIps(rows, 2))).toBeCloseTo(truth - lost, 12);
    expect(endless(switchDoublyRobust(rows, log.model!, 0))).toBeCloseTo(endless(directMethod(log)), 12);
    expect(endless(switchDoublyRobust(rows, log.model!, 1e9))).toBeCloseTo(truth, 12);
  });
});

describe("rounds of one action", () => {
  const { actions } = JSON.parse(readFileSync("test/fixtures/off-policy/obp.json", "utf8")) as {
    actions: Omit<TabledActions, "user"> & {
      reward: number[];
      most: number;
      values: Record<string, number>;
      bernstein: { bound: number; low: number };
    };
  };
  const log = actionsFromTables({ ...actions, user: actions.reward.map((_, i) => i) });
  const rows = actionWeights(log);

  it("give the numbers of Open Bandit Pipeline to 1e-9", () => {
    const model = log.model!;
    const found = {
      IPS: ips(rows),
      SNIPS: selfNormalisedIps(rows),
      "clipped IPS": clippedIps(rows, actions.most),
      "direct method": directMethod(log),
      DR: doublyRobust(rows, model),
      "SN-DR": selfNormalisedDoublyRobust(rows, model),
      "switch-DR": switchDoublyRobust(rows, model, actions.most),
    };
    expect(Object.keys(found)).toEqual(Object.keys(actions.values));
    for (const [name, contributions] of Object.entries(found))
      expect(Math.abs(valueOf(contributions) - actions.values[name]!), name).toBeLessThan(1e-9);
  });

  it("have its empirical Bernstein bound where every user has one round, and a wider one where rounds share users", () => {
    const squared = actionWeights({ ...log, reward: actions.reward.map((r) => r * r) });
    const found = bernsteinInterval(clippedIps(squared, actions.most), [0, actions.bernstein.bound]);
    expect(Math.abs(found.low - actions.bernstein.low)).toBeLessThan(1e-9);
    expect(found.high - found.estimate).toBeCloseTo(found.estimate - found.low, 12);
    const shared = { ...squared, user: actions.reward.map((_, i) => i >> 1) };
    const wider = bernsteinInterval(clippedIps(shared, actions.most), [0, actions.bernstein.bound]);
    expect(wider.estimate).toBeCloseTo(found.estimate, 12);
    expect(wider.high - wider.low).toBeGreaterThan(found.high - found.low);
    expect(() => bernsteinInterval(ips(squared), [0, 1])).toThrow(
      /^contribution\[\d+\] is .*; it must be in \[0, 1\]$/,
    );
    expect(() => bernsteinInterval(selfNormalisedIps(rows), [0, 1])).toThrow("a self-normalised estimate is a ratio");
  });

  it("are weighed in any order to the same value; SNIPS stays within the rewards and does not see the propensities' scale", () => {
    const row = fc.record({
      reward: fc.double({ min: -5, max: 5, noNaN: true }),
      logging: fc.double({ min: 0.01, max: 1, noNaN: true }),
      target: fc.double({ min: 0.001, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 40 }),
        fc.double({ min: 0.1, max: 1, noNaN: true }),
        (given, scale) => {
          const column = (of: (one: (typeof given)[number]) => number, all = given): number[] => all.map(of);
          const logOf = (all: typeof given, by = 1): LoggedActions => ({
            user: all.map((_, i) => i),
            reward: column(({ reward }) => reward, all),
            logging: column((one) => one.logging * by, all),
            target: column((one) => one.target, all),
          });
          const weights = actionWeights(logOf(given));
          const normal = valueOf(selfNormalisedIps(weights));
          expect(normal).toBeGreaterThanOrEqual(Math.min(...given.map(({ reward }) => reward)) - 1e-9);
          expect(normal).toBeLessThanOrEqual(Math.max(...given.map(({ reward }) => reward)) + 1e-9);
          expect(valueOf(selfNormalisedIps(actionWeights(logOf(given, scale))))).toBeCloseTo(normal, 8);
          const reversed = valueOf(ips(actionWeights(logOf([...given].reverse()))));
          expect(Math.abs(reversed - valueOf(ips(weights)))).toBeLessThan(1e-9);
          const { effectiveSampleSize } = checkWeights(weights);
          expect(effectiveSampleSize).toBeGreaterThanOrEqual(1 - 1e-9);
          expect(effectiveSampleSize).toBeLessThanOrEqual(given.length * (1 + 1e-9));
        },
      ),
    );
  });

  it("estimate the logging policy's own value as the mean reward, with the interval of the mean", () => {
    const own = actionWeights({ ...log, target: log.logging });
    const mean = actions.reward.reduce((sum, r) => sum + r, 0) / actions.reward.length;
    for (const found of [ips(own), selfNormalisedIps(own)]) expect(valueOf(found)).toBeCloseTo(mean, 12);
    expect(checkWeights(own)).toMatchObject({
      meanWeight: 1,
      effectiveSampleSize: 30,
      largestWeight: 1,
      unsupported: 0,
    });
  });

  it("that are no log are refused: the fault, the value, what is allowed", () => {
    const fault =
      (change: Partial<LoggedActions>): (() => void) =>
      () =>
        void actionWeights({ ...log, ...change });
    const put = (values: ArrayLike<number>, value: number): Float64Array => Float64Array.from(values).fill(value, 3, 4);
    for (const value of [0, -0.5, 1.0001, NaN])
      expect(fault({ logging: put(log.logging, value) })).toThrow(
        `logging propensity [3] is ${value}; it must be in (0, 1]`,
      );
    for (const value of [-0.1, 1.1, NaN])
      expect(fault({ target: put(log.target, value) })).toThrow(`[3] is ${value}; it must be in [0, 1]`);
    expect(fault({ reward: put(log.reward, Infinity) })).toThrow("reward[3] is Infinity; it must be a finite number");
    expect(fault({ user: [1, 2] })).toThrow("lengths differ: user has 2 rows, reward has 30; they must be equal");
    expect(() => actionWeights({ user: [], reward: [], logging: [], target: [] })).toThrow("reward is empty: 0 rows");
    const { model: _, ...plain } = log;
    expect(() => directMethod(plain)).toThrow("model is absent; the direct method needs expected rewards");
    expect(() => clippedIps(rows, 0)).toThrow("largest weight is 0; it must be above 0");
    expect(() => doublyRobust(rows, { shown: [1], expected: [1] })).toThrow(
      "model shown has 1 values; the weights are 30",
    );
    const tables = { ...actions, user: actions.reward };
    expect(() => actionsFromTables({ ...tables, target: put(actions.target, 0.9) })).toThrow(
      /^target probabilities of context 0 sum to 1\.\d+; they must sum to 1$/,
    );
    expect(() => actionsFromTables({ ...tables, target: put(actions.target, -0.1) })).toThrow(
      "target probability in context 0 is -0.1; it must be in [0, 1]",
    );
    expect(() => actionsFromTables({ ...tables, action: put(tables.action, 5) })).toThrow(
      "action[3] is 5; it must be a whole number from 0 to 4",
    );
    expect(() => actionsFromTables({ ...tables, context: put(tables.action, 30) })).toThrow("context[3] is 30");
    expect(() => actionsFromTables({ ...tables, target: Array.from(actions.target).slice(5) })).toThrow(
      "target has 29 rows for 30 rounds",
    );
  });
});

describe("what a log can answer", () => {
  const key = keyOf(5, "support");
  /** Two actions; the logging policy takes the second with probability `rare`. */
  const drawn = (rounds: number, rare: number, wantedRare: number, claimed = rare): LoggedActions => {
    const second = Array.from({ length: rounds }, (_, i) => uniform(key, i, rounds) < rare);
    return {
      user: second.map((_, i) => i >> 1),
      reward: second.map((yes, i) => (yes ? 2 : 1) + normal(key, i, 1)),
      logging: second.map((yes) => (yes ? claimed : 1 - claimed)),
      target: second.map((yes) => (yes ? wantedRare : 1 - wantedRare)),
    };
  };
  const options = { bootstrap: { replicates: 400 } };

  it("is answered within its interval; where few rounds carry the weight it is refused with the numbers", () => {
    const [first] = estimateActions(drawn(4000, 0.3, 0.6), options);
    if (!first || "refused" in first) throw new Error("refused");
    expect(Math.abs(first.interval.estimate - 1.6)).toBeLessThan(4 * first.interval.standardError);
    expect(first.interval.units).toBe(2000);
    const rare = estimateActions(drawn(4000, 0.002, 0.9), options);
    for (const one of rare) {
      expect(one).toHaveProperty("refused");
      expect("refused" in one && one.refused).toMatch(
        /^the log has almost no support: 4000 rows are worth \d+\.\d+ \(allowed: 50 or more\)/,
      );
      expect(one.check!.largestWeight).toBeCloseTo(450, 9);
    }
    const [allowed] = estimateActions(drawn(4000, 0.002, 0.9), {
      ...options,
      limits: { leastEffective: 1, mostDeviation: 9 },
    });
    expect(allowed).toHaveProperty("interval");
  });

  it("is refused where propensities do not add up, or where the target's mass is known to have no support", () => {
    const claimed = checkWeights(actionWeights(drawn(4000, 0.3, 0.3, 0.5)));
    expect(claimed.meanWeight).toBeLessThan(1.3);
    expect(refusalOf(claimed)).toMatch(
      /^propensities do not add up: the mean weight is 1\.\d+ ± 0\.00\d+ where 1 is expected/,
    );
    const log = drawn(4000, 0.3, 0.3);
    const none = checkWeights(actionWeights({ ...log, unsupported: Array.from(log.reward, () => 0.2) }));
    expect(none).toMatchObject({ unsupported: expect.closeTo(0.2, 12) as number, unsupportedKnown: true });
    expect(refusalOf(none)).toMatch(/^the log has no support: 20\.0 % of what the target shows/);
    expect(refusalOf(none, { mostUnsupported: 0.3 })).toBeUndefined();
    expect(refusalOf(checkWeights(actionWeights(log)))).toBeUndefined();
  });

  it("counts users: rows that are there twice, for the same user, change neither an error nor an interval", () => {
    const log = drawn(600, 0.3, 0.6);
    const user = Array.from(log.reward, (_, i) => i);
    const twice = (values: ArrayLike<number>): number[] => [...Array.from(values), ...Array.from(values)];
    const [once, doubled] = [
      { ...log, user },
      { user: twice(user), reward: twice(log.reward), logging: twice(log.logging), target: twice(log.target) },
    ].map((one) => {
      const rows = actionWeights(one);
      return { check: checkWeights(rows), interval: intervalsByUser([ips(rows)], options.bootstrap)[0]! };
    });
    expect(doubled!.check.meanWeightError).toBeCloseTo(once!.check.meanWeightError, 12);
    expect(doubled!.check).toMatchObject({ rows: 1200, users: 600 });
    for (const part of ["estimate", "low", "high"] as const)
      expect(doubled!.interval[part]).toBeCloseTo(once!.interval[part], 10);
  });

  it("is told by the position where it is worst", () => {
    const rows = 200;
    const weight = new Float64Array(2 * rows).map((_, i) => (i % 2 === 0 ? 1 : i === 7 ? 100 : 0.1));
    const user = Array.from({ length: rows }, (_, i) => i);
    const check = checkWeights({ user, slots: 2, reward: weight, weight });
    const mean = (100 + 0.1 * (rows - 1)) / rows;
    expect(check.meanWeight).toBeCloseTo(mean, 12);
    expect(check.largestWeight).toBe(100);
    expect(check.effectiveSampleSize).toBeCloseTo((mean * rows) ** 2 / (100 ** 2 + 0.01 * (rows - 1)), 9);
    expect(check.unsupported).toBeCloseTo(1 - mean, 12);
  });

  it("the direct method has a number wherever there is a model; clipped IPS a Bernstein interval wherever rewards have a range", () => {
    const log = drawn(4000, 0.3, 0.6);
    const reward = Array.from(log.reward, (r) => (r > 1.5 ? 1 : 0));
    const flat = { shown: reward.map(() => 0.5), expected: reward.map(() => 0.5) };
    const found = estimateActions({ ...log, reward, model: flat }, { ...options, rewardRange: [0, 1], mostWeight: 3 });
    expect(found.map(({ estimator }) => estimator)).toEqual([
      "direct method",
      "IPS",
      "SNIPS",
      "clipped IPS",
      "DR",
      "SN-DR",
      "switch-DR",
    ]);
    expect(found[0]).toMatchObject({ interval: { estimate: 0.5 } });
    const clipped = found[3]!;
    if ("refused" in clipped) throw new Error(clipped.refused);
    expect(clipped.bernstein!.low).toBeLessThan(clipped.interval.low);
    expect(clipped.bernstein!.high).toBeGreaterThan(clipped.interval.high);
  });

  it("SN-DR is resampled term by term under the same weights", () => {
    const log = drawn(300, 0.3, 0.5);
    const model = { shown: Array.from(log.reward, () => 1), expected: Array.from(log.reward, () => 1) };
    const rows = actionWeights(log);
    const [found, plain] = intervalsByUser(
      [selfNormalisedDoublyRobust(rows, model), selfNormalisedIps(rows)],
      options.bootstrap,
    );
    for (const part of ["estimate", "low", "high"] as const) expect(found![part]).toBeCloseTo(plain![part], 10); // q = v = 1 cancels
  });
});

describe("cross-fitting", () => {
  it("gives a row a model that has not seen its user, the same one whoever else is there", () => {
    const user = Array.from({ length: 60 }, (_, i) => i % 20);
    const { fold, models } = crossFit(user, (rows) => new Set(Array.from(rows, (row) => user[row]!)), { folds: 3 });
    user.forEach((id, row) => expect(models[fold[row]!]!.has(id)).toBe(false));
    expect(models.map((seen) => seen.size).reduce((a, b) => a + b)).toBe(40);
    const fewer = crossFit(user.slice(0, 15), () => 0, { folds: 3 });
    expect([...fewer.fold]).toEqual([...fold.slice(0, 15)]);
    expect(() => crossFit(user, () => 0, { folds: 1 })).toThrow("folds is 1; it must be a whole number of at least 2");
    expect(() => crossFit([7, 7], () => 0)).toThrow("there is nothing to learn from");
  });
});
