import { describe, expect, it } from "vitest";
import { capacity, forScale, framings, funnelSizes, latencyBudget, sizes, youtubeLike } from "../../src/brief/index.js";
import type { Requirements, Sizes } from "../../src/brief/index.js";
import { scales } from "../../src/types.js";
import type { Scale } from "../../src/types.js";

const valueOf = (requirements: Requirements, name: string): number => {
  const found = capacity(requirements).find((line) => line.name === name);
  if (!found) throw new Error(`no line: ${name}`);
  return found.value;
};

describe("scale", () => {
  it("grows in every size from tiny to a million videos, with a page that fits", () => {
    const [tiny, lesson, small, full, million] = scales.map(sizes) as [Sizes, Sizes, Sizes, Sizes, Sizes];
    expect([tiny.users, tiny.videos, tiny.days]).toEqual([300, 1_000, 14]);
    expect([lesson.users, lesson.videos, lesson.days]).toEqual([2_500, 8_000, 14]);
    expect([small.users, small.videos, small.days]).toEqual([5_000, 20_000, 14]);
    expect([full.users, full.videos, full.days]).toEqual([50_000, 200_000, 28]);
    expect([million.users, million.videos, million.days]).toEqual([100_000, 1_000_000, 7]);
    for (const size of [tiny, lesson, small, full, million]) {
      expect(size.online.users).toBeLessThanOrEqual(size.users);
      expect(size.online.days).toBeLessThanOrEqual(size.extraDays);
      expect(size.drift.days).toBeLessThanOrEqual(size.extraDays);
      expect(size.drift.day).toBeLessThan(size.drift.days);
    }
  });

  it("refuses an unknown scale and names the known ones", () => {
    expect(() => sizes("huge" as Scale)).toThrow("unknown scale: huge; known: tiny, lesson, small, full, million");
    expect(() => forScale("toString" as Scale)).toThrow("unknown scale: toString");
  });
});

describe("capacity", () => {
  const round: Requirements = {
    ...youtubeLike,
    dailyActiveUsers: 864_000,
    requestsPerUserDay: 10,
    peakToMean: 3,
    slots: 10,
    eventBytes: 50,
    retentionDays: 2,
    ranked: 100,
    rankerFlops: 1e5,
    coreFlops: 1e9,
    coreUtilisation: 0.5,
    catalogueSize: 1_000,
    registeredUsers: 3_000,
    retrievalDim: 64,
    rankerDim: 16,
    graphLinks: 16,
  };

  it("agrees with arithmetic done by hand", () => {
    expect(valueOf(round, "mean request rate")).toBe(100);
    expect(valueOf(round, "peak request rate")).toBe(300);
    expect(valueOf(round, "events per day")).toBe(86_400_000);
    expect(valueOf(round, "log per day")).toBe(4_320_000_000);
    expect(valueOf(round, "log kept")).toBe(8_640_000_000);
    expect(valueOf(round, "retrieval index")).toBe(1_000 * (64 * 4 + 2 * 16 * 4));
    expect(valueOf(round, "embedding tables")).toBe(4_000 * 80 * 4);
    expect(valueOf(round, "embedding tables in training")).toBe(4_000 * 80 * 4 * 3);
    expect(valueOf(round, "ranker work at peak")).toBe(3e9);
    expect(valueOf(round, "ranker cores")).toBe(6);
    expect(valueOf(round, "time to rank one page on one core")).toBeCloseTo(10, 12);
  });

  it("puts the numbers into each formula, so that a reader can check them", () => {
    const line = capacity(round).find(({ name }) => name === "requests per day");
    expect(line?.formula).toBe("864,000 daily active users × 10 requests");
    for (const { name, formula, value, unit } of capacity(youtubeLike)) {
      expect(formula, name).toMatch(/\d/);
      expect(Number.isFinite(value) && value > 0, name).toBe(true);
      expect(unit.length).toBeGreaterThan(0);
    }
  });

  it("splits the latency target without remainder", () => {
    for (const latencyTargetMs of [150, 37, 1_000]) {
      const budget = latencyBudget({ ...youtubeLike, latencyTargetMs });
      expect(Object.values(budget).reduce((a, b) => a + b, 0)).toBeCloseTo(latencyTargetMs, 9);
    }
    expect(valueOf(youtubeLike, "latency: page, p99")).toBe(150);
    expect(latencyBudget(youtubeLike).rank).toBe(60);
  });

  it("refuses requirements that are not positive numbers", () => {
    expect(() => capacity({ ...youtubeLike, coreFlops: 0 })).toThrow(
      "invalid requirement: coreFlops: 0; allowed: a number above 0",
    );
    expect(() => latencyBudget({ ...youtubeLike, latencyTargetMs: NaN })).toThrow("latencyTargetMs: NaN");
  });

  it("describes the simulated platform at every scale", () => {
    for (const scale of scales) {
      expect(forScale(scale).catalogueSize).toBe(sizes(scale).videos);
      expect(capacity(forScale(scale)).length).toBe(capacity(youtubeLike).length);
    }
  });
});

describe("framing", () => {
  it("narrows from stage to stage, and never passes on more than exists", () => {
    expect(funnelSizes(20_000, "small")).toEqual({ catalogue: 20_000, retrieved: 200, ranked: 200, slate: 10 });
    expect(funnelSizes(6, "tiny")).toEqual({ catalogue: 6, retrieved: 6, ranked: 6, slate: 6 });
    expect(() => funnelSizes(0, "tiny")).toThrow("invalid catalogue: 0; allowed: a positive integer");
  });

  it("says of each objective what it rewards and its trap", () => {
    expect(framings.map(({ objective }) => objective)).toEqual(expect.arrayContaining(["clicks", "watch time"]));
    for (const { rewards, trap, label } of framings)
      for (const words of [rewards, trap, label]) expect(words.length).toBeGreaterThan(5);
  });
});
