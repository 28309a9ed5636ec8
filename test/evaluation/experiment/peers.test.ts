/** Values of gbstats and statsmodels (versions in peers.json, made by peers.py), and the formula of confidence sequences. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { differenceOf } from "../../../src/evaluation/experiment/difference.js";
import { benjaminiHochberg, holm } from "../../../src/evaluation/experiment/multiple.js";
import { powerOf, usersNeeded } from "../../../src/evaluation/experiment/power.js";
import { mixtureParameter, sequenceWidth } from "../../../src/evaluation/experiment/sequential.js";

interface Result {
  readonly expected: number;
  readonly low: number;
  readonly high: number;
  readonly p: number;
}
const peers = JSON.parse(readFileSync(new URL("peers.json", import.meta.url), "utf8")) as {
  readonly means: readonly {
    readonly name: string;
    readonly a: number[];
    readonly b: number[];
    readonly statsmodels: { readonly low: number; readonly high: number; readonly p: number; readonly df: number };
    readonly gbstats: Result;
    readonly lift: Result;
  }[];
  readonly ratios: readonly {
    readonly name: string;
    readonly a: [number[], number[]];
    readonly b: [number[], number[]];
    readonly gbstats: Result;
    readonly lift: Result;
  }[];
  readonly multiple: { readonly p: number[]; readonly holm: number[]; readonly bh: number[] };
  readonly power: readonly { effect: number; ratio: number; users: number; powerOf2000: number }[];
  readonly sequences: readonly { tuned: number; n: number; rho: number; width: number }[];
};

const mean = (values: readonly number[]) => ({ numerator: Float64Array.from(values) });
const near = (value: number, expected: number): void =>
  expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected)));

describe("differences equal the peers'", () => {
  it.each(peers.means)("of means: $name", ({ a, b, statsmodels, gbstats, lift }) => {
    const found = differenceOf(mean(a), mean(b));
    near(found.degrees, statsmodels.df);
    near(found.pValue, statsmodels.p);
    near(found.difference.low, statsmodels.low);
    near(found.difference.high, statsmodels.high);
    near(found.difference.estimate, gbstats.expected);
    near(found.difference.low, gbstats.low);
    near(found.difference.high, gbstats.high);
    near(found.lift.estimate, lift.expected);
    near(found.lift.low, lift.low);
    near(found.lift.high, lift.high);
  });

  it.each(peers.ratios)("of ratios of sums: $name", ({ a, b, gbstats, lift }) => {
    const arm = ([n, d]: [number[], number[]]) => ({
      numerator: Float64Array.from(n),
      denominator: Float64Array.from(d),
    });
    const found = differenceOf(arm(a), arm(b));
    near(found.difference.estimate, gbstats.expected);
    near(found.difference.low, gbstats.low);
    near(found.difference.high, gbstats.high);
    near(found.pValue, gbstats.p);
    near(found.lift.low, lift.low);
    near(found.lift.high, lift.high);
  });

  it("adjusts p-values as statsmodels does", () => {
    holm(peers.multiple.p).forEach((p, i) => near(p, peers.multiple.holm[i]!));
    benjaminiHochberg(peers.multiple.p).forEach((p, i) => near(p, peers.multiple.bh[i]!));
  });

  it.each(peers.power)(
    "plans as statsmodels does: effect $effect, ratio $ratio",
    ({ effect, ratio, users, powerOf2000 }) => {
      const options = { treatmentShare: ratio / (1 + ratio) };
      // statsmodels leaves out the far tail where it solves for users
      expect(Math.abs(usersNeeded(1, effect, options) - users)).toBeLessThan(1.01);
      near(powerOf(1, effect, 2000, options), powerOf2000);
    },
  );

  it.each(peers.sequences)(
    "widens confidence sequences by the paper's formula: n $n, tuned for $tuned",
    ({ tuned, n, rho, width }) => {
      near(mixtureParameter({ tunedFor: tuned }), rho);
      near(sequenceWidth(n, { tunedFor: tuned }), width);
    },
  );
});
