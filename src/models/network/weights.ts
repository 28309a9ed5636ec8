/**
 * Models on disk: `<name>.json` (what it is: encodings, config, learning curve, shapes) and `<name>.weights` (float32, little
 * endian, one array after another). The JSON is written last and holds the weights' sha256: its presence means complete.
 */
import { mkdir, readFile, rm } from "node:fs/promises";
import { endianness } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { hashOf, sha256, writeFileAtomic, writeJsonAtomic } from "../../artifacts/index.js";
import type { DenseParameter } from "./adam.js";
import type { EncodingJson } from "./encoding.js";
import type { LearningCurve } from "./fit.js";

/** The JSON beside a model's weights and graphs; `id` is a hash of all else in it. */
export interface ModelCard {
  readonly format: 1;
  readonly kind: string;
  readonly id: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly encodings: Readonly<Record<string, EncodingJson>>;
  readonly curve: LearningCurve;
  readonly extra: Readonly<Record<string, unknown>>;
  readonly arrays: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly sha256: string;
}

/** The card of a model: everything but the weights themselves. Equal models have equal cards and ids. */
export function makeCard(
  parts: Pick<ModelCard, "kind" | "config" | "encodings" | "curve" | "extra">,
  arrays: readonly DenseParameter[],
): ModelCard {
  const body = {
    format: 1 as const,
    ...parts,
    arrays: arrays.map(({ name, shape }) => ({ name, shape })),
    sha256: sha256(bytesOf(arrays)),
  };
  return { ...body, id: hashOf(body) };
}

/** Writes a model whole or not at all. */
export async function saveModel(
  dir: string,
  name: string,
  card: ModelCard,
  arrays: readonly DenseParameter[],
): Promise<void> {
  await mkdir(dir, { recursive: true });
  await rm(cardPath(dir, name), { force: true });
  await writeFileAtomic(join(dir, `${name}.weights`), bytesOf(arrays));
  await saveCard(dir, name, card);
}

/** Writes a model's card alone (beside an exported graph). */
export async function saveCard(dir: string, name: string, card: ModelCard): Promise<void> {
  await writeJsonAtomic(cardPath(dir, name), card);
}

/**
 * Reads a card.
 * @throws Error when it is missing, of another kind, or not what its id says
 */
export async function readCard(dir: string, name: string, kind: string): Promise<ModelCard> {
  const path = cardPath(dir, name);
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new Error(`no complete model at ${path}: train it first`, { cause });
  });
  let card: ModelCard;
  try {
    card = cardShape.parse(JSON.parse(text)) as unknown as ModelCard;
  } catch (cause) {
    throw new Error(`damaged model ${path}: it is not a model's card; delete it and train again`, { cause });
  }
  if (card.kind !== kind) throw new Error(`model ${path} is a ${card.kind}; expected a ${kind}`);
  const { id, ...body } = card;
  if (hashOf(body) !== id)
    throw new Error(`damaged model ${path}: its content is not what its id ${id} says; delete it and train again`);
  return card;
}

/** Reads the arrays of a card, by name. @throws Error when the weights are missing or damaged */
export async function readWeights(
  dir: string,
  name: string,
  card: ModelCard,
): Promise<ReadonlyMap<string, DenseParameter>> {
  const path = join(dir, `${name}.weights`);
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new Error(`no weights at ${path}: train the model again`, { cause });
  });
  const sum = sha256(bytes);
  if (sum !== card.sha256)
    throw new Error(
      `damaged weights ${path}: sha256 is ${sum}, expected ${card.sha256}; delete the model and train again`,
    );
  const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const arrays = new Map<string, DenseParameter>();
  let at = 0;
  for (const { name: array, shape } of card.arrays) {
    const length = shape.reduce((product, size) => product * size, 1);
    arrays.set(array, { name: array, shape, values: all.slice(at, (at += length)) });
  }
  return arrays;
}

/** An array that must be there. */
export function arrayOf(arrays: ReadonlyMap<string, DenseParameter>, name: string): DenseParameter {
  const found = arrays.get(name);
  if (found === undefined)
    throw new Error(`no array ${name} among the weights; known: ${[...arrays.keys()].join(", ")}`);
  return found;
}

const cardShape = z.object({
  format: z.literal(1),
  kind: z.string(),
  id: z.string(),
  config: z.record(z.string(), z.unknown()),
  encodings: z.record(
    z.string(),
    z.object({
      schema: z.object({
        categories: z.array(z.object({ name: z.string(), cardinality: z.number().int().nonnegative() })),
        numbers: z.array(z.object({ name: z.string() })),
      }),
      config: z.object({ minCount: z.number(), clip: z.number() }),
      vocabularies: z.array(z.array(z.number().int().nonnegative())),
      means: z.array(z.number()),
      deviations: z.array(z.number()),
    }),
  ),
  curve: z.object({
    points: z.array(
      z.object({
        step: z.number(),
        examples: z.number(),
        epoch: z.number(),
        trainLoss: z.number(),
        validationLoss: z.number().optional(),
      }),
    ),
    best: z.number().int(),
    stoppedEarly: z.boolean(),
  }),
  extra: z.record(z.string(), z.unknown()),
  arrays: z.array(z.object({ name: z.string(), shape: z.array(z.number().int().nonnegative()) })),
  sha256: z.string().length(64),
});

function cardPath(dir: string, name: string): string {
  return join(dir, `${name}.json`);
}

function bytesOf(arrays: readonly DenseParameter[]): Uint8Array {
  if (endianness() !== "LE") throw new Error("weights are kept little endian; this machine is big endian");
  const bytes = new Uint8Array(arrays.reduce((sum, { values }) => sum + values.byteLength, 0));
  let at = 0;
  for (const { values } of arrays) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
  }
  return bytes;
}
