/**
 * Sequence graphs (`sequence.onnx`, see models/sasrec-files) behind ONNX Runtime: the last watches in, an embedding out. One thread, as
 * in onnx.ts.
 */
import type { SequenceFeeds } from "../models/retrievers/sasrec/files.js";
import { createSession, finiteOutput } from "./onnx.js";
import { onnxRuntime } from "./onnx-runtime.js";

/** An open sequence graph. */
export interface OnnxSequence {
  /** Embeddings [count, dims]. @throws Error on an item that the graph does not have, or on a result that is not finite */
  run(feeds: SequenceFeeds, count: number): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Opens a graph of sequences of `length` places over `items` items.
 * @throws Error for a missing or damaged file, and where inputs or outputs have other names
 */
export async function openOnnxSequence(
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
