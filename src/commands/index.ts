/** Commands: one verb per file; they alone see pipeline, studies and lab together. */
export { tour } from "./tour/tour.js";
export { rewriteReport } from "./tour/report.js";
export {
  agreementTable,
  factTable,
  recoveryTable,
  validityReport,
  validityVerb,
  verdictTable,
} from "./validity/card.js";
export { coverageFigure, factsFigure, modelsFigure, shapeFigures, verdictsFigure } from "./validity/figures.js";
export { twinCorrelationFigure, twinFactorFigure, twinLabels, twinRows, twinsVerb } from "./twins.js";
export { reproduce, reproduced, reproduceVerb } from "./reproduce.js";
export type { PublicScore, ReproduceOptions, Reproduction } from "./reproduce.js";
export { compareDataVerb } from "./data/compare.js";
export type { CompareDataOptions } from "./data/compare.js";
export { differenceTables, folded, funnelLabels, tradeOffTables } from "./benchmark/tables.js";
export type { FamilyLabel } from "./benchmark/tables.js";
export { dataQualityFigure, tradeOffFigure } from "./benchmark/figures.js";
export { evaluateDataVerb } from "./data/evaluate.js";
export { trainDataVerb } from "./data/train.js";
export {
  compareVerb,
  defaultWorkers,
  evaluateVerb,
  prepareVerb,
  simulateVerb,
  trainVerb,
  worldFields,
} from "./verbs.js";
export type { Answer } from "./verbs.js";
export { contractOf, contractVerb, runContract } from "./contract.js";
export type { CheckResult, ModuleContract } from "./contract.js";
export { publishVerb } from "./publish.js";
export { columnMapping, importVerb } from "./import.js";
export type { ImportCliOptions } from "./import.js";
export { asksTradeOff, planTradeOff, seedsOf } from "./benchmark/options.js";
export type { PlannedTradeOff, BenchmarkCliOptions } from "./benchmark/options.js";
export { tradeOffReport, tradeOffVerb } from "./benchmark/verb.js";
