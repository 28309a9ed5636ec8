/** Drift by feature: PSI of every column between two windows of rows, worst first. */
import type { FeatureMatrix } from "../types.js";
import { psiOfCategories, psiOfNumbers, psiVerdict } from "./psi.js";
import type { PsiVerdict } from "./psi.js";

/** One column's drift. */
export interface DriftRow {
  readonly feature: string;
  readonly kind: "category" | "number" | "prediction";
  readonly psi: number;
  readonly verdict: PsiVerdict;
  /** Means of the windows; undefined for categories. */
  readonly referenceMean: number | undefined;
  readonly currentMean: number | undefined;
}

/** What is compared, and how finely. */
export interface DriftOptions {
  /** Bins of each number; default 10. */
  readonly bins?: number;
  /** Categories with bins of their own; default 50. */
  readonly keep?: number;
  /** Features left out: position, ids. Default none. */
  readonly without?: readonly string[];
  /** Predictions of both windows, in rows of their own by name. */
  readonly predictions?: Readonly<
    Record<string, { readonly reference: ArrayLike<number>; readonly current: ArrayLike<number> }>
  >;
}

/** PSI of each feature and prediction, largest first, ties by name. Throws when the windows' schemas differ or one has no rows. */
export function driftTable(reference: FeatureMatrix, current: FeatureMatrix, options: DriftOptions = {}): DriftRow[] {
  const { bins = 10, keep = 50, without = [], predictions = {} } = options;
  const names = (matrix: FeatureMatrix): string =>
    [...matrix.schema.categories, ...matrix.schema.numbers].map(({ name }) => name).join(", ");
  if (names(reference) !== names(current))
    throw new Error(`windows have other features: ${names(current)}; expected ${names(reference)}`);
  const known = names(reference).split(", ");
  for (const name of without)
    if (!known.includes(name)) throw new Error(`unknown feature: ${name}; known: ${known.join(", ")}`);
  const rows: DriftRow[] = [];
  const { categories, numbers } = reference.schema;
  categories.forEach(({ name: feature }, column) => {
    if (without.includes(feature)) return;
    const of = (window: FeatureMatrix): Int32Array => columnOf(window.categories, column, categories.length);
    const psi = psiOfCategories(of(reference), of(current), keep);
    const means = { referenceMean: undefined, currentMean: undefined };
    rows.push({ feature, kind: "category", psi, verdict: psiVerdict(psi), ...means });
  });
  numbers.forEach(({ name }, column) => {
    if (without.includes(name)) return;
    const of = (window: FeatureMatrix): Float32Array => columnOf(window.numbers, column, numbers.length);
    rows.push(numberRow(name, "number", of(reference), of(current), bins));
  });
  for (const [name, windows] of Object.entries(predictions))
    rows.push(numberRow(name, "prediction", windows.reference, windows.current, bins));
  return rows.sort((a, b) => b.psi - a.psi || (a.feature < b.feature ? -1 : 1));
}

function numberRow(
  feature: string,
  kind: "number" | "prediction",
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  bins: number,
): DriftRow {
  try {
    const psi = psiOfNumbers(reference, current, bins);
    return { feature, kind, psi, verdict: psiVerdict(psi), referenceMean: mean(reference), currentMean: mean(current) };
  } catch (cause) {
    throw new Error(`drift of ${feature}: ${(cause as Error).message}`, { cause });
  }
}

/** One column of row-major values. */
function columnOf<T extends Int32Array | Float32Array>(values: T, column: number, width: number): T {
  const taken = values.slice(0, Math.floor(values.length / width)) as T;
  for (let row = 0; row < taken.length; row++) taken[row] = values[row * width + column]!;
  return taken;
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let row = 0; row < values.length; row++) sum += values[row]!;
  return sum / values.length;
}
