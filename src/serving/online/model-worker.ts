/** The thread in which models run: opens folders of towers and rankers on request, runs rows through them, one call after another. */
import { parentPort } from "node:worker_threads";
import { openRanker, openTowers, type OpenRanker } from "../rank/served-models.js";
import type { Towers } from "../retrieve/tower-index.js";
import type { ModelCall, ModelReply } from "./model-threads.js";

type Open = { readonly ranker: OpenRanker } | { readonly towers: Towers };

const models = new Map<number, Open>();
const port = parentPort!;

/** What a call gives. @throws what the model throws */
async function answer(call: ModelCall): Promise<ModelReply["result"]> {
  if (call.kind === "end") {
    for (const { close } of [...models.values()].map(partOf)) await close?.();
    port.close();
    return {};
  }
  if (call.kind === "open") {
    const open: Open =
      call.what === "ranker" ? { ranker: await openRanker(call.dir) } : { towers: await openTowers(call.dir) };
    models.set(call.model, open);
    return "ranker" in open
      ? { id: open.ranker.id, valued: open.ranker.valued }
      : { id: open.towers.id, dims: open.towers.dims };
  }
  const open = models.get(call.model);
  if (open === undefined) throw new Error(`model ${call.model} is not open`);
  if (call.kind === "close") {
    models.delete(call.model);
    await partOf(open).close?.();
    return {};
  }
  if ("ranker" in open) return { predictions: await open.ranker.predict(call.rows) };
  const { towers } = open;
  return {
    vectors: await (call.side === "query" ? towers.embedQueries(call.rows) : towers.embedCandidates(call.rows)),
  };
}

function partOf(open: Open): { close?(): void | Promise<void> } {
  return "ranker" in open ? open.ranker : open.towers;
}

let before: Promise<unknown> = Promise.resolve();
port.on("message", (call: ModelCall) => {
  before = before.then(async () => {
    try {
      port.postMessage({ call: call.call, result: await answer(call) } satisfies ModelReply);
    } catch (error) {
      port.postMessage({ call: call.call, error: (error as Error).message } satisfies ModelReply);
    }
  });
});
