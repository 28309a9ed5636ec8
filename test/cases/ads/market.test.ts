import { describe, expect, it } from "vitest";
import { openMarket } from "../../../src/cases/ads/market.js";
import { moneyOf } from "../../../src/cases/ads/money.js";
import { campaignFactors, downSample, recalibrated } from "../../../src/cases/ads/offline.js";
import { play } from "../../../src/cases/ads/play.js";
import { countPricer, onlinePricer } from "../../../src/cases/ads/pricers.js";
import { openTrial, playLive } from "../../../src/cases/ads/trial.js";

const small = { seed: 3, users: 200, campaigns: 40, requestsPerDay: 1500, logDays: 2, liveDays: 1 };
const market = openMarket(small);
const counts = () => countPricer(market.campaigns.count, 0.7, 3);

describe("the ad market", () => {
  it("is the same for the same seed and another for another", async () => {
    const [a, b] = await Promise.all([play(market, counts(), [0, 1]), play(openMarket(small), counts(), [0, 1])]);
    expect(b.campaign).toEqual(a.campaign);
    expect(b.paidMicros).toEqual(a.paidMicros);
    const other = openMarket({ ...small, seed: 4 });
    expect((await play(other, counts(), [0, 1])).campaign).not.toEqual(a.campaign);
  });

  it("clicks as often as its truth says", async () => {
    const log = await play(market, counts(), [0, 2]);
    let [clicks, expected, variance] = [0, 0, 0];
    for (let row = 0; row < log.count; row++) {
      const p = log.probability[row]!;
      clicks += log.click[row]!;
      expected += p;
      variance += p * (1 - p);
    }
    expect(Math.abs(clicks - expected)).toBeLessThan(4 * Math.sqrt(variance));
  });

  it("shows only live campaigns that target the user, at no more than the bid, and never charges beyond a budget", async () => {
    const log = await play(market, counts(), [0, 1]);
    const { campaigns, users } = market;
    const charged = new Float64Array(campaigns.count);
    for (let row = 0; row < log.count; row++) {
      const [user, c] = [log.user[row]!, log.campaign[row]!];
      expect(market.isLive(c, 0)).toBe(true);
      expect(
        (campaigns.regions[c]! >> users.region[user]!) & (campaigns.ageBands[c]! >> users.ageBand[user]!) & 1,
      ).toBe(1);
      const price = market.brand[c] === 1 ? log.paidMicros[row]! : log.paidMicros[row]! / log.probability[row]!;
      expect(price).toBeLessThanOrEqual(campaigns.bidMicros[c]! * (1 + 1e-12));
      if (market.brand[c] === 1 || log.click[row] === 1) charged[c]! += price;
    }
    charged.forEach((spent, c) => expect(spent).toBeLessThanOrEqual(campaigns.dailyBudgetMicros[c]! + 1e-3));
  });

  it("money adds up: total = revenue + advertisers + users, and a truthful bidder never pays more than it is worth", async () => {
    const log = await play(market, counts(), [0, 1]);
    const { revenue, advertisers, users, total } = moneyOf(market, log, [0, 1]);
    expect(total.estimate).toBeCloseTo(revenue.estimate + advertisers.estimate + users.estimate, 9);
    expect(revenue.estimate).toBeGreaterThan(0);
    expect(advertisers.estimate).toBeGreaterThan(0);
    expect(users.estimate).toBeLessThan(0);
  });

  it("conversions that come are worth, over many clicks, what the truth says of advertisers", async () => {
    const log = await play(market, counts(), [0, 2]);
    let [clicks, value, truth, square] = [0, 0, 0, 0];
    for (let row = 0; row < log.count; row++) {
      const c = log.campaign[row]!;
      if (market.brand[c] === 1 || log.click[row] === 0) continue;
      const mean = 1.25 * market.campaigns.bidMicros[c]!;
      const came = market.conversion(0, row, c);
      clicks++;
      value += came;
      truth += mean;
      square += (came - mean) ** 2;
    }
    expect(clicks).toBeGreaterThan(30);
    expect(Math.abs(value - truth)).toBeLessThan(4 * Math.sqrt(square));
  });

  it("who sells impressions by predictions that are too high earns more, and advertisers pay it", async () => {
    const sell = async (factor: number) => {
      const pricer = counts();
      const score: typeof pricer.score = (rows, minute) => Array.from(pricer.score(rows, minute), (p) => p * factor);
      const log = await play(market, { ...pricer, score }, [0, 1], { pays: "impression", pacing: "none" });
      return moneyOf(market, log, [0, 1]);
    };
    const [honest, high] = [await sell(1), await sell(2)];
    expect(high.revenue.estimate).toBeGreaterThan(honest.revenue.estimate);
    expect(high.advertisers.estimate).toBeLessThan(honest.advertisers.estimate);
  });
});

describe("learning while the day is played", () => {
  it("is a copy: the trial's model stays; a frozen copy scores as it did", async () => {
    const trial = await openTrial(small);
    const before = trial.ftrl.z.slice();
    await playLive(trial, onlinePricer(trial.ftrl));
    expect(trial.ftrl.z).toEqual(before);
  });

  it("clicks that come after the wait are learned as none: the shorter the wait, the lower the predictions", async () => {
    const trial = await openTrial({ ...small, clickDelayMinutes: 120 });
    const [short, corrected] = [{ waitMinutes: 10 }, { corrects: true }].map((online) =>
      onlinePricer(trial.ftrl, online),
    );
    const low = (await playLive(trial, short!)).shown;
    expect(low).toBeLessThan((await playLive(trial, corrected!)).shown);
  });
});

describe("sampled negatives", () => {
  it("keep every click and about the share of the others; re-calibration inverts the change of odds", async () => {
    const { train } = await openTrial(small);
    const some = downSample(train, 0.1, 1);
    const clicks = (label: ArrayLike<number>): number => Array.from(label).reduce((sum, one) => sum + one, 0);
    expect(clicks(some.label)).toBe(clicks(train.label));
    const rest = (some.features.count - clicks(some.label)) / (train.features.count - clicks(train.label));
    expect(Math.abs(rest - 0.1)).toBeLessThan(0.03);
    const p = 0.04;
    expect(recalibrated(p / (p + (1 - p) * 0.1), 0.1)).toBeCloseTo(p, 12);
  });

  it("a campaign's factor is its clicks over its predictions, drawn to 1 where there are few", () => {
    expect([...campaignFactors([0, 0, 1], [1, 1, 0], [0.5, 0.5, 0.5], 2, 1)]).toEqual([3 / 2, 1 / 1.5]);
  });
});
