/** Progress of training: a progress bar, and a learning curve that grows with every validation. */
import type { OnProgress } from "../types.js";
import type { LiveCurve } from "./live-curve.js";

/** The `detail` that a training step reports (models' `fit`): `loss 0.4123, validation 0.4230`. */
const losses = /loss ([\d.eE+-]+)(?:, validation ([\d.eE+-]+))?/;

/**
 * Forwards progress, and adds a point (x: examples seen) to the series `train` and `validation` whenever the losses in the detail change.
 * Steps that report no loss (joins, reading) are only forwarded.
 * @example const curve = lab.liveCurve({ metric: "loss", unit: "examples" });
 *          await fitDcn(rows, {}, { onProgress: lab.watchTraining(curve, lab.progress("fit")) });
 */
export function watchTraining(curve: LiveCurve, onProgress?: OnProgress): OnProgress {
  let last = "";
  return (step, done, total, detail) => {
    onProgress?.(step, done, total, detail);
    const found = losses.exec(detail ?? "");
    if (found === null || found[0] === last) return;
    last = found[0];
    curve.add("train", done, Number(found[1]));
    if (found[2] !== undefined) curve.add("validation", done, Number(found[2]));
  };
}
