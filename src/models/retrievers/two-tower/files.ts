/**
 * Two-tower models on disk: `two-tower.json` + `two-tower.weights` to load again, `query-tower.onnx` and `candidate-tower.onnx` to
 * serve.
 */
import { join } from "node:path";
import { writeFileAtomic } from "../../../artifacts/index.js";
import type { DenseParameter } from "../../network/training/adam.js";
import { encodingToJson } from "../../network/encoding.js";
import { onnxGraph } from "../../onnx/graph.js";
import { onnxInput, onnxLinear, onnxUnitRows } from "../../onnx/layers.js";
import type { Tower } from "../../network/layers/tower.js";
import type { TwoTower, TwoTowerConfig } from "./two-tower.js";
import {
  cardOf,
  loadArrays,
  networkArrays,
  saveArrays,
  saveCard,
  type ModelCard,
  type ModelParts,
} from "../../network/training/model-files.js";

/** The model's id and the content of `two-tower.json`; `encodings.query` and `encodings.candidate` encode rows for the graphs. */
export function twoTowerCard(model: TwoTower): ModelCard {
  return cardOf("two-tower", partsOf(model), arraysOf(model));
}

/** Writes `two-tower.json` and `two-tower.weights`; gives the model's id (the `modelId` of its index). */
export function saveTwoTower(model: TwoTower, dir: string): Promise<string> {
  return saveArrays(dir, "two-tower", partsOf(model), arraysOf(model));
}

/** Loads what `saveTwoTower` wrote; it embeds to the same bits. @throws Error when it is missing, damaged or another kind of model */
export async function loadTwoTower(dir: string): Promise<TwoTower> {
  const { fitted, network } = await loadArrays(dir, "two-tower");
  return {
    kind: "two-tower",
    ...fitted<TwoTowerConfig>(),
    query: network("query", "query/"),
    candidate: network("candidate", "candidate/"),
  };
}

/**
 * Writes `query-tower.onnx` and `candidate-tower.onnx`: inputs `categories` int32 [n, C] and `numbers` float32 [n, D], encoded; output
 * `embedding` [n, dim] of length 1; and `two-tower.json` next to them. Gives the id.
 */
export async function exportTwoTower(model: TwoTower, dir: string): Promise<string> {
  for (const side of ["query", "candidate"] as const) {
    await writeFileAtomic(join(dir, `${side}-tower.onnx`), encodeTower(model[side], `${side}-tower`));
  }
  return saveCard(dir, twoTowerCard(model));
}

function encodeTower(tower: Tower, name: string): Uint8Array {
  const graph = onnxGraph(name);
  let h = onnxInput(graph, tower.input);
  for (let at = 0; at < tower.dense.length; at += 2) {
    h = onnxLinear(graph, h, tower.dense, at);
    if (at + 2 < tower.dense.length) h = graph.op("Relu", [h]);
  }
  graph.output("embedding", onnxUnitRows(graph, h), tower.dense.at(-1)!.values.length);
  return graph.encode();
}

function partsOf({ config, curve, query, candidate }: TwoTower): ModelParts {
  const encodings = { query: encodingToJson(query.encoding), candidate: encodingToJson(candidate.encoding) };
  return { config, curve, encodings };
}

function arraysOf({ query, candidate }: TwoTower): DenseParameter[] {
  return [...networkArrays(query, "query/"), ...networkArrays(candidate, "candidate/")];
}
