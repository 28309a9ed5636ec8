/** A network as it is served: its ONNX graph, in float32 or int8, one picture at a time. */
import { formsOf, openGraph, tails, type PictureNet } from "../picture-net.js";
import type { Encoder } from "./baselines.js";
import { dims } from "./networks.js";
import { side, views, type Shop } from "./pictures.js";
import { openSearch, queryDraw } from "./search.js";

/** A graph as an encoder. */
export async function served(name: string, graph: Uint8Array): Promise<Encoder & { close(): Promise<void> }> {
  const { run, close } = await openGraph(graph, { side, width: dims });
  return { name, width: dims, encode: run, close };
}

/** A served form: its size and the time of one query on this machine, now. */
export interface ServedRow {
  readonly form: string;
  readonly bytes: number;
  readonly encodeMs: { readonly p50: number; readonly p99: number };
  readonly searchMs: { readonly p50: number; readonly p99: number };
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
