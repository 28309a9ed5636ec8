/**
 * The ad market: requests of the world's users and the world's campaigns (targeting, bids, budgets), with a click truth of its own. A
 * request shows one ad. With x a user's tastes, y a campaign's and its topic's, all hidden:
 *
 *     logit P(click) = base + user + quality − wear · (days live) + x·y + trend(topic, hour) + who(device, age, topic)
 *                      − 0.2 ln(1 + ads today)
 *
 * Some campaigns begin each day and live for a few days. A share of them pays for impressions (brand) instead of clicks. A click arrives
 * after an exponential delay. 2 to 10 % of a campaign's clicks convert, each worth as much as makes a click worth its mean. Every draw
 * is a hash of (key, who, when, what): two arms that show the same ad see the same click.
 */
import { exponential, keyOf, normal, uniform } from "../../random.js";
import type { Campaigns, PublicUsers } from "../../types.js";
import { configFor, openWorld } from "../../world/index.js";

/** Sizes of the market and what its people do. */
export interface MarketConfig {
  readonly seed: number;
  readonly users: number;
  readonly campaigns: number;
  readonly requestsPerDay: number;
  readonly logDays: number; // of which the last is held out
  readonly liveDays: number; // on which arms are compared
  readonly lifeDays: number; // of a campaign
  readonly base: number;
  readonly brandShare: number; // campaigns that pay for impressions
  readonly clickDelayMinutes: number; // mean
  readonly bids: number; // factor of all bids
  readonly budgets: number; // factor of all budgets
  readonly traffic: number; // factor of requests on live days; budgets stay
}

/** The market that a notebook plays at `tiny`. */
export const marketDefaults: MarketConfig = {
  seed: 42,
  users: 800,
  campaigns: 90,
  requestsPerDay: 20_000,
  logDays: 6,
  liveDays: 2,
  lifeDays: 5,
  base: -3.2,
  brandShare: 0.3,
  clickDelayMinutes: 25,
  bids: 1,
  budgets: 1,
  traffic: 1,
};

/** Minutes of a day. */
export const dayMinutes = 1440;

/** One request. */
export interface AdRequest {
  readonly user: number;
  readonly minute: number; // since the market began
  readonly device: number;
}

/** The market. `logit`, `clicks` and `hides` are the truth: learners see what was shown and clicked. */
export interface Market {
  readonly config: MarketConfig;
  readonly users: PublicUsers;
  readonly campaigns: Campaigns;
  readonly topic: Uint8Array; // [campaigns]
  readonly from: Int16Array; // [campaigns] first day live
  readonly brand: Uint8Array; // [campaigns] 1: `bidMicros` is for an impression
  readonly days: number;
  requestsOn(day: number): number;
  request(day: number, index: number): AdRequest;
  isLive(campaign: number, day: number): boolean;
  logit(request: AdRequest, campaign: number, adsToday: number): number;
  /** Whether the user clicks, given the probability; and after how many minutes. */
  clicks(day: number, index: number, campaign: number, probability: number): boolean;
  delay(day: number, index: number): number;
  /** What a click brings its campaign, in micros: 0 where it does not convert. */
  conversion(day: number, index: number, campaign: number): number;
}

/** A campaign's value of what it bids for, per unit of the bid: it keeps a margin. */
export const valueOfBid = 1.25;

const dims = 4; // of tastes
const topics = 12;

/** Opens a market; equal configs give equal markets. */
export function openMarket(given: Partial<MarketConfig> = {}): Market {
  const config: MarketConfig = { ...marketDefaults, ...given };
  const { seed, lifeDays, logDays, liveDays } = config;
  const days = logDays + liveDays;
  const { users, campaigns: made } = openWorld(
    {
      ...configFor("tiny"),
      ...{ users: config.users, days, extraDays: 0, sponsored: 0.5, videos: 6 * config.campaigns, topics },
      ...{ campaigns: config.campaigns, adBidMicros: Math.round(400_000 * config.bids) },
      adBudgetMicros: Math.round(800 * config.requestsPerDay * config.budgets),
    },
    seed,
  ).catalogue;
  const key = (name: string): number => keyOf(seed, `ads/${name}`);
  const keys = {
    taste: key("taste"),
    quality: key("quality"),
    trend: key("trend"),
    who: key("who"),
    visit: key("visit"),
  };
  const [clickKey, delayKey, conversionKey] = [key("click"), key("delay"), key("conversion")];
  const each = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
  const segment = each(36, (s) => each(dims, (d) => normal(keys.taste, s, d, 0)));
  const tastes = each(users.count, (u) => {
    const of = segment[users.ageBand[u]! * 6 + users.region[u]!]!;
    return of.map((mean, d) => 0.85 * mean + 0.5 * normal(keys.taste, u, d, 1));
  });
  const topic = Uint8Array.from(each(config.campaigns, (c) => Math.floor(uniform(keys.quality, c, 1) * topics)));
  const ofTopic = each(topics, (t) => each(dims, (d) => normal(keys.taste, t, d, 2)));
  const offers = each(config.campaigns, (c) =>
    ofTopic[topic[c]!]!.map((mean, d) => (0.45 * mean + 0.3 * normal(keys.taste, c, d, 3)) / Math.sqrt(dims / 4)),
  );
  const from = Int16Array.from(each(config.campaigns, (c) => beginning(c, config.campaigns, days, lifeDays)));
  const brand = Uint8Array.from(
    each(config.campaigns, (c) => (uniform(keys.quality, c, 2) < config.brandShare ? 1 : 0)),
  );
  const campaigns: Campaigns = {
    ...made!,
    // a brand bids for an impression what others bid for a click, times a usual click rate
    bidMicros: made!.bidMicros.map((bid, c) => (brand[c] === 1 ? Math.round(bid * 0.035) : bid)),
  };
  const trend = each(topics, (t) => trendOf(keys.trend, t, 24 * days));
  return {
    ...{ config, users, campaigns, topic, from, brand, days },
    requestsOn: (day) => Math.round(config.requestsPerDay * (day >= logDays ? config.traffic : 1)),
    request(day, index) {
      const user = Math.floor(users.count * uniform(keys.visit, day, index, 0) ** 1.7); // some visit often
      const device = uniform(keys.visit, day, index, 1) < 0.7 ? users.device[user]! : index % 4;
      const part = (index + 0.5) / this.requestsOn(day);
      const minute = dayMinutes * (day + part - 0.1 * Math.sin(2 * Math.PI * part)); // few at midnight
      return { user, device, minute };
    },
    isLive: (campaign, day) => day >= from[campaign]! && day < from[campaign]! + lifeDays,
    logit({ user, minute, device }, campaign, adsToday) {
      const [x, y] = [tastes[user]!, offers[campaign]!];
      let logit = config.base + 0.4 * normal(keys.quality, user, 3) + 0.4 * normal(keys.quality, campaign, 4);
      for (let d = 0; d < dims; d++) logit += x[d]! * y[d]!;
      const live = minute / dayMinutes - Math.max(0, from[campaign]!);
      const who = 0.35 * normal(keys.who, device, users.ageBand[user]!, topic[campaign]!);
      return logit + trend[topic[campaign]!]![Math.floor(minute / 60)]! + who - 0.1 * live - 0.2 * Math.log1p(adsToday);
    },
    clicks: (day, index, campaign, probability) => uniform(clickKey, day, index, campaign) < probability,
    delay: (day, index) => config.clickDelayMinutes * exponential(delayKey, day, index),
    conversion(day, index, campaign) {
      const rate = 0.02 + 0.08 * uniform(keys.quality, campaign, 5);
      return uniform(conversionKey, day, index, campaign) < rate
        ? valueOfBid * (campaigns.bidMicros[campaign]! / rate)
        : 0;
    },
  };
}

/** Beginnings spread so that as many campaigns are live on each day: from before the first day to the last. */
function beginning(campaign: number, count: number, days: number, lifeDays: number): number {
  return Math.floor((campaign / count) * (days + lifeDays - 1)) - lifeDays + 1;
}

/** What a topic is worth by hour: an autoregression of deviation 0.3 that forgets half in a day. */
function trendOf(key: number, topic: number, hours: number): Float64Array {
  const keep = 0.5 ** (1 / 24);
  const path = new Float64Array(hours);
  for (let h = 0, at = 0.3 * normal(key, topic, 0); h < hours; h++) {
    path[h] = at;
    at = keep * at + 0.3 * Math.sqrt(1 - keep * keep) * normal(key, topic, h + 1);
  }
  return path;
}
