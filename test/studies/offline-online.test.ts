import { expect, it } from "vitest";
import type { Interval } from "../../src/evaluation/index.js";
import type { Judged } from "../../src/pipeline/compare.js";
import { offlineOnlineAgreement, regretText, type OfflineOnlineRow } from "../../src/studies/offline-online.js";

const about = (estimate: number): Interval => ({
  estimate,
  low: estimate - 0.5,
  high: estimate + 0.5,
  standardError: 0.25,
  level: 0.95,
  units: 100,
});
const row = (policy: string, auc: number, minutes: number): OfflineOnlineRow => ({
  policy,
  auc,
  ndcgClick: auc,
  ndcgWatch: auc,
  recall: auc,
  ctr: about(minutes),
  watchMinutes: about(minutes),
  day7Return: about(minutes),
  share: undefined,
});
/** Learned minus popularity is 0.2 in all metrics, its interval begins at `low`. */
const judged = (low: number): Judged => {
  const difference = { difference: { estimate: 0.2, low, high: 0.4 } };
  const metrics = { watchMinutes: difference, ctr: difference, day7Return: difference };
  return {
    comparisons: [{ control: "popularity", treatment: "learned", comparison: { metrics } }],
  } as unknown as Judged;
};

it("a pick that the arms do not separate from the winner has an undecided regret, one that they separate loses its share", () => {
  const rows = [row("random", 0.5, 1), row("popularity", 0.7, 4), row("learned", 0.6, 4.2)];
  const [open] = offlineOnlineAgreement(rows, judged(-0.1));
  expect(open).toMatchObject({ offlineWinner: "popularity", onlineWinner: "learned", undecided: ["popularity"] });
  expect(regretText(open!)).toBe("undecided");
  const [decided] = offlineOnlineAgreement(rows, judged(0.1));
  expect(decided!.undecided).toEqual([]);
  expect(regretText(decided!)).toBe("5 %");
});

it("a tie with a policy that clearly loses is decided, and the winner itself loses nothing", () => {
  const tied = [row("random", 0.7, 1), row("popularity", 0.6, 4), row("learned", 0.7, 4.2)];
  expect(regretText(offlineOnlineAgreement(tied, judged(-0.1))[0]!)).toBe("76 %");
  const right = [row("random", 0.5, 1), row("popularity", 0.6, 4), row("learned", 0.7, 4.2)];
  expect(regretText(offlineOnlineAgreement(right, judged(-0.1))[0]!)).toBe("none");
});
