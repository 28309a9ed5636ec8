/**
 * The world's constants. Frozen against model tuning: a change to them re-runs the checks below on fresh seeds and is noted in
 * the changelog with the old and new numbers.
 *
 * Measured after 14 days of logging at small by the logging policy (segment popularity, topic affinity, 20 % uniform pages); then 6
 * days, the same end-of-day snapshot and random draws for each policy, 400 assigned people. Watch minutes are per assigned user-day,
 * zeros included; `closed` is the share of the gap from uniform to the greedy watch oracle that is closed; the last column is the share
 * visiting on the sixth day.
 *
 *   seeds 2, 3, 11                               CTR             min/user-day       closed        visits/user-day     visiting
 *     uniform                                    5.9  5.4  6.0 %   0.75  0.72  0.82    0 %           0.64 0.68 0.68    57 60 63 %
 *     ideal popularity (true mean, unseen first) 10.2 7.0  7.5 %   4.98  3.53  3.58   44 27 28 %     0.71 0.73 0.73    66 65 68 %
 *     true favourite topics × ideal popularity   14.5 15.0 15.5 %  7.88  8.21  8.13   75 71 75 %     0.73 0.75 0.75    69 69 70 %
 *     greedy oracle, watch time                  18.8 19.5 19.4 % 10.29 11.32 10.56  100 %           0.73 0.77 0.76    68 70 71 %
 *     greedy oracle, clicks                      30.8 30.5 31.5 %  2.08  2.60  2.28   14 18 15 %     0.59 0.62 0.61    47 52 54 %
 *
 *   logging (seeds 2, 3, 5, 6, 11): 1.12–1.16 M impressions in 14 days, people's CTR 7.2–8.1 % (their uniform pages 5.5–6.1 %),
 *   12.4–13.9 % at position 0 to 5.1–5.8 % at position 9, 2.5 pages per visit, day-1 return 62–63 %, day-7 61–62 %,
 *   watched fraction below 0.1: 41–43 %, above 0.9: 26–27 %, top 1 % of videos 13–16 % of clicks, 66–99 subscriptions,
 *   67–96 purchases, 2.3–2.5 % of users churned. 0.2 % of accounts are bots: 0.8–2.1 % of impressions and 2–15 % of clicks
 *   (scrapers click all they see; at 1 % of accounts they would make 46 % of all clicks).
 *   Other choice models (seed 11): cascade 8.5 % CTR, 12.9 % at position 0 to 5.1 % at 9; multinomial with a no-click mass of 1 4.7 %.
 *   `familyShare` is below the plausible 0.25: at 0.25 ideal popularity closes 32–33 % on seeds 3 and 11 but 52 %
 *   on seed 2, where a popular family lies close together, and little personal is left to learn.
 *   Before (families, duplicates, rhythm, calendar, churn, walk, reinforcement, follows and bots off; seed 2): ideal popularity 36 %,
 *   topics × ideal popularity 80 %, day-1 return 61 %, CTR 7.8 %.
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
