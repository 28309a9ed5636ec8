// Training examples per second of the two-tower model beside TensorFlow in Python: same shapes, same examples, same loss, steps alone.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { room } from "./built.mjs";
import { byBatch } from "./batches.mjs";
import { ratio, stopwatch, takeTurns } from "./harness.mjs";

// examples are for all batches, so that the largest has a few steps and every id occurs
const sizes = {
  smoke: { ids: 2_000, dims: 16, hidden: 32, out: 16, batches: [256], examples: 3_072 },
  tiny: { ids: 50_000, dims: 64, hidden: 128, out: 64, batches: [1024], examples: 57_344 },
  small: { ids: 50_000, dims: 64, hidden: 128, out: 64, batches: [1024, 4096, 16_384], examples: 131_072 },
};
const temperature = 0.1;

export const scale = "small"; // --quick: one size of batch

/** @param {import("./run.mjs").BenchContext} context */
export const bench = (context) => byBatch(sizes[context.scale] ?? sizes.small, (size) => benchOf(size, context));

async function benchOf(size, { seed, repetitions, openPeer, signal, onProgress }) {
  const models = await room("models");
  const { backendName } = await room("models/network/tensor");
  const { keyOf, permutation, uniformInt } = await room("random");
  const examples = (size.warmSteps + size.steps) * size.batch;
  // every id occurs (the tables have 50,000 rows), the rest are uniform: the hardest case for updates of touched rows only
  const column = (name) => {
    const key = keyOf(seed, `bench/${name}`);
    const order = permutation(size.ids, key);
    return Int32Array.from({ length: examples }, (_, i) => (i < size.ids ? order[i] : uniformInt(size.ids, key, i)));
  };
  const users = column("users");
  const videos = column("videos");
  const folder = await mkdtemp(path.join(tmpdir(), "stagecraft-bench-"));
  const notes = [];
  let peer;
  try {
    const file = path.join(folder, "examples.bin");
    await writeFile(file, Buffer.concat([Buffer.from(users.buffer), Buffer.from(videos.buffer)]));
    const contenders = [
      {
        name: "stagecraft",
        unit: "examples",
        includes:
          `fitTwoTower on ${backendName()} TensorFlow.js: gather, forward, in-batch softmax, backward, ` +
          `Adam; embedding rows by lazy Adam (touched rows only)`,
        run: () => train(models, users, videos, size, seed, signal),
      },
    ];
    const opened = await openPeer("two_tower.py", { ...size, seed: seed % 2 ** 31, temperature, file });
    if (opened.fault) notes.push(`no peer tensorflow: ${opened.fault}`);
    else {
      peer = opened;
      const how = {
        keras: "tf.function; sparse gradients of the tables, keras Adam (moments of all rows decay)",
        dense: "tf.function; dense gradients of the tables, fused ResourceApplyAdam",
        lazy: "tf.function; lazy Adam written out (unique, segment sum, gather, scatter): the same algorithm as ours",
      };
      for (const [mode, includes] of Object.entries(how))
        contenders.push({
          name: `tensorflow ${mode}`,
          peer: true,
          unit: "examples",
          includes,
          run: () => peer.ask(mode),
        });
    }
    const measured = await takeTurns(contenders, { repetitions, signal, onProgress });
    const peers = measured.slice(1);
    notes.push(
      `${size.ids.toLocaleString("en")} × ${size.ids.toLocaleString("en")} ids × ${size.dims} dims, towers ` +
        `${size.hidden}–${size.out}, batch ${size.batch}, ${size.steps} timed steps after ${size.warmSteps}; ids uniform`,
      "not included: encoding, making the tables, tracing the graph, validation; the loss removes accidental " +
        "hits and corrects by logQ on both sides",
    );
    return {
      title: `two-tower: training examples per second, batches of ${size.batch.toLocaleString("en")}`,
      size,
      measured,
      ratios: peers.flatMap((one) => [ratio(measured[0], one), ratio(measured[0], one, "cpu")]),
      notes,
      versions: peer?.versions ?? {},
    };
  } finally {
    peer?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function train(models, users, videos, size, seed, signal) {
  const id = (name) => ({ categories: [{ name, cardinality: size.ids }], numbers: [] });
  const matrix = (name, ids) => ({
    schema: id(name),
    count: ids.length,
    categories: ids,
    numbers: new Float32Array(0),
  });
  const rows = {
    query: matrix("user", users),
    candidates: matrix(
      "video",
      Int32Array.from({ length: size.ids }, (_, v) => v),
    ),
    video: videos,
  };
  const config = {
    seed,
    epochs: 1,
    batchSize: size.batch,
    minBatches: 1,
    pointsPerEpoch: 1,
    validationShare: 0,
    uniformNegatives: 0,
    temperature,
    finalRate: 1,
    minCount: 1,
    idDropout: 0,
    idRows: 100,
    idDims: size.dims,
    hidden: [size.hidden],
    dim: size.out,
  };
  const from = size.warmSteps * size.batch;
  let stop;
  let taken;
  const onProgress = (_, done) => {
    if (done === from) stop = stopwatch();
    else if (done === users.length) taken = { work: done - from, ...stop() };
  };
  const model = await models.fitTwoTower(rows, config, { signal, onProgress });
  const rowsOf = model.query.input.tables[0].rows;
  if (rowsOf !== size.ids + 1 || model.query.input.tables[0].dims !== size.dims)
    throw new Error(
      `two-tower: the table is ${rowsOf} × ${model.query.input.tables[0].dims}; expected ${size.ids + 1} × ${size.dims}`,
    );
  return { ...taken, loss: model.curve.points.at(-1).trainLoss };
}
