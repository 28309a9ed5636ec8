/** The world's constants. */
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

  examinationDecay: 0.4,
  examinationSpread: 0.3,
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
  rewatch: 4,
  trendGain: 0.05,
  trendKept: 0.7,
  trendLimit: 0.3,
  priorShock: 0.8,

  likeBase: -2.2,
  shareBase: -4,
  hideBase: -4.2,
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
