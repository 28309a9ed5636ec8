/**
 * Sequence models in serving: a folder with the exported graph, or the fitted model itself through TensorFlow.
 *
 *     sasrec.json, sequence.onnx (embedding [n, dims]), sequence-items.json + .weights (vectors [videos, dims])
 */
import { join } from "node:path";
import { loadArrays, readCard, realArray, saveArrays } from "../../models/network/training/model-files.js";
import { exportSasrec, sequenceFeeds, type SequenceFeeds } from "../../models/retrievers/sasrec/files.js";
import { embedItems, embedSequences, type Sasrec } from "../../models/retrievers/sasrec/sasrec.js";
import type { FeatureMatrix } from "../../types.js";
import { createSession, finiteOutput } from "../rank/onnx.js";
import { onnxRuntime } from "../rank/onnx-runtime.js";
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

/** An open sequence graph. */
interface OnnxSequence {
  /** Embeddings [count, dims]. @throws Error on an item that the graph does not have, or on a result that is not finite */
  run(feeds: SequenceFeeds, count: number): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Opens a graph of sequences of `length` places over `items` items.
 * @throws Error for a missing or damaged file, and where inputs or outputs have other names
 */
async function openOnnxSequence(
  path: string,
  { length, dims, items }: { readonly length: number; readonly dims: number; readonly items: number },
): Promise<OnnxSequence> {
  const { InferenceSession, Tensor } = await onnxRuntime();
  const session = await createSession(InferenceSession, path);
  const inputs = ["video", "position", "dwell", "newest"];
  if (
    [...session.inputNames].sort().join() !== [...inputs].sort().join() ||
    !session.outputNames.includes("embedding")
  ) {
    await session.release();
    throw new Error(
      `model ${path} is no sequence model: inputs ${session.inputNames.join(", ")}; expected ${inputs.join(", ")}, and output embedding`,
    );
  }
  return {
    async run(feeds: SequenceFeeds, count: number): Promise<Float32Array> {
      if (count === 0) return new Float32Array(0);
      const stray = feeds.video.findIndex((id) => id < 0 || id >= items);
      if (stray >= 0)
        throw new RangeError(
          `${path}: item is ${feeds.video[stray]} in sequence ${Math.floor(stray / length)}; allowed: 0 … ${items - 1}`,
        );
      const whole = (values: Int32Array): InstanceType<typeof Tensor> => new Tensor("int32", values, [count, length]);
      const real = (values: Float32Array): InstanceType<typeof Tensor> =>
        new Tensor("float32", values, [count, length]);
      const out = await session.run(
        {
          video: whole(feeds.video),
          position: whole(feeds.position),
          dwell: real(feeds.dwell),
          newest: real(feeds.newest),
        },
        ["embedding"],
      );
      return finiteOutput(path, "embedding", out["embedding"]!.data as Float32Array, count * dims);
    },
    async close(): Promise<void> {
      await session.release();
    },
  };
}
