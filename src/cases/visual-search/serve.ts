/** A network as it is served: its ONNX graph, in float32 or int8, one picture at a time. */
import { quantise } from "../../models/index.js";
import { onnxRuntime } from "../../serving/rank/onnx-runtime.js";
import type { Encoder } from "./baselines.js";
import { dims, exportNet, type PictureNet } from "./networks.js";
import { pixels, views, type Shop } from "./pictures.js";
import { openSearch, queryDraw } from "./search.js";

/** A graph as an encoder. */
export async function served(name: string, graph: Uint8Array): Promise<Encoder & { close(): Promise<void> }> {
  const { InferenceSession, Tensor } = await onnxRuntime();
  const session = await InferenceSession.create(graph, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  return {
    ...{ name, width: dims },
    async encode(pictures) {
      const n = pictures.length / pixels;
      const out = new Float32Array(n * dims);
      // one by one: the steps of int8 follow a call's values, so that a picture's vector would depend on those beside it
      for (let i = 0; i < n; i++) {
        const numbers = new Tensor("float32", pictures.slice(i * pixels, (i + 1) * pixels), [1, pixels]);
        out.set((await session.run({ numbers }))["embedding"]!.data as Float32Array, i * dims);
      }
      return out;
    },
    close: () => session.release(),
  };
}

/** A served form: its size and the time of one query on this machine, now. */
export interface ServedRow {
  readonly form: string;
  readonly bytes: number;
  readonly encodeMs: { readonly p50: number; readonly p99: number };
  readonly searchMs: { readonly p50: number; readonly p99: number };
}

/** Both forms of a network. */
export function formsOf(net: PictureNet): Readonly<Record<"float32" | "int8", Uint8Array>> {
  const float32 = exportNet(net);
  return { float32, int8: quantise(float32) };
}

/** Times one query after another. */
export async function timeForms(shop: Shop, net: PictureNet, queries: Int32Array): Promise<readonly ServedRow[]> {
  const rows: ServedRow[] = [];
  for (const [form, graph] of Object.entries(formsOf(net))) {
    const encoder = await served(form, graph);
    const search = await openSearch(shop, encoder, { dtype: form === "int8" ? "i8" : "f32" });
    const [encodeMs, searchMs]: [number[], number[]] = [[], []];
    for (const item of queries.subarray(0, 300)) {
      const picture = views(shop, [item], ["photo"], queryDraw);
      const began = performance.now();
      const vector = await encoder.encode(picture);
      const encoded = performance.now();
      search.find(vector, 60);
      encodeMs.push(encoded - began);
      searchMs.push(performance.now() - encoded);
    }
    await encoder.close();
    rows.push({
      form: `${net.name}, ${form}`,
      bytes: graph.length,
      encodeMs: tails(encodeMs),
      searchMs: tails(searchMs),
    });
  }
  return rows;
}

function tails(ms: readonly number[]): { readonly p50: number; readonly p99: number } {
  const sorted = ms.slice(20).sort((a, b) => a - b);
  return { p50: sorted[Math.floor(sorted.length / 2)]!, p99: sorted[Math.floor(0.99 * sorted.length)]! };
}
