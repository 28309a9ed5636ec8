import { describe, expect, it } from "vitest";
import { shardCount } from "../../src/types.js";
import type { Campaigns, FeedbackBatch, RequestBatch, SlateBatch } from "../../src/types.js";
import { openOracle } from "../../src/world/index.js";
import type { World, WorldConfig } from "../../src/world/index.js";
import { trait, traitWidth } from "../../src/world/state.js";
import { stateOf } from "../../src/world/world.js";
import { playDays, smallWorld, uniformSlates } from "./play.js";

const selling: Partial<WorldConfig> = { campaigns: 6, sponsored: 0.3, users: 600 };

/** Uniform pages with as many ads on top as want the user and can pay, at half their bid. */
function withAds(world: World, batch: RequestBatch, most = 1): SlateBatch {
  const slates = uniformSlates(world, batch);
  const { slots } = slates;
  const campaigns = world.catalogue.campaigns as Campaigns;
  const campaign = new Int16Array(slates.video.length);
  const priceMicros = new Int32Array(slates.video.length);
  for (let i = 0; i < batch.count; i++) {
    let ads = 0;
    for (let c = 0; c < campaigns.count && ads < most; c++) {
      const price = Math.floor(campaigns.bidMicros[c]! / 2);
      if (!wants(world, c, batch.user[i]!) || (batch.adBudgetMicros as Int32Array)[i * campaigns.count + c]! < price)
        continue;
      const page = slates.video.subarray(i * slots, (i + 1) * slots);
      if (page.includes(campaigns.video[c]!)) continue;
      page[ads] = campaigns.video[c]!;
      campaign[i * slots + ads] = c + 1;
      priceMicros[i * slots + ads] = price;
      ads++;
    }
  }
  return { ...slates, campaign, priceMicros };
}

function wants(world: World, c: number, user: number): boolean {
  const campaigns = world.catalogue.campaigns as Campaigns;
  return (
    ((campaigns.regions[c]! >> world.catalogue.users.region[user]!) &
      (campaigns.ageBands[c]! >> world.catalogue.users.ageBand[user]!) &
      1) ===
    1
  );
}

describe("pages with ads", () => {
  it("are charged to the click, at most the price, and never above the budget of any campaign and day", () => {
    const world = smallWorld(2, { ...selling, adBudgetMicros: 3_000_000, adClickBase: 2, botShare: 0.1 });
    const campaigns = world.catalogue.campaigns as Campaigns;
    const oracle = openOracle(world);
    const spent = new Float64Array(6 * 3);
    let [clicks, unpaid] = [0, 0];
    playDays(
      world,
      0,
      3,
      (batch) => withAds(world, batch),
      (batch, slates, feedback) =>
        slates.campaign?.forEach((c, k) => {
          if (c === 0) return;
          const charged = feedback.revenueMicros[k]!;
          if (feedback.click[k] === 0) return expect(charged).toBe(0);
          clicks++;
          if (charged < slates.priceMicros?.[k]!) unpaid++;
          expect(charged).toBeLessThanOrEqual(slates.priceMicros?.[k]!);
          if (oracle.bot(batch.user[Math.floor(k / 5)]!) === undefined)
            expect(feedback.like[k]! + feedback.follow[k]!).toBe(0);
          expect(feedback.conversion[k]).not.toBe(1);
          spent[batch.day * 6 + c - 1] = spent[batch.day * 6 + c - 1]! + charged;
        }),
    );
    spent.forEach((micros, i) => expect(micros).toBeLessThanOrEqual(campaigns.dailyBudgetMicros[i % 6]!));
    expect(clicks).toBeGreaterThan(100);
    expect(spent.reduce((a, b) => a + b, 0)).toBeGreaterThan(0);
    expect(unpaid).toBeLessThan(clicks);
  });

  it("tell in each request what each campaign can still spend, and nothing in a world without campaigns", () => {
    const world = smallWorld(2, selling);
    let first = 0;
    playDays(world, 0, 1, (batch) => {
      expect(batch.adBudgetMicros?.length).toBe(batch.count * 6);
      first = Math.max(first, ...(batch.adBudgetMicros as Int32Array));
      return withAds(world, batch);
    });
    expect(first).toBeGreaterThan(0);
    const plain = smallWorld(2);
    playDays(plain, 0, 1, (batch) => {
      expect("adBudgetMicros" in batch).toBe(false);
      return uniformSlates(plain, batch);
    });
  });

  it("cost satisfaction, the less the more a user tolerates, and bring no enjoyment themselves", () => {
    const after = (ads: number, adIrritation: number): Float32Array => {
      const world = smallWorld(3, { ...selling, adIrritation, clickBase: -20 });
      playDays(world, 0, 1, (batch) => withAds(world, batch, ads));
      return stateOf(world).now.satisfaction.slice();
    };
    const [none, mild, strong] = [after(0, 0.1), after(2, 0.1), after(2, 1)];
    let hurt = 0;
    for (let u = 0; u < none.length; u++) {
      expect(mild[u]).toBeLessThanOrEqual(none[u]!);
      if (strong[u]! < mild[u]!) hurt++;
    }
    expect(hurt).toBeGreaterThan(100);
  });

  it("sate with the topic of an ad that was watched, and do not move its trend", () => {
    const world = smallWorld(3, {
      ...selling,
      botShare: 0,
      adClickBase: 19,
      clickBase: -20,
      clickTaste: 0,
      clickBait: 0,
    });
    const { traits } = stateOf(world);
    const topics = new Set<number>();
    playDays(
      world,
      0,
      1,
      (batch) => withAds(world, batch),
      (_, slates, feedback) =>
        slates.campaign?.forEach((c, k) => {
          if (feedback.click[k] === 1 && c > 0) topics.add(traits[slates.video[k]! * traitWidth + trait.topic]!);
        }),
    );
    const { satiation, trend } = stateOf(world).now;
    const sated = new Set(Array.from(satiation, (units, i) => (units > 0 ? i % world.config.topics : -1)));
    sated.delete(-1);
    expect([...sated].sort()).toEqual([...topics].sort());
    expect(topics.size).toBeGreaterThan(1);
    expect(new Set(trend).size).toBe(1);
  });

  it("are expected exactly: an ad's slot has the logit of its video less adClickBase, and no joy", () => {
    const world = smallWorld(3, { ...selling, adClickBase: -1 });
    const oracle = openOracle(world);
    const slate = Int32Array.of(1, 2, 3, 4, 5);
    const context = { timeMs: 0, device: 0 };
    const [content, ad] = [
      oracle.expectedAt(9, slate, context),
      oracle.expectedAt(9, slate, context, Int16Array.of(1, 0, 0, 0, 0)),
    ];
    const logit = (p: number): number => Math.log(p / (1 - p));
    expect(logit(ad.clickProbability[0]!) - logit(content.clickProbability[0]!)).toBeCloseTo(-1, 9);
    expect([ad.satisfaction[0], ad.clickProbability[1]]).toEqual([0, content.clickProbability[1]]);
  });

  it("are refused when they were not sold so", () => {
    const world = smallWorld(3, selling);
    world.openDay(0);
    const campaigns = world.catalogue.campaigns as Campaigns;
    const refused = (
      change: (slates: { video: Int32Array; campaign: Int16Array; priceMicros: Int32Array }, user: number) => unknown,
      message: RegExp,
    ): void => {
      for (let shard = 0; shard < shardCount; shard++) {
        const day = world.openShard(shard);
        const batch = day.next();
        if (!batch) continue;
        const slates = uniformSlates(world, batch);
        const ads = {
          video: slates.video,
          campaign: new Int16Array(slates.video.length),
          priceMicros: new Int32Array(slates.video.length),
        };
        if (change(ads, batch.user[0]!) === false) continue;
        expect(() => day.respond({ ...slates, ...ads })).toThrow(message);
        return;
      }
      throw new Error("no batch to try");
    };
    const place = (ads: { video: Int32Array; campaign: Int16Array; priceMicros: Int32Array }, c: number): void => {
      for (let k = 1; k < 5; k++) if (ads.video[k] === campaigns.video[c]) ads.video[k] = -1;
      ads.video[0] = campaigns.video[c]!;
      ads.campaign[0] = c + 1;
    };
    refused((ads) => {
      ads.campaign[0] = 7;
    }, /unknown campaign: 7 in a slot; allowed: 0 for content, or 1 … 6/);
    refused((ads) => {
      place(ads, 0);
      ads.video[0] = -1;
    }, /the ad of campaign 0 shows video -1; allowed: its video \d+/);
    refused((ads, user) => {
      const c = [0, 1, 2, 3, 4, 5].find((one) => wants(world, one, user));
      if (c === undefined) return false;
      place(ads, c);
      ads.priceMicros[0] = campaigns.bidMicros[c]! + 1;
      return true;
    }, /price of campaign \d: \d+ micros; allowed: 0 … its bid \d+/);
    refused((ads, user) => {
      const c = [0, 1, 2, 3, 4, 5].find((one) => !wants(world, one, user));
      if (c === undefined) return false;
      place(ads, c);
      return true;
    }, /campaign \d was shown to user \d+ \([a-z-]+, [0-9+-]+\); allowed: users it targets/);
    const plain = smallWorld(3);
    plain.openDay(0);
    for (let shard = 0; shard < shardCount; shard++) {
      const day = plain.openShard(shard);
      const batch = day.next();
      if (!batch) continue;
      const slates = uniformSlates(plain, batch);
      expect(() =>
        day.respond({
          ...slates,
          campaign: new Int16Array(slates.video.length).fill(1),
          priceMicros: new Int32Array(slates.video.length),
        }),
      ).toThrow("this world has no campaigns");
      expect(() => day.respond({ ...slates, campaign: new Int16Array(slates.video.length) })).toThrow(
        "campaign and priceMicros have",
      );
      break;
    }
  });

  it("are charged for what bots click, too, and bots never leave for good", () => {
    const world = smallWorld(5, { ...selling, botShare: 0.5, churnBase: 1 });
    const oracle = openOracle(world);
    let paid = 0;
    playDays(
      world,
      0,
      2,
      (batch) => withAds(world, batch),
      (batch, slates, feedback: FeedbackBatch) =>
        feedback.revenueMicros.forEach((micros, k) => {
          const user = batch.user[Math.floor(k / slates.slots)]!;
          if (oracle.bot(user) !== undefined && slates.campaign?.[k]! > 0) paid += micros;
        }),
    );
    expect(paid).toBeGreaterThan(0);
    for (let u = 0; u < world.catalogue.users.count; u++)
      if (oracle.bot(u) !== undefined) expect(oracle.churned(u)).toBe(false);
  });
});
