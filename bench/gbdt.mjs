// Training of gradient-boosted trees beside LightGBM in Python, on the same rows. The test AUCs must agree to 0.001, or the bench fails.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { room } from "./built.mjs";
import { besidePeer, stopwatch, takeTurns } from "./harness.mjs";

const sizes = {
  smoke: { rows: 5_000, testRows: 5_000, numbers: 8, trees: 10, leaves: 15 },
  tiny: { rows: 100_000, testRows: 50_000, numbers: 18, trees: 100, leaves: 63 },
  small: { rows: 500_000, testRows: 100_000, numbers: 38, trees: 200, leaves: 63 },
};

/** @param {import("./run.mjs").BenchContext} context */
export async function bench({ scale, seed, repetitions, openPeer, signal, onProgress, workers }) {
  const size = sizes[scale] ?? sizes.small;
  const { rows, testRows, numbers, trees, leaves } = size;
  const notes = [];
  const title = "gradient-boosted trees: rows × trees per second";
  const models = await room("models");
  const fault = models.gbdtFault();
  if (fault) {
    notes.push(`no trees: ${fault}`);
    return { title, size, measured: [], ratios: [], notes, versions: {} };
  }
  const { auc } = await room("evaluation");
  const { keyOf, normal, uniform, uniformInt } = await room("random");
  const key = keyOf(seed, "bench/gbdt");
  const columns = numbers + 2;
  const all = rows + testRows;
  const x = new Float32Array(all * columns),
    y = new Uint8Array(all);
  const categories = new Int32Array(2 * all),
    values = new Float32Array(numbers * all);
  for (let i = 0; i < all; i++) {
    for (let c = 0; c < 2; c++) x[i * columns + c] = categories[2 * i + c] = uniformInt(30, key, i, c);
    for (let d = 0; d < numbers; d++) x[i * columns + 2 + d] = values[i * numbers + d] = normal(key, i, 10 + d);
    const at = i * numbers;
    const logit =
      values[at] +
      values[at + 1] * values[at + 2] +
      Math.sin(3 * values[at + 3]) +
      ((categories[2 * i] * 7) % 11) / 4 -
      1.5;
    y[i] = uniform(key, i, 5) < 1 / (1 + Math.exp(-logit)) ? 1 : 0;
  }
  const folder = await mkdtemp(path.join(tmpdir(), "stagecraft-bench-"));
  const file = path.join(folder, "gbdt.bin");
  await writeFile(file, Buffer.concat([Buffer.from(x.buffer), Buffer.from(y.buffer)]));
  const schema = {
    categories: [
      { name: "a", cardinality: 30 },
      { name: "b", cardinality: 30 },
    ],
    numbers: Array.from({ length: numbers }, (_, d) => ({ name: `x${d}` })),
  };
  const part = (from, to) => ({
    schema,
    count: to - from,
    categories: categories.subarray(2 * from, 2 * to),
    numbers: values.subarray(numbers * from, numbers * to),
  });
  const train = { features: part(0, rows), label: y.subarray(0, rows) };
  const test = part(rows, all);
  const threads = Math.min(2, workers);
  const config = { seed: 1, trees, leaves, threads, validationShare: 0, patience: trees, rowShare: 1, featureShare: 1 };
  let ours;
  const contenders = [
    {
      name: "gbdt",
      unit: "rows",
      includes: `gbdt.fit(): rows × trees; gathering, binning, ${trees} trees of ${leaves} leaves, ${threads} threads, to the model's text`,
      run: async () => {
        const stop = stopwatch();
        const model = await models.gbdt.fit(train, config, { signal });
        const sample = { work: rows * trees, ...stop() };
        ours = auc(y.subarray(rows), models.gbdt.score(model, test));
        return sample;
      },
    },
  ];
  const { gbdtDefaults: d } = models;
  const parameters = {
    objective: "binary",
    metric: "none",
    verbosity: -1,
    deterministic: true,
    force_row_wise: true,
    feature_pre_filter: false,
    seed: 1,
    num_leaves: leaves,
    learning_rate: d.learningRate,
    min_data_in_leaf: d.leafRows,
    lambda_l2: d.l2,
    max_bin: d.bins,
    cat_smooth: d.categorySmoothing,
    num_threads: threads,
  };
  const peer = await openPeer(
    "gbdt.py",
    { rows, testRows, columns, trees, categories: [0, 1], parameters, file },
    { OMP_WAIT_POLICY: "PASSIVE" },
  );
  if (peer.fault) notes.push(`no peer lightgbm: ${peer.fault}`);
  else {
    contenders.push({
      name: "lightgbm",
      peer: true,
      unit: "rows",
      includes: "lightgbm.Dataset + lightgbm.train: the same rows, parameters and threads",
      run: async () => {
        const sample = await peer.ask("train");
        if (!(Math.abs(sample.value - ours) <= 1e-3))
          throw new Error(`AUC: LightGBM in Python ${sample.value}, ours ${ours}; allowed: 0.001 apart`);
        return sample;
      },
    });
  }
  try {
    const measured = await takeTurns(contenders, { repetitions, signal, onProgress });
    if (!peer.fault) notes.push(`test AUC of the trees ${ours.toFixed(4)}: LightGBM's in Python is within 0.001`);
    return besidePeer({ title, size, measured, notes, peer });
  } finally {
    peer.close?.();
    await rm(folder, { recursive: true, force: true });
  }
}
