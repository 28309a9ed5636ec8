/** Ad click prediction: sparse crosses, learning online, calibration, auctions, and who pays for a better AUC. */
export { adsCase } from "./report.js";
export { openMarket, type Market, type MarketConfig } from "./market.js";
export { moneyOf, type Money } from "./money.js";
export { play, type Pricer, type Selling } from "./play.js";
export { countPricer, fixedPricer, onlinePricer, type Online } from "./pricers.js";
export type { AdLog } from "./rows.js";
export { learnCriteo, type CriteoPart } from "./criteo.js";
export { climb, playPair, rungs, type Design, type Pair, type Rung } from "./ladder.js";
export { openTrial, playLive, type Played, type Trial } from "./trial.js";
export { badDay, byCampaign, contrast, experiments, sampling, type Arm, type ArmRow } from "./study.js";
