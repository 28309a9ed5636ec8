/** The five case studies of interviews, each whole: requirements, data with a known truth, models, money, a bad day. */
export { cases } from "./cases.js";
export { answered } from "./case.js";
export type { Case, CaseOptions, CaseResult, Hypothesis } from "./case.js";
export * as ads from "./ads/index.js";
