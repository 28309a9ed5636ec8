/** What the sections of the tour's report share. */
import type { ReportFigure } from "../../lab/index.js";

/** Columns that are shares are read as percentages. */
export const percents = (
  columns: readonly string[],
): readonly (string | { readonly key: string; readonly format: "percent" })[] =>
  columns.map((key) => (/CTR|return|share|regret/.test(key) ? { key, format: "percent" } : key));

/** A figure with its caption. */
export function figure(name: string, made: ReportFigure["figure"], caption: string): ReportFigure {
  return { name, figure: made, caption };
}

/** Two decimals. */
export function two(value: number | undefined): string {
  return value === undefined ? "–" : value.toFixed(2);
}
