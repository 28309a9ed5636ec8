// Training examples per second of the multi-task ranker (MMoE) beside TensorFlow in Python: same network, tables, examples and losses.
import { room } from "./built.mjs";
import { logs } from "./dcn.mjs";
import { besideTensorflow, byBatch, featureRows, peerModes, stepsAlone } from "./training.mjs";

const rate = 2e-3;
const network = { ...logs, experts: 4, expertWidth: 128, towerWidth: 64 };
const sizes = {
  smoke: {
    ids: [500, 50, 20],
    numbers: 3,
    dims: 4,
    experts: 2,
    expertWidth: 8,
    towerWidth: 4,
    batches: [256],
    examples: 1_536,
  },
  tiny: { ...network, batches: [4096], examples: 61_440 },
  small: { ...network, batches: [1024, 4096, 16_384], examples: 131_072 },
};

export const scale = "small"; // --quick: one size of batch

/** @param {import("./run.mjs").BenchContext} context */
export const bench = (context) => byBatch(sizes[context.scale] ?? sizes.small, (size) => benchOf(size, context));

async function benchOf(size, context) {
  const { fitMultiTask, multiTaskDefaults } = await room("models");
  const { baseOdds, taskLabels } = await room("models/rankers/multi-task/rows");
  const { watchBasis } = await room("models/rankers/watch-head");
  const { keyOf, uniform } = await room("random");
  const { seed } = context;
  const { ids, numbers, dims, experts, expertWidth, towerWidth, batch } = size;
  const { features, click } = await featureRows(size, seed, "multi-task");
  const { count } = features;
  const key = keyOf(seed, "bench/multi-task labels");
  const drawn = (chance, which) => click.map((c, i) => (c === 1 && uniform(key, i, which) < chance ? 1 : 0));
  const durationMs = Float32Array.from({ length: count }, (_, i) => 10_000 + 110_000 * uniform(key, i, 0));
  const watchMs = durationMs.map((ms, i) => click[i] * ms * uniform(key, i, 1));
  const rows = {
    features,
    click,
    watchMs,
    durationMs,
    like: drawn(0.1, 2),
    hide: drawn(0.05, 3),
    conversion: drawn(0.02, 4),
  };
  const config = {
    ...multiTaskDefaults,
    ...stepsAlone,
    seed,
    batchSize: batch,
    learningRate: rate,
    dims,
    idRows: 2 ** 31,
    idDropout: 0,
    sharing: "mmoe",
    experts,
    expertWidth,
    towerWidth,
  };
  const width = ids.length * dims + numbers;
  const labels = taskLabels(rows, undefined, 0, count, config, watchBasis(rows, config.watchTarget));
  const perRow = (part) => labels.map((one) => one[part].map((x) => x * count)); // taskLabels are for a mean over all rows
  return besideTensorflow(
    {
      name: "multi-task",
      size,
      script: "multi_task.py",
      peer: { tables: ids, width, rate, odds: baseOdds(rows, config) },
      arrays: [features.categories, features.numbers, ...perRow("amounts"), ...perRow("targets")],
      modes: Object.keys(peerModes),
      fits: "fitMultiTask",
      includes: "encoding and gathering of the batch, labels, forward, losses, backward, Adam",
      peerIncludes: "rows picked and gathered in TensorFlow, labels made before, one table of all fields",
      notes: [
        `${ids.length} categories × ${dims} dims (${ids.reduce((a, b) => a + b).toLocaleString("en")} ids), ${numbers} numbers, ` +
          `${experts} experts of ${expertWidth}, ${labels.length} towers of ${towerWidth}; ids uniform`,
      ],
      fit: (control) => fitMultiTask(rows, config, control),
    },
    context,
  );
}
