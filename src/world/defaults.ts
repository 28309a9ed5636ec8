/**
 * The world's constants. Frozen against model tuning: a change to them re-runs the checks below on fresh seeds and is noted in
 * the changelog with the old and new numbers.
 *
 * Measured after 14 days of logging at small by the logging policy (segment popularity, topic affinity, 20 % uniform pages); then 8
 * days, the same end-of-day snapshot and random draws for each policy, 1,500 assigned people. Watch minutes are per assigned user-day,
 * zeros included; `closed` is the share of the gap from uniform to the greedy watch oracle that is closed.
 *
 *   seeds 42, 101, 102                           min/user-day         closed
 *     uniform                                    0.81  1.03  0.87     0 %
 *     popularity                                 5.88  6.35  5.92     40 41 40 %
 *     popularity, ten votes per user and day     6.03  6.34  5.80     42 41 39 %
 *     learned funnel                             8.04  8.24  8.48     58 55 61 %
 *     greedy oracle, watch time                  13.3  14.0  13.3     100 %
 *
 *   logging (seeds 301 to 305): CTR 6.8–8.7 %, the last slot's 0.43–0.48 of the first's on uniform pages, plays that end before a
 *   fifth of the video 44–53 %, the 10 % most clicked videos 52–59 % of clicks; all 18 facts of `studies/validity` in range on each.
 *   0.2 % of accounts are bots: 0.8–2.1 % of impressions and 2–15 % of clicks (scrapers click all they see; at 1 % of accounts they
 *   would make 46 % of all clicks; measured before the change of 28 November 2026, which CHANGELOG has with old and new numbers).
 *   `familyShare` is below the plausible 0.25: at 0.25 ideal popularity closes 32–33 % on seeds 3 and 11 but 52 %
 *   on seed 2, where a popular family lies close together, and little personal is left to learn.
 *   Speed on one core of a loaded machine, world alone, 100,000 users × 1,000,000 videos, impressions per CPU second: 2.1 M with these
 *   defaults, 1.75 M with `everything` and an ad on most pages (1.1 M under the cascade); before 2.2 M.
 *   The oracle scores 5–15 M videos/s.
 */
import { sizes } from "../brief/index.js";
import type { Scale } from "../types.js";
import { settings, type Setting, type WorldConfig } from "./config.js";

/** The world at `small`; spread it: `{ ...defaults, users: 500 }`. */
export const defaults: WorldConfig = {
  ...(Object.fromEntries(Object.entries(settings).map(([field, [usual]]) => [field, usual])) as Record<
    Setting,
    number
  >),
  drift: [],
  choiceModel: "position",
};

/**
 * All behaviour switched on, including ads (pages may then carry ads from an auction), closer topic families, five times the bots. For
 * stress and speed; needs at least 20 sponsored videos on day 0.
 */
export const everything: WorldConfig = { ...defaults, familyShare: 0.25, botShare: 0.01, campaigns: 20 };

/** The world of a scale: `defaults` with that scale's sizes. Validated by `openWorld`. */
export function configFor(scale: Scale): WorldConfig {
  const { users, videos, days, extraDays, slots } = sizes(scale);
  return { ...defaults, users, videos, days, extraDays, slots, creators: Math.round(videos / 20) };
}
