import { expect, it } from "vitest";
import { leaderOf } from "../../src/evaluation/leader.js";

const about = (estimate: number, margin: number): { estimate: number; low: number; high: number } => ({
  estimate,
  low: estimate - margin,
  high: estimate + margin,
});
const values = [
  { policy: "random", value: about(1, 0.2) },
  { policy: "popularity", value: about(4, 0.5) },
  { policy: "learned", value: about(4.2, 0.5) },
];

it("names the best and the rivals whose difference from it could be 0 if they were independent", () => {
  expect(leaderOf(values)).toEqual({ best: "learned", undecided: ["popularity"] });
  const ahead = { policy: "oracle", value: about(5, 0.5) }; // 0.8 ahead: more than the root of 0.5² + 0.5²
  expect(leaderOf([...values, ahead])).toEqual({ best: "oracle", undecided: [] });
  expect(leaderOf([...values, { policy: "unknown", value: about(9, NaN) }]).undecided).toHaveLength(3);
});

it("a paired difference decides, whichever of the two is the control", () => {
  const pair = { control: "popularity", treatment: "learned", difference: about(0.2, 0.1) };
  expect(leaderOf(values, [pair]).undecided).toEqual([]);
  const back = { control: "learned", treatment: "popularity", difference: about(-0.2, 0.1) };
  expect(leaderOf(values, [back]).undecided).toEqual([]);
  expect(leaderOf(values, [{ ...pair, difference: about(0.2, 0.3) }]).undecided).toEqual(["popularity"]);
});

it("reads a metric that is better when lower, and ignores what is not defined", () => {
  const costs = [{ policy: "none", value: about(NaN, NaN) }, ...values];
  expect(leaderOf(costs, [], "lower")).toEqual({ best: "random", undecided: [] });
  expect(() => leaderOf([costs[0]!])).toThrow("no policy has a finite estimate");
});
