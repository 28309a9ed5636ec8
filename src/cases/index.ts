export { openMarket } from "./ads/market.js";
export { play } from "./ads/play.js";
export { moneyOf } from "./ads/money.js";
export * from "./ads/pricers.js";
export * from "./ads/rows.js";
