/** A service over a log and models of a few lines: its funnel's sums are easy to follow, and every part may be made to fail. */
import { expect, onTestFinished } from "vitest";
import { openStore, type FeatureStore } from "../../../src/data/index.js";
import { pageSchema, type PageAnswer } from "../../../src/serving/online/contract.js";
import type { ModelOpener } from "../../../src/serving/online/generation.js";
import { memoryStore } from "../../../src/serving/online/online-store.js";
import { startServer, type Server, type ServerOptions } from "../../../src/serving/online/server.js";
import type { Service } from "../../../src/serving/online/routes.js";
import { openService, type ServiceOptions } from "../../../src/serving/online/service.js";
import type { Catalogue, FeatureMatrix } from "../../../src/types.js";
import { fakeCatalogue } from "../../support/fake-log.js";
import { temporaryFolder } from "../../support/folder.js";

export const dims = 2;

/** What the models do now: a test changes it. */
export interface Behaviour {
  predict: (rows: FeatureMatrix) => Promise<{ clickProbability: Float32Array; watchMs: Float32Array }>;
  embedQueries: (rows: FeatureMatrix) => Promise<Float32Array>;
}

/** A video's watch time is its id: the largest ids are best. */
export function lineModels(): { readonly opener: ModelOpener; readonly behaviour: Behaviour } {
  const idOf = (rows: FeatureMatrix, row: number): number =>
    rows.categories[
      row * rows.schema.categories.length + rows.schema.categories.findIndex((c) => c.name === "video_id")
    ]!;
  const behaviour: Behaviour = {
    predict: async (rows) => ({
      clickProbability: new Float32Array(rows.count).fill(0.5),
      watchMs: Float32Array.from({ length: rows.count }, (_, row) => 1000 + idOf(rows, row)),
    }),
    embedQueries: async (rows) => new Float32Array(rows.count * dims).fill(0.7),
  };
  const opener: ModelOpener = {
    openRanker: async (dir) => {
      if (dir.includes("damaged")) throw new Error(`damaged model in ${dir}`);
      return { id: dir, valued: false, predict: (rows) => behaviour.predict(rows), close: async () => undefined };
    },
    openTowers: async (dir) => ({
      id: dir,
      dims,
      embedQueries: (rows) => behaviour.embedQueries(rows),
      embedCandidates: (rows) =>
        Float32Array.from({ length: rows.count * dims }, (_, at) => ((at % 2 ? 1 : -1) * (at % 7)) / 7),
    }),
    close: async () => undefined,
  };
  return { opener, behaviour };
}

export interface FakeService {
  readonly service: Service;
  readonly behaviour: Behaviour;
  readonly store: FeatureStore;
  readonly catalogue: Catalogue;
}

/** Opens it on day 0 of the small log. */
export async function fakeService(options: Partial<ServiceOptions> & { readonly dir: string }): Promise<FakeService> {
  const { opener, behaviour } = lineModels();
  const catalogue = options.catalogue ?? fakeCatalogue();
  const store = await openStore(catalogue, { sequences: true });
  const service = await openService({
    catalogue,
    store,
    online: memoryStore(),
    opener,
    models: { twoTowerDir: "towers 1", rankerDir: "ranker 1" },
    day: 0,
    seed: 1,
    config: { candidates: 30, exactSearch: true, rerank: { slots: 5, pool: 10, depth: 20 } },
    ...options,
  });
  return { service, behaviour, store, catalogue };
}

/** A server in front of a service, and how to talk to it. */
export async function serving(service: Service, options: ServerOptions = {}): Promise<Server & { ask: Ask }> {
  const server = await startServer(service, { port: 0, logLevel: "silent", ...options });
  const ask: Ask = async (path, body, headers = {}) => {
    const response = await fetch(`${server.url}${path}`, {
      ...(body !== undefined && {
        method: "POST",
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
      headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
    });
    const text = await response.text();
    return { status: response.status, body: text.startsWith("{") ? (JSON.parse(text) as unknown) : text };
  };
  return { ...server, ask };
}

export type Ask = (
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<{ readonly status: number; readonly body: unknown }>;

/** A service behind a server, until the test ends. `page` expects an answer of the contract. */
export async function opened(
  options: Partial<ServiceOptions> = {},
): Promise<
  FakeService & { readonly ask: Ask; readonly page: (body: object) => Promise<PageAnswer>; stop(): Promise<void> }
> {
  const fake = await fakeService({ dir: temporaryFolder(), ...options });
  const server = await serving(fake.service);
  let closed = false;
  const stop = async (): Promise<void> => {
    if (!closed) await server.close();
    closed = true;
  };
  onTestFinished(stop);
  const page = async (body: object): Promise<PageAnswer> => {
    const { status, body: answer } = await server.ask("/recommend", body);
    expect({ status, answer: status === 200 ? "" : answer }).toEqual({ status: 200, answer: "" });
    return pageSchema.parse(answer);
  };
  return { ...fake, ask: server.ask, page, stop };
}
