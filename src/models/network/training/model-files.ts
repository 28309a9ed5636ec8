/**
 * Models on disk: `<kind>.json` (what it is: encodings, config, learning curve, shapes) and `<kind>.weights` (32 bits a number, little
 * endian, one array after another), or `<kind>.txt` where another library's format is kept. The JSON is written last and holds the
 * other file's sha256: its presence means complete.
 */
import { mkdir, readFile, rm } from "node:fs/promises";
import { endianness } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { hashOf, sha256, writeFileAtomic, writeJsonAtomic } from "../../../artifacts/index.js";
import type { DenseParameter } from "./adam.js";
import { inputBlock, type InputBlock } from "../layers/embedding.js";
import { encodingFromJson, type Encoding, type EncodingJson } from "../encoding.js";
import { pointShape, type LearningCurve } from "./learning-curve.js";
import { named } from "../layers/layers.js";

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

/** What stands beside the arrays. `config` and `extra` are JSON; a model that is counted rather than trained has no curve. */
export interface ModelParts {
  readonly config: object;
  readonly curve?: LearningCurve;
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly encodings?: Readonly<Record<string, EncodingJson>>;
}

/** The card of a model: everything but the numbers themselves. Equal models have equal cards and ids. */
export function cardOf(
  kind: string,
  { config, curve = { points: [], best: -1, stoppedEarly: false }, extra = {}, encodings = {} }: ModelParts,
  arrays: readonly DenseParameter[],
  content: Uint8Array = bytesOf(arrays),
): ModelCard {
  const body = {
    format: 1 as const,
    kind,
    config: { ...config },
    encodings,
    curve,
    extra,
    arrays: arrays.map(({ name, shape }) => ({ name, shape })),
    sha256: sha256(content),
  };
  return { ...body, id: hashOf(body) };
}

/** Writes `<kind>.json` and `<kind>.weights`, whole or not at all; gives the id. */
export function saveArrays(
  dir: string,
  kind: string,
  parts: ModelParts,
  arrays: readonly DenseParameter[],
): Promise<string> {
  const content = bytesOf(arrays);
  return save(dir, `${kind}.weights`, cardOf(kind, parts, arrays, content), content);
}

/** Writes `<kind>.json` and `<kind>.txt`, whole or not at all; gives the id. */
export function saveText(dir: string, kind: string, parts: ModelParts, text: string): Promise<string> {
  const content = Buffer.from(text);
  return save(dir, `${kind}.txt`, cardOf(kind, parts, [], content), content);
}

async function save(dir: string, file: string, card: ModelCard, content: Uint8Array): Promise<string> {
  await mkdir(dir, { recursive: true });
  await rm(cardPath(dir, card.kind), { force: true });
  await writeFileAtomic(join(dir, file), content);
  return saveCard(dir, card);
}

/** Writes a model's card alone (beside an exported graph); gives the id. */
export async function saveCard(dir: string, card: ModelCard): Promise<string> {
  await writeJsonAtomic(cardPath(dir, card.kind), card);
  return card.id;
}

/**
 * Reads a card.
 * @throws Error when it is missing, of another kind, or not what its id says
 */
export async function readCard(dir: string, kind: string): Promise<ModelCard> {
  const path = cardPath(dir, kind);
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

/** A model's card and its arrays by name. */
export interface LoadedArrays {
  readonly card: ModelCard;
  real(name: string): Float32Array;
  whole(name: string): Int32Array;
  /** What `networkArrays` listed, with the encoding of this name in the card. */
  network(encoding: string, prefix?: string): Network & { readonly encoding: Encoding };
  /** Config and curve, for the fit that wrote them. */
  fitted<Config>(): { readonly config: Config; readonly curve: LearningCurve };
}

/** Embedding tables and layers. */
export interface Network {
  readonly input: InputBlock;
  readonly dense: readonly DenseParameter[];
}

/** Loads what `saveArrays` wrote. @throws Error when it is missing, damaged or another kind of model */
export async function loadArrays(dir: string, kind: string): Promise<LoadedArrays> {
  const card = await readCard(dir, kind);
  const bytes = await contentOf(dir, `${kind}.weights`, card);
  const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const arrays = new Map<string, DenseParameter>();
  let at = 0;
  for (const { name, shape } of card.arrays) {
    const length = shape.reduce((product, size) => product * size, 1);
    arrays.set(name, { name, shape, values: all.slice(at, (at += length)) });
  }
  const arrayOf = (name: string): DenseParameter => {
    const found = arrays.get(name);
    if (found === undefined)
      throw new Error(`no array ${name} among the weights; known: ${[...arrays.keys()].join(", ")}`);
    return found;
  };
  return {
    card,
    real: (name) => arrayOf(name).values,
    whole(name) {
      const { buffer, byteOffset, length } = arrayOf(name).values;
      return new Int32Array(buffer, byteOffset, length);
    },
    fitted: <Config>() => ({ config: card.config as Config, curve: card.curve }),
    network(name, prefix = "") {
      const encoding = encodingFromJson(card.encodings[name]!);
      const tables = encoding.schema.categories.map((category) => {
        const { shape, values } = arrayOf(`${prefix}table/${category.name}`);
        return { name: category.name, rows: shape[0]!, dims: shape[1]!, values };
      });
      const begin = `${prefix}dense/`;
      const dense = [...arrays.values()]
        .filter((array) => array.name.startsWith(begin))
        .map((array) => ({ ...array, name: array.name.slice(begin.length) }));
      return { encoding, input: inputBlock(tables, encoding.means.length), dense };
    },
  };
}

/** Loads what `saveText` wrote. @throws as `loadArrays` does */
export async function loadText(
  dir: string,
  kind: string,
): Promise<{ readonly card: ModelCard; readonly text: string }> {
  const card = await readCard(dir, kind);
  return { card, text: (await contentOf(dir, `${kind}.txt`, card)).toString("utf8") };
}

async function contentOf(dir: string, file: string, card: ModelCard): Promise<Buffer> {
  const path = join(dir, file);
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new Error(`no weights at ${path}: train the model again`, { cause });
  });
  const sum = sha256(bytes);
  if (sum !== card.sha256)
    throw new Error(
      `damaged weights ${path}: sha256 is ${sum}, expected ${card.sha256}; delete the model and train again`,
    );
  return bytes;
}

/** The arrays of a network, tables first. */
export function networkArrays({ input, dense }: Network, prefix = ""): DenseParameter[] {
  return [
    ...input.tables.map(({ name, rows, dims, values }) => realArray(`${prefix}table/${name}`, [rows, dims], values)),
    ...dense.map((array) => named(`${prefix}dense`, array)),
  ];
}

/** Real numbers as a named array. */
export function realArray(name: string, shape: readonly number[], values: Float32Array): DenseParameter {
  return { name, shape: [...shape], values };
}

/** Whole numbers as a named array: their 32 bits stand where a float's would, and are only ever copied. */
export function wholeArray(name: string, values: Int32Array): DenseParameter {
  return { name, shape: [values.length], values: new Float32Array(values.buffer, values.byteOffset, values.length) };
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
      config: z.object({ minCount: z.number(), clip: z.number(), hashRows: z.number().optional() }),
      vocabularies: z.array(z.array(z.number().int().nonnegative())),
      means: z.array(z.number()),
      deviations: z.array(z.number()),
    }),
  ),
  curve: z.object({
    points: z.array(pointShape),
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
