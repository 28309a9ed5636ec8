/** A graph on any runtime (the native library, or WASM in Node and in a page) with the encoding of its rows. */
import { encode, encodingFromJson, type EncodingJson } from "../../models/network/encoding.js";
import type { FeatureMatrix } from "../../types.js";
import type { DeviceModel } from "./bundle.js";

/** What onnxruntime-node and onnxruntime-web have in common, as far as it is used here. */
export interface GraphRuntime {
  readonly InferenceSession: {
    create(
      graph: Uint8Array,
      options: { readonly intraOpNumThreads: 1; readonly interOpNumThreads: 1; readonly logSeverityLevel: 3 },
    ): Promise<GraphSession>;
  };
  readonly Tensor: new (type: never, data: never, dims: readonly number[]) => unknown;
}

/** An open graph. */
export interface GraphSession {
  run(feeds: never): Promise<Readonly<Record<string, { readonly data: unknown }>>>;
  release(): Promise<void>;
}

/** An open graph with the encoding of its rows. */
export interface OpenModel {
  /** Every output of the graph. */
  run(features: FeatureMatrix): Promise<Readonly<Record<string, Float32Array>>>;
  close(): Promise<void>;
}

/** Opens a graph on a runtime. */
export async function openModel(
  model: { readonly graph: Uint8Array; readonly encoding: DeviceModel["encoding"] | EncodingJson },
  { InferenceSession, Tensor }: GraphRuntime,
): Promise<OpenModel> {
  const encoding = encodingFromJson(model.encoding as EncodingJson);
  const session = await InferenceSession.create(model.graph, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  return {
    async run(features) {
      const { count, categories, numbers } = encode(features, encoding);
      const feeds = {
        categories: new Tensor("int32" as never, categories as never, [count, categories.length / count]),
        numbers: new Tensor("float32" as never, numbers as never, [count, numbers.length / count]),
      };
      const out = await session.run(feeds as never);
      return Object.fromEntries(Object.entries(out).map(([name, { data }]) => [name, data as Float32Array]));
    },
    close: () => session.release(),
  };
}
