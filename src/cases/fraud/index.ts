/** Ad fraud: rules, trees, the graph of accounts, learning each night; who adapts, who is suspended wrongly, and what is saved. */
export { fraudCase } from "./report.js";
export { features, fraudSchema } from "./features.js";
export { openField, traits, type Field, type FieldConfig } from "./field.js";
export { rungs, ruleDetector, type Detector } from "./detectors.js";
export { playFraud, type Policing } from "./play.js";
export { fraudExperiments, ladderArms, playArms, type FraudArm, type FraudRow } from "./study.js";
