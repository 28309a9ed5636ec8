/**
 * Advertisers: campaigns with a creative, targeting, a bid for a click and a daily budget; and the account that charges them. Serving
 * runs the auction (`serving/auction`); the world charges its prices.
 *
 *   bid             median `adBidMicros`, log-normal (σ = 0.5)
 *   daily budget    median `adBudgetMicros`, log-normal (σ = 0.7)
 *   of a shard      budget / 64 (whole micros; the remainder goes one each to the first shards after the campaign's own place)
 *   released by h   ⌊share · (h + 1) / 24⌋ in hour h: what is not spent rolls over within the day, and is lost at midnight
 *   left            released − spent
 *
 * Shards do not see each other within a day, so a split budget is what keeps any number of workers at the same bytes; even
 * pacing over the hours is the simplest of those in use (cf. Agarwal et al., 2014, on budget pacing). All money is whole micros.
 */
import { hash32, normal, uniform } from "../random.js";
import { ageBands, dayMs, regions, shardCount } from "../types.js";
import type { Campaigns } from "../types.js";
import type { WorldState } from "./state.js";

const bidSpread = 0.5; // sd of log bids
const budgetSpread = 0.7; // sd of log budgets
const everywhere = 0.4; // share of campaigns that target all regions; the same for all ages
const wanted = 0.5; // share of regions (ages) that the others target
const hours = 24;

/** What a draw decides, for a campaign. */
const purpose = { bid: 0, budget: 1, regions: 2, ages: 3, order: 4 } as const;

/**
 * Fills the campaigns: distinct sponsored videos live on day 0, in hashed order. Call it after the videos are filled.
 * @throws RangeError if there are fewer such videos than campaigns.
 */
export function makeCampaigns(state: WorldState): void {
  const { config, keys, catalogue } = state;
  const campaigns = catalogue.campaigns as Campaigns;
  const creatives: number[] = [];
  for (let v = 0; v < catalogue.liveVideos[0]!; v++) if (catalogue.videos.sponsored[v] === 1) creatives.push(v);
  if (creatives.length < campaigns.count)
    throw new RangeError(
      `campaigns: ${campaigns.count}; allowed: at most the ${creatives.length} sponsored videos of day 0 (raise sponsored or videos)`,
    );
  creatives.sort(
    (a, b) => hash32(keys.campaign, a, 0, purpose.order) - hash32(keys.campaign, b, 0, purpose.order) || a - b,
  );
  for (let c = 0; c < campaigns.count; c++) {
    campaigns.video[c] = creatives[c]!;
    campaigns.regions[c] = audience(keys.campaign, c, purpose.regions, regions.length);
    campaigns.ageBands[c] = audience(keys.campaign, c, purpose.ages, ageBands.length);
    campaigns.bidMicros[c] = micros(config.adBidMicros, bidSpread, normal(keys.campaign, c, purpose.bid));
    campaigns.dailyBudgetMicros[c] = micros(
      config.adBudgetMicros,
      budgetSpread,
      normal(keys.campaign, c, purpose.budget),
    );
  }
}

/** Start of a day: nothing has been spent yet. */
export function openAdsDay(state: WorldState): void {
  state.now.adSpent.fill(0);
  state.budgetSplit?.spent.forEach((spent) => spent.fill(0));
}

/**
 * Gives each arm of an experiment an equal part of every budget (budget-split design; Liu, Mao & Kang, 2020): users of different arms no
 * longer spend the same money. Between days; `armOf` is 0 or 1 by user. Not shared with worker threads, not part of a snapshot.
 */
export function splitBudgets(state: WorldState, armOf: Uint8Array): void {
  state.budgetSplit = { armOf, spent: [0, 1].map(() => new Float64Array(state.now.adSpent.length)) };
}

/**
 * Fills `out[at … at + campaigns - 1]` with what each campaign may still spend in this shard at `timeMs` (since midnight), on this user
 * where budgets are split.
 */
export function adBudget(
  state: WorldState,
  shard: number,
  timeMs: number,
  out: Int32Array,
  at: number,
  user?: number,
): void {
  const { count } = state.catalogue.campaigns as Campaigns;
  for (let c = 0; c < count; c++) out[at + c] = left(state, shard, c, timeMs, user);
}

/**
 * Charges a click on campaign `campaign` (0-based) and returns what was charged: the price, or what is left in this shard and
 * hour if that is less. Over a day and all shards a campaign is never charged more than its daily budget.
 * @throws RangeError for a price that is not whole and at least 0.
 */
export function chargeAd(
  state: WorldState,
  shard: number,
  campaign: number,
  priceMicros: number,
  timeMs: number,
  user?: number,
): number {
  if (!Number.isSafeInteger(priceMicros) || priceMicros < 0)
    throw new RangeError(`priceMicros: ${priceMicros}; allowed: a whole number of at least 0`);
  const place = shard * (state.catalogue.campaigns as Campaigns).count + campaign;
  const charged = Math.min(priceMicros, left(state, shard, campaign, timeMs, user));
  const { spent } = accountOf(state, user);
  spent[place] = spent[place]! + charged;
  return charged;
}

function left(state: WorldState, shard: number, campaign: number, timeMs: number, user?: number): number {
  const { count, dailyBudgetMicros } = state.catalogue.campaigns as Campaigns;
  const daily = dailyBudgetMicros[campaign]!;
  const extra = (shard + shardCount - (campaign % shardCount)) % shardCount < daily % shardCount ? 1 : 0;
  const share = Math.floor(daily / shardCount) + extra;
  const hour = Math.min(hours - 1, Math.floor((timeMs * hours) / dayMs));
  const { spent, parts } = accountOf(state, user);
  const released = Math.floor((share * (hour + 1)) / hours / parts);
  return Math.max(0, released - spent[shard * count + campaign]!);
}

function accountOf({ budgetSplit, now }: WorldState, user?: number): { spent: Float64Array; parts: number } {
  if (budgetSplit === undefined || user === undefined) return { spent: now.adSpent, parts: 1 };
  return { spent: budgetSplit.spent[budgetSplit.armOf[user]!]!, parts: budgetSplit.spent.length };
}

/** Bits of the groups a campaign targets: all, or each with probability `wanted`, but at least one. */
function audience(key: number, campaign: number, purpose: number, groups: number): number {
  const all = (1 << groups) - 1;
  if (uniform(key, campaign, purpose, 0) < everywhere) return all;
  let bits = 1 << (hash32(key, campaign, purpose, 1) % groups);
  for (let g = 0; g < groups; g++) if (uniform(key, campaign, purpose, 2 + g) < wanted) bits |= 1 << g;
  return bits;
}

/** Log-normal around a median, whole, within int32 and within three sd. */
function micros(median: number, spread: number, z: number): number {
  return Math.min(2_147_483_647, Math.round(median * Math.exp(spread * Math.max(-3, Math.min(3, z)))));
}
