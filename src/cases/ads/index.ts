/** Ad click prediction: sparse crosses, learning online, calibration, auctions, and who pays for a better AUC. */
export { adsCase } from "./report.js";
export { marketDefaults, openMarket, type Market, type MarketConfig } from "./market.js";
export { moneyNames, moneyOf, type Money } from "./money.js";
export { play, sellingDefaults, type Pricer, type Selling } from "./play.js";
export { countPricer, fixedPricer, onlineDefaults, onlinePricer, type Online } from "./pricers.js";
export { adCrosses, adSchema, type AdLog } from "./rows.js";
export { criteoSchema, learnCriteo, readCriteo, type CriteoPart } from "./criteo.js";
export { campaignFactors, downSample, judge, recalibrated } from "./offline.js";
export { climb, rungs, type Climbed, type Rung } from "./ladder.js";
export { openTrial, playLive, type Played, type Trial } from "./trial.js";
export {
  badDay,
  byCampaign,
  contrast,
  experiments,
  playPair,
  sampling,
  studyAds,
  type Arm,
  type ArmRow,
} from "./study.js";
