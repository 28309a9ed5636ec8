/**
 * Drift of all features together: can trees tell rows of the current window from the reference's? Out-of-fold AUC is ½ without drift,
 * also where each column alone has not moved but their dependence has (Lopez-Paz & Oquab, 2017). Whole units stay in one fold, else
 * a model would recognise the user instead of the drift.
 */
import { concatMatrices, takeRows } from "../../data/index.js";
import { auc, twoSidedP } from "../../evaluation/index.js";
import { fitGbdt, predictGbdt } from "../../models/index.js";
import { hash32 } from "../../random.js";
import type { FeatureMatrix, RunControl } from "../../types.js";
import type { RowCodes } from "./binned-column.js";

/** What the classifier found. */
export interface DomainDrift {
  readonly auc: number;
  /** Of AUC ½ (Mann & Whitney, 1947), as if rows were independent; with units it is too small. */
  readonly pValue: number;
  readonly folds: number;
}

/** How it is fitted. */
export interface DomainOptions {
  readonly folds?: number; // default 3
  readonly trees?: number; // default 50
  readonly units?: RowCodes;
  readonly key?: number;
}

/** Fits fold by fold. @throws Error where schemas differ, windows have too few rows, or the library of trees is missing */
export async function domainClassifier(
  reference: FeatureMatrix,
  current: FeatureMatrix,
  options: DomainOptions = {},
  control: RunControl = {},
): Promise<DomainDrift> {
  const { folds = 3, trees = 50, units, key = 1 } = options;
  if (Math.min(reference.count, current.count) < 10 * folds)
    throw new RangeError(
      `windows have ${reference.count} and ${current.count} rows; allowed: at least ${10 * folds} each for ${folds} folds`,
    );
  const [n, m] = [reference.count, current.count];
  const label = Float32Array.from({ length: n + m }, (_, row) => (row < n ? 0 : 1));
  const fold = Int32Array.from(label, (_, row) => {
    const unit = row < n ? units?.reference[row] : units?.current[row - n];
    return hash32(key, unit ?? row, unit === undefined ? 1 : 0) % folds;
  });
  const all = concatMatrices([reference, current]);
  const scores = new Float64Array(n + m);
  for (let held = 0; held < folds; held++) {
    const rows = (inside: boolean): Int32Array =>
      Int32Array.from([...label.keys()].filter((row) => (fold[row] === held) === inside));
    const [train, test] = [rows(false), rows(true)];
    const fit = { features: takeRows(all, train), label: Float32Array.from(train, (row) => label[row]!) };
    const model = await fitGbdt(fit, { trees, leaves: 15, validationShare: 0, seed: 1 + held, threads: 1 }, control);
    const predicted = predictGbdt(model, takeRows(all, test));
    test.forEach((row, at) => (scores[row] = predicted[at]!));
  }
  const found = auc(label, scores);
  const z = (found - 0.5) / Math.sqrt((n + m + 1) / (12 * n * m));
  return { auc: found, pValue: twoSidedP(z), folds };
}
