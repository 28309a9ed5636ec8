import { describe, expect, it } from "vitest";
import { rungs } from "../../../src/cases/fraud/detectors.js";
import { features, rememberDays } from "../../../src/cases/fraud/features.js";
import { openField, type Account } from "../../../src/cases/fraud/field.js";
import { playFraud } from "../../../src/cases/fraud/play.js";

const small = { seed: 3, users: 400, botShare: 0.1, logDays: 14, liveDays: 4 };
const isFraud = ({ style }: Account): boolean => style !== undefined;

describe("the field of accounts", () => {
  it("is the same for the same seed, and another for another", () => {
    expect(openField(small).play(3)).toEqual(openField(small).play(3));
    expect(openField({ ...small, seed: 4 }).play(3)).not.toEqual(openField(small).play(3));
  });

  it("a suspended person returns after three days; fraud stays out, and returns as a new account that hides what gave it away", () => {
    const field = openField({ ...small, logDays: 0 });
    const person = field.accounts.find((one) => !isFraud(one) && one.born < 0)!;
    const fraud = field.accounts.find((one) => isFraud(one) && one.born < 0)!;
    const before = field.accounts.length;
    field.suspend(person, 2, "clicks");
    field.suspend(fraud, 2, "clicks");
    const there = (of: Account): boolean[] =>
      Array.from({ length: 30 }, (_, day) => field.play(day).some(({ account }) => account === of));
    expect(there(person).slice(3, 6)).toEqual([false, false, false]);
    expect(there(person).slice(6)).toContain(true);
    expect(there(fraud).slice(3)).not.toContain(true);
    expect(field.accounts.length).toBe(before + 1);
    const next = field.accounts.at(-1)!;
    expect(next.born).toBeGreaterThan(2);
    expect(next.hidden.clicks).toBeCloseTo(Math.min(1, fraud.hidden.clicks + 0.5), 12);
    expect(next.hidden.dwell).toBe(fraud.hidden.dwell);
  });

  it("labels are known by complaints after a week, and by a review at once, which corrects them", () => {
    const field = openField({ ...small, complained: 1, slandered: 1 });
    const person = field.accounts.find((one) => !isFraud(one))!;
    expect(field.label(person, 5, 11)).toBeUndefined();
    expect(field.label(person, 5, 12)).toBe(1); // everybody is complained of here
    field.suspend(person, 6, "volume");
    expect(field.label(person, 5, 7)).toBe(0);
  });
});

describe("features", () => {
  it("count others on a device and an address, and fraud that a review found there", () => {
    const field = openField(small);
    const [template] = field.play(0);
    const account = (id: number, address: number, suspendedFrom = Infinity): Account => ({
      ...template!.account,
      ...{ id, address, device: 1, style: "scraper", suspendedFrom, suspendedTo: Infinity },
    });
    const remember = rememberDays();
    const acts = [account(1, 7), account(2, 7), account(3, 8)].map((of) => ({ ...template!, account: of }));
    acts[1]!.account.suspendedFrom = 1;
    const row = (day: number, which: typeof acts): Record<string, number> => {
      const { numbers } = remember(day, which).features;
      return Object.fromEntries(features.map(({ name }, f) => [name, numbers[f]!]));
    };
    expect(row(0, acts)).toMatchObject({
      accountsOnDevice: 2,
      accountsOnAddress: 1,
      sameMinutesOnAddress: 1,
      fraudOnAddress: 0,
    });
    expect(row(1, [acts[0]!])).toMatchObject({ accountsOnAddress: 1, sameMinutesOnAddress: 0, fraudOnAddress: 1 });
  });
});

describe("policing", () => {
  it("never suspends more than the budget, and catches more fraud than as many at random would", async () => {
    const { days, offline } = await playFraud(small, rungs[2], { budget: 5 });
    expect(days).toHaveLength(4);
    for (const { suspended, caught, people } of days) {
      expect(suspended).toBeLessThanOrEqual(5);
      expect(caught + people).toBe(suspended);
    }
    expect(offline.averagePrecision).toBeGreaterThan(0.3);
    expect(days.reduce((sum, { caught }) => sum + caught, 0)).toBeGreaterThan(10);
  });

  it("with nobody suspended nobody is caught; ranked by money more of the cost is stopped than by probability", async () => {
    const none = await playFraud(small);
    expect(none.days.every(({ suspended }) => suspended === 0)).toBe(true);
    const by = async (ranks: "probability" | "money") =>
      (await playFraud(small, rungs[2], { budget: 5, ranks })).offline.moneyRecall;
    expect(await by("money")).toBeGreaterThan(await by("probability"));
  });
});
