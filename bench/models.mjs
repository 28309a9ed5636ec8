// All that is asked of the models' speed, in one run: training of networks beside TensorFlow in Python, of trees beside LightGBM in
// Python, and the metrics beside scikit-learn.
import { partsOfModels } from "./options.mjs";

/** @param {import("./run.mjs").BenchContext} context */
export async function bench(context) {
  const parts = [];
  for (const name of partsOfModels) {
    const part = await import(`./${name}.mjs`);
    parts.push(await part.bench(context));
  }
  return {
    title: "models",
    parts,
    measured: parts.flatMap(({ measured }) => measured),
    ratios: parts.flatMap(({ ratios }) => ratios),
    notes: [],
    versions: Object.assign({}, ...parts.map(({ versions }) => versions)),
  };
}
