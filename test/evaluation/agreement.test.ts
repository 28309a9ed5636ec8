import { describe, expect, test } from "vitest";
import { agreement, kendallTau, pearson, ranks, spearman } from "../../src/evaluation/agreement.js";

describe("rank correlation", () => {
  test("equals the examples of SciPy's kendalltau and spearmanr", () => {
    expect(kendallTau([12, 2, 1, 12, 2], [1, 4, 7, 1, 0])).toBeCloseTo(-0.4714045207910317, 14);
    expect(spearman([1, 2, 3, 4, 5], [5, 6, 7, 8, 7])).toBeCloseTo(0.8207826816681233, 14);
  });

  test("is 1 for the same order, −1 for the reverse and NaN for a constant", () => {
    expect(kendallTau([1, 2, 3], [10, 100, 1000])).toBe(1);
    expect(spearman([1, 2, 3], [3, 2, 1])).toBeCloseTo(-1, 12);
    expect(kendallTau([1, 1, 1], [1, 2, 3])).toBeNaN();
    expect(pearson([1, 2], [5, 5])).toBeNaN();
    expect([...ranks([30, 10, 30, 20])]).toEqual([3.5, 1, 3.5, 2]);
  });

  test("say nothing of a constant column, whatever its rounded mean", () => {
    const flat = new Float64Array(7).fill(0.1);
    const varied = [3, 1, 4, 1, 5, 9, 2];
    for (const of of [pearson, spearman, kendallTau]) {
      expect(of(flat, varied)).toBeNaN();
      expect(of(varied, flat)).toBeNaN();
      expect(of(flat, new Float64Array(7).fill(0.3))).toBeNaN();
    }
    const rows = varied.map((online, i) => ({ policy: `p${i}`, offline: { auc: 0.1 }, online: { watch: online } }));
    expect(agreement(rows)[0]!.spearman).toBeNaN();
  });
});

describe("agreement", () => {
  const policies = [
    { policy: "ctr", offline: { auc: 0.8, logLoss: 0.4 }, online: { watch: 8, hides: 3 } },
    { policy: "watch", offline: { auc: 0.7, logLoss: 0.2 }, online: { watch: 10, hides: 1 } },
    { policy: "random", offline: { auc: 0.5, logLoss: 0.7 }, online: { watch: 4, hides: 2 } },
  ];

  test("says which metric picks the online winner and what a wrong pick costs", () => {
    const table = agreement(policies, { lowerIsBetter: ["logLoss", "hides"] });
    expect(table.map((row) => `${row.offline}/${row.online}`)).toEqual([
      "auc/watch",
      "auc/hides",
      "logLoss/watch",
      "logLoss/hides",
    ]);
    expect(table[0]).toMatchObject({
      offlineWinner: "ctr",
      onlineWinner: "watch",
      picksWinner: false,
      regret: 0.2,
      policies: 3,
    });
    expect(table[0]!.kendall).toBeCloseTo(1 / 3, 12);
    expect(table[2]).toMatchObject({
      offlineWinner: "watch",
      onlineWinner: "watch",
      picksWinner: true,
      regret: 0,
      kendall: 1,
    });
    expect(table[1]).toMatchObject({ offlineWinner: "ctr", onlineWinner: "watch", regret: 2 });
  });

  test("names all who share the best offline value, and counts the worst of them", () => {
    const [auc] = agreement([
      ...policies,
      { policy: "twin", offline: { auc: 0.8, logLoss: 1 }, online: { watch: 10, hides: 9 } },
    ]);
    expect(auc).toMatchObject({ offlineWinner: "ctr = twin", onlineWinner: "watch", picksWinner: false, regret: 0.2 });
  });

  test("refuses one policy and a missing number", () => {
    expect(() => agreement(policies.slice(1, 2))).toThrow("agreement needs at least 2 policies; got 1");
    expect(() =>
      agreement([policies[0]!, { policy: "x", offline: { auc: 1 }, online: { watch: 1, hides: 1 } }]),
    ).toThrow("offline metric logLoss of policy x is undefined");
  });
});
