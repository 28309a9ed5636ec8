/** News feed: reactions and what they are worth, an integrity filter, and who comes back. */
export { feedCase } from "./report.js";
export { feedDefaults, type FeedConfig } from "./people.js";
export { readText, textLength } from "./text.js";
export { reactions, type Reaction } from "./rank.js";
export { engagement, openTrial, playLive, usualWeights, type FeedArm, type Trial } from "./trial.js";
export { contrast, experiments, judge, judgeFilters, weightArms, type ArmRow, type Outcome } from "./study.js";
