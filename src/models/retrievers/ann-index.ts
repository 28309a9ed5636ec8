/**
 * Approximate nearest neighbours: HNSW (Malkov and Yashunin, 2018) over unit vectors by inner product. The one door to
 * usearch. The native library ends the process on damaged files and NaN arguments, and is silently wrong on other
 * dimensions or sub-arrays: everything is checked here before it is called.
 *
 * One thread builds and searches, so the same vectors give the same bytes and answers.
 */
import { readFile, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Index, Matches } from "usearch";
import { z } from "zod";
import { replaceFile, sha256OfFile, writeJsonAtomic } from "../../artifacts/index.js";
import { append, checkK, emptyResult, rowCount, type SearchResult } from "./exact-search.js";

// its module build looks for its own folder in a stack trace and never finds it under `node -e`; the one for require knows it
const usearch = createRequire(import.meta.url)("usearch") as typeof import("usearch");

/** Settings of an index; it is stored with it. */
export interface AnnConfig {
  /** How vectors are kept: f16 has two thirds of the file and the recall of f32, i8 (127 levels a side) half the file of f16. */
  readonly dtype: "f16" | "f32" | "i8";
  /** Neighbours a node (M). */
  readonly connectivity: number;
  /** Candidates looked at while adding (efConstruction) and searching (ef; at least k). */
  readonly expansionAdd: number;
  readonly expansionSearch: number;
}

/** Defaults of `buildIndex`. Adding with 64 candidates takes half the time of 128 and costs 0.1 % of recall. */
export const annDefaults: AnnConfig = { dtype: "f16", connectivity: 16, expansionAdd: 64, expansionSearch: 128 };

/** What stands beside an index file: what it is, which model's embeddings it holds, and what its bytes must be. */
export interface AnnManifest extends AnnConfig {
  readonly format: 1;
  readonly metric: "ip";
  readonly dims: number;
  readonly count: number;
  readonly modelId: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** An open index. Ids are video ids from 0. */
export class AnnIndex {
  #native: Index;
  constructor(
    native: Index,
    readonly dims: number,
    readonly config: AnnConfig,
    readonly modelId: string,
  ) {
    this.#native = native;
  }

  /** Vectors in the index. */
  get count(): number {
    return Number(this.#native.size());
  }

  /**
   * Adds vectors (new videos at midnight).
   * @param ids [n] from 0, not yet in the index @param vectors [n, dims] of length 1
   * @throws Error on NaN, other shapes, vectors that are not of length 1, ids that are there already; nothing is added then
   */
  add(ids: Int32Array, vectors: Float32Array): void {
    const n = rowCount(vectors, this.dims, "vectors");
    if (ids.length !== n) throw new Error(`ids hold ${ids.length} values; expected ${n}, one a vector`);
    checkUnit(vectors, this.dims);
    if (n === 0) return;
    const keys = new BigUint64Array(n);
    const seen = new Set<number>();
    for (let i = 0; i < n; i++) {
      const id = ids[i]!;
      if (id < 0) throw new Error(`id is ${id}; allowed: 0 or more`);
      if (seen.has(id)) throw new Error(`id ${id} is given twice; allowed: each id once`);
      seen.add(id);
      keys[i] = BigInt(id);
    }
    const held = this.#native.contains(keys) as boolean[];
    const taken = Array.from(held).findIndex(Boolean);
    if (taken >= 0) throw new Error(`id ${ids[taken]} is in the index already; allowed: new ids`);
    this.#native.add(keys, vectors.slice(), 1);
  }

  /** Takes vectors out, from now on; ids that are not there are no fault. */
  remove(ids: Int32Array): void {
    for (const id of ids) if (this.#native.contains(BigInt(id))) this.#native.remove(BigInt(id));
  }

  /**
   * The k nearest of each query, best first, ties to the smaller id; -1 pads where fewer exist. Synchronous.
   * @param queries [n, dims] @returns scores are inner products of what is stored (rounded to the index's dtype)
   */
  search(queries: Float32Array, k: number): SearchResult {
    const n = rowCount(queries, this.dims, "queries");
    checkK(k);
    const result = emptyResult(n, k);
    const asked = Math.min(k, this.count);
    if (n === 0 || asked === 0) return result;
    // one query: Matches; more: BatchMatches
    const found: Matches | InstanceType<typeof usearch.BatchMatches> = this.#native.search(queries.slice(), asked, 1);
    const counts = found instanceof usearch.BatchMatches ? found.counts : undefined;
    const words = new Uint32Array(found.keys.buffer, found.keys.byteOffset, found.keys.length * 2);
    for (let q = 0; q < n; q++) {
      const here = counts === undefined ? found.keys.length : Number(counts[q]!);
      for (let i = q * asked, end = i + here; i < end; i++) {
        append(result, q * k + i - q * asked, q * k, words[2 * i]!, Math.fround(1 - found.distances[i]!));
      }
    }
    return result;
  }

  /** Writes the index and, last, its manifest `<path>.json`; whole or not at all. */
  async save(path: string): Promise<void> {
    await rm(manifestPath(path), { force: true });
    let sum = "";
    let bytes = 0;
    await replaceFile(path, async (staged) => {
      this.#native.save(staged);
      sum = sha256OfFile(staged);
      bytes = (await stat(staged)).size;
    });
    const { dims, count, modelId } = this;
    const manifest: AnnManifest = { format: 1, metric: "ip", dims, count, modelId, bytes, sha256: sum, ...this.config };
    await writeJsonAtomic(manifestPath(path), manifest);
  }
}

/** Options of `buildIndex`. */
export interface BuildOptions extends Partial<AnnConfig> {
  /** Id of the model whose embeddings these are; checked again when the index is loaded for a model. */
  readonly modelId?: string;
  /** Id of each vector; its row number by default. */
  readonly ids?: Int32Array;
}

/**
 * Builds an index of unit vectors on one thread.
 * @param vectors [n, dims]
 * @throws Error on NaN, shapes, vectors that are not of length 1, repeated ids
 * @example buildIndex(Float32Array.of(1, 0, 0, 1), 2).search(Float32Array.of(1, 0), 1).ids // [0]
 */
export function buildIndex(vectors: Float32Array, dims: number, options: BuildOptions = {}): AnnIndex {
  const { modelId = "", ids, ...given } = options;
  const config = { ...annDefaults, ...given };
  const n = rowCount(vectors, dims, "vectors");
  const index = new AnnIndex(openNative(dims, config), dims, config, modelId);
  index.add(ids ?? Int32Array.from({ length: n }, (_, row) => row), vectors);
  return index;
}

/** What the reader of an index relies on. */
export interface AnnExpectation {
  readonly modelId?: string;
  readonly dims?: number;
}

/**
 * Loads an index that `save` wrote, after checking its bytes against its manifest.
 * @throws Error when there is none, it is damaged, or it belongs to another model or has other dims than expected
 */
export async function loadIndex(path: string, expect: AnnExpectation = {}): Promise<AnnIndex> {
  const manifest = await readManifest(path);
  const { dims, modelId, count, dtype, connectivity, expansionAdd, expansionSearch } = manifest;
  if (expect.dims !== undefined && expect.dims !== dims)
    throw new Error(`index ${path} has ${dims} dims; the model has ${expect.dims}`);
  if (expect.modelId !== undefined && expect.modelId !== modelId) {
    throw new Error(
      `index ${path} belongs to model ${modelId || "(unnamed)"}; the model is ${expect.modelId}: build the index again from this model`,
    );
  }
  const bytes = (await stat(path).catch(() => ({ size: -1 }))).size;
  if (bytes !== manifest.bytes)
    throw damaged(path, bytes < 0 ? "the file is missing" : `it has ${bytes} bytes, expected ${manifest.bytes}`);
  const sum = sha256OfFile(path);
  if (sum !== manifest.sha256) throw damaged(path, `sha256 is ${sum}, expected ${manifest.sha256}`);
  const config = { dtype, connectivity, expansionAdd, expansionSearch };
  const native = openNative(dims, config);
  native.load(path);
  const index = new AnnIndex(native, dims, config, modelId);
  if (index.count !== count) throw damaged(path, `it holds ${index.count} vectors, expected ${count}`);
  return index;
}

const manifestShape = z.object({
  format: z.literal(1),
  metric: z.literal("ip"),
  dims: z.number().int().positive(),
  count: z.number().int().nonnegative(),
  modelId: z.string(),
  bytes: z.number().int().nonnegative(),
  sha256: z.string().length(64),
  dtype: z.enum(["f16", "f32", "i8"]),
  connectivity: z.number().int().positive(),
  expansionAdd: z.number().int().positive(),
  expansionSearch: z.number().int().positive(),
});

async function readManifest(path: string): Promise<AnnManifest> {
  const text = await readFile(manifestPath(path), "utf8").catch((cause: unknown) => {
    throw new Error(`no complete index at ${path}: ${manifestPath(path)} cannot be read; build it again`, { cause });
  });
  try {
    return manifestShape.parse(JSON.parse(text));
  } catch (cause) {
    throw damaged(path, "its manifest is not one", cause);
  }
}

function manifestPath(path: string): string {
  return `${path}.json`;
}

function damaged(path: string, fault: string, cause?: unknown): Error {
  return new Error(`damaged index ${path}: ${fault}; delete it and build it again`, { cause });
}

function openNative(dims: number, config: AnnConfig): Index {
  for (const [name, value] of Object.entries({ dims, ...config })) {
    if (name === "dtype") continue;
    if (!Number.isInteger(value) || Number(value) < 1 || Number(value) > 65_536) {
      throw new Error(`${name} is ${String(value)}; allowed: whole numbers from 1 to 65536`);
    }
  }
  const quantization = { f16: usearch.ScalarKind.F16, f32: usearch.ScalarKind.F32, i8: usearch.ScalarKind.I8 }[
    config.dtype
  ];
  if (quantization === undefined) throw new Error(`dtype is ${String(config.dtype)}; allowed: f16, f32, i8`);
  return new usearch.Index({
    dimensions: dims,
    // of unit vectors both are the same; the inner product of whole numbers would have another scale
    metric: config.dtype === "i8" ? usearch.MetricKind.Cos : usearch.MetricKind.IP,
    quantization,
    connectivity: config.connectivity,
    expansion_add: config.expansionAdd,
    expansion_search: config.expansionSearch,
    multi: false,
  });
}

/** Inner product ranks as cosine does only among vectors of one length; a zero vector is a model's fault to be seen. */
function checkUnit(vectors: Float32Array, dims: number): void {
  for (let row = 0, at = 0; at < vectors.length; row++) {
    let square = 0;
    for (let d = 0; d < dims; d++, at++) square += vectors[at]! ** 2;
    if (Math.abs(square - 1) > 0.01)
      throw new Error(`vector ${row} has length ${Math.sqrt(square).toFixed(3)}; allowed: 1 (normalise first)`);
  }
}
