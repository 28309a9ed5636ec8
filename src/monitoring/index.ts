/** Monitoring: has the data drifted, is serving healthy, and when is retraining due? */
export { quantileBins, type BinCounts } from "./drift/bins.js";
export {
  chiSquare,
  jensenShannon,
  ksOfCounts,
  psiNoise,
  psiOfCategories,
  psiOfCounts,
  psiOfNumbers,
  psiThresholds,
  psiVerdict,
} from "./drift/divergence.js";
export type { ChiSquare, PsiVerdict } from "./drift/divergence.js";
export { ksTest, wasserstein, type KsTest } from "./drift/samples.js";
export { quietTable, type Measure, type QuietOptions, type QuietRow } from "./drift/quiet.js";
export { driftTable, judgeColumns } from "./drift/drift-table.js";
export { permutedChiSquare, type UnitCounts } from "./drift/permutation.js";
export { carriedOn } from "./drift/usual.js";
export type { AlarmRule, DriftOptions, DriftRow, DriftState } from "./drift/drift-table.js";
export type { BinnedColumn, ColumnKind, RowCodes } from "./drift/binned-column.js";
export { domainClassifier, type DomainDrift, type DomainOptions } from "./drift/domain-classifier.js";
export { detect } from "./drift/detectors.js";
export type { Detection, DetectorConfig } from "./drift/detectors.js";
export { alarmsOf, stream } from "./drift/streams.js";
export type { DdmConfig, PageHinkleyConfig, Stream, StreamConfig, StreamState } from "./drift/streams.js";
export type { AdwinConfig } from "./drift/adwin.js";
export {
  estimatedPerformance,
  keptDrift,
  keptOf,
  performanceReference,
  realisedPerformance,
} from "./drift/performance.js";
export type { Judged, Kept, KeptDrift, Performance } from "./drift/performance.js";
export { decideRetraining, retrainingDue } from "./retrain.js";
export type { RetrainConfig, RetrainDecision } from "./retrain.js";
export { healthChecks, healthDefaults } from "./health/serving.js";
export type { HealthCheck, HealthInput, HealthLimits } from "./health/serving.js";
export { dailyHealth } from "./health/daily.js";
export type { DailyGuardrail, DailySeries, ExpectedDay } from "./health/daily.js";
export { qualityAlarms, qualityDefaults } from "./health/quality.js";
export type { ColumnProfile, QualityAlarm, QualityKind, QualityLimits, WindowProfile } from "./health/quality.js";
export { compareWindows } from "./windows.js";
export type { MonitoredPart, MonitorReport } from "./windows.js";
export type { MonitorOptions, TableWindow } from "./window-table.js";
export { aliases, promote, register, registryState, rollBack, setAlias, versionsOf } from "./registry/registry.js";
export type { Alias, GateResult, Lineage, RegistryState } from "./registry/registry.js";
export {
  calibrationGate,
  canaryGate,
  latencyGate,
  offlineGate,
  parityGate,
  type CanaryMetric,
} from "./registry/gates.js";
