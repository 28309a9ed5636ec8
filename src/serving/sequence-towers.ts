/**
 * Sequence models in serving: a folder with the exported graph, or the fitted model itself through TensorFlow.
 *
 *     sasrec.json, sequence.onnx (embedding [n, dims]), sequence-items.json + .weights (vectors [videos, dims])
 */
import { join } from "node:path";
import { loadArrays, realArray, saveArrays } from "../models/network/model-files.js";
import { exportSasrec, sequenceFeeds } from "../models/retrievers/sasrec/files.js";
import { embedItems, embedSequences, type Sasrec } from "../models/retrievers/sasrec/sasrec.js";
import { readCard } from "../models/network/model-files.js";
import type { FeatureMatrix } from "../types.js";
import { openOnnxSequence } from "./onnx-sequence.js";
import type { SequenceTower } from "./sequence-retriever.js";

/** A fitted SASRec. @param items the rows of all videos of the catalogue, by id, as in its fit; only features that never change */
export function sasrecTower(model: Sasrec, items: FeatureMatrix, id = "sasrec"): SequenceTower {
  return {
    id,
    dims: model.config.dim,
    vectors: embedItems(model, items),
    embedSequences: (sequences) => embedSequences(model, items, sequences),
  };
}

/** Writes what `openSequenceTower` reads; gives the model's id. */
export async function saveSequenceTower(model: Sasrec, items: FeatureMatrix, dir: string): Promise<string> {
  const id = await exportSasrec(model, items, dir);
  await saveArrays(dir, "sequence-items", { config: {}, extra: { model: id } }, [
    realArray("vectors", [items.count, model.config.dim], embedItems(model, items)),
  ]);
  return id;
}

/** Opens an exported SASRec. @throws Error for missing or damaged files, and for videos embedded by another model */
export async function openSequenceTower(dir: string): Promise<SequenceTower> {
  const card = await readCard(dir, "sasrec");
  const items = await loadArrays(dir, "sequence-items");
  if (items.card.extra["model"] !== card.id)
    throw new Error(
      `damaged model in ${dir}: its videos were embedded by ${String(items.card.extra["model"])}; expected ${card.id}: export it again`,
    );
  const [length, dims] = [Number(card.config["length"]), Number(card.config["dim"])];
  const vectors = items.real("vectors");
  const graph = await openOnnxSequence(join(dir, "sequence.onnx"), { length, dims, items: vectors.length / dims });
  return {
    id: card.id,
    dims,
    vectors,
    embedSequences: (sequences) => graph.run(sequenceFeeds(sequences, length), sequences.count),
    close: () => graph.close(),
  };
}
