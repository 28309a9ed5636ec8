/** Monitoring: has the data drifted, is serving healthy, and when is retraining due? */
export {
  countBins,
  psiNoise,
  psiOfCategories,
  psiOfCounts,
  psiOfNumbers,
  psiThresholds,
  psiVerdict,
  quantileBins,
} from "./psi.js";
export type { BinCounts, NumberBins, PsiVerdict } from "./psi.js";
export { driftTable } from "./drift.js";
export type { DriftOptions, DriftRow } from "./drift.js";
export { detect } from "./detectors.js";
export type { Detection, DetectorConfig } from "./detectors.js";
export { decideRetraining, retrainingDue } from "./retrain.js";
export type { RetrainConfig, RetrainDecision } from "./retrain.js";
export { healthChecks, healthDefaults } from "./health.js";
export type { HealthCheck, HealthInput, HealthLimits } from "./health.js";
