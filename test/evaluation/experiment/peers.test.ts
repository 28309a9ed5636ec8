/** Values of gbstats, spotify-confidence, confseq and statsmodels on shared and on edge cases (versions in peers.json, made by peers.py). */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { differenceOf } from "../../../src/evaluation/experiment/difference.js";
import { benjaminiHochberg, holm } from "../../../src/evaluation/experiment/multiple.js";
import { powerOf, usersNeeded } from "../../../src/evaluation/experiment/power.js";
import { sampleRatio } from "../../../src/evaluation/experiment/sample-ratio.js";
import { independence } from "../../../src/evaluation/experiment/segments.js";
import { alwaysValid, alwaysValidP, sequenceWidth } from "../../../src/evaluation/experiment/sequential.js";

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
    readonly gbstats: Result | null;
    readonly lift: Result | null;
    readonly spotify: Result;
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
  readonly sequences: readonly { tuned: number; n: number; width: number }[];
  readonly looks: readonly { tuned: number; a: number[]; b: number[]; gbstats: Result }[];
  readonly cuped: {
    readonly y: [number[], number[]];
    readonly x: [number[], number[]];
    readonly z: [number[], number[]];
    readonly standardError: number;
    readonly oneCovariate: number;
    readonly twoCovariates: number;
  };
  readonly refused: {
    readonly zeroControl: { a: number[]; b: number[]; gbstats: string };
    readonly noVariance: { a: number[]; b: number[]; gbstats: string };
    readonly negativeVariance: { variance: number; gbstats: string };
  };
  readonly split: { counts: number[]; p: number };
  readonly independence: readonly { counts: [number, number][]; p: number }[];
};

const mean = (values: readonly number[]) => ({ numerator: Float64Array.from(values) });
const small = { min: -1e6, max: 1e6, noNaN: true };
const near = (value: number, expected: number): void =>
  expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected)));

describe("differences equal the peers'", () => {
  it.each(peers.means)("of means: $name", ({ a, b, statsmodels, gbstats, lift, spotify }) => {
    const found = differenceOf(mean(a), mean(b));
    near(found.degrees, statsmodels.df);
    near(found.pValue, statsmodels.p);
    near(found.difference.low, statsmodels.low);
    near(found.difference.high, statsmodels.high);
    near(found.difference.estimate, spotify.expected);
    near(found.pValue, spotify.p);
    near(found.difference.low, spotify.low);
    near(found.difference.high, spotify.high);
    expect(gbstats === null).toBe(new Set(a).size === 1); // gbstats refuses an arm that does not vary, the others take it
    if (gbstats === null || lift === null) return;
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

  it.each(peers.sequences)("widens sequences as confseq does: n $n, tuned for $tuned", ({ tuned, n, width }) =>
    near(sequenceWidth(n, { tunedFor: tuned }), width),
  );

  it.each(peers.looks)("looks as gbstats does: tuned for $tuned", ({ tuned, a, b, gbstats }) => {
    const { difference } = differenceOf(mean(a), mean(b));
    const found = alwaysValid(difference, { tunedFor: tuned });
    near(found.low, gbstats.low);
    near(found.high, gbstats.high);
    near(alwaysValidP(difference, { tunedFor: tuned }), gbstats.p);
  });

  it("adjusts for covariates as least squares does, with gbstats' standard error", () => {
    const { x, y, z, standardError, oneCovariate, twoCovariates } = peers.cuped;
    const arm = (i: 0 | 1, ...before: [number[], number[]][]) => ({
      ...mean(y[i]),
      before: before.map((column) => Float64Array.from(column[i])),
    });
    const one = differenceOf(arm(0, x), arm(1, x)).difference;
    near(one.estimate, oneCovariate);
    near(one.standardError, standardError);
    near(differenceOf(arm(0, x, z), arm(1, x, z)).difference.estimate, twoCovariates);
  });

  it("tests the split and its shares as spotify-confidence and scipy do", () => {
    near(sampleRatio(peers.split.counts).pValue, peers.split.p);
    for (const { counts, p } of peers.independence) near(independence(counts), p);
  });
});

describe("what the peers refuse has no number here", () => {
  const { zeroControl, noVariance, negativeVariance } = peers.refused;
  it("a lift over 0", () => {
    expect(zeroControl.gbstats).toBe("ZERO_NEGATIVE_BASELINE_VARIATION");
    const found = differenceOf(mean(zeroControl.a), mean(zeroControl.b));
    expect(found.lift.estimate).toBeNaN();
    expect(found.difference.estimate).toBeCloseTo(0.6, 12);
    expect(found.pValue).toBeGreaterThan(0);
  });

  it("an interval of values that do not vary", () => {
    expect(noVariance.gbstats).toBe("ZERO_NEGATIVE_VARIANCE");
    expect(differenceOf(mean(noVariance.a), mean(noVariance.b)).pValue).toBeNaN();
  });

  it("a negative variance, which sums can have and users cannot", () => {
    expect(negativeVariance.variance).toBeLessThan(0);
    expect(negativeVariance.gbstats).toBe("ZERO_NEGATIVE_VARIANCE");
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double(small), fc.double({ ...small, min: 0.01 })), { minLength: 2 }),
        (users) => {
          const column = (i: 0 | 1) => Float64Array.from(users, (user) => user[i]);
          const arm = { numerator: column(0), denominator: column(1) };
          const { standardError } = differenceOf(arm, arm).difference;
          expect(Number.isNaN(standardError) || standardError > 0).toBe(true);
        },
      ),
    );
  });
});
