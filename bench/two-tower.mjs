// Training examples per second of the two-tower model beside TensorFlow in Python: same shapes, same examples, same loss, steps alone.
import { room } from "./built.mjs";
import { besideTensorflow, byBatch, stepsAlone } from "./training.mjs";

// examples are for all batches, so that the largest has a few steps and every id occurs
const sizes = {
  smoke: { ids: 2_000, dims: 16, hidden: 32, out: 16, batches: [256], examples: 3_072 },
  tiny: { ids: 50_000, dims: 64, hidden: 128, out: 64, batches: [1024], examples: 57_344 },
  small: { ids: 50_000, dims: 64, hidden: 128, out: 64, batches: [1024, 4096, 16_384], examples: 131_072 },
};
const [temperature, rate] = [0.1, 2e-3];

export const scale = "small"; // --quick: one size of batch

/** @param {import("./run.mjs").BenchContext} context */
export const bench = (context) => byBatch(sizes[context.scale] ?? sizes.small, (size) => benchOf(size, context));

async function benchOf(size, context) {
  const { fitTwoTower } = await room("models");
  const { keyOf, permutation, uniformInt } = await room("random");
  const { seed } = context;
  const { ids, dims, hidden, out, batch } = size;
  const examples = (size.warmSteps + size.steps) * batch;
  // every id occurs (the tables have 50,000 rows), the rest are uniform: the hardest case for updates of touched rows only
  const column = (name) => {
    const key = keyOf(seed, `bench/${name}`);
    const order = permutation(ids, key);
    return Int32Array.from({ length: examples }, (_, i) => (i < ids ? order[i] : uniformInt(ids, key, i)));
  };
  const users = column("users");
  const videos = column("videos");
  const matrix = (name, values) => ({
    schema: { categories: [{ name, cardinality: ids }], numbers: [] },
    count: values.length,
    categories: values,
    numbers: new Float32Array(0),
  });
  const all = Int32Array.from({ length: ids }, (_, v) => v);
  const rows = { query: matrix("user", users), candidates: matrix("video", all), video: videos };
  const config = {
    ...stepsAlone,
    seed,
    batchSize: batch,
    uniformNegatives: 0,
    temperature,
    learningRate: rate,
    idDropout: 0,
    idRows: 100,
    idDims: dims,
    hidden: [hidden],
    dim: out,
  };
  return besideTensorflow(
    {
      name: "two-tower",
      size,
      script: "two_tower.py",
      peer: { temperature, rate },
      arrays: [users, videos],
      modes: ["keras", "dense", "lazy"],
      fits: "fitTwoTower",
      includes: "gather, forward, in-batch softmax, backward, Adam",
      peerIncludes: "a table for each tower",
      notes: [
        `${ids.toLocaleString("en")} × ${ids.toLocaleString("en")} ids × ${dims} dims, towers ${hidden}–${out}; ids uniform`,
        "not included: encoding, making the tables, tracing the graph, validation; the loss removes accidental " +
          "hits and corrects by logQ on both sides",
      ],
      fit: async (control) => {
        const model = await fitTwoTower(rows, config, control);
        const [table] = model.query.input.tables;
        if (table.rows !== ids + 1 || table.dims !== dims)
          throw new Error(`two-tower: the table is ${table.rows} × ${table.dims}; expected ${ids + 1} × ${dims}`);
        return model;
      },
    },
    context,
  );
}
