/**
 * What satisfaction does to return, from the log alone: users are given a low or a high ad load at random, which changes their
 * satisfaction and nothing else before it. Dose: the share of pages after which the user went on (a platform cannot see
 * satisfaction, but people stay longer where they are content). Outcome: the share of days with a visit.
 *
 * The estimand is the ratio of the two effects for these users. Twin worlds know it exactly: everybody with the low load against
 * everybody with the high one, with common random numbers. For orientation, the twins also give the effect on hidden satisfaction itself.
 *
 * Ads are at fixed slots of another policy's pages, as many per page as the user was randomly assigned: the instrument that changes
 * satisfaction. No auction: the first campaign of a hashed order that wants this user, at a price of one micro, so that budgets never
 * bind and the load is what was assigned.
 */
import { waldSlope, type Effect, type InstrumentGroup } from "../../evaluation/index.js";
import { allShards, atOnce, openDays, rounds } from "../../platform/rounds.js";
import { keyOf, uniform, hash32 } from "../../random.js";
import { requestHigh, requestLow, sourceCode } from "../../serving/slates.js";
import { createUniformPolicy } from "../../serving/uniform-policy.js";
import type { RunControl, Campaigns, Catalogue, Policy, RequestBatch, SlateBatch } from "../../types.js";
import { openOracle, openWorld, type WorldConfig } from "../../world/index.js";

/** Loads of the two groups, ads per page. */
export const adLoads = { low: 0, high: 5 } as const;

/** Days left out at the beginning: satisfaction starts at 0 for everybody and takes some pages to move. */
const warmDays = 2;

/** The experiment's estimates and the twins' truth. */
export interface RetentionSlope {
  readonly slope: Effect; // return a unit of continuation
  readonly returnEffect: Effect;
  readonly doseEffect: Effect;
  readonly firstStageF: number;
  readonly trueSlope: number;
  readonly trueReturnEffect: number;
  readonly trueDoseEffect: number;
  /** Hidden: effect of the load on mean satisfaction, and return a unit of it. */
  readonly satisfactionEffect: number;
  readonly returnPerSatisfaction: number;
}

/** Runs the lot and the two twins in worlds of one config and seed. */
export function retentionSlope(config: WorldConfig, seed: number, control: RunControl = {}): RetentionSlope {
  const key = keyOf(seed, "validity/ad-load");
  const high = (user: number): boolean => uniform(key, user) < 0.5;
  const low = (user: number): boolean => !high(user);
  const everybody = (): boolean => true;
  const lot = play(config, seed, high, control);
  const off = play(config, seed, () => false, control);
  const on = play(config, seed, everybody, control);
  const result = waldSlope(groupOf(lot, low), groupOf(lot, high));
  const truth = waldSlope(groupOf(off, everybody), groupOf(on, everybody));
  const satisfactionEffect = on.satisfaction - off.satisfaction;
  return {
    slope: result.slope,
    returnEffect: result.outcome,
    doseEffect: result.dose,
    firstStageF: result.firstStageF,
    trueSlope: truth.slope.estimate,
    trueReturnEffect: truth.outcome.estimate,
    trueDoseEffect: truth.dose.estimate,
    satisfactionEffect,
    returnPerSatisfaction: truth.outcome.estimate / satisfactionEffect,
  };
}

/** Sums by user over the days that count. */
interface UserSums {
  readonly activeDays: Float64Array;
  readonly visits: Float64Array;
  readonly pages: Float64Array;
  readonly days: number;
  readonly satisfaction: number; // hidden, mean over users at the end
}

/** Outcome: days with a visit over days. Dose: pages that were followed by another of the visit, over pages. */
function groupOf({ activeDays, visits, pages, days }: UserSums, keep: (user: number) => boolean): InstrumentGroup {
  const users = Array.from({ length: pages.length }, (_, user) => user).filter(keep);
  const column = (of: (user: number) => number): Float64Array => Float64Array.from(users, of);
  return {
    outcome: { numerator: column((u) => activeDays[u]!), denominator: column(() => days) },
    dose: { numerator: column((u) => pages[u]! - visits[u]!), denominator: column((u) => pages[u]!) },
  };
}

function play(config: WorldConfig, seed: number, high: (user: number) => boolean, control: RunControl): UserSums {
  const world = openWorld(config, seed);
  const { catalogue } = world;
  const users = catalogue.users.count;
  const load = withAdLoad({
    policy: createUniformPolicy({ catalogue, seed, slots: config.slots }),
    catalogue,
    seed,
    load: (user) => (high(user) ? adLoads.high : adLoads.low),
  });
  const [activeDays, visits, pages] = [new Float64Array(users), new Float64Array(users), new Float64Array(users)];
  const lastDay = new Int32Array(users).fill(-1);
  for (const day of openDays(world, 0, config.days)) {
    control.signal?.throwIfAborted();
    void load.openDay(day, undefined);
    for (const { requests, respond } of rounds(world, allShards)) {
      respond(atOnce(load.recommend(requests)));
      if (day < warmDays) continue;
      const { count, user, page } = requests;
      for (let row = 0; row < count; row++) {
        const u = user[row]!;
        pages[u] = pages[u]! + 1;
        if (page[row] === 0) visits[u] = visits[u]! + 1;
        if (lastDay[u] !== day) activeDays[u] = activeDays[u]! + 1;
        lastDay[u] = day;
      }
    }
  }
  const oracle = openOracle(world);
  let satisfaction = 0;
  for (let user = 0; user < users; user++) satisfaction += oracle.satisfaction(user) / users;
  return { activeDays, visits, pages, days: config.days - warmDays, satisfaction };
}

/** Slots that ads take, in the order in which a growing load fills them. */
const adSlots = [1, 4, 7, 2, 5, 8, 3, 6, 9, 0] as const;

/** Options of the ads on a policy's pages. */
export interface AdLoadOptions {
  readonly policy: Policy;
  readonly catalogue: Catalogue;
  readonly seed: number;
  /** Ads per page of a user, 0 … slots. */
  readonly load: (user: number) => number;
}

/** A policy whose pages carry ads. @throws RangeError in a world without campaigns */
export function withAdLoad({ policy, catalogue, seed, load }: AdLoadOptions): Policy {
  const { campaigns } = catalogue;
  if (!campaigns || campaigns.count === 0) throw new RangeError("ad load needs campaigns; the world has 0");
  const key = keyOf(seed, "validity/ads");
  const place = (requests: RequestBatch, slates: SlateBatch): SlateBatch => {
    const size = slates.count * slates.slots;
    const ads = { ...slates, campaign: new Int16Array(size), priceMicros: new Int32Array(size) };
    for (let row = 0; row < requests.count; row++) {
      const user = requests.user[row]!;
      const start = hash32(key, requestLow(requests.request[row]!), requestHigh(requests.request[row]!));
      for (let n = 0, next = 0; n < load(user) && next < campaigns.count; next++) {
        const campaign = (start + next) % campaigns.count;
        if (!wants(campaigns, catalogue, campaign, user) || standsOn(slates, row, campaigns.video[campaign]!)) continue;
        const at = row * slates.slots + (adSlots[n]! % slates.slots);
        ads.video[at] = campaigns.video[campaign]!;
        ads.source[at] = sourceCode("ad");
        ads.propensity[at] = 1;
        ads.campaign[at] = campaign + 1;
        ads.priceMicros[at] = 1;
        n++;
      }
    }
    return ads;
  };
  return {
    name: `${policy.name} with ads`,
    openDay: (day, yesterday) => policy.openDay(day, yesterday),
    recommend(requests) {
      const slates = policy.recommend(requests);
      return slates instanceof Promise ? slates.then((ready) => place(requests, ready)) : place(requests, slates);
    },
    apply: (events) => policy.apply(events),
    close: () => policy.close?.(),
  };
}

function wants(campaigns: Campaigns, { users }: Catalogue, campaign: number, user: number): boolean {
  const byRegion = (campaigns.regions[campaign]! >> users.region[user]!) & 1;
  const byAge = (campaigns.ageBands[campaign]! >> users.ageBand[user]!) & 1;
  return byRegion === 1 && byAge === 1 && campaigns.bidMicros[campaign]! >= 1;
}

function standsOn({ slots, video }: SlateBatch, row: number, wanted: number): boolean {
  for (let k = row * slots; k < (row + 1) * slots; k++) if (video[k] === wanted) return true;
  return false;
}
