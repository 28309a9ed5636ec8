/** The contract's part that every model keeps, whatever its family: determinism, batches, files, aborts, memory. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustRefuse, type FittedSubject, type ModelCheck, type ModelSubject } from "./types.js";
import { backendName, tensorflow } from "../network/tensor.js";

/** Checks of anything that is fitted and then says numbers about rows or users. The model of the first seed is fitted once for all. */
export function sharedChecks(subject: ModelSubject): readonly ModelCheck[] {
  const { seed, seeded } = subject;
  const everything = Int32Array.from({ length: subject.probes }, (_, at) => at);
  let first: Promise<FittedSubject> | undefined;
  const model = (): Promise<FittedSubject> => (first ??= subject.fit(seed));
  return [
    {
      name: "a batch says what single rows say, in any order",
      run: async () => checkBatches(await model(), everything),
    },
    {
      name: "no rows give no scores",
      async run(): Promise<void> {
        const { length } = (await model()).says(new Int32Array(0));
        if (length !== 0) throw new Error(`no rows give ${length} scores; allowed: 0`);
      },
    },
    {
      name: "scores that were handed out stay as they were",
      async run(): Promise<void> {
        const fitted = await model();
        const held = fitted.says(everything);
        const copy = held.slice();
        fitted.says(everything.slice().reverse());
        mustBeClose("the answer to another question", held, copy, 0);
      },
    },
    {
      name: "the same seed gives the same model",
      async run(): Promise<void> {
        const [one, two] = [(await model()).says(everything), (await subject.fit(seed)).says(everything)];
        mustBeClose(
          "a second fit of the same seed",
          two,
          one,
          subject.tolerance ?? (backendName() === "portable" ? 0 : 1e-6),
        );
      },
    },
    ...(seeded === undefined
      ? []
      : [
          {
            name: seeded ? "another seed gives another model" : "the seed changes nothing",
            async run(): Promise<void> {
              const [one, other] = [(await model()).says(everything), (await subject.fit(seed + 1)).says(everything)];
              if (seeded === one.every((score, at) => score === other[at]))
                throw new Error(
                  `seeds ${seed} and ${seed + 1} give ` +
                    `${seeded ? "the same scores; allowed: others" : "other scores; allowed: the same, or seeded: true"}`,
                );
            },
          },
        ]),
    {
      name: "fitting and scoring leave no tensors behind",
      async run(): Promise<void> {
        const before = tensorflow().memory().numTensors;
        (await subject.fit(seed)).says(everything);
        mustHoldTensors(before, "a fit and its scores");
      },
    },
    { name: "an abort ends the fit with its reason and leaves no tensors behind", run: () => checkAbort(subject) },
    ...(subject.load === undefined
      ? []
      : [
          {
            name: "saved and loaded it says the same bits, and saved again it has the same bytes",
            run: () => inFolder(async (dir) => checkFiles(subject, await model(), everything, dir)),
          },
          {
            name: "damaged files are refused, naming where they are",
            run: () => inFolder(async (dir) => checkDamage(subject, await model(), dir)),
          },
        ]),
  ];
}

/** Throws at the first value that is further from the expected one than the tolerance (relative, for values above 1). */
export function mustBeClose(what: string, found: Float32Array, expected: Float32Array, tolerance: number): void {
  if (found.length !== expected.length)
    throw new Error(`${what} gives ${found.length} scores; expected ${expected.length}`);
  const at = found.findIndex(
    (score, i) =>
      !Object.is(score, expected[i]) &&
      !(Math.abs(score - expected[i]!) <= tolerance * Math.max(1, Math.abs(expected[i]!))),
  );
  if (at >= 0)
    throw new Error(`${what} gives ${found[at]} as score ${at}; expected ${expected[at]}, give or take ${tolerance}`);
}

function checkBatches(model: FittedSubject, everything: Int32Array): void {
  const batch = model.says(everything).slice();
  const width = batch.length / everything.length;
  const few = everything.subarray(0, 10);
  for (const at of few)
    mustBeClose(`row ${at} alone`, model.says(Int32Array.of(at)), batch.slice(at * width, (at + 1) * width), 1e-5);
  const backwards = model.says(everything.slice().reverse());
  for (const at of few)
    mustBeClose(
      `row ${at} in a batch backwards`,
      backwards.slice((everything.length - 1 - at) * width, (everything.length - at) * width),
      batch.slice(at * width, (at + 1) * width),
      1e-5,
    );
}

function mustHoldTensors(before: number, what: string): void {
  const { numTensors } = tensorflow().memory();
  if (numTensors !== before)
    throw new Error(`${numTensors} tensors are held after ${what}, ${before} before; allowed: as many`);
}

async function checkAbort(subject: ModelSubject): Promise<void> {
  const before = tensorflow().memory().numTensors;
  const reason = new Error("stopped by the contract");
  await mustStop("an aborted signal", reason, subject.fit(subject.seed, { signal: AbortSignal.abort(reason) }));
  const controller = new AbortController();
  const stopping = subject.fit(subject.seed, {
    signal: controller.signal,
    onProgress: (_, done, total) => void (done < total && controller.abort(reason)),
  });
  // it may abort in a later turn, or never where a fit is too short to report
  if (!controller.signal.aborted) await stopping.catch(() => undefined);
  if (controller.signal.aborted) await mustStop("a signal aborted at the first progress", reason, stopping);
  mustHoldTensors(before, "an aborted fit");
}

async function mustStop(what: string, reason: Error, fit: Promise<unknown>): Promise<void> {
  const outcome = await fit.then(
    () => "ends well",
    (error: unknown) =>
      error === reason ? undefined : `rejects with ${error instanceof Error ? error.message : String(error)}`,
  );
  if (outcome !== undefined)
    throw new Error(`a fit with ${what} ${outcome}; allowed: to reject with the signal's reason`);
}

async function checkFiles(
  subject: ModelSubject,
  model: FittedSubject,
  everything: Int32Array,
  dir: string,
): Promise<void> {
  const [one, two] = [join(dir, "one"), join(dir, "two")];
  const id = await saved(model, one);
  const loaded = await subject.load!(one);
  mustBeClose("the loaded model", loaded.says(everything), model.says(everything), 0);
  const again = await saved(loaded, two);
  if (again !== id) throw new Error(`saved again its id is ${again}; expected ${id}`);
  for (const file of await readdir(one)) {
    if (!(await readFile(join(one, file))).equals(await readFile(join(two, file))))
      throw new Error(`${file} has other bytes when it is saved again; allowed: the same`);
  }
}

/** Every file in turn: without it, cut in half, and with one bit turned at three places. */
async function checkDamage(subject: ModelSubject, model: FittedSubject, dir: string): Promise<void> {
  const nowhere = join(dir, "nowhere");
  await mustRefuse("a folder that is not there", () => subject.load!(nowhere), nowhere);
  const at = join(dir, "damaged");
  await saved(model, at);
  for (const file of await readdir(at)) {
    const path = join(at, file);
    const bytes = await readFile(path);
    await rm(path);
    await mustRefuse(`a model without ${file}`, () => subject.load!(at), at);
    await writeFile(path, bytes.subarray(0, bytes.length >> 1));
    await mustRefuse(`half of ${file}`, () => subject.load!(at), at);
    for (const place of [0, bytes.length >> 1, bytes.length - 2]) {
      const turned = Buffer.from(bytes);
      turned[place]! ^= 64;
      await writeFile(path, turned);
      await mustRefuse(`${file} with a bit turned in byte ${place}`, () => subject.load!(at), at);
    }
    await writeFile(path, bytes);
  }
  await subject.load!(at); // whole again
}

function saved(model: FittedSubject, dir: string): Promise<string> {
  if (model.save === undefined)
    throw new Error("the model can be loaded but its fit gives no save(dir); allowed: both or neither");
  return model.save(dir);
}

async function inFolder(run: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "model-contract-"));
  try {
    await run(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
