// Training examples per second of DCN-v2 beside TensorFlow in Python: same network, tables, examples, batches and loss, steps alone.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { room } from "./built.mjs";
import { byBatch } from "./batches.mjs";
import { ratio, stopwatch, takeTurns } from "./harness.mjs";

const rate = 2e-3;

// 26 categories and 13 numbers, as the field's click logs have them
const logs = {
  ids: [...Array(4).fill(50_000), ...Array(8).fill(5_000), ...Array(14).fill(200)],
  numbers: 13,
  dims: 16,
  crossLayers: 3,
  deep: [256, 128],
};
const sizes = {
  smoke: { ids: [500, 50, 20], numbers: 3, dims: 4, crossLayers: 2, deep: [16], batches: [256], examples: 1_536 },
  tiny: { ...logs, batches: [4096], examples: 61_440 },
  small: { ...logs, batches: [1024, 4096, 16_384], examples: 131_072 },
};

export const scale = "small"; // --quick: one size of batch

/** @param {import("./run.mjs").BenchContext} context */
export const bench = (context) => byBatch(sizes[context.scale] ?? sizes.small, (size) => benchOf(size, context));

async function benchOf(size, { seed, repetitions, openPeer, signal, onProgress }) {
  const models = await room("models");
  const { backendName } = await room("models/network/tensor");
  const rows = await examplesOf(size, seed);
  const folder = await mkdtemp(path.join(tmpdir(), "stagecraft-bench-"));
  const notes = [];
  let peer;
  try {
    const file = path.join(folder, "examples.bin");
    const { categories, numbers } = rows.features;
    await writeFile(file, Buffer.concat([categories, numbers, rows.click].map(({ buffer }) => Buffer.from(buffer))));
    const width = size.ids.length * size.dims + size.numbers;
    const contenders = [
      {
        name: "stagecraft dcn-v2",
        unit: "examples",
        includes:
          `fitDcn on ${backendName()} TensorFlow.js: encoding and gathering of the batch, forward, ` +
          `loss, backward, Adam; embedding rows by lazy Adam (touched rows only)`,
        run: () => train(models, rows, size, width, seed, signal),
      },
    ];
    const opened = await openPeer("dcn.py", { ...size, tables: size.ids, width, rate, seed: seed % 2 ** 31, file });
    if (opened.fault) notes.push(`no peer tensorflow: ${opened.fault}`);
    else {
      peer = opened;
      const how = {
        keras: "tf.function; keras Adam (moments of all rows decay)",
        dense: "tf.function; dense gradient of the table, fused ResourceApplyAdam",
        lazy: "tf.function; lazy Adam written out: the same algorithm as ours",
        "dense-xla": "as dense; network, loss and gradients compiled by XLA",
        "lazy-xla": "as lazy; network, loss and gradients compiled by XLA",
      };
      for (const [mode, includes] of Object.entries(how)) {
        contenders.push({
          name: `tensorflow dcn-v2 ${mode}`,
          peer: true,
          unit: "examples",
          includes: `${includes}; rows picked and gathered in TensorFlow, one table of all fields`,
          run: () => peer.ask(mode),
        });
      }
    }
    const measured = await takeTurns(contenders, { repetitions, signal, onProgress });
    const peers = measured.slice(1);
    notes.push(
      `${size.ids.length} categories × ${size.dims} dims ` +
        `(${size.ids.reduce((a, b) => a + b).toLocaleString("en")} ids), ${size.numbers} numbers, ` +
        `${size.crossLayers} cross layers, deep ${size.deep.join("–")}, batch ${size.batch}, ${size.steps} timed ` +
        `steps after ${size.warmSteps}; ids uniform`,
      ...(peer
        ? [
            `mean training loss: ours ${losses(measured[0])}, ` +
              `${peers.map((one) => `${one.name.split(" ").at(-1)} ${losses(one)}`).join(", ")}`,
          ]
        : []),
    );
    return {
      title: `dcn-v2: training examples per second, batches of ${size.batch.toLocaleString("en")}`,
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

/**
 * Rows in which every id occurs (the tables have as many rows as ids), the rest uniform: the hardest case for updates
 * of touched rows only.
 */
async function examplesOf({ ids, numbers, batch, warmSteps, steps }, seed) {
  const { keyOf, normal, permutation, uniform, uniformInt } = await room("random");
  const count = (warmSteps + steps) * batch;
  const key = keyOf(seed, "bench/dcn");
  const categories = new Int32Array(count * ids.length),
    values = new Float32Array(count * numbers),
    click = new Uint8Array(count);
  ids.forEach((cardinality, c) => {
    const order = permutation(cardinality, keyOf(seed, `bench/dcn ${c}`));
    for (let i = 0; i < count; i++)
      categories[i * ids.length + c] = i < cardinality ? order[i] : uniformInt(cardinality, key, i, c);
  });
  for (let i = 0; i < count; i++) {
    for (let d = 0; d < numbers; d++) values[i * numbers + d] = normal(key, i, d, 1);
    const taste = (categories[(i + 1) * ids.length - 1] % 7) / 3 - 1;
    click[i] = uniform(key, i, 0, 2) < 1 / (1 + Math.exp(1 - taste - values[i * numbers] * taste)) ? 1 : 0;
  }
  const schema = {
    categories: ids.map((cardinality, c) => ({ name: `c${c}`, cardinality })),
    numbers: Array.from({ length: numbers }, (_, d) => ({ name: `n${d}` })),
  };
  return { features: { schema, count, categories, numbers: values }, click, watchMs: new Float32Array(count) };
}

async function train(models, rows, size, width, seed, signal) {
  const { dims, batch, warmSteps, crossLayers, deep } = size;
  const config = {
    seed,
    epochs: 1,
    batchSize: batch,
    minBatches: 1,
    pointsPerEpoch: 1,
    validationShare: 0,
    learningRate: rate,
    finalRate: 1,
    watchWeight: 0,
    minCount: 1,
    dims,
    idRows: 2 ** 31,
    idDropout: 0,
    crossLayers,
    deep,
  };
  let stop;
  let taken;
  const from = warmSteps * batch;
  const onProgress = (_, done) => {
    if (done === from) stop = stopwatch();
    else if (done === rows.features.count) taken = { work: done - from, ...stop() };
  };
  const model = await models.fitDcn(rows, config, { signal, onProgress });
  if (model.input.width !== width) throw new Error(`dcn: the input is ${model.input.width} wide; expected ${width}`);
  return { ...taken, loss: model.curve.points.at(-1).trainLoss };
}

const losses = ({ samples }) => samples.at(-1).loss.toFixed(4);
