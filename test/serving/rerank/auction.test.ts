import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAuction, runAuction } from "../../../src/serving/rerank/auction.js";
import type { AuctionConfig } from "../../../src/serving/rerank/auction.js";
import { emptySlates, sourceCode } from "../../../src/serving/slates.js";
import { newTrace } from "../../../src/serving/trace.js";
import { createUniformPolicy } from "../../../src/serving/uniform-policy.js";
import { randomLoad, withAds, withoutAds } from "../../../src/serving/rerank/with-ads.js";
import type { Campaigns, Catalogue, RequestBatch, SlateBatch } from "../../../src/types.js";
import { fakeCatalogue, fakeEvents, fakeRequests, pageOf } from "../fakes.js";
import { policyContract } from "../policy-contract.js";

const everybody = 63;

/** Campaigns that show videos 50, 51, … to everybody. */
function campaignsOf(bids: readonly number[], changes: Partial<Campaigns> = {}): Campaigns {
  const count = bids.length;
  return {
    count,
    video: Int32Array.from(bids, (_, c) => 50 + c),
    regions: new Uint8Array(count).fill(everybody),
    ageBands: new Uint8Array(count).fill(everybody),
    bidMicros: Int32Array.from(bids),
    dailyBudgetMicros: new Int32Array(count).fill(1_000_000),
    ...changes,
  };
}

function catalogueWith(campaigns: Campaigns): Catalogue {
  return { ...fakeCatalogue(), campaigns };
}

function requestsOf(
  campaigns: Campaigns,
  users: readonly number[] = [0],
  budget: (row: number, campaign: number) => number = () => 1_000_000,
): RequestBatch {
  const adBudgetMicros = Int32Array.from({ length: users.length * campaigns.count }, (_, i) =>
    budget(Math.floor(i / campaigns.count), i % campaigns.count),
  );
  return { ...fakeRequests(0, users), adBudgetMicros };
}

/** Pages with the listed videos; the propensity of video v is 1 / (v + 2). */
function pagesOf(...pages: readonly (readonly number[])[]): SlateBatch {
  const slots = pages[0]!.length;
  const slates = emptySlates(pages.length, slots);
  pages.flat().forEach((v, i) => {
    slates.video[i] = v;
    slates.source[i] = sourceCode("popular");
    if (v >= 0) slates.propensity[i] = 1 / (v + 2);
  });
  slates.component.fill(2);
  return slates;
}

function run(
  bids: readonly number[],
  page: readonly number[],
  config: AuctionConfig,
  changes: Partial<Campaigns> = {},
): Required<SlateBatch> {
  const campaigns = campaignsOf(bids, changes);
  return runAuction(requestsOf(campaigns), catalogueWith(campaigns), pagesOf(page), config) as Required<SlateBatch>;
}

/** Positions, campaigns and prices of the ads. */
const adsOf = ({ campaign, priceMicros }: Required<SlateBatch>): number[][] =>
  [...campaign].flatMap((c, k) => (c > 0 ? [[k, c - 1, priceMicros[k]!]] : []));

describe("spacing and trace of ads", () => {
  it("refuses ad slots that are too near, and drops an ad rather than let it stand near another on a short page", () => {
    const config = { adSlots: [1, 4], reserveMicros: 1, spacing: 2 };
    expect(() => run([5, 4], [1, 2, 3, 4, 5, 6], { ...config, spacing: 3 })).toThrow(
      "adSlots: 1, 4; allowed: 3 videos or more between two ads",
    );
    expect(adsOf(run([5, 4], [1, 2, 3, 4, 5, 6], config)).map(([place]) => place)).toEqual([1, 4]);
    expect(adsOf(run([5, 4], [1, 2, -1, -1, -1, -1], config)).map(([place]) => place)).toEqual([1]);
    expect(adsOf(run([5, 4], [1, 2, -1, -1, -1, -1], { ...config, spacing: 0 })).map(([place]) => place)).toEqual([
      1, 3,
    ]);
  });

  it("says of every video where an ad moved it", () => {
    const campaigns = campaignsOf([5]);
    const trace = newTrace();
    const auction = createAuction(catalogueWith(campaigns), { adSlots: [1], reserveMicros: 1 });
    auction(requestsOf(campaigns), pagesOf([7, 8, 9]), trace);
    expect(trace.moved).toEqual([{ row: 0, video: 8, from: 1, to: 2, reason: "below an ad" }]);
    expect(trace.removed).toEqual([{ row: 0, video: 9, stage: "rerank", reason: "an ad took its place" }]);
  });
});

describe("the generalised second-price auction", () => {
  it("sells three bids of 10, 4, 2 for two slots at 4 and 2 (Edelman, Ostrovsky and Schwarz, 2007)", () => {
    expect(adsOf(run([4, 10, 2], [0, 1, 2, 3], { adSlots: [0, 1], reserveMicros: 1 }))).toEqual([
      [0, 1, 4],
      [1, 0, 2],
    ]);
  });

  it("ranks by bid × P(click) and asks the least bid that keeps the place", () => {
    // scores 100, 90, 40: the winner pays 90 / 0.5 = 180 of its 200, the second 40 / 0.9 = 44.4, rounded up
    const ads = run([100, 200, 400], [0, 1, 2], {
      adSlots: [0, 2],
      reserveMicros: 1,
      clickProbability: Float64Array.of(0.9, 0.5, 0.1),
    });
    expect(adsOf(ads)).toEqual([
      [0, 1, 180],
      [2, 0, 45],
    ]);
  });

  it("rounds no exact price up because of binary fractions", () => {
    for (const p of [0.1, 0.3, 0.7])
      expect(
        adsOf(run([60, 30], [0, 1], { adSlots: [0], reserveMicros: 1, clickProbability: Float64Array.of(p, p) })),
      ).toEqual([[0, 0, 30]]);
  });

  it("sells to the last bidder at the reserve, to nobody below it, and ties to the smaller id at the bid", () => {
    expect(adsOf(run([70], [0, 1], { adSlots: [0], reserveMicros: 25 }))).toEqual([[0, 0, 25]]);
    expect(adsOf(run([24, 25], [0, 1], { adSlots: [0], reserveMicros: 25 }))).toEqual([[0, 1, 25]]);
    expect(adsOf(run([24], [0, 1], { adSlots: [0], reserveMicros: 25 }))).toEqual([]);
    expect(adsOf(run([30, 30, 30], [0, 1], { adSlots: [0, 1], reserveMicros: 1 }))).toEqual([
      [0, 0, 30],
      [1, 1, 30],
    ]);
    expect(adsOf(run([0, 5], [0, 1], { adSlots: [0, 1], reserveMicros: 0 }))).toEqual([[0, 1, 0]]);
  });

  it("takes P(click) of each request where it is given", () => {
    const campaigns = campaignsOf([100, 100]);
    const requests = requestsOf(campaigns, [0, 1]);
    const config = { adSlots: [0], reserveMicros: 1, clickProbability: Float64Array.of(0.5, 0.1, 0.1, 0.5) };
    const ads = runAuction(requests, catalogueWith(campaigns), pagesOf([0, 1], [2, 3]), config);
    expect([...(ads.campaign as Int16Array)]).toEqual([1, 0, 2, 0]);
  });

  it("shows ads to those they are for, on pages that do not show the video, where the budget pays the reserve", () => {
    const campaigns = campaignsOf([90, 80, 70, 60, 50], {
      regions: Uint8Array.of(1, 63, 63, 63, 63),
      ageBands: Uint8Array.of(63, 2, 63, 63, 63),
    });
    const catalogue = catalogueWith(campaigns);
    catalogue.users.region[0] = 3; // not wanted by campaign 0
    catalogue.users.ageBand[0] = 2; // not wanted by campaign 1
    const requests = requestsOf(campaigns, [0], (_, c) => (c === 3 ? 19 : 1_000)); // campaign 3 cannot pay the reserve
    const ads = runAuction(requests, catalogue, pagesOf([0, 52, 1]), {
      adSlots: [1],
      reserveMicros: 20,
    }) as Required<SlateBatch>; // 52 is campaign 2's
    expect(adsOf(ads)).toEqual([[1, 4, 20]]);
    catalogue.users.region[0] = 0;
    expect(
      adsOf(
        runAuction(requests, catalogue, pagesOf([0, 52, 1]), {
          adSlots: [1],
          reserveMicros: 20,
        }) as Required<SlateBatch>,
      ),
    ).toEqual([[1, 0, 50]]);
  });

  it("orders, prices and targets as a plain sort does, whatever the bids", () => {
    const spec = fc.record({
      bid: fc.nat(50),
      chance: fc.nat(4),
      regions: fc.integer({ min: 1, max: 63 }),
      ages: fc.integer({ min: 1, max: 63 }),
      left: fc.nat(60),
    });
    fc.assert(
      fc.property(
        fc.array(spec, { minLength: 1, maxLength: 9 }),
        fc.nat(20),
        fc.nat(4),
        fc.uniqueArray(fc.integer({ min: 48, max: 62 }), { minLength: 5, maxLength: 5 }),
        (specs, reserveMicros, load, page) => {
          const campaigns = campaignsOf(
            specs.map(({ bid }) => bid),
            { regions: Uint8Array.from(specs, (s) => s.regions), ageBands: Uint8Array.from(specs, (s) => s.ages) },
          );
          const catalogue = catalogueWith(campaigns);
          const chances = specs.map(({ chance }) => chance / 4);
          const requests = requestsOf(campaigns, [7], (_, c) => specs[c]?.left as number);
          const out = runAuction(requests, catalogue, pagesOf(page), {
            adSlots: [0, 1, 2, 3],
            reserveMicros,
            clickProbability: Float64Array.from(chances),
            load: () => load,
          }) as Required<SlateBatch>;
          const [region, age] = [catalogue.users.region[7]!, catalogue.users.ageBand[7]!];
          const expected = specs
            .map((s, c) => ({ ...s, c, score: s.bid * chances[c]! }))
            .filter(
              (s) =>
                s.score > 0 &&
                s.bid >= reserveMicros &&
                s.left > 0 &&
                s.left >= reserveMicros &&
                (s.regions >> region) & 1 &&
                (s.ages >> age) & 1 &&
                !page.includes(50 + s.c),
            )
            .sort((a, b) => b.score - a.score || a.c - b.c);
          const ads = adsOf(out);
          expect(ads.map(([, c]) => c)).toEqual(expected.slice(0, load).map(({ c }) => c));
          for (const [k, c, price] of ads as [number, number, number][]) {
            const { bid } = specs[c] as { bid: number };
            expect(price).toBeGreaterThanOrEqual(reserveMicros);
            expect(price).toBeLessThanOrEqual(bid);
            const behind = expected[k + 1]?.score ?? 0;
            // the least whole price that keeps the place, or the bid where only the unrounded one would
            expect(price * chances[c]!).toBeGreaterThanOrEqual(behind - 1e-9);
            if (price > reserveMicros) expect((price - 1) * chances[c]!).toBeLessThan(behind);
          }
        },
      ),
    );
  });
});

describe("pages with ads", () => {
  const config: AuctionConfig = { adSlots: [1, 3], reserveMicros: 1 };

  it("keep the order of their videos, with sources, propensities and components, and lose the last ones", () => {
    const out = run([20, 10], [5, 6, 7, 8, 9], config);
    const [popular, ad] = [sourceCode("popular"), sourceCode("ad")];
    expect(pageOf(out, 0)).toEqual([5, 50, 6, 51, 7]);
    expect([...out.source]).toEqual([popular, ad, popular, ad, popular]);
    expect([...out.propensity]).toEqual([1 / 7, 1, 1 / 8, 1, 1 / 9]);
    expect([...out.campaign]).toEqual([0, 1, 0, 2, 0]);
    expect([...out.priceMicros]).toEqual([0, 10, 0, 1, 0]);
    expect([...out.component]).toEqual([2]);
  });

  it("fill the slots of ads that nobody wants with videos", () => {
    expect(pageOf(run([20], [5, 6, 7, 8, 9], config), 0)).toEqual([5, 50, 6, 7, 8]);
    expect(pageOf(run([], [5, 6, 7, 8, 9], config), 0)).toEqual([5, 6, 7, 8, 9]);
  });

  it("have their gaps at the end, ads moved up", () => {
    expect(pageOf(run([20, 10], [5, -1, -1, -1, -1], { adSlots: [2, 4], reserveMicros: 1 }), 0)).toEqual([
      5, 50, 51, -1, -1,
    ]);
    expect(pageOf(run([20, 10], [-1, 5, -1, 6, -1], config), 0)).toEqual([5, 50, 6, 51, -1]);
  });

  it("leave the pages they were made of alone", () => {
    const campaigns = campaignsOf([20]);
    const slates = pagesOf([5, 6, 7]);
    runAuction(requestsOf(campaigns), catalogueWith(campaigns), slates, { adSlots: [0], reserveMicros: 1 });
    expect(slates).toEqual(pagesOf([5, 6, 7]));
  });

  it("hold as many ads as the user's load says", () => {
    const campaigns = campaignsOf([20, 10, 5]);
    const out = runAuction(
      requestsOf(campaigns, [0, 1, 2, 3]),
      catalogueWith(campaigns),
      pagesOf([5, 6, 7], [5, 6, 7], [5, 6, 7], [5, 6, 7]),
      { adSlots: [0, 1], reserveMicros: 1, load: (user) => user },
    );
    expect([0, 1, 2, 3].map((row) => pageOf(out, row).filter((v) => v >= 50).length)).toEqual([0, 1, 2, 2]);
    // the price of one ad knows the bidder behind it
    expect(out.priceMicros?.[3]).toBe(10);
  });

  it("are refused where something does not fit, with what is allowed", () => {
    const campaigns = campaignsOf([20]);
    const catalogue = catalogueWith(campaigns);
    const [requests, slates] = [requestsOf(campaigns), pagesOf([5, 6, 7])];
    const auction =
      (changes: Partial<AuctionConfig>): (() => SlateBatch) =>
      () =>
        runAuction(requests, catalogue, slates, { adSlots: [0], reserveMicros: 1, ...changes });
    expect(auction({ adSlots: [3] })).toThrow("adSlots: 3; allowed: positions 0 … 2 of the page");
    expect(auction({ adSlots: [1, 1] })).toThrow("adSlots: 1, 1; allowed: positions from 0 on, ascending, each once");
    expect(auction({ reserveMicros: 0.5 })).toThrow("reserveMicros: 0.5; allowed: a whole number of at least 0");
    expect(auction({ clickProbability: Float64Array.of(NaN) })).toThrow(
      "clickProbability: NaN; allowed: a number in [0, 1]",
    );
    expect(auction({ clickProbability: Float64Array.of(0, 1) })).toThrow(
      "clickProbability has 2 entries; allowed: 1, or 1 × 1",
    );
    expect(auction({ load: () => 0.5 })).toThrow("ad load of user 0: 0.5; allowed: an integer in [0, 1]");
    expect(() => runAuction(fakeRequests(0, [0]), catalogue, slates, { adSlots: [0], reserveMicros: 1 })).toThrow(
      "requests have no adBudgetMicros",
    );
    expect(() =>
      createAuction(catalogueWith({ ...campaignsOf([1, 2]), video: Int32Array.of(50, 50) }), {
        adSlots: [0],
        reserveMicros: 1,
      }),
    ).toThrow("2 campaigns show 1 videos");
    const once = runAuction(requests, catalogue, slates, { adSlots: [0], reserveMicros: 1 });
    expect(() => runAuction(requests, catalogue, once, { adSlots: [0], reserveMicros: 1 })).toThrow(
      "these pages hold ads already",
    );
  });

  it("are just the pages where the catalogue has no campaigns", () => {
    const slates = pagesOf([5, 6, 7]);
    expect(runAuction(fakeRequests(0, [0]), fakeCatalogue(), slates, { adSlots: [0], reserveMicros: 1 })).toBe(slates);
  });
});

// A policy with ads in a world without campaigns keeps the whole contract.
policyContract("uniform with ads, nobody advertises", (options) =>
  withAds(createUniformPolicy(options), {
    catalogue: options.catalogue,
    adSlots: [1],
    reserveMicros: 1,
    name: "uniform",
  }),
);

describe("a policy with ads", () => {
  const campaigns = campaignsOf([20, 10]);
  const catalogue = catalogueWith(campaigns);

  it("shows its own videos and the ads, and can be asynchronous", async () => {
    const inner = createUniformPolicy({ catalogue, seed: 1, slots: 5 });
    const later = {
      ...inner,
      recommend: (requests: RequestBatch): Promise<SlateBatch> => Promise.resolve(inner.recommend(requests)),
    };
    const [now, then] = [inner, later].map((policy) =>
      withAds(policy, { catalogue, adSlots: [0, 2], reserveMicros: 1 }),
    );
    await now?.openDay(0, undefined);
    const requests = requestsOf(campaigns, [0, 1, 2]);
    const pages = (await now?.recommend(requests)) as SlateBatch;
    expect(await then?.recommend(requests)).toEqual(pages);
    const own = await inner.recommend(requests);
    for (let row = 0; row < 3; row++) {
      if (pageOf(own, row).some((v) => v === 50 || v === 51)) continue;
      expect(pageOf(pages, row)).toEqual([50, pageOf(own, row)[0], 51, ...pageOf(own, row).slice(1, 3)]);
    }
    expect(now?.name).toBe("uniform + ads");
  });

  it("does not tell the policy of ads", async () => {
    const told: number[] = [];
    const inner = {
      ...createUniformPolicy({ catalogue, seed: 1 }),
      apply: (events: { count: number }): void => {
        told.push(events.count);
      },
    };
    const policy = withAds(
      {
        ...inner,
        openDay: (_, yesterday) => {
          told.push(yesterday?.count ?? 0);
        },
      },
      { catalogue, adSlots: [0], reserveMicros: 1 },
    );
    const events = fakeEvents(catalogue, 0, 6);
    events.campaign.set([0, 1, 0, 2, 0, 0]);
    policy.apply(events);
    await policy.openDay(1, events);
    expect(told).toEqual([4, 4]);
    const kept = withoutAds(events);
    expect([...kept.video]).toEqual([0, 2, 4, 5].map((row) => events.video[row]));
    expect([...kept.propensity]).toEqual([1, 1, 1, 1]);
    expect(kept.policies).toEqual(events.policies);
    expect(withoutAds(kept)).toBe(kept);
  });
});

describe("a random ad load", () => {
  it("is the user's own and spread evenly", () => {
    const load = randomLoad(3, [0, 1, 2]);
    const counts = [0, 0, 0];
    for (let user = 0; user < 3_000; user++) {
      const ads = load(user);
      expect(randomLoad(3, [0, 1, 2])(user)).toBe(ads);
      counts[ads] = counts[ads]! + 1;
    }
    for (const n of counts) expect(Math.abs(n - 1_000)).toBeLessThan(4 * Math.sqrt(1_000));
    expect(() => randomLoad(3, [])).toThrow("no ad loads");
  });
});
