/** Sequence models on disk: `sasrec.json` + `sasrec.weights` to load again, `sequence.onnx` to serve. */
import { join } from "node:path";
import { writeFileAtomic } from "../../../artifacts/index.js";
import type { FeatureMatrix } from "../../../types.js";
import {
  cardOf,
  loadArrays,
  networkArrays,
  saveArrays,
  saveCard,
  type LoadedArrays,
  type ModelCard,
  type ModelParts,
} from "../../network/training/model-files.js";
import { causalMaskValues } from "../../network/layers/attention.js";
import { encodingToJson } from "../../network/encoding.js";
import { onnxGraph, type OnnxGraph } from "../../onnx/graph.js";
import { onnxUnitRows } from "../../onnx/layers.js";
import { parametersBefore, parametersOfBlock } from "./network.js";
import { dwellMark, type SequenceInputs } from "./rows.js";
import { embedItems, type Sasrec, type SasrecConfig } from "./sasrec.js";

/** The model's id and the content of `sasrec.json`. */
export function sasrecCard(model: Sasrec): ModelCard {
  return cardOf("sasrec", partsOf(model), networkArrays(model));
}

/** Writes `sasrec.json` and `sasrec.weights`; gives the id. */
export function saveSasrec(model: Sasrec, dir: string): Promise<string> {
  return saveArrays(dir, "sasrec", partsOf(model), networkArrays(model));
}

/** Loads what `saveSasrec` wrote; it embeds to the same bits. @throws Error when it is missing, damaged or another kind of model */
export async function loadSasrec(dir: string): Promise<Sasrec> {
  return sasrecOf(await loadArrays(dir, "sasrec"));
}

/** What stands beside the arrays. */
export function partsOf(model: Sasrec): ModelParts {
  return { config: model.config, curve: model.curve, encodings: { items: encodingToJson(model.encoding) } };
}

/** The model of a card and its arrays. */
export function sasrecOf({ fitted, network }: LoadedArrays): Sasrec {
  return { kind: "sasrec", ...fitted<SasrecConfig>(), ...network("items") };
}

/** Sequences as `sequence.onnx` reads them. */
export interface SequenceFeeds {
  readonly video: Int32Array; // [count, length] from the left, 0 beyond
  readonly position: Int32Array; // [count, length] length - n … length - 1, `length` beyond
  readonly dwell: Float32Array; // [count, length] dwellMark, 0 beyond
  readonly newest: Float32Array; // [count, length] 1 at the newest watch
}

/** The graph's inputs for sequences no longer than `length` places. */
export function sequenceFeeds(
  { count, width, length: lengths, video, dwellMs }: SequenceInputs,
  length: number,
): SequenceFeeds {
  const feeds = {
    video: new Int32Array(count * length),
    position: new Int32Array(count * length).fill(length),
    dwell: new Float32Array(count * length),
    newest: new Float32Array(count * length),
  };
  for (let s = 0; s < count; s++) {
    const n = Math.min(length, lengths[s]!);
    for (let place = 0, from = s * width + lengths[s]! - n, to = s * length; place < n; place++, from++, to++) {
      feeds.video[to] = video[from]!;
      feeds.position[to] = length - n + place;
      feeds.dwell[to] = dwellMark(dwellMs?.[from] ?? 0);
      if (place === n - 1) feeds.newest[to] = 1;
    }
  }
  return feeds;
}

/**
 * Writes `sequence.onnx`: inputs as in `SequenceFeeds`, output `embedding` [n, dim] of length 1 (0 without watches), the items'
 * embeddings baked in as of `items`; and `sasrec.json` next to it. Gives the id.
 */
export async function exportSasrec(model: Sasrec, items: FeatureMatrix, dir: string): Promise<string> {
  await writeFileAtomic(join(dir, "sequence.onnx"), encodeGraph(model, items));
  return saveCard(dir, sasrecCard(model));
}

function encodeGraph(model: Sasrec, items: FeatureMatrix): Uint8Array {
  const { dim, heads, length, blocks } = model.config;
  const graph = onnxGraph("sequence");
  const dense = model.dense.map(({ name, shape, values }, at) =>
    at < parametersBefore ? "" : graph.constant(name, shape, values),
  );
  const marks = model.dense[2]!.values;
  const table = graph.constant(
    "items",
    [items.count, dim],
    embedItems(model, items).map((x) => x * Math.fround(Math.sqrt(dim))),
  );
  const positions = graph.constant(
    "positions",
    [length + 1, dim],
    Float32Array.from(marks, (x, i) => (i < length * dim ? x : 0)),
  );
  const inputs = {
    video: graph.input("video", "int32", length),
    position: graph.input("position", "int32", length),
    dwell: graph.input("dwell", "float32", length),
    newest: graph.input("newest", "float32", length),
  };
  const dwell = graph.op("Mul", [
    graph.op("Unsqueeze", [inputs.dwell, graph.whole("dwell/axes", 2)]),
    graph.constant("dwell/vector", [dim], marks.slice(length * dim)),
  ]);
  let h = graph.op("Add", [
    graph.op("Add", [graph.op("Gather", [table, inputs.video]), graph.op("Gather", [positions, inputs.position])]),
    dwell,
  ]);
  const norm = (x: string, at: number): string => graph.op("LayerNormalization", [x, dense[at]!, dense[at + 1]!]); // axis -1, epsilon 1e-5
  const linear = (x: string, at: number): string =>
    graph.op("Add", [graph.op("MatMul", [x, dense[at]!]), dense[at + 1]!]);
  const mask = graph.constant("mask", [length, length], causalMaskValues(length));
  const attention = attentionOf(
    graph,
    { dim, heads, length },
    graph.scalar("scale", 1 / Math.sqrt(dim / heads)),
    mask,
    linear,
  );
  for (let block = 0, at = parametersBefore; block < blocks; block++, at += parametersOfBlock) {
    h = graph.op("Add", [h, attention(norm(h, at), at + 2)]);
    h = graph.op("Add", [h, linear(graph.op("Relu", [linear(norm(h, at + 10), at + 12)]), at + 14)]);
  }
  const picked = graph.op("MatMul", [
    graph.op("Unsqueeze", [inputs.newest, graph.whole("newest/axes", 1)]),
    norm(h, parametersBefore + blocks * parametersOfBlock),
  ]);
  graph.output("embedding", onnxUnitRows(graph, graph.op("Squeeze", [picked, graph.whole("picked/axes", 1)])), dim);
  return graph.encode();
}

function attentionOf(
  graph: OnnxGraph,
  shape: { dim: number; heads: number; length: number },
  scale: string,
  mask: string,
  linear: (x: string, at: number) => string,
): (x: string, at: number) => string {
  const { dim, heads, length } = shape;
  const apart = graph.whole("heads/apart", 0, length, heads, dim / heads);
  const together = graph.whole("heads/together", 0, length, dim);
  const split = (x: string, perm: readonly number[]): string =>
    graph.op("Transpose", [graph.op("Reshape", [x, apart])], { perm });
  return (x, at) => {
    const queries = split(graph.op("Mul", [linear(x, at), scale]), [0, 2, 1, 3]);
    const logits = graph.op("Add", [graph.op("MatMul", [queries, split(linear(x, at + 2), [0, 2, 3, 1])]), mask]);
    const mixed = graph.op("MatMul", [graph.op("Softmax", [logits]), split(linear(x, at + 4), [0, 2, 1, 3])]);
    return linear(graph.op("Reshape", [graph.op("Transpose", [mixed], { perm: [0, 2, 1, 3] }), together]), at + 6);
  };
}
