// What the training benches share: one part per size of batch, the examples in a file that both sides read, contenders in turns.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { room } from "./built.mjs";
import { ratio, stopwatch, takeTurns } from "./harness.mjs";

/** How the peers update tables and compile; each is a mode of its script. */
export const peerModes = {
  keras: "tf.function; keras Adam (moments of all rows decay)",
  dense: "tf.function; dense gradient of the table, fused ResourceApplyAdam",
  lazy: "tf.function; lazy Adam written out: the same algorithm as ours",
  "dense-xla": "as dense; network, loss and gradients compiled by XLA",
  "lazy-xla": "as lazy; network, loss and gradients compiled by XLA",
};

/** Settings of a fit of which steps alone are timed. */
export const stepsAlone = {
  epochs: 1,
  minBatches: 1,
  pointsPerEpoch: 1,
  validationShare: 0,
  finalRate: 1,
  minCount: 1,
};

/**
 * @template Size
 * @param {Size & { batches: number[], examples: number }} size @param {(size: Size & { batch: number, warmSteps: number, steps: number })
 * => Promise<any>} benchOf
 */
export async function byBatch({ batches, examples, ...size }, benchOf) {
  const parts = [];
  for (const batch of batches) {
    const total = Math.ceil(examples / batch);
    const warmSteps = Math.max(1, Math.round(total / 7)); // the first steps make tables, graphs and kernels
    parts.push(await benchOf({ ...size, batch, warmSteps, steps: total - warmSteps }));
  }
  if (parts.length === 1) return parts[0];
  return {
    title: parts[0].title.split(",")[0],
    parts,
    measured: parts.flatMap(({ measured }) => measured),
    ratios: parts.flatMap(({ ratios }) => ratios),
    notes: [],
    versions: parts[0].versions,
  };
}

/**
 * Trains a model of ours and the peer's same one in turns.
 * @param {{ name: string, size: { batch: number, warmSteps: number, steps: number }, script: string, peer: object, arrays:
 * ArrayBufferView[], modes: (keyof typeof peerModes)[], fits: string, includes: string, peerIncludes: string, notes: string[], fit:
 * (control: object) => Promise<{ curve: { points: { trainLoss: number }[] } }>, unit?: string, perExample?: number }} what
 *   `peer` is told to its script, `arrays` are its file; `fit` trains ours on `batch × (warmSteps + steps)` examples; `perExample`: units
 *   of work in one example
 * @param {import("./run.mjs").BenchContext} context
 */
export async function besideTensorflow(
  {
    name,
    size,
    script,
    peer: config,
    arrays,
    modes,
    fits,
    includes,
    peerIncludes,
    notes,
    fit,
    unit = "examples",
    perExample = 1,
  },
  { seed, repetitions, openPeer, signal, onProgress },
) {
  const { backendName } = await room("models/network/tensor");
  const { batch, warmSteps, steps } = size;
  const folder = await mkdtemp(path.join(tmpdir(), "stagecraft-bench-"));
  const told = [...notes, `batch ${batch}, ${steps} timed steps after ${warmSteps}`];
  let peer;
  try {
    const file = path.join(folder, "examples.bin");
    await writeFile(file, Buffer.concat(arrays.map((one) => Buffer.from(one.buffer, one.byteOffset, one.byteLength))));
    const contenders = [
      {
        name: `stagecraft ${name}`,
        unit,
        includes: `${fits} on ${backendName()} TensorFlow.js: ${includes}; embedding rows by lazy Adam (touched rows only)`,
        run: () => timed(fit, size, perExample, signal),
      },
    ];
    const opened = await openPeer(script, { ...size, ...config, seed: seed % 2 ** 31, file });
    if (opened.fault) told.push(`no peer tensorflow: ${opened.fault}`);
    else {
      peer = opened;
      for (const mode of modes)
        contenders.push({
          name: `tensorflow ${name} ${mode}`,
          peer: true,
          unit,
          includes: `${peerModes[mode]}; ${peerIncludes}`,
          run: () => peer.ask(mode),
        });
    }
    const measured = await takeTurns(contenders, { repetitions, signal, onProgress });
    const peers = measured.slice(1);
    const losses = ({ name: whose, samples }) => `${whose.split(" ").at(-1)} ${samples.at(-1).loss.toFixed(4)}`;
    if (peer)
      told.push(
        `mean training loss: ours ${measured[0].samples.at(-1).loss.toFixed(4)}, ${peers.map(losses).join(", ")}`,
      );
    return {
      title: `${name}: training ${unit} per second, batches of ${batch.toLocaleString("en")}`,
      size,
      measured,
      ratios: peers.flatMap((one) => [ratio(measured[0], one), ratio(measured[0], one, "cpu")]),
      notes: told,
      versions: peer?.versions ?? {},
    };
  } finally {
    peer?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** One fit, its steps after the warm-up timed. */
async function timed(fit, { batch, warmSteps, steps }, perExample, signal) {
  const [from, to] = [warmSteps * batch, (warmSteps + steps) * batch];
  let stop;
  let taken;
  const onProgress = (_, done) => {
    if (done === from) stop = stopwatch();
    else if (done === to) taken = { work: (to - from) * perExample, ...stop() };
  };
  const model = await fit({ signal, onProgress });
  return { ...taken, loss: model.curve.points.at(-1).trainLoss };
}

/**
 * Rows of features in which every id occurs (the tables have as many rows as ids), the rest uniform: the hardest case for updates of
 * touched rows only.
 */
export async function featureRows({ ids, numbers, batch, warmSteps, steps }, seed, name) {
  const { keyOf, normal, permutation, uniform, uniformInt } = await room("random");
  const count = (warmSteps + steps) * batch;
  const key = keyOf(seed, `bench/${name}`);
  const categories = new Int32Array(count * ids.length),
    values = new Float32Array(count * numbers),
    click = new Uint8Array(count);
  ids.forEach((cardinality, c) => {
    const order = permutation(cardinality, keyOf(seed, `bench/${name} ${c}`));
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
