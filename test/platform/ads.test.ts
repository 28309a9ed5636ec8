import { describe, expect, it } from "vitest";
import { createUniformPolicy, randomLoad, withAds } from "../../src/serving/index.js";
import { shardCount } from "../../src/types.js";
import type { Campaigns, Policy, RequestBatch, SlateBatch } from "../../src/types.js";
import type { World } from "../../src/world/index.js";
import { playDays, smallWorld } from "../world/play.js";

const reserveMicros = 10_000;

function open(adBudgetMicros: number): {
  readonly world: World;
  readonly campaigns: Campaigns;
  readonly policy: Policy;
} {
  const world = smallWorld(5, {
    users: 2_000,
    videos: 800,
    sponsored: 0.2,
    slots: 6,
    campaigns: 15,
    adBudgetMicros,
    botShare: 0.05,
    days: 3,
    extraDays: 0,
  });
  const { catalogue } = world;
  const policy = withAds(createUniformPolicy({ catalogue, seed: 1, slots: 6 }), {
    catalogue,
    adSlots: [0, 3],
    reserveMicros,
    load: randomLoad(2, [0, 1, 2]),
  });
  return { world, campaigns: catalogue.campaigns as Campaigns, policy };
}

interface Sums {
  ads: number;
  organic: number;
  free: number;
  readonly revenue: Float64Array;
  readonly shardRevenue: Float64Array;
}

/** Plays one day and sums what ads brought, by campaign and by campaign and shard. */
async function playDay({ world, campaigns, policy }: ReturnType<typeof open>, day: number): Promise<Sums> {
  await policy.openDay(day, undefined);
  const sums: Sums = {
    ads: 0,
    organic: 0,
    free: 0,
    revenue: new Float64Array(campaigns.count),
    shardRevenue: new Float64Array(campaigns.count * shardCount),
  };
  const answer = (batch: RequestBatch): SlateBatch => policy.recommend(batch) as SlateBatch;
  playDays(world, day, day + 1, answer, (batch, slates, feedback) => {
    for (let i = 0; i < slates.video.length; i++) {
      const campaign = slates.campaign?.[i]! - 1;
      if (campaign < 0) {
        sums.organic++;
        continue;
      }
      const paid = feedback.revenueMicros[i]!;
      const user = batch.user[Math.floor(i / slates.slots)]!;
      sums.ads++;
      if (feedback.click[i] === 0) expect(paid).toBe(0);
      else if (paid === 0) sums.free++;
      expect(paid).toBeLessThanOrEqual(slates.priceMicros?.[i]!);
      expect(slates.video[i]).toBe(campaigns.video[campaign]);
      sums.revenue[campaign] = sums.revenue[campaign]! + paid;
      const place = campaign * shardCount + (user % shardCount);
      sums.shardRevenue[place] = sums.shardRevenue[place]! + paid;
    }
  });
  return sums;
}

describe("ads from the auction to the till", () => {
  it("are shown at about the mean load and paid for, a click at no more than its price", async () => {
    const played = open(2_000_000_000);
    const { ads, organic, revenue, free } = await playDay(played, 0);
    expect(ads / (ads + organic)).toBeGreaterThan(0.13); // a mean of 1 of 6 slots, where somebody bids
    expect(ads / (ads + organic)).toBeLessThan(0.19);
    expect(revenue.reduce((a, b) => a + b, 0)).toBeGreaterThan(0);
    expect(free).toBe(0);
  });

  it("stop where a budget ends, to the micro, and come back the next morning", async () => {
    const played = open(2_000_000); // about 31,000 a shard: a click of median price takes it all
    for (const day of [0, 1]) {
      const { revenue, shardRevenue } = await playDay(played, day);
      let exhausted = 0;
      for (let c = 0; c < played.campaigns.count; c++) {
        const daily = played.campaigns.dailyBudgetMicros[c]!;
        expect(revenue[c]!).toBeLessThanOrEqual(daily);
        const share = Math.floor(daily / shardCount);
        for (let shard = 0; shard < shardCount; shard++) {
          const spent = shardRevenue[c * shardCount + shard]!;
          expect(spent).toBeLessThanOrEqual(share + 1);
          if (spent >= share) exhausted++;
        }
      }
      expect(exhausted).toBeGreaterThan(10);
    }
  });

  it("give the same bytes again from the same morning", async () => {
    const played = open(2_000_000);
    await playDay(played, 0);
    const snapshot = played.world.snapshot();
    const first = await playDay(played, 1);
    played.world.restore(snapshot);
    expect(await playDay(played, 1)).toEqual(first);
  });
});
