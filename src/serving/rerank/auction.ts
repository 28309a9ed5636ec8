/**
 * Ads among the videos of a page: a generalised second-price auction for each request (Edelman, Ostrovsky and Schwarz, 2007;
 * Varian, 2007).
 *
 *   candidates  campaigns that target the user's region and age band, bid at least the reserve, can still pay it in this shard and
 *               hour, and whose video is not on the page already
 *   order       score = bid × P(click), best first, ties to the smaller id; the first takes the first ad slot, …
 *   price       of a click on the ad in place i: the lowest bid that keeps its place, score_{i+1} / P(click)_i, rounded up to
 *               whole micros, at least the reserve, at most its bid; the last one pays the reserve if nobody is left behind it
 *
 * The videos of the page keep their order and move down; the last ones drop out. Their propensities move with them: a page is a draw
 * without repetition, so the conditional probability of a video given those before it does not change. (An ad is chosen given the whole
 * page, as it must not repeat a video of it; an organic propensity is off by at most the probability that the ad's own video was
 * drawn.) Ads have propensity 1 and source `ad`.
 */
import type { Campaigns, Catalogue, RequestBatch, SlateBatch } from "../../types.js";
import { emptySlates, sourceCode } from "../slates.js";
import type { Trace } from "../trace.js";

/** How ads are placed and sold. */
export interface AuctionConfig {
  /** 0-based positions for ads, ascending, within the page. */
  readonly adSlots: readonly number[];
  /** Least price of a click, whole micros; campaigns that bid less do not take part. */
  readonly reserveMicros: number;
  /** Least number of videos between two ads; default 0. */
  readonly spacing?: number;
  /** P(click) of each campaign's ad, in [0, 1]: [campaigns], or [requests, campaigns] for one batch. Default: 1, which ranks by bid. */
  readonly clickProbability?: Float64Array;
  /** How many of `adSlots` a user gets, from the first on; default all. An experiment on ad load varies this. */
  readonly load?: (user: number) => number;
}

/** Campaigns of a catalogue, placed on the pages of a batch. */
export type Auction = (requests: RequestBatch, slates: SlateBatch, trace?: Trace) => SlateBatch;

/**
 * Runs the auctions of one batch: pages with ads, `campaign` and `priceMicros` filled.
 * @throws RangeError for slots outside the page, a reserve or click probabilities out of range.
 */
export function runAuction(
  requests: RequestBatch,
  catalogue: Catalogue,
  slates: SlateBatch,
  config: AuctionConfig,
): SlateBatch {
  return createAuction(catalogue, config)(requests, slates);
}

/** `runAuction` for many batches: checks and memory that do not change between batches are done once. */
export function createAuction(catalogue: Catalogue, config: AuctionConfig): Auction {
  const { adSlots, load = (): number => adSlots.length } = config;
  checkAuction(config);
  const { campaigns } = catalogue;
  if (!campaigns || campaigns.count === 0) return (_, slates) => slates;
  checkCreatives(campaigns);
  const ranked = newRanking(adSlots.length + 1);

  return (requests, slates, trace) => {
    const { adBudgetMicros } = requests;
    if (!adBudgetMicros)
      throw new RangeError(
        "requests have no adBudgetMicros; allowed: what each campaign can still spend, as a world with campaigns gives it",
      );
    if (slates.campaign) throw new RangeError("these pages hold ads already; allowed: pages without");
    const late = adSlots.find((slot) => slot >= slates.slots);
    if (late !== undefined)
      throw new RangeError(`adSlots: ${late}; allowed: positions 0 … ${slates.slots - 1} of the page`);
    const size = slates.count * slates.slots;
    const pages = {
      ...emptySlates(slates.count, slates.slots),
      campaign: new Int16Array(size),
      priceMicros: new Int32Array(size),
    };
    pages.component.set(slates.component);
    const chance = clickProbabilities(config, campaigns.count, slates.count);
    for (let row = 0; row < slates.count; row++) {
      const ads = loadOf(load, requests.user[row]!, adSlots.length);
      rank(ranked, ads, row, campaigns, catalogue, requests, slates, adBudgetMicros, chance, config.reserveMicros);
      place(ranked, Math.min(ads, ranked.size), row, campaigns, slates, config, pages);
      if (trace) traceAds(trace, row, slates, pages);
    }
    return slates.pools ? { ...pages, pools: slates.pools } : pages;
  };
}

/** Videos that an ad moved down, or off the page. */
function traceAds(trace: Trace, row: number, organic: SlateBatch, pages: SlateBatch): void {
  const from = row * organic.slots;
  const [before, after] = [organic, pages].map(({ video }) => [...video.subarray(from, from + organic.slots)]);
  for (const [place, video] of before!.entries()) {
    if (video < 0) continue;
    const to = after!.indexOf(video);
    if (to < 0) trace.removed.push({ row, video, stage: "rerank", reason: "an ad took its place" });
    else if (to !== place) trace.moved.push({ row, video, from: place, to, reason: "below an ad" });
  }
}

/** The best campaigns of one request, one more than there are slots: the price of the last needs the next. */
interface Ranking {
  size: number;
  readonly campaign: Int32Array;
  readonly score: Float64Array;
  readonly chance: Float64Array;
}

function newRanking(capacity: number): Ranking {
  return {
    size: 0,
    campaign: new Int32Array(capacity),
    score: new Float64Array(capacity),
    chance: new Float64Array(capacity),
  };
}

function rank(
  out: Ranking,
  ads: number,
  row: number,
  campaigns: Campaigns,
  { users }: Catalogue,
  requests: RequestBatch,
  slates: SlateBatch,
  budget: Int32Array,
  chance: Float64Array | undefined,
  reserve: number,
): void {
  const { count, bidMicros, video, regions, ageBands } = campaigns;
  const user = requests.user[row]!;
  const [region, age] = [1 << users.region[user]!, 1 << users.ageBand[user]!];
  const wide = chance && chance.length > count ? row * count : 0;
  const page = row * slates.slots;
  out.size = 0;
  if (ads === 0) return;
  for (let c = 0; c < count; c++) {
    const bid = bidMicros[c]!;
    const p = chance ? chance[wide + c]! : 1;
    const score = bid * p;
    if (!(score > 0) || bid < reserve || (out.size > ads && score <= out.score[ads]!)) continue;
    if ((regions[c]! & region) === 0 || (ageBands[c]! & age) === 0) continue;
    const left = budget[row * count + c]!;
    if (left <= 0 || left < reserve || isOnPage(slates.video, page, slates.slots, video[c]!)) continue;
    let at = out.size > ads ? ads : out.size++;
    for (; at > 0 && out.score[at - 1]! < score; at--) copy(out, at - 1, at);
    out.campaign[at] = c;
    out.score[at] = score;
    out.chance[at] = p;
  }
}

function copy({ campaign, score, chance }: Ranking, from: number, to: number): void {
  campaign[to] = campaign[from]!;
  score[to] = score[from]!;
  chance[to] = chance[from]!;
}

function isOnPage(videos: Int32Array, from: number, slots: number, video: number): boolean {
  for (let k = from; k < from + slots; k++) if (videos[k] === video) return true;
  return false;
}

/** Puts the first `ads` of the ranking on page `row`, the organic videos around them. */
function place(
  ranked: Ranking,
  ads: number,
  row: number,
  campaigns: Campaigns,
  organic: SlateBatch,
  { adSlots, reserveMicros, spacing = 0 }: AuctionConfig,
  pages: Required<Omit<SlateBatch, "pools">>,
): void {
  const { slots } = organic;
  const from = row * slots;
  let [ad, next, lastAd] = [0, 0, -Infinity];
  for (let k = 0; k < slots; k++) {
    while (next < slots && organic.video[from + next]! < 0) next++;
    const video = next < slots ? organic.video[from + next]! : -1;
    // Where the videos have run out, the remaining ads move up as far as the spacing lets them: empty slots are at the end of a page.
    if (ad < ads && (adSlots[ad]! === k || video < 0) && k - lastAd > spacing) {
      lastAd = k;
      const c = ranked.campaign[ad]!;
      pages.video[from + k] = campaigns.video[c]!;
      pages.source[from + k] = adSource;
      pages.campaign[from + k] = c + 1;
      pages.priceMicros[from + k] = priceOf(ranked, ad, campaigns.bidMicros[c]!, reserveMicros);
      ad++;
    } else if (video >= 0) {
      pages.video[from + k] = video;
      pages.source[from + k] = organic.source[from + next]!;
      pages.propensity[from + k] = organic.propensity[from + next]!;
      next++;
    } else break; // no hole before a later ad
  }
}

const adSource = sourceCode("ad");

/** The generalised second price of place `at`. */
function priceOf({ size, score, chance }: Ranking, at: number, bid: number, reserve: number): number {
  const least = at + 1 < size ? score[at + 1]! / chance[at]! : 0;
  return Math.min(bid, Math.max(reserve, Math.ceil(least * (1 - 1e-12)))); // the factor removes rounding errors before rounding up
}

function loadOf(load: (user: number) => number, user: number, most: number): number {
  const ads = load(user);
  if (!Number.isInteger(ads) || ads < 0)
    throw new RangeError(`ad load of user ${user}: ${ads}; allowed: an integer in [0, ${most}]`);
  return Math.min(ads, most);
}

function clickProbabilities(
  { clickProbability }: AuctionConfig,
  campaigns: number,
  requests: number,
): Float64Array | undefined {
  if (!clickProbability) return undefined;
  if (clickProbability.length !== campaigns && clickProbability.length !== requests * campaigns)
    throw new RangeError(
      `clickProbability has ${clickProbability.length} entries; allowed: ${campaigns}, or ${requests} × ${campaigns}`,
    );
  const bad = clickProbability.find((p) => !(p >= 0 && p <= 1));
  if (bad !== undefined) throw new RangeError(`clickProbability: ${bad}; allowed: a number in [0, 1]`);
  return clickProbability;
}

function checkAuction({ adSlots, reserveMicros, spacing = 0 }: AuctionConfig): void {
  const fits = adSlots.every(
    (slot, i) => Number.isInteger(slot) && slot >= 0 && slot < 255 && (i === 0 || slot > adSlots[i - 1]!),
  );
  if (!fits) throw new RangeError(`adSlots: ${adSlots.join(", ")}; allowed: positions from 0 on, ascending, each once`);
  const near = adSlots.find((slot, i) => i > 0 && slot - adSlots[i - 1]! <= spacing);
  if (near !== undefined)
    throw new RangeError(
      `adSlots: ${adSlots.join(", ")}; allowed: ${spacing} videos or more between two ads (${near})`,
    );
  if (!Number.isSafeInteger(reserveMicros) || reserveMicros < 0)
    throw new RangeError(`reserveMicros: ${reserveMicros}; allowed: a whole number of at least 0`);
}

function checkCreatives({ count, video }: Campaigns): void {
  const distinct = new Set(video.subarray(0, count)).size;
  if (distinct < count)
    throw new RangeError(`${count} campaigns show ${distinct} videos; allowed: a video of its own for each`);
}
