/**
 * Checkpoints of training: everything that steps have changed, in one file that is written to a temporary file and renamed. All random
 * draws are hashes of the step's number, so weights, moments, counters and the learning curve are the whole state; a resumed fit does
 * the remaining steps.
 *
 * Layout: length of the header (uint32, little endian), the header (JSON), then the arrays one after another (32-bit, little endian).
 */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { hashOf, sha256, writeFileAtomic } from "../../../artifacts/index.js";
import type { AdamState } from "./adam.js";
import type { LazyAdamState } from "../layers/embedding.js";
import { pointShape, type CurvePoint } from "./learning-curve.js";

/** Where and how often a fit keeps its state. */
export interface CheckpointConfig {
  /** The file; it is there between the first checkpoint and the end of the fit. */
  readonly path: string;
  /** Steps between checkpoints. */
  readonly everySteps: number;
}

/** Optimiser state of a learner. */
export interface OptimiserState {
  readonly dense: readonly AdamState[];
  readonly lazy: readonly LazyAdamState[];
  /** Whatever else steps read that earlier steps have made. */
  readonly derived?: readonly Float32Array[];
}

/** How far a fit has come. */
export interface FitState {
  readonly step: number;
  readonly examples: number;
  readonly lossSum: number;
  readonly lossSteps: number;
  readonly best: number;
  readonly points: readonly CurvePoint[];
  /** Weights of the best point so far. */
  readonly kept?: readonly Float32Array[] | undefined;
}

type Bulk = Float32Array | Int32Array;

/**
 * What a checkpoint must be of: settings, number of examples and the weights before the first step (which follow from seed and
 * vocabularies).
 */
export function fitKey(name: string, examples: number, config: object, weights: readonly Float32Array[]): string {
  return hashOf({ name, examples, config: { ...config }, initial: weights.map((values) => sha256(bytesOf(values))) });
}

/** Writes a checkpoint, whole or not at all. */
export async function saveCheckpoint(
  path: string,
  key: string,
  state: FitState,
  weights: readonly Float32Array[],
  optimiser: OptimiserState,
): Promise<void> {
  const { kept, ...plain } = state;
  const payload = Buffer.concat([...weights, ...(kept ?? []), ...momentsOf(optimiser)].map(bytesOf));
  const header = Buffer.from(
    JSON.stringify({
      key,
      ...plain,
      kept: kept !== undefined,
      steps: optimiser.dense.map(({ steps }) => steps),
      sha256: sha256(payload),
    }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  await writeFileAtomic(path, Buffer.concat([length, header, payload]));
}

/**
 * Restores weights and optimiser in place; undefined where there is no checkpoint.
 * @throws Error when it is damaged or of another fit (saying what to do)
 */
export async function loadCheckpoint(
  path: string,
  key: string,
  weights: readonly Float32Array[],
  optimiser: OptimiserState,
): Promise<FitState | undefined> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return undefined;
    throw new Error(`checkpoint ${path} cannot be read`, { cause });
  });
  if (bytes === undefined) return undefined;
  const { header, payload } = parse(path, bytes);
  if (header.key !== key)
    throw new Error(`checkpoint ${path} is of another fit (other settings, rows or seed); delete it to start again`);
  const kept = header.kept ? weights.map((values) => new Float32Array(values.length)) : undefined;
  const targets: Bulk[] = [...weights, ...(kept ?? []), ...momentsOf(optimiser)];
  const expected = targets.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (payload.length !== expected)
    throw new Error(
      `damaged checkpoint ${path}: ${payload.length} bytes of state, expected ${expected}; delete it to start again`,
    );
  let at = 0;
  for (const target of targets) {
    bytesOf(target).set(payload.subarray(at, (at += target.byteLength)));
  }
  optimiser.dense.forEach((state, i) => (state.steps = header.steps[i]!));
  const { step, examples, lossSum, lossSteps, best, points } = header;
  return { step, examples, lossSum, lossSteps, best, points: points as CurvePoint[], kept };
}

function parse(path: string, bytes: Buffer): { header: z.infer<typeof headerShape>; payload: Buffer } {
  try {
    const end = 4 + bytes.readUInt32LE(0);
    const header = headerShape.parse(JSON.parse(bytes.subarray(4, end).toString()));
    const payload = bytes.subarray(end);
    if (sha256(payload) !== header.sha256) throw new Error("its sha256 is not what its header says");
    return { header, payload };
  } catch (cause) {
    throw new Error(`damaged checkpoint ${path}: ${(cause as Error).message}; delete it to start again`, { cause });
  }
}

const headerShape = z.object({
  key: z.string(),
  step: z.number().int(),
  examples: z.number().int(),
  lossSum: z.number(),
  lossSteps: z.number().int(),
  best: z.number().int(),
  points: z.array(pointShape),
  kept: z.boolean(),
  steps: z.array(z.number().int()),
  sha256: z.string(),
});

function momentsOf({ dense, lazy, derived = [] }: OptimiserState): Bulk[] {
  return [
    ...derived,
    ...dense.flatMap(({ first, second }) => [first, second]),
    ...lazy.flatMap(({ tables }) => tables.flatMap(({ first, second, steps }) => [first, second, steps])),
  ];
}

function bytesOf(values: Bulk): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
