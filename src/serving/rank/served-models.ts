/**
 * Trained models in serving: folders with ONNX graphs and the card that says how rows are encoded for them.
 *
 *     ranker:  ranker.json, ranker.onnx (click_probability [n], watch_ms [n], and of a multi-task ranker value [n])
 *     towers:  two-tower.json, query-tower.onnx, candidate-tower.onnx (embedding [n, dims])
 */
import { join } from "node:path";
import { encode, encodingFromJson, tableSizes } from "../../models/network/encoding.js";
import type { EncodedRows, Encoding } from "../../models/network/encoding.js";
import { readCard } from "../../models/network/training/model-files.js";
import type { ModelCard } from "../../models/network/training/model-files.js";
import type { FeatureMatrix } from "../../types.js";
import { openOnnx } from "./onnx.js";
import type { OnnxModel } from "./onnx.js";
import type { Predict, Predictions } from "./rank.js";
import type { Towers } from "../retrieve/tower-index.js";

/** A ranker behind ONNX. */
export interface OpenRanker {
  readonly id: string;
  readonly predict: Predict;
  /** Whether it predicts a value (a multi-task ranker). */
  readonly valued: boolean;
  close(): Promise<void>;
}

/** Opens `ranker.onnx` with its card. Throws for missing or damaged files and a graph that does not fit its card. */
export async function openRanker(dir: string): Promise<OpenRanker> {
  const card = await readCard(dir, "ranker");
  const encoding = encodingOf(card, "ranker", dir);
  const valued = card.extra["model"] === "multi-task";
  const model = await openGraph(dir, "ranker.onnx", encoding, {
    click_probability: 1,
    watch_ms: 1,
    ...(valued && { value: 1 }),
  });
  const run = runner(model, encoding);
  return {
    id: card.id,
    valued,
    async predict(features: FeatureMatrix): Promise<Predictions> {
      const out = await run(features);
      return {
        clickProbability: out["click_probability"]!,
        watchMs: out["watch_ms"]!,
        ...(valued && { value: out["value"]! }),
      };
    },
    close: () => model.close(),
  };
}

/** Opens both towers with their card. Throws like `openRanker`. */
export async function openTowers(dir: string): Promise<Towers> {
  const card = await readCard(dir, "two-tower");
  const dims = Number(card.config["dim"]);
  const [queryEncoding, candidateEncoding] = [encodingOf(card, "query", dir), encodingOf(card, "candidate", dir)];
  const queryTower = await openGraph(dir, "query-tower.onnx", queryEncoding, { embedding: dims });
  const candidateTower = await openGraph(dir, "candidate-tower.onnx", candidateEncoding, { embedding: dims }).catch(
    async (error: unknown) => {
      await queryTower.close();
      throw error;
    },
  );
  const runQueries = runner(queryTower, queryEncoding);
  const runCandidates = runner(candidateTower, candidateEncoding);
  return {
    id: card.id,
    dims,
    embedQueries: async (rows: FeatureMatrix) => (await runQueries(rows))["embedding"]!,
    embedCandidates: async (rows: FeatureMatrix) => (await runCandidates(rows))["embedding"]!,
    async close(): Promise<void> {
      await queryTower.close();
      await candidateTower.close();
    },
  };
}

function encodingOf(card: ModelCard, name: string, dir: string): Encoding {
  const found = card.encodings[name];
  if (!found)
    throw new Error(
      `damaged model in ${dir}: its card has no encoding ${name}; found ${Object.keys(card.encodings).join(", ") || "none"}`,
    );
  return encodingFromJson(found);
}

function openGraph(
  dir: string,
  file: string,
  encoding: Encoding,
  outputs: Readonly<Record<string, number>>,
): Promise<OnnxModel> {
  return openOnnx(join(dir, file), { tableSizes: tableSizes(encoding), numbers: encoding.means.length, outputs });
}

/** Encodes and runs. Arrays of the previous call are re-used after the graph has read them. */
function runner(
  model: OnnxModel,
  encoding: Encoding,
): (features: FeatureMatrix) => Promise<Readonly<Record<string, Float32Array>>> {
  let reusable: EncodedRows | undefined;
  return async (features) => {
    const rows = encode(features, encoding, reusable);
    reusable = undefined; // a concurrent call must not write into these
    try {
      return await model.run(rows);
    } finally {
      reusable = rows;
    }
  };
}
