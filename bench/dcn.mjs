// Training examples per second of DCN-v2 beside TensorFlow in Python: same network, tables, examples, batches and loss, steps alone.
import { room } from "./built.mjs";
import { besideTensorflow, byBatch, featureRows, peerModes, stepsAlone } from "./training.mjs";

const rate = 2e-3;

/** 26 categories and 13 numbers, as the field's click logs have them. */
export const logs = {
  ids: [...Array(4).fill(50_000), ...Array(8).fill(5_000), ...Array(14).fill(200)],
  numbers: 13,
  dims: 16,
};
const network = { ...logs, crossLayers: 3, deep: [256, 128] };
const sizes = {
  smoke: { ids: [500, 50, 20], numbers: 3, dims: 4, crossLayers: 2, deep: [16], batches: [256], examples: 1_536 },
  tiny: { ...network, batches: [4096], examples: 61_440 },
  small: { ...network, batches: [1024, 4096, 16_384], examples: 131_072 },
};

export const scale = "small"; // --quick: one size of batch

/** @param {import("./run.mjs").BenchContext} context */
export const bench = (context) => byBatch(sizes[context.scale] ?? sizes.small, (size) => benchOf(size, context));

async function benchOf(size, context) {
  const { fitDcn } = await room("models");
  const { seed } = context;
  const { ids, numbers, dims, crossLayers, deep, batch } = size;
  const rows = await featureRows(size, seed, "dcn");
  const width = ids.length * dims + numbers;
  const config = {
    ...stepsAlone,
    seed,
    batchSize: batch,
    learningRate: rate,
    watchWeight: 0,
    dims,
    idRows: 2 ** 31,
    idDropout: 0,
    crossLayers,
    deep,
  };
  return besideTensorflow(
    {
      name: "dcn-v2",
      size,
      script: "dcn.py",
      peer: { tables: ids, width, rate },
      arrays: [rows.features.categories, rows.features.numbers, rows.click],
      modes: Object.keys(peerModes),
      fits: "fitDcn",
      includes: "encoding and gathering of the batch, forward, loss, backward, Adam",
      peerIncludes: "rows picked and gathered in TensorFlow, one table of all fields",
      notes: [
        `${ids.length} categories × ${dims} dims (${ids.reduce((a, b) => a + b).toLocaleString("en")} ids), ${numbers} numbers, ` +
          `${crossLayers} cross layers, deep ${deep.join("–")}; ids uniform`,
      ],
      fit: async (control) => {
        const model = await fitDcn(rows, config, control);
        if (model.input.width !== width)
          throw new Error(`dcn: the input is ${model.input.width} wide; expected ${width}`);
        return model;
      },
    },
    context,
  );
}
