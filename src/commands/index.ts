/** Commands: one verb per file; they alone see pipeline, studies and lab together. What notebooks show of a study is here too. */
export { tour } from "./tour/tour.js";
export { rewriteReport } from "./tour/report.js";
export { agreementTable, factTable, recoveryTable, verdictTable } from "./validity/card.js";
export { coverageFigure, factsFigure, modelsFigure, shapeFigures, verdictsFigure } from "./validity/figures.js";
export { atlasFigure, atlasFindings, atlasTable } from "./atlas-report.js";
export { coldFigure, coldRegretFigure } from "./cold-start.js";
export { twinCorrelationFigure, twinFactorFigure, twinLabels } from "./twins.js";
export { differenceTables, tradeOffTables } from "./benchmark/tables.js";
export type { FamilyCaptions } from "./benchmark/tables.js";
export { dataQualityFigure, tradeOffFigure } from "./benchmark/figures.js";
export { runContract } from "./contract.js";
export type { CheckResult, ModuleContract } from "./contract.js";
export { compressFigure, compressTable, compressText } from "./compress.js";
