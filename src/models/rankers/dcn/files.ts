/** Rankers on disk: `ranker.json` + `ranker.weights` to load again, `ranker.onnx` to serve. */
import { join } from "node:path";
import { writeFileAtomic } from "../../../artifacts/index.js";
import { logWatchLimit, lowRankOf } from "./network.js";
import type { Dcn, DcnConfig } from "./dcn.js";
import { encodingToJson } from "../../network/encoding.js";
import { onnxGraph } from "../../onnx/graph.js";
import { onnxProbability } from "../probability.js";
import { onnxColumn, onnxCross, onnxInput, onnxLinear } from "../../onnx/layers.js";
import { lowRankParameters, onnxLowRank } from "./low-rank-cross.js";
import {
  cardOf,
  loadArrays,
  networkArrays,
  saveArrays,
  saveCard,
  type ModelCard,
  type ModelParts,
} from "../../network/training/model-files.js";

/** The ranker's id and the content of `ranker.json`; `encodings.ranker` encodes rows for its graph. */
export function dcnCard(ranker: Dcn): ModelCard {
  return cardOf("ranker", partsOf(ranker), networkArrays(ranker));
}

/** Writes `ranker.json` and `ranker.weights`; gives the ranker's id. */
export function saveDcn(ranker: Dcn, dir: string): Promise<string> {
  return saveArrays(dir, "ranker", partsOf(ranker), networkArrays(ranker));
}

/** Loads what `saveDcn` wrote; it predicts the same bits. @throws Error when it is missing, damaged or another kind of model */
export async function loadDcn(dir: string): Promise<Dcn> {
  const { card, fitted, network } = await loadArrays(dir, "ranker");
  return {
    kind: "ranker",
    ...fitted<DcnConfig>(),
    ...network("ranker"),
    watchUnitMs: Number(card.extra.watchUnitMs),
  };
}

/**
 * Writes `ranker.onnx`: inputs `categories` int32 [n, C] and `numbers` float32 [n, D], encoded; outputs `click_probability` [n] and
 * `watch_ms` [n] (mean watch time of a click); and `ranker.json` next to it, whose `encodings.ranker` encodes rows. Gives the id.
 */
export async function exportDcn(ranker: Dcn, dir: string): Promise<string> {
  const graph = onnxGraph("ranker");
  const { dense, config } = ranker;
  const x0 = onnxInput(graph, ranker.input);
  let h = x0;
  let at = 0;
  const mixture = lowRankOf(config);
  for (let layer = 0; layer < config.crossLayers; layer++, at += mixture === undefined ? 2 : lowRankParameters) {
    h = mixture === undefined ? onnxCross(graph, x0, h, dense, at) : onnxLowRank(graph, x0, h, dense, at, mixture);
  }
  for (let layer = 0; layer < config.deep.length; layer++, at += 2)
    h = graph.op("Relu", [onnxLinear(graph, h, dense, at)]);
  const clickLogit = onnxColumn(graph, onnxLinear(graph, h, dense, at), "click");
  graph.output("click_probability", onnxProbability(graph, clickLogit, "click"));
  const limits = [-logWatchLimit, logWatchLimit].map((limit) => graph.scalar(`watch/limit ${limit}`, limit));
  const unit = graph.scalar("watch/unit", ranker.watchUnitMs);
  const logWatch = graph.op("Clip", [onnxColumn(graph, onnxLinear(graph, h, dense, at + 2), "watch"), ...limits]);
  graph.output("watch_ms", graph.op("Mul", [graph.op("Exp", [logWatch]), unit]));
  await writeFileAtomic(join(dir, "ranker.onnx"), graph.encode());
  return saveCard(dir, dcnCard(ranker));
}

function partsOf({ config, encoding, curve, watchUnitMs }: Dcn): ModelParts {
  return { config, curve, extra: { watchUnitMs }, encodings: { ranker: encodingToJson(encoding) } };
}
