/** The five case studies of interviews, each whole: requirements, data with a known truth, models, money, a bad day. */
export { cases } from "./cases.js";
export { partSteps, runCase } from "./case.js";
export type { Case, CaseOptions, CasePart, CaseResult, Hypothesis, Named } from "./case.js";
export { contactSheet } from "./contact-sheet.js";
export { answered, hypothesesTable, summaryTable } from "./tables.js";
export * as ads from "./ads/index.js";
export * as feed from "./feed/index.js";
export * as visualSearch from "./visual-search/index.js";
export * as fraud from "./fraud/index.js";
export * as driving from "./driving/index.js";
