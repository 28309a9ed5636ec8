/**
 * Trained models as serving sees them: folders with ONNX graphs and the sidecar that says how rows are encoded for them.
 *
 *     ranker:  ranker.json, ranker.onnx (click_probability [n], watch_ms [n])
 *     towers:  two-tower.json, query-tower.onnx, candidate-tower.onnx (embedding [n, dims])
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { sha256OfFile } from "../artifacts/index.js";
import { encode, encodingFromJson, tableSizes } from "../models/encoding.js";
import type { EncodedRows, Encoding } from "../models/encoding.js";
import type { FeatureMatrix } from "../types.js";
import { openOnnx } from "./onnx.js";
import type { OnnxModel } from "./onnx.js";
import type { Predict, Predictions } from "./rank.js";
import type { Towers } from "./tower-index.js";

/** A ranker behind ONNX. */
export interface OpenRanker {
  readonly predict: Predict;
  close(): Promise<void>;
}

const encodingShape = z.object({
  schema: z.object({
    categories: z.array(z.object({ name: z.string(), cardinality: z.number().int().positive() })),
    numbers: z.array(z.object({ name: z.string() })),
  }),
  config: z.object({ minCount: z.number(), clip: z.number() }),
  vocabularies: z.array(z.array(z.number().int())),
  means: z.array(z.number()),
  deviations: z.array(z.number()),
});
const rankerShape = z.looseObject({ encoding: encodingShape });
const towersShape = z.looseObject({ dims: z.number().int().positive(), query: z.looseObject({ encoding: encodingShape }), candidate: z.looseObject({ encoding: encodingShape }) });

/** Opens `ranker.onnx` beside its sidecar. Throws for missing or damaged files and a graph that does not fit its sidecar. */
export async function openRanker(dir: string): Promise<OpenRanker> {
  const sidecar = await readSidecar(join(dir, "ranker.json"), rankerShape);
  const encoding = encodingFromJson(sidecar.encoding);
  const model = await openOnnx(join(dir, "ranker.onnx"), { tableSizes: tableSizes(encoding), numbers: encoding.means.length, outputs: { click_probability: 1, watch_ms: 1 } });
  const run = runner(model, encoding);
  return {
    async predict(features: FeatureMatrix): Promise<Predictions> {
      const out = await run(features);
      return { clickProbability: out["click_probability"]!, watchMs: out["watch_ms"]! };
    },
    close: () => model.close(),
  };
}

/** Opens both towers beside their sidecar. Throws like `openRanker`. */
export async function openTowers(dir: string): Promise<Towers> {
  const { dims, query, candidate } = await readSidecar(join(dir, "two-tower.json"), towersShape);
  const open = (file: string, encoding: Encoding): Promise<OnnxModel> =>
    openOnnx(join(dir, file), { tableSizes: tableSizes(encoding), numbers: encoding.means.length, outputs: { embedding: dims } });
  const queryEncoding = encodingFromJson(query.encoding);
  const candidateEncoding = encodingFromJson(candidate.encoding);
  const queryTower = await open("query-tower.onnx", queryEncoding);
  const candidateTower = await open("candidate-tower.onnx", candidateEncoding).catch(async (error: unknown) => {
    await queryTower.close();
    throw error;
  });
  const runQueries = runner(queryTower, queryEncoding);
  const runCandidates = runner(candidateTower, candidateEncoding);
  return {
    id: sha256OfFile(join(dir, "candidate-tower.onnx")),
    dims,
    embedQueries: async (rows: FeatureMatrix) => (await runQueries(rows))["embedding"]!,
    embedCandidates: async (rows: FeatureMatrix) => (await runCandidates(rows))["embedding"]!,
    async close(): Promise<void> {
      await queryTower.close();
      await candidateTower.close();
    },
  };
}

/** Encodes and runs. Arrays of the call before are re-used once the graph has read them. */
function runner(model: OnnxModel, encoding: Encoding): (features: FeatureMatrix) => Promise<Readonly<Record<string, Float32Array>>> {
  let spare: EncodedRows | undefined;
  return async (features) => {
    const rows = encode(features, encoding, spare);
    spare = undefined; // a second call meanwhile must not write into these
    try {
      return await model.run(rows);
    } finally {
      spare = rows;
    }
  };
}

async function readSidecar<T>(path: string, shape: z.ZodType<T>): Promise<T> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new Error(`no model at ${path}: train it first`, { cause });
  });
  try {
    return shape.parse(JSON.parse(text));
  } catch (cause) {
    const fault = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new Error(`damaged sidecar ${path}: ${fault}; delete the model and train it again`, { cause });
  }
}
