/** Two-tower models on disk: `two-tower.json` + `two-tower.weights` to load again, `query-tower.onnx` and `candidate-tower.onnx` to serve. */
import { join } from "node:path";
import { writeFileAtomic } from "../../../artifacts/index.js";
import type { DenseParameter } from "../../network/adam.js";
import { inputBlock } from "../../network/embedding.js";
import { encodingFromJson, encodingToJson } from "../../network/encoding.js";
import { named } from "../../network/layers.js";
import { onnxGraph } from "../../onnx/graph.js";
import { onnxInput, onnxLinear, onnxUnitRows } from "../../onnx/layers.js";
import type { Tower } from "../../network/tower.js";
import type { TwoTower, TwoTowerConfig } from "./two-tower.js";
import {
  arrayOf,
  makeCard,
  readCard,
  readWeights,
  saveCard,
  saveModel,
  type ModelCard,
} from "../../network/weights.js";

/** The model's id and all that stands in `two-tower.json`; `encodings.query` and `encodings.candidate` encode rows for the graphs. */
export function twoTowerCard(model: TwoTower): ModelCard {
  return makeCard(
    {
      kind: "two-tower",
      config: { ...model.config },
      encodings: { query: encodingToJson(model.query.encoding), candidate: encodingToJson(model.candidate.encoding) },
      curve: model.curve,
      extra: {},
    },
    arraysOf(model),
  );
}

/** Writes `two-tower.json` and `two-tower.weights`; gives the model's id (the `modelId` of its index). */
export async function saveTwoTower(model: TwoTower, dir: string): Promise<string> {
  const card = twoTowerCard(model);
  await saveModel(dir, "two-tower", card, arraysOf(model));
  return card.id;
}

/** Loads what `saveTwoTower` wrote; it embeds to the same bits. @throws Error when it is missing, damaged or another kind of model */
export async function loadTwoTower(dir: string): Promise<TwoTower> {
  const card = await readCard(dir, "two-tower", "two-tower");
  const arrays = await readWeights(dir, "two-tower", card);
  const towerOf = (side: "query" | "candidate"): Tower => {
    const encoding = encodingFromJson(card.encodings[side]!);
    const tables = encoding.schema.categories.map(({ name }) => {
      const { shape, values } = arrayOf(arrays, `${side}/table/${name}`);
      return { name, rows: shape[0]!, dims: shape[1]!, values };
    });
    const dense = card.arrays
      .filter(({ name }) => name.startsWith(`${side}/layer`))
      .map(({ name }) => ({ ...arrayOf(arrays, name), name: name.slice(side.length + 1) }));
    return { encoding, input: inputBlock(tables, encoding.means.length), dense };
  };
  return {
    kind: "two-tower",
    config: card.config as unknown as TwoTowerConfig,
    query: towerOf("query"),
    candidate: towerOf("candidate"),
    curve: card.curve,
  };
}

/**
 * Writes `query-tower.onnx` and `candidate-tower.onnx`: inputs `categories` int32 [n, C] and `numbers` float32 [n, D], encoded; output
 * `embedding` [n, dim] of length 1; and `two-tower.json` beside them. Gives the id.
 */
export async function exportTwoTower(model: TwoTower, dir: string): Promise<string> {
  for (const side of ["query", "candidate"] as const) {
    await writeFileAtomic(join(dir, `${side}-tower.onnx`), encodeTower(model[side], `${side}-tower`));
  }
  const card = twoTowerCard(model);
  await saveCard(dir, "two-tower", card);
  return card.id;
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

function arraysOf(model: TwoTower): DenseParameter[] {
  return (["query", "candidate"] as const).flatMap((side) => [
    ...model[side].input.tables.map(({ name, rows, dims, values }) =>
      named(`${side}/table`, { name, shape: [rows, dims], values }),
    ),
    ...model[side].dense.map((parameter) => named(side, parameter)),
  ]);
}
