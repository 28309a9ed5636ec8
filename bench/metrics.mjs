// AUC and NDCG over many rows beside scikit-learn, on the same rows. The values must agree to 1e-12, or the bench fails. Then intervals by
// user beside numpy.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { benchBootstrap } from "./bootstrap.mjs";
import { room } from "./built.mjs";
import { ratio, stopwatch, takeTurns } from "./harness.mjs";

const sizes = {
  smoke: { rows: 100_000, width: 50, k: 10 },
  tiny: { rows: 10_000_000, width: 100, k: 10 },
  small: { rows: 10_000_000, width: 100, k: 10 },
};

/** @param {import("./run.mjs").BenchContext} context */
export async function bench(context) {
  const parts = [await benchRows(context), await benchBootstrap(context)];
  return {
    title: "metrics",
    parts,
    measured: parts.flatMap(({ measured }) => measured),
    ratios: parts.flatMap(({ ratios }) => ratios),
    notes: [],
    versions: Object.assign({}, ...parts.map(({ versions }) => versions)),
  };
}

async function benchRows({ scale, seed, repetitions, openPeer, signal, onProgress }) {
  const size = sizes[scale] ?? sizes.small;
  const { rows, width, k } = size;
  const notes = [];
  const { auc, meanOf, ndcgAtK } = await room("evaluation");
  const { keyOf, uniform } = await room("random");
  const key = keyOf(seed, "bench/metrics");
  const scores = new Float64Array(rows),
    labels = new Uint8Array(rows),
    queries = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    scores[i] = uniform(key, i);
    labels[i] = uniform(key, i, 1) < 0.2 * scores[i] ? 1 : 0;
    queries[i] = Math.floor(i / width);
  }
  const folder = await mkdtemp(path.join(tmpdir(), "stagecraft-bench-"));
  const file = path.join(folder, "metrics.bin");
  await writeFile(file, Buffer.concat([Buffer.from(scores.buffer), Buffer.from(labels.buffer)]));
  const values = {};
  const timed = (name, compute) => () => {
    const stop = stopwatch();
    values[name] = compute();
    return { work: rows, ...stop() };
  };
  const contenders = [
    {
      name: "auc",
      unit: "rows",
      includes: "auc(): checks, both classes sorted by radix, merged",
      run: timed("auc", () => auc(labels, scores)),
    },
    {
      name: `ndcg@${k}`,
      unit: "rows",
      includes: `ndcgAtK(): checks, rows grouped by query (they stand in order), the first k of lists of ${width} ordered, ties averaged`,
      run: timed("ndcg", () => meanOf(ndcgAtK(labels, scores, queries, k))),
    },
  ];
  const peer = await openPeer("metrics.py", { rows, width, k, file });
  if (peer.fault) notes.push(`no peer scikit-learn: ${peer.fault}`);
  else {
    const ask = (mode, ours) => async () => {
      const sample = await peer.ask(mode);
      if (!(Math.abs(sample.value - values[ours]) <= 1e-12))
        throw new Error(`${mode}: scikit-learn says ${sample.value}, we ${values[ours]}; allowed: 1e-12 apart`);
      return sample;
    };
    contenders.push(
      { name: "scikit-learn auc", peer: true, unit: "rows", includes: "roc_auc_score", run: ask("auc", "auc") },
      {
        name: `scikit-learn ndcg@${k}`,
        peer: true,
        unit: "rows",
        includes: "ndcg_score: ties averaged, as ours; its rows are lists already (not grouped in the time)",
        run: ask("ndcg", "ndcg"),
      },
      {
        name: "scikit-learn ndcg ignoring ties",
        peer: true,
        unit: "rows",
        includes: "ndcg_score(ignore_ties=True): right here alone, where there are none",
        run: ask("ndcg-ignoring-ties", "ndcg"),
      },
    );
  }
  try {
    const measured = await takeTurns(contenders, { repetitions, signal, onProgress });
    if (!peer.fault) notes.push(`AUC ${values.auc} and NDCG ${values.ndcg}: equal to scikit-learn's to 1e-12`);
    const pairs = peer.fault
      ? []
      : [
          [0, 2],
          [1, 3],
          [1, 4],
        ];
    return {
      title: "metrics: rows per second",
      size,
      measured,
      ratios: pairs.flatMap(([a, b]) => [ratio(measured[a], measured[b]), ratio(measured[a], measured[b], "cpu")]),
      notes,
      versions: peer.versions ?? {},
    };
  } finally {
    peer.close?.();
    await rm(folder, { recursive: true, force: true });
  }
}
