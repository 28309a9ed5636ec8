/**
 * What days of auctions are worth, in units of money per 1,000 requests, and to whom. All of it is the mean over the clicks that might
 * have come (the truth is known), so that differences are not drowned in the chance of single clicks.
 */
import { ratioReplicates, type SeedMetric } from "../../evaluation/index.js";
import type { Market } from "./market.js";
import type { AdLog } from "./rows.js";

const hideMicros = 150_000; // future visits lost where a user hides an ad

/** Mean cost to a user of an ad, in micros: the less it interests, the more often it is hidden (1 % at P(click) = .1, 3 % at .01). */
export function hideCost(probability: number): number {
  return hideMicros * Math.min(0.05, 0.01 * Math.sqrt(0.1 / probability));
}

/** Per 1,000 requests; `drawn` is the advertisers' part as their own books say, by the conversions and clicks that came. */
export const moneyNames = ["revenue", "advertisers", "users", "total", "drawn"] as const;
export type MoneyName = (typeof moneyNames)[number];

/** What each gets, with replicates by user: two arms of one market are paired. `total` is the sum of the first three. */
export type Money = Readonly<Record<MoneyName, SeedMetric>>;

/** Money of a log over the days it was played for. */
export function moneyOf(market: Market, log: AdLog, [from, to]: readonly [number, number]): Money {
  const users = market.users.count;
  const requests = new Float64Array(users);
  for (let day = from; day < to; day++)
    for (let i = 0, end = market.requestsOn(day); i < end; i++) requests[market.request(day, i).user]!++;
  const ids = Int32Array.from({ length: users }, (_, u) => u).filter((u) => requests[u]! > 0);
  const sums = moneyNames.map(() => new Float64Array(users));
  for (let row = 0; row < log.count; row++) {
    const [paid, value, hide] = [log.paidMicros[row]!, log.valueMicros[row]!, log.hideMicros[row]!];
    const all = [paid, value - paid, -hide, value - hide, log.drawnMicros[row]!];
    all.forEach((micros, m) => (sums[m]![log.user[row]!]! += micros / 1000));
  }
  const denominator = Float64Array.from(ids, (u) => requests[u]!);
  const ratios = sums.map((sum) => ({ numerator: Float64Array.from(ids, (u) => sum[u]!), denominator }));
  const made = ratioReplicates(ids, ratios, { name: "ads", replicates: 500 });
  return Object.fromEntries(moneyNames.map((name, m) => [name, { ...made[m]!, users: ids.length }])) as Money;
}

/** Without their replicates. */
export function estimates(money: Money): Readonly<Record<MoneyName, number>> {
  return Object.fromEntries(moneyNames.map((name) => [name, money[name].estimate])) as Record<MoneyName, number>;
}
