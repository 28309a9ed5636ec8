/** Any policy with ads on its pages, and the ad load that an experiment varies. */
import { keyOf, uniformInt } from "../../random.js";
import type { Catalogue, Day, Impressions, Policy, RequestBatch, SlateBatch } from "../../types.js";
import { createAuction } from "./auction.js";
import type { AuctionConfig } from "./auction.js";

/** Options of a policy with ads. */
export interface WithAdsOptions extends AuctionConfig {
  readonly catalogue: Catalogue;
  /** Name in the log; default `<policy> + ads`. */
  readonly name?: string;
}

/**
 * Wraps a policy: its pages, with ads placed by an auction; its other methods stay. Closing it closes the policy. The policy
 * receives its own videos only: an ad was not its choice, so ads are left out of what `openDay`, `apply` and `observe` pass to it.
 * @example withAds(createUniformPolicy({ catalogue, seed }), { catalogue, adSlots: [2, 6], reserveMicros: 20_000 })
 */
export function withAds<P extends Policy>(policy: P, options: WithAdsOptions): P {
  const { catalogue, name = `${policy.name} + ads`, ...config } = options;
  const auction = createAuction(catalogue, config);
  const observe = (policy as { observe?: (events: Impressions) => void }).observe;
  return {
    ...policy,
    name,
    openDay: (day: Day, yesterday: Impressions | undefined): void | Promise<void> =>
      policy.openDay(day, yesterday && withoutAds(yesterday)),
    recommend(requests: RequestBatch): SlateBatch | Promise<SlateBatch> {
      const slates = policy.recommend(requests);
      return slates instanceof Promise ? slates.then((pages) => auction(requests, pages)) : auction(requests, slates);
    },
    apply(events: Impressions): void {
      policy.apply(withoutAds(events));
    },
    ...(observe && { observe: (events: Impressions): void => observe(withoutAds(events)) }),
    close: (): void | Promise<void> => policy.close?.(),
  };
}

/** Ad loads drawn evenly, once for each user, by a hash of the user: the same user always gets the same load. */
export function randomLoad(seed: number, loads: readonly number[]): (user: number) => number {
  if (loads.length === 0) throw new RangeError("no ad loads; allowed: at least one number of ads per page");
  const key = keyOf(seed, "ad-load");
  return (user) => loads[uniformInt(loads.length, key, user)]!;
}

/** The impressions that are not ads: the same record where there are none. */
export function withoutAds(events: Impressions): Impressions {
  const kept: number[] = [];
  for (let row = 0; row < events.count; row++) if (events.campaign[row] === 0) kept.push(row);
  if (kept.length === events.count) return events;
  const columns = Object.entries(events).map(([field, column]: [string, unknown]) => {
    if (!ArrayBuffer.isView(column)) return [field, field === "count" ? kept.length : column];
    const from = column as Float64Array;
    const to = new (from.constructor as Float64ArrayConstructor)(kept.length);
    kept.forEach((row, i) => {
      to[i] = from[row]!;
    });
    return [field, to];
  });
  return Object.fromEntries(columns) as unknown as Impressions;
}
