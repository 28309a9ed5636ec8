import { describe, expect, it } from "vitest";
import {
  stylisedFacts,
  type StylisedFact,
  geometricLogLikelihood,
  inverseGaussianLogLikelihood,
} from "../../../src/studies/validity/facts.js";
import type { LogMeasures } from "../../../src/studies/validity/log-measures.js";
import { publishedFacts } from "../../../src/studies/validity/published.js";
import { normal, uniform } from "../../../src/random.js";

const empty: LogMeasures = {
  impressions: 1_000,
  clicks: 50,
  clicksByVideo: new Float64Array(20),
  uniformImpressions: new Float64Array(4).fill(100),
  uniformClicks: Float64Array.from([20, 15, 12, 10]),
  watches: { fraction: [], durationMs: [], watchMs: [] },
  pagesOfVisits: [1, 1, 2, 3],
  gapMinutes: [],
  requestsByHour: new Float64Array(24).fill(1),
  activeByDay: new Float64Array(14).fill(10),
  existingByDay: new Float64Array(14).fill(20),
  newByDay: new Float64Array(14).fill(1),
  newcomersByAge: new Float64Array(14),
  newcomersActiveByAge: new Float64Array(14),
  topicsByUser: [],
};
const fact = (id: string, change: Partial<LogMeasures>): StylisedFact =>
  stylisedFacts({ ...empty, ...change }).find((one) => one.id === id)!;

describe("stylised facts", () => {
  it("each have a measure, a range and a source", () => {
    expect(new Set(publishedFacts.map(({ id }) => id)).size).toBe(publishedFacts.length);
    for (const { low, high, source, note } of publishedFacts) {
      expect(low).toBeLessThan(high);
      expect(source.length).toBeGreaterThan(10);
      expect(note.length).toBeGreaterThan(10);
    }
    expect(stylisedFacts(empty).map(({ id }) => id)).toEqual(publishedFacts.map(({ id }) => id));
  });

  it("count the head of popularity among all live videos", () => {
    const clicks = new Float64Array(40);
    clicks.set([60, 20, ...new Array<number>(18).fill(2)]); // of 40 videos the top four have 84 of 116
    expect(fact("head-share", { clicksByVideo: clicks }).value).toBeCloseTo(84 / 116, 12);
  });

  it("find the exponent of an exact Zipf law", () => {
    const clicksByVideo = Float64Array.from({ length: 400 }, (_, rank) => 1e6 / (rank + 1) ** 0.7);
    expect(fact("zipf", { clicksByVideo }).value).toBeCloseTo(0.7, 10);
    expect(fact("zipf", { clicksByVideo: clicksByVideo.slice(0, 30) })).toMatchObject({
      value: null,
      verdict: "too few",
    });
  });

  it("say in and out by the published range", () => {
    expect(fact("feed-ctr", {})).toMatchObject({ value: 0.05, verdict: "in" });
    expect(fact("feed-ctr", { clicks: 300 })).toMatchObject({ value: 0.3, verdict: "out" });
    expect(fact("position-decay", {}).value).toBeCloseTo(0.5, 12);
    expect(fact("position-order", {}).value).toBe(-1);
    expect(fact("position-order", { uniformClicks: Float64Array.from([10, 12, 15, 20]) })).toMatchObject({
      value: 1,
      verdict: "out",
    });
  });

  it("compare weekends with weekdays per account", () => {
    const activeByDay = Float64Array.from({ length: 14 }, (_, day) => (day % 7 >= 5 ? 12 : 10));
    expect(fact("weekend", { activeByDay }).value).toBeCloseTo(1.2, 12);
  });

  it("see a valley between gaps within and between visits, and none where gaps are spread evenly", () => {
    const gap = (mean: number, u: number): number => Math.exp(Math.log(mean) + 0.5 * normal(3, u));
    const two = Array.from({ length: 4_000 }, (_, u) => gap(u % 2 === 0 ? 4 : 900, u));
    expect(fact("gap-valley", { gapMinutes: two })).toMatchObject({ verdict: "in" });
    const even = Array.from({ length: 8_000 }, (_, u) => 0.5 * 2 ** (11 * uniform(4, u)));
    expect(fact("gap-valley", { gapMinutes: even })).toMatchObject({ verdict: "out" });
  });

  it("see consumption narrow", () => {
    const topicsByUser = [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ...new Array<number>(10).fill(3)]];
    expect(fact("narrowing", { topicsByUser }).value).toBe(0);
  });

  it("compare return after a day with return after a week, given enough newcomers", () => {
    const newcomersByAge = new Float64Array(14).fill(100);
    const newcomersActiveByAge = Float64Array.from({ length: 14 }, (_, age) => (age === 0 ? 100 : age === 1 ? 60 : 40));
    expect(fact("return-curve", { newcomersByAge, newcomersActiveByAge }).value).toBeCloseTo(1.5, 12);
    expect(fact("return-curve", {}).verdict).toBe("too few");
  });
});

describe("laws of visit lengths", () => {
  it("tell a constant chance of leaving from a wandering worth", () => {
    const geometric = Array.from({ length: 3_000 }, (_, i) => 1 + Math.floor(Math.log(uniform(1, i)) / Math.log(0.6)));
    expect(inverseGaussianLogLikelihood(geometric)).toBeLessThan(geometricLogLikelihood(geometric) + 5);
    const wandering = Array.from({ length: 3_000 }, (_, i) => {
      // first passage of a drifting walk
      let worth = 2;
      let n = 0;
      while (worth > 0 && n < 500) worth += -0.4 + normal(2, i, n++);
      return n;
    });
    expect(inverseGaussianLogLikelihood(wandering)).toBeGreaterThan(geometricLogLikelihood(wandering) + 50);
  });

  it("gives the geometric likelihood by hand", () => {
    expect(geometricLogLikelihood([1, 3])).toBeCloseTo(Math.log(0.5) + Math.log(0.5 * 0.25), 12); // mean 2
  });
});
