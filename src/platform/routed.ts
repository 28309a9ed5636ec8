/**
 * One policy made of several: a route says which of them answers a user on a day. What the arms of an experiment learn from is then a
 * choice: each policy hears of everybody's impressions, or of those that it answered.
 */
import type { Day, Impressions, Policy, SlateBatch } from "../types.js";
import { merged, take } from "./turns.js";

/** How requests are routed. */
export interface Routes {
  readonly name: string;
  readonly policies: readonly Policy[];
  /** Index of the policy that answers. */
  readonly route: (user: number, day: Day) => number;
  readonly hear: "all" | "own";
}

/** The policy; closing it closes them all. */
export function routedPolicy({ name, policies, route, hear }: Routes): Policy {
  const heardBy = (events: Impressions, a: number): Impressions => {
    if (hear === "all") return events;
    const rows = [...Array(events.count).keys()].filter((i) => route(events.user[i]!, events.day[i]!) === a);
    return rows.length === events.count ? events : take(events, rows);
  };
  return {
    name,
    async openDay(day, yesterday) {
      for (const [a, policy] of policies.entries()) await policy.openDay(day, yesterday && heardBy(yesterday, a));
    },
    async recommend(requests): Promise<SlateBatch> {
      const parts: { rows: readonly number[]; slates: SlateBatch }[] = [];
      for (const [a, policy] of policies.entries()) {
        const rows = [...requests.user.keys()].filter((row) => route(requests.user[row]!, requests.day) === a);
        if (rows.length > 0) parts.push({ rows, slates: await policy.recommend(take(requests, rows)) });
      }
      return merged(requests.count, parts);
    },
    apply(events) {
      for (const [a, policy] of policies.entries()) policy.apply(heardBy(events, a));
    },
    async close() {
      for (const policy of policies) await policy.close?.();
    },
  };
}
