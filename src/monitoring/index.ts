/** Monitoring: has the world moved, is serving well, and when is it time to learn again? */
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
