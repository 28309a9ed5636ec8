import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dayMs, shardCount } from "../../src/types.js";
import type { Campaigns } from "../../src/types.js";
import { adBudget, chargeAd, makeCampaigns, openAdsDay, splitBudgets } from "../../src/world/ads.js";
import type { WorldState } from "../../src/world/state.js";
import { stateOf } from "../../src/world/world.js";
import { smallWorld } from "./play.js";

const n = 12;
function advertised(seed = 4): WorldState {
  const state = stateOf(smallWorld(seed, { videos: 1_000, sponsored: 0.2, campaigns: n }));
  makeCampaigns(state);
  openAdsDay(state);
  return state;
}
const campaignsOf = (state: WorldState): Campaigns => state.catalogue.campaigns as Campaigns;
const set = (state: WorldState, campaign: number, budget: number): void => {
  campaignsOf(state).dailyBudgetMicros[campaign] = budget;
};
const leftAt = (state: WorldState, shard: number, timeMs: number): Int32Array => {
  const out = new Int32Array(n);
  adBudget(state, shard, timeMs, out, 0);
  return out;
};

describe("campaigns", () => {
  it("show distinct sponsored videos that are live from day 0, to somebody, for money", () => {
    const state = advertised();
    const { video, regions, ageBands, bidMicros, dailyBudgetMicros } = campaignsOf(state);
    expect(new Set(video).size).toBe(n);
    for (let c = 0; c < n; c++) {
      expect(state.catalogue.videos.sponsored[video[c]!]).toBe(1);
      expect(video[c]!).toBeLessThan(state.catalogue.liveVideos[0]!);
      expect(regions[c]!).toBeGreaterThan(0);
      expect(regions[c]!).toBeLessThan(64);
      expect(ageBands[c]!).toBeGreaterThan(0);
      expect(ageBands[c]!).toBeLessThan(64);
      expect(bidMicros[c]!).toBeGreaterThan(0);
      expect(dailyBudgetMicros[c]!).toBeGreaterThan(0);
    }
  });

  it("bid around the median, log-normally", () => {
    const state = stateOf(smallWorld(4, { videos: 4_000, sponsored: 0.5, campaigns: 900 }));
    makeCampaigns(state);
    const median = (values: Int32Array): number => [...values].sort((a, b) => a - b)[450]!;
    expect(Math.abs(Math.log(median(campaignsOf(state).bidMicros) / state.config.adBidMicros))).toBeLessThan(0.08);
    expect(Math.abs(Math.log(median(campaignsOf(state).dailyBudgetMicros) / state.config.adBudgetMicros))).toBeLessThan(
      0.12,
    );
    const all = campaignsOf(state).regions.filter((mask) => mask === 63).length / 900;
    expect(all).toBeGreaterThan(0.36);
    expect(all).toBeLessThan(0.5);
  });

  it("stay the same when another is added, and are refused where too few videos are sponsored", () => {
    const more = stateOf(smallWorld(4, { videos: 1_000, sponsored: 0.2, campaigns: n + 1 }));
    makeCampaigns(more);
    const few = campaignsOf(advertised());
    for (const column of ["video", "regions", "ageBands", "bidMicros", "dailyBudgetMicros"] as const)
      expect([...campaignsOf(more)[column]].slice(0, n)).toEqual([...few[column]]);
    expect(() => {
      makeCampaigns(stateOf(smallWorld(4, { sponsored: 0, campaigns: 3 })));
    }).toThrow("campaigns: 3; allowed: at most the 0 sponsored videos");
  });
});

describe("ad budgets", () => {
  it("come hour by hour, roll over within the day, and are whole at its last hour over all shards", () => {
    const state = advertised();
    set(state, 0, 64 * 2_400);
    expect(leftAt(state, 0, 0)[0]).toBe(100);
    expect(leftAt(state, 0, dayMs / 24 - 1)[0]).toBe(100);
    expect(leftAt(state, 0, dayMs / 24)[0]).toBe(200);
    expect(chargeAd(state, 0, 0, 150, dayMs / 24)).toBe(150);
    expect(leftAt(state, 0, dayMs / 24)[0]).toBe(50);
    expect(leftAt(state, 0, dayMs - 1)[0]).toBe(2_250);
    expect(leftAt(state, 1, dayMs - 1)[0]).toBe(2_400); // another shard's
    openAdsDay(state);
    expect(leftAt(state, 0, dayMs - 1)[0]).toBe(2_400);
    for (const budget of [0, 1, 63, 64, 1_000_003, 2_147_483_647]) {
      set(state, 7, budget);
      let sum = 0;
      for (let shard = 0; shard < shardCount; shard++) sum += leftAt(state, shard, dayMs - 1)[7]!;
      expect(sum).toBe(budget);
    }
  });

  it("charge what is left where the price is more, and then nothing", () => {
    const state = advertised();
    set(state, 2, 64 * 240);
    expect(chargeAd(state, 5, 2, 7, 0)).toBe(7);
    expect(chargeAd(state, 5, 2, 7, 0)).toBe(3);
    expect(chargeAd(state, 5, 2, 7, 0)).toBe(0);
    expect(chargeAd(state, 5, 2, 1_000, dayMs - 1)).toBe(230);
    expect(leftAt(state, 5, dayMs - 1)[2]).toBe(0);
    expect(leftAt(state, 5, 0)[2]).toBe(0); // a late riser's hour is behind the clock of others: never negative
    expect(() => chargeAd(state, 5, 2, 0.5, 0)).toThrow("priceMicros: 0.5; allowed: a whole number");
  });

  it("give each arm half of a split budget, which the other cannot spend", () => {
    const state = advertised();
    set(state, 2, 64 * 240);
    splitBudgets(state, Uint8Array.of(0, 1));
    expect(chargeAd(state, 5, 2, 1_000, dayMs - 1, 0)).toBe(120);
    expect(chargeAd(state, 5, 2, 7, dayMs - 1, 0)).toBe(0);
    expect(chargeAd(state, 5, 2, 100, dayMs - 1, 1)).toBe(100);
    expect(chargeAd(state, 5, 2, 100, dayMs - 1, 1)).toBe(20);
    openAdsDay(state);
    expect(chargeAd(state, 5, 2, 1_000, 0, 0)).toBe(5); // a twenty-fourth of 120
  });

  it("are never overspent, and are spent to the last micro where there is demand, whatever comes in which order", () => {
    const state = advertised();
    const click = fc.record({
      shard: fc.nat(shardCount - 1),
      campaign: fc.nat(n - 1),
      price: fc.nat(400_000),
      timeMs: fc.nat(dayMs - 1),
    });
    fc.assert(
      fc.property(
        fc.array(click, { maxLength: 300 }),
        fc.array(fc.nat(40_000_000), { minLength: n, maxLength: n }),
        (clicks, budgets) => {
          openAdsDay(state);
          budgets.forEach((budget, c) => {
            set(state, c, budget);
          });
          const spent = new Float64Array(n);
          for (const { shard, campaign, price, timeMs } of clicks) {
            const left = leftAt(state, shard, timeMs)[campaign]!;
            const charged = chargeAd(state, shard, campaign, price, timeMs);
            expect(charged).toBe(Math.min(price, left));
            spent[campaign] = spent[campaign]! + charged;
          }
          // a last rush in every shard
          for (let c = 0; c < n; c++) {
            expect(spent[c]!).toBeLessThanOrEqual(budgets[c]!);
            for (let shard = 0; shard < shardCount; shard++)
              spent[c] = spent[c]! + chargeAd(state, shard, c, 2_000_000_000, dayMs - 1);
            expect(spent[c]).toBe(budgets[c]);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
