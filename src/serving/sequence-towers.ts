/** Sequence models as serving sees them: the fitted model itself, through TensorFlow. */
import { embedItems, embedSequences, type Sasrec } from "../models/sasrec.js";
import type { FeatureMatrix } from "../types.js";
import type { SequenceTower } from "./sequence-retriever.js";

/** A fitted SASRec. @param items features of all videos of the catalogue by id, as it was fitted with; they must not move with time */
export function sasrecTower(model: Sasrec, items: FeatureMatrix, id = "sasrec"): SequenceTower {
  return { id, dims: model.config.dim, vectors: embedItems(model, items), embedSequences: (sequences) => embedSequences(model, items, sequences) };
}
