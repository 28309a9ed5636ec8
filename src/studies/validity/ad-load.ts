/**
 * Ads at fixed slots of another policy's pages, as many per page as the user was randomly assigned: the instrument that changes
 * satisfaction. No auction: the first campaign of a hashed order that wants this user, at a price of one micro, so that budgets never
 * bind and the load is what was assigned.
 */
import { hash32, keyOf } from "../../random.js";
import { requestHigh, requestLow, sourceCode } from "../../serving/slates.js";
import type { Campaigns, Catalogue, Policy, RequestBatch, SlateBatch } from "../../types.js";

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
