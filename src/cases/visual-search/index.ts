/** Visual search: from a photo to a print that can be bought; networks trained by contrast, and a better recall that loses money. */
export { visualSearchCase } from "./report.js";
export {
  distortions,
  openShop,
  pixels,
  rehearsed,
  shopDefaults,
  side,
  views,
  type Distortion,
  type Shop,
  type ShopConfig,
} from "./pictures.js";
export { baselines, type Encoder } from "./baselines.js";
export { exportNet, formsOf, outputsOf, type PictureNet } from "../picture-net.js";
export { convNet, visionTransformer } from "./networks.js";
export { contrast, contrastDefaults, type ContrastConfig } from "./contrast.js";
export { allItems, hits, openSearch, recallOf, type PictureSearch } from "./search.js";
export { served, timeForms, type ServedRow } from "./serve.js";
export { customers, designs, pagesOf, restocked, trade, type Customers, type Design, type Trade } from "./trade.js";
export { badDay, climb, judge, openTrial, roundedRecall, whatIf, type Rung, type Trial } from "./study.js";
