// Training watches per second of the sequence model beside TensorFlow in Python: same network, sequences and loss, steps alone.
import { room } from "./built.mjs";
import { besideTensorflow, byBatch, stepsAlone } from "./training.mjs";

// batches and examples are sequences; all are of one length, so that neither side has padding
const network = { items: 50_000, dim: 48, blocks: 2, heads: 1, length: 50, negatives: 512 };
const sizes = {
  smoke: { items: 500, dim: 8, blocks: 1, heads: 1, length: 6, negatives: 16, batches: [16], examples: 96 },
  tiny: { ...network, batches: [32], examples: 1_024 },
  small: { ...network, batches: [20, 80], examples: 1_600 },
};
const [temperature, dropout, rate] = [0.07, 0.2, 2e-3];

export const scale = "small"; // --quick: one size of batch

/** @param {import("./run.mjs").BenchContext} context */
export const bench = (context) => byBatch(sizes[context.scale] ?? sizes.small, (size) => benchOf(size, context));

async function benchOf(size, context) {
  const { fitSasrec } = await room("models");
  const { keyOf, permutation, uniformInt } = await room("random");
  const { seed } = context;
  const { items, dim, blocks, heads, length, negatives, batch } = size;
  const sequences = (size.warmSteps + size.steps) * batch;
  const key = keyOf(seed, "bench/sasrec");
  const order = permutation(items, key);
  // every item occurs, the rest are uniform
  const item = Int32Array.from({ length: sequences * (length + 1) }, (_, i) =>
    i < items ? order[i] : uniformInt(items, key, i),
  );
  const rows = {
    offsets: Int32Array.from({ length: sequences + 1 }, (_, s) => s * (length + 1)),
    item,
    items: {
      schema: { categories: [{ name: "item", cardinality: items }], numbers: [] },
      count: items,
      categories: Int32Array.from({ length: items }, (_, id) => id),
      numbers: new Float32Array(0),
    },
  };
  const config = {
    ...stepsAlone,
    seed,
    batchSize: batch,
    learningRate: rate,
    idDims: dim,
    idDropout: 0,
    dim,
    blocks,
    heads,
    length,
    temperature,
    dropout,
    uniformNegatives: negatives,
  };
  return besideTensorflow(
    {
      name: "sasrec",
      size,
      script: "sasrec.py",
      peer: { temperature, dropout, rate },
      arrays: [item],
      modes: ["keras", "dense", "lazy"],
      fits: "fitSasrec",
      includes: "encoding and gathering, negatives, dropout, forward, sampled softmax, backward, Adam",
      peerIncludes: "sequences picked in TensorFlow, negatives and dropout drawn there",
      notes: [
        `${items.toLocaleString("en")} items × ${dim} dims, ${blocks} blocks, ${heads} head(s), sequences of ${length} watches, ` +
          `${negatives} uniform negatives; items uniform; a batch is of sequences, each watch predicts the next`,
      ],
      fit: (control) => fitSasrec(rows, config, control),
      unit: "watches",
      perExample: length,
    },
    context,
  );
}
