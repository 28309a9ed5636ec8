/**
 * Models in threads of their own, so that the loop that answers requests never waits for one: ONNX Runtime keeps the thread busy that
 * calls it. Videos are embedded (at a swap, at midnight) in one thread more, so that no request waits for that either.
 *
 * A thread is never terminated, since that aborts the process while a graph runs: whoever does not want to wait drops the answer. A thread
 * that dies by itself is replaced, and its models are opened again.
 */
import { Worker } from "node:worker_threads";
import type { FeatureMatrix } from "../../types.js";
import type { Predictions } from "../rank/rank.js";
import type { ModelOpener } from "./generation.js";
import { Busy } from "./ladder.js";

/** What a thread is asked. */
export type ModelCall = { readonly call: number } & (
  | { readonly kind: "open"; readonly model: number; readonly what: "ranker" | "towers"; readonly dir: string }
  | { readonly kind: "run"; readonly model: number; readonly side: "query" | "candidate"; readonly rows: FeatureMatrix }
  | { readonly kind: "close"; readonly model: number }
  | { readonly kind: "end" }
);

/** What it answers. */
export interface ModelReply {
  readonly call: number;
  readonly error?: string;
  readonly result?: {
    readonly id?: string;
    readonly dims?: number;
    readonly valued?: boolean;
    readonly predictions?: Predictions;
    readonly vectors?: Float32Array;
  };
}

type Result = NonNullable<ModelReply["result"]>;
type Asked<C = ModelCall> = C extends ModelCall ? Omit<C, "call"> : never;

/** Calls that may wait at a thread; more are refused at once, and their stage falls back. */
const mostWaiting = 24;

interface Thread {
  waiting(): number;
  ask(call: Asked): Promise<Result>;
  end(): Promise<void>;
}

/** Starts threads. `module` is the compiled model-worker. `close` waits for what runs. */
export function openModelThreads(threads: number, module: URL): ModelOpener {
  const opened = new Map<number, Asked>(); // by model
  const serving = Array.from({ length: threads }, () => openThread(module, opened));
  const builder = openThread(module, opened);
  let models = 0;

  /** Opens a model in every thread: all have it, or none. */
  async function openEverywhere(what: "ranker" | "towers", dir: string): Promise<{ model: number; found: Result }> {
    const model = models++;
    const order = { kind: "open", model, what, dir } as const;
    const users = what === "ranker" ? serving : [...serving, builder];
    const results = await Promise.allSettled(users.map((thread) => thread.ask(order)));
    const fault = results.find((result) => result.status === "rejected")?.reason as Error | undefined;
    if (fault) {
      await closeEverywhere(model);
      throw new Error(fault.message, { cause: fault });
    }
    opened.set(model, order);
    return { model, found: (results[0] as PromiseFulfilledResult<Result>).value };
  }

  async function closeEverywhere(model: number): Promise<void> {
    opened.delete(model);
    for (const thread of [...serving, builder]) await thread.ask({ kind: "close", model }).catch(() => undefined);
  }

  async function run(model: number, rows: FeatureMatrix, side: "query" | "candidate"): Promise<Result> {
    if (side === "candidate") return builder.ask({ kind: "run", model, side, rows });
    const thread = serving.reduce((least, one) => (one.waiting() < least.waiting() ? one : least));
    if (thread.waiting() >= mostWaiting) throw new Busy(`${thread.waiting()} calls wait; allowed: ${mostWaiting}`);
    return thread.ask({ kind: "run", model, side, rows });
  }

  return {
    async openRanker(dir) {
      const { model, found } = await openEverywhere("ranker", dir);
      return {
        id: found.id!,
        valued: found.valued!,
        predict: async (rows) => (await run(model, rows, "query")).predictions!,
        close: () => closeEverywhere(model),
      };
    },
    async openTowers(dir) {
      const { model, found } = await openEverywhere("towers", dir);
      return {
        id: found.id!,
        dims: found.dims!,
        embedQueries: async (rows) => (await run(model, rows, "query")).vectors!,
        embedCandidates: async (rows) => (await run(model, rows, "candidate")).vectors!,
        close: () => closeEverywhere(model),
      };
    },
    async close() {
      await Promise.all([...serving, builder].map((thread) => thread.end()));
    },
  };
}

function openThread(module: URL, opened: ReadonlyMap<number, Asked>): Thread {
  const waiting = new Map<number, { resolve(result: Result): void; reject(error: Error): void }>();
  let calls = 0;
  let ending = false;
  let worker: Worker;
  let ended: () => void;
  const end = new Promise<void>((resolve) => (ended = resolve));

  function ask(call: Asked): Promise<Result> {
    const number = calls++;
    return new Promise((resolve, reject) => {
      waiting.set(number, { resolve, reject });
      worker.postMessage({ ...call, call: number });
    });
  }

  function start(): void {
    let fault = "it ended";
    worker = new Worker(module);
    worker.on("message", ({ call, error, result }: ModelReply) => {
      const asked = waiting.get(call);
      waiting.delete(call);
      if (error === undefined) asked?.resolve(result!);
      else asked?.reject(new Error(error));
    });
    worker.on("error", (error) => (fault = error.message));
    worker.on("exit", () => {
      for (const { reject } of waiting.values()) reject(new Error(`a model's thread is gone: ${fault}`));
      waiting.clear();
      if (ending) return ended();
      start();
      for (const order of opened.values()) ask(order).catch(() => undefined); // its calls fail until it is open: others answer
    });
  }

  start();
  return {
    waiting: () => waiting.size,
    ask,
    end() {
      ending = true;
      ask({ kind: "end" }).catch(() => undefined);
      return end;
    },
  };
}
