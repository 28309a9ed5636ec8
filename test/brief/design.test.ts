import { describe, expect, it } from "vitest";
import {
  changed,
  changes,
  contradictions,
  design,
  flips,
  judgePlan,
  midSize,
  plansFor,
  questions,
  simulatedRetrieval,
} from "../../src/brief/index.js";
import type { Needs } from "../../src/brief/index.js";

const after = (...typed: readonly (readonly [option: string, text: string])[]): Needs =>
  typed.reduce((needs, [option, text]) => changed(needs, option, text), midSize);

describe("needs", () => {
  it("reads units, factors and names", () => {
    expect(after(["latency", "20ms"]).latencyMs).toBe(20);
    expect(after(["latency", "0.5s"]).latencyMs).toBe(500);
    expect(after(["videos", "1e9"]).videos).toBe(1e9);
    expect(after(["traffic", "10x"]).requestsPerSecond).toBe(35_000);
    expect(after(["money", "0.1x"]).monthlyDollars).toBe(600);
    expect(after(["history", "none"]).historyDays).toBe(0);
    expect(after(["history", "7d"]).historyDays).toBe(7);
    expect(after(["device", "offline"]).device).toBe("offline");
  });

  it.each([
    ["latency", "20"],
    ["latency", "20x"],
    ["latency", "0ms"],
    ["videos", "-1"],
    ["videos", "1e99"],
    ["newcomers", "1.1"],
    ["newcomers", "50%"],
    ["device", "phone"],
    ["traffic", "10 x"],
    ["money", "$5"],
    ["history", "ninety"],
  ])("refuses --%s %s and says what is allowed", (option, text) => {
    const { form } = changes.find((one) => one.option === option)!;
    expect(() => changed(midSize, option, text)).toThrow(`invalid --${option}: ${text}; allowed: ${form}`);
  });

  it("refuses an unknown change", () => {
    expect(() => changed(midSize, "colour", "red")).toThrow("unknown change: colour; known: device, history");
  });
});

describe("design", () => {
  it("has the most watch minutes of all plans that fit, and is no dearer than another with as many", () => {
    for (const needs of [midSize, after(["latency", "20ms"]), after(["money", "0.1x"]), after(["device", "offline"])]) {
      const { judged, fits } = design(needs);
      const others = plansFor(needs).map((plan) => judgePlan(plan, needs));
      const fitting = others.filter(({ breaks }) => breaks.length === 0);
      expect(fits).toBe(true);
      expect(judged.watch).toBeGreaterThanOrEqual(0.995 * Math.max(...fitting.map(({ watch }) => watch)));
      for (const other of fitting)
        if (other.watch >= judged.watch) expect(other.dollars).toBeGreaterThanOrEqual(judged.dollars);
    }
  });

  it.each([
    ["latency", "20ms", "candidates"],
    ["device", "offline", "serving"],
    ["videos", "1e9", "shards"],
    ["traffic", "10x", "serving"],
    ["money", "0.1x", "serving"],
  ])("--%s %s flips the %s: the old plan breaks a limit that the new one keeps", (option, text, part) => {
    const [before, now] = [design(), design(after([option, text]))];
    expect(flips(before, now).map((flip) => flip.part)).toContain(part);
    expect(judgePlan(before.judged.plan, now.needs).breaks).not.toEqual([]);
    expect(now.judged.breaks).toEqual([]);
  });

  it("--history none flips the ranker: the old plan keeps the limits, at many times the money for no more watch minutes", () => {
    const [before, now] = [design(), design(after(["history", "none"]))];
    const old = judgePlan(before.judged.plan, now.needs);
    expect(flips(before, now).map((flip) => flip.part)).toContain("ranker");
    expect(old.watch).toBeCloseTo(now.judged.watch, 9);
    expect(old.dollars).toBeGreaterThan(5 * now.judged.dollars);
  });

  it("names the smallest sets of changes that contradict each other, and no others", () => {
    const needs = after(["traffic", "10x"], ["money", "0.1x"], ["latency", "100ms"], ["newcomers", "0.1"]);
    const found = contradictions(midSize, needs);
    expect(found.map((one) => one.changes.map(({ option }) => option))).toEqual([["traffic", "money"]]);
    expect(found[0]!.breaks.join()).toMatch(/\$ per month; allowed: 600 \$/);
    expect(contradictions(midSize, after(["latency", "20ms"], ["newcomers", "0.5"]))).toEqual([]);
  });

  it("every number of a plan carries its formula, and the parts of a design their reason", () => {
    const { judged, parts } = design();
    for (const { formula, value, name } of judged.lines) {
      expect(formula, name).toMatch(/\d/);
      expect(Number.isFinite(value), name).toBe(true);
    }
    for (const { because, part } of parts) expect(because.length, part).toBeGreaterThan(10);
    const cores = judged.lines.find(({ name }) => name === "cores that serve")!;
    const [rate, ms, busy] = cores.formula.match(/[\d,.]+/g)!.map((text) => Number(text.replace(/,/g, "")));
    expect(Math.abs((rate! * ms!) / 1000 / busy! / cores.value - 1)).toBeLessThan(0.02);
  });

  it("money grows with traffic and memory with videos, from 10 million videos to a billion and to a million requests/s", () => {
    const plan = design().judged.plan;
    const judged = [1e3, 1e4, 1e5, 1e6].map((requestsPerSecond) => judgePlan(plan, { ...midSize, requestsPerSecond }));
    for (let i = 1; i < judged.length; i++) {
      const growth = judged[i]!.dollars / judged[i - 1]!.dollars;
      expect(growth).toBeGreaterThan(5);
      expect(growth).toBeLessThan(12);
    }
    const shards = [1e7, 1e8, 1e9, 1e10].map((videos) => judgePlan(plan, { ...midSize, videos }).shards);
    expect(shards).toEqual([1, 1, 6, 58]);
  });

  it("asks each question with what its answers change", () => {
    const asked = questions();
    expect(asked).toHaveLength(changes.length);
    for (const { answers, question } of asked)
      expect(
        answers.some((one) => one.flips.length > 0),
        question,
      ).toBe(true);
  });

  it("hedging shortens the tail of many shards for about 5 % more work", () => {
    const found = simulatedRetrieval(design({ ...midSize, videos: 1e10, monthlyDollars: 1e9 }));
    expect(found.hedgedMs).toBeLessThan(found.plainMs);
    expect(found.copies - 1).toBeLessThan(0.08);
  });
});
