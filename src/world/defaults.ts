/**
 * The world's constants. Frozen against model tuning: a change to them re-runs the checks below on fresh seeds and is noted in
 * the changelog with the old and new numbers.
 *
 * Measured with stand-in policies (small, written for this), after 14 days of logging by a mixture of segment popularity,
 * topic affinity and 20 % uniform pages; then 8 days, the same evening and luck for each policy. Watch minutes are per
 * assigned user-day, zeros included; `closed` is the share of the way from uniform to the greedy watch oracle.
 *
 *   small, seed 11, 1,500 assigned users         CTR    min/user-day  closed  visits/user-day  day-1   day-7   visiting on day 8
 *     uniform                                    5.5 %      0.69        0 %       0.62         58 %    61 %      52 %
 *     watch time per impression, from the log    4.8 %      1.58       10 %       0.65         62 %    65 %      56 %
 *     that × topic affinity × language, from log 8.7 %      3.32       29 %       0.66         63 %    67 %      57 %
 *     ideal popularity (true mean, unseen first) 8.2 %      3.58       32 %       0.68         65 %    68 %      59 %
 *     true favourite topics × true quality      12.0 %      6.82       67 %       0.71         69 %    73 %      63 %
 *     … in the user's own language              15.2 %      7.92       79 %       0.71         69 %    73 %      63 %
 *     greedy oracle, watch time                 18.0 %      9.85      100 %       0.72         70 %    74 %      64 %
 *     greedy oracle, clicks                     29.5 %      1.92       13 %       0.55         50 %    48 %      41 %
 *
 *   logging at small (seeds 2, 3, 11): 1.05–1.07 M impressions in 14 days, CTR 7.6–8.3 % (its uniform pages 5.4–5.6 %), 13.6 %
 *   at position 0 to 5.5 % at position 9, 2.5 pages a visit, day-1 return 58–59 %, watched fraction below 0.1: 43 %, above
 *   0.9: 27 %, top 1 % of videos 26–30 % of clicks, about 75 subscriptions and 55 purchases.
 *   small, 300 users, seeds 2 and 3: ideal popularity closes 37 and 27 %, topics × quality 67 and 67 %.
 *   tiny, 300 users, seeds 1–3: ideal popularity 27–42 %, topics × quality 64–71 %, day-7 return of click greed 9–13 points
 *   below watch greed.
 *   small at taste strength 0, seed 2: ideal popularity closes 99.5 %; watch time per impression from the log 42 %, with
 *   creator means 44 %, with topic affinity and language 34 %: nothing personal is left to learn.
 *   Speed on one core of a loaded machine: the world alone 1.2–3 M impressions/s at small, 0.5–1.3 M at tiny (short shards), 1.2 M at
 *   100,000 users × 1,000,000 videos (81 B a video, 444 B of mutable state a user); the oracle judges 5–15 M videos/s.
 */
import { sizes } from "../brief/index.js";
import type { Scale } from "../types.js";
import type { WorldConfig } from "./config.js";

/** The world at `small`; spread it: `{ ...defaults, users: 500 }`. */
export const defaults: WorldConfig = {
  users: 5_000,
  videos: 20_000,
  days: 14,
  extraDays: 12,
  slots: 10,
  topics: 20,
  creators: 1_000,
  tasteStrength: 1,
  drift: [],
  choiceModel: "position",

  videosAtStart: 0.7,
  catalogueAgeDays: 120,
  topicSkew: 0.4,
  creatorSkew: 1.5,
  creatorSpread: 0.35,
  videoSpread: 0.15,
  qualityFromCreator: 0.6,
  baitFromCreator: 0.75,
  baitSkew: 3,
  looksFromQuality: 0.6,
  shortShare: 0.45,
  mislabelled: 0.08,
  foreign: 0.05,
  sponsored: 0.05,
  topicFamilies: 5,
  familyShare: 0,
  uploadRhythm: 0,
  nearDuplicates: 0,

  usersAtStart: 0.85,
  thirdTaste: 0.5,
  metadataTaste: 0.8,
  tasteSpread: 0.15,
  secondWeight: 0.95,
  thirdWeight: 0.9,
  bilingual: 0.4,
  lengthTaste: 0.15,
  clickBias: 0.3,
  baitSpread: 0.2,
  adToleranceSpread: 0.4,
  botShare: 0,

  examinationDecay: 0.4,
  examinationSpread: 0.3,
  cascadeContinue: 0.92,
  cascadeAfterClick: 0.8,
  noClickMass: 12,
  clickBase: -2.7,
  clickTaste: 2.2,
  clickLooks: 0.3,
  clickBait: 1.3,
  clickShort: 0.1,
  contextEffect: 0.25,
  languageGate: 0.4,
  languageDamping: 0.9,
  interestFrom: 0.15,
  interestFull: 0.9,
  tasteCentre: 0.25,

  watchBase: 1.1,
  watchTaste: 1.4,
  watchQuality: 0.4,
  watchBait: 3,
  watchLength: 1.2,
  watchGate: 0.25,
  completion: 0.5,

  topicSatiation: 0.2,
  satiationGain: 0.35,
  satiationKept: 0.5,
  visitKept: 1,
  rewatch: 4,
  trendGain: 0.05,
  trendKept: 0.7,
  trendLimit: 0.3,
  priorShock: 0.8,

  likeBase: -2.2,
  shareBase: -4,
  hideBase: -4.2,
  followBase: -4,
  followGain: 0,
  reactionSlope: 1.5,
  subscribeBase: 0.0012,
  subscribeSlope: 2,
  purchaseBase: -4,
  subscriptionMicros: 9_990_000,
  purchaseMicros: 4_000_000,

  joyWatch: 1,
  joyQuality: 0.35,
  regret: 0.7,
  hideRegret: 0.6,
  irrelevance: 0.1,
  pageWeight: 0.15,
  visitBase: 0.3,
  visitSpread: 1,
  visitSatisfaction: 2,
  laterVisit: 0.2,
  weekendVisits: 0,
  seasonVisits: 0,
  churnBase: 0,
  churnSlope: 2,
  tasteWalk: 0,
  tasteReinforcement: 0,

  campaigns: 0,
  adBidMicros: 120_000,
  adBudgetMicros: 20_000_000,
  adClickBase: -0.5,
  adIrritation: 0.05,

  leaveBase: -0.5,
  leaveSatisfaction: 0.5,
  patienceSpread: 0.4,
  budgetMs: 1_500_000,
  browseMs: 3_000,
  examineMs: 1_200,
  deviceSwitch: 0.2,
};

/** The world of a scale: `defaults` with that scale's sizes. Validated by `openWorld`. */
export function configFor(scale: Scale): WorldConfig {
  const { users, videos, days, extraDays, slots } = sizes(scale);
  return { ...defaults, users, videos, days, extraDays, slots, creators: Math.round(videos / 20) };
}
