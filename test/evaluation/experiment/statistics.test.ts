/** Covariates, looks, novelty and segments against planted effects, and against A/A tests. */
import { describe, expect, it } from "vitest";
import { differenceOf } from "../../../src/evaluation/experiment/difference.js";
import { noveltyOf, type ArmByDay } from "../../../src/evaluation/experiment/novelty.js";
import { effectBySegment } from "../../../src/evaluation/experiment/segments.js";
import { alwaysValid, alwaysValidP, looksOf } from "../../../src/evaluation/experiment/sequential.js";
import { normal, uniform } from "../../../src/random.js";

const column = (n: number, of: (user: number) => number): Float64Array =>
  Float64Array.from({ length: n }, (_, u) => of(u));
/** Bounds of a count of `n` at `p`, four standard deviations wide. */
const band = (n: number, p: number): [number, number] => {
  const half = 4 * Math.sqrt(n * p * (1 - p));
  return [n * p - half, n * p + half];
};

describe("several covariates", () => {
  const n = 3_000;
  const arm = (key: number, effect: number) => {
    const [x, z] = [column(n, (u) => normal(key, u, 1)), column(n, (u) => normal(key, u, 2))];
    return { numerator: column(n, (u) => 2 * x[u]! - z[u]! + normal(key, u, 3) + effect), before: [x, z] };
  };

  it("leave the variance that neither explains, and the effect where it is", () => {
    const found = differenceOf(arm(1, 0), arm(2, 0.2));
    expect(found.kept).toBeCloseTo(1 / 6, 1); // var 4 + 1 + 1, of which 1 is left
    expect(Math.abs(found.difference.estimate - 0.2)).toBeLessThan(4 * found.difference.standardError);
  });

  it("may not determine one another", () => {
    const { numerator, before } = arm(1, 0);
    const twice = { numerator, before: [before[0]!, before[0]!.map((x) => 3 * x + 1)] };
    expect(() => differenceOf(twice, twice)).toThrow("the 2 covariates determine one another; leave one out");
  });
});

describe("values that do not vary", () => {
  const of = (...numerator: number[]) => ({ numerator: Float64Array.from(numerator) });
  it("have no interval, and no p-value of 0", () => {
    for (const found of [differenceOf(of(1, 1), of(2, 2)), differenceOf(of(0.1, 0.1, 0.1), of(0.1, 0.1))]) {
      expect(found.pValue).toBeNaN();
      expect(found.difference.low).toBeNaN();
    }
  });

  it("are not made to vary by rounding: a ratio that is the same for every user", () => {
    const denominator = column(50, (u) => 0.1 * (u + 1));
    const same = { numerator: denominator.map((value) => value * 0.7), denominator };
    expect(differenceOf(same, same).pValue).toBeNaN();
    expect(differenceOf(same, same).difference.standardError).toBeNaN();
  });

  it("a covariate that says everything leaves nothing to compare", () => {
    const x = column(40, (u) => normal(5, u));
    const told = { numerator: x.map((value) => 3 * value), before: x };
    expect(differenceOf(told, told).pValue).toBeNaN();
  });
});

it("winsorises numerator and denominator of a ratio, and says at what and whose", () => {
  const views = column(100, (u) => 10 + (u % 5));
  const arm = (heavy: number) => ({ numerator: views.map((v, u) => (u < heavy ? 500 : v / 2)), denominator: views });
  const found = differenceOf(arm(1), arm(2), { winsorise: 0.98 });
  expect(found.winsorised!.users).toEqual([1, 2]);
  expect(found.winsorised!.at).toBeLessThan(500);
  expect(found.winsorised!.denominatorAt).toBe(14);
});

describe("looks with covariates", () => {
  const [perDay, days] = [40, 10];
  const arm = (key: number, effect: number) => {
    const n = perDay * days;
    const before = column(n, (u) => normal(key, u, 1));
    return {
      numerator: column(n, (u) => before[u]! + normal(key, u, 2) + effect),
      before,
      exposed: column(n, (u) => Math.floor(u / perDay)),
    };
  };
  const options = { tunedFor: 2 * perDay * days };

  it("find nothing in at most 5 % of A/A tests, where fixed intervals do far more often", () => {
    const worlds = 120;
    let [fixed, valid] = [0, 0];
    for (let k = 0; k < worlds; k++) {
      const looks = looksOf(arm(3 * k, 0), arm(3 * k + 1, 0), options);
      expect(looks).toHaveLength(days);
      fixed += looks.some(({ fixed: { difference: of } }) => of.low > 0 || of.high < 0) ? 1 : 0;
      valid += looks.some(({ valid: of }) => of.low > 0 || of.high < 0) ? 1 : 0;
    }
    expect(fixed).toBeGreaterThan(band(worlds, 0.05)[1]); // 19 % are expected
    expect(valid).toBeLessThanOrEqual(band(worlds, 0.05)[1]);
  });

  it("are as much narrower as the covariate explains, and their p is .05 where the interval ends at 0", () => {
    const [a, b] = [arm(1, 0), arm(2, 0)];
    const { before: _, ...plainA } = a;
    const { before: __, ...plainB } = b;
    const last = (looks: ReturnType<typeof looksOf>) => looks[looks.length - 1]!.valid;
    const [adjusted, plain] = [last(looksOf(a, b, options)), last(looksOf(plainA, plainB, options))];
    expect((adjusted.high - adjusted.low) / (plain.high - plain.low)).toBeCloseTo(Math.SQRT1_2, 1);
    const at = { ...adjusted, estimate: (adjusted.high - adjusted.low) / 2 };
    expect(alwaysValid(at, options).low).toBeCloseTo(0, 9);
    expect(alwaysValidP(at, options)).toBeCloseTo(0.05, 9);
  });
});

describe("novelty", () => {
  const days = 7;
  /** Days of a user hang together; users come in on different days, so that later days have fewer. */
  const arm = (key: number, users: number, effect: (day: number) => number): ArmByDay => {
    const seen = Array.from({ length: users }, (_, u) => days - (u % 3));
    const views = Float64Array.from({ length: users * days }, (_, i) => 1 + Math.floor(4 * uniform(key, i, 1)));
    const rate = (u: number, day: number): number =>
      1 + 0.3 * normal(key, u, 2) + 0.3 * normal(key, u, 3, day) + effect(day);
    const numerator = views.map((v, i) => v * rate(Math.floor(i / days), i % days));
    return { days, seen, numerator, denominator: views };
  };

  it("finds a planted trend in a ratio, and calls it fading", () => {
    const found = noveltyOf(
      arm(1, 900, () => 0),
      arm(2, 900, (day) => 0.4 - 0.05 * day),
    );
    expect(Math.abs(found.trend.estimate + 0.05)).toBeLessThan(4 * found.trend.standardError);
    expect(found.verdict).toBe("fades");
    expect(found.days.map(({ users }) => users)).toEqual([1800, 1800, 1800, 1800, 1800, 1200, 600]);
    expect(found.days[0]!.effect.difference.estimate).toBeCloseTo(0.4, 1);
  });

  it("finds a trend where there is none one time in twenty", () => {
    const worlds = 200;
    let found = 0;
    for (let k = 0; k < worlds; k++)
      if (
        noveltyOf(
          arm(2 * k, 60, () => 0),
          arm(2 * k + 1, 60, () => 0.2),
        ).pValue < 0.05
      )
        found++;
    const [low, high] = band(worlds, 0.05);
    expect(found).toBeGreaterThan(low);
    expect(found).toBeLessThan(high);
  });

  it("needs two days", () => {
    const one = { days: 1, seen: [1, 1], numerator: Float64Array.of(1, 2) };
    expect(() => noveltyOf(one, one)).toThrow("1 days since exposure are seen in both arms; a trend needs at least 2");
    expect(() => noveltyOf({ ...one, days: 2 }, one)).toThrow("numerator has 2 values; 2 users on 2 days need as many");
  });
});

describe("segments", () => {
  const arm = (key: number, users: number, effect: (segment: string) => number) => {
    const of = Array.from({ length: users }, (_, u) => ["north", "south", "west"][Math.floor(3 * uniform(key, u, 9))]!);
    return { of, metric: { numerator: column(users, (u) => normal(key, u) + effect(of[u]!)) } };
  };
  const compare = (a: ReturnType<typeof arm>, b: ReturnType<typeof arm>) =>
    effectBySegment(a.metric, b.metric, { control: a.of, treatment: b.of });

  it("find where it works, and that it differs", () => {
    const found = compare(
      arm(1, 3_000, () => 0),
      arm(2, 3_000, (segment) => (segment === "west" ? 0.5 : 0)),
    );
    expect(found.interaction.pValue).toBeLessThan(1e-6);
    expect(found.segments.filter(({ holm }) => holm < 0.05).map(({ segment }) => segment)).toEqual(["west"]);
  });

  it("differ one time in twenty where they are alike", () => {
    const worlds = 200;
    let found = 0;
    for (let k = 0; k < worlds; k++)
      if (
        compare(
          arm(2 * k, 240, () => 0),
          arm(2 * k + 1, 240, () => 0.3),
        ).interaction.pValue < 0.05
      )
        found++;
    const [low, high] = band(worlds, 0.05);
    expect(found).toBeGreaterThan(low);
    expect(found).toBeLessThan(high);
  });

  it("are refused where the treatment changed them, or where there are too many", () => {
    const [a, b] = [arm(1, 600, () => 0), arm(2, 600, () => 0)];
    const late = b.of.map((segment, u) => (u % 3 === 0 ? "west" : segment));
    expect(() => effectBySegment(a.metric, b.metric, { control: a.of, treatment: late })).toThrow(
      /^segments have other shares in treatment than in control \(p < 0.0001\); allowed: what was known of users before exposure$/,
    );
    const each = a.of.map((_, u) => `u${u}`);
    expect(() => effectBySegment(a.metric, b.metric, { control: each, treatment: each })).toThrow(
      "there are 600 segments; allowed: at most 50",
    );
  });

  it("with few users are named, not judged", () => {
    const [a, b] = [arm(1, 600, () => 0), arm(2, 600, () => 0)];
    const some = (of: string[]): string[] => of.map((segment, u) => (u < 20 ? "few" : segment));
    const found = effectBySegment(a.metric, b.metric, { control: some(a.of), treatment: some(b.of) });
    expect(found.tooFew).toEqual(["few"]);
  });
});
