/**
 * One set of models and an index, opened for a day: what answers is replaced as a whole, while requests that began with the old one end
 * with it. A set that cannot be opened, or whose first page is not one, never takes the place.
 */
import type { Catalogue, Day, RequestBatch } from "../../types.js";
import type { LearnedFunnelConfig } from "../learned-config.js";
import { createLearnedFunnel } from "../learned-funnel.js";
import type { OpenRanker } from "../rank/served-models.js";
import type { Retrieve } from "../retrieve/retrieve.js";
import { firstRequests } from "../requests.js";
import type { Predict } from "../rank/rank.js";
import type { ServingStore } from "../store.js";
import type { BatchStore } from "../batch/batch-store.js";
import type { Settings } from "./settings.js";
import type { Towers } from "../retrieve/tower-index.js";

/** Folders of models, and a saved index of the towers' embeddings; without one it is built. */
export interface ModelFolders {
  readonly twoTowerDir: string;
  readonly rankerDir: string;
  readonly indexPath?: string;
}

/** Opens models: here, or in threads of their own. */
export interface ModelOpener {
  openTowers(dir: string): Promise<Towers>;
  openRanker(dir: string): Promise<OpenRanker>;
  close(): Promise<void>;
}

/** An open set. */
export interface Generation {
  readonly day: Day;
  readonly folders: ModelFolders;
  readonly versions: Readonly<Record<string, string>>;
  readonly settings: Settings;
  /** The service's own, with what the settings name. */
  readonly config: Partial<LearnedFunnelConfig>;
  /** What answers: models, or what was ranked ahead. */
  readonly answers: { readonly retrieve: Retrieve; readonly predict: Predict } | { readonly batch: BatchStore };
  close(): Promise<void>;
}

/** What a set is opened over. The store is at the day's midnight already. */
export interface GenerationOptions {
  readonly catalogue: Catalogue;
  readonly store: ServingStore;
  readonly seed: number;
  readonly config: Partial<LearnedFunnelConfig>;
  readonly settings: Settings;
  readonly opener: ModelOpener;
  /** Answers instead of models, which stay closed. */
  readonly batch?: BatchStore | undefined;
}

/** Opens a set and tries it. @throws Error for missing, damaged or mismatched artifacts, and predictions that are no numbers */
export async function openGeneration(day: Day, folders: ModelFolders, options: GenerationOptions): Promise<Generation> {
  const { catalogue, store, seed, settings, opener } = options;
  const rerank = { ...options.config.rerank, ...settings.config.rerank };
  const config = { ...options.config, ...settings.config, rerank };
  const rules: Record<string, string> = settings.rules ? { rules: settings.rules.version } : {};
  const shared = { day, folders, settings, config };
  if (options.batch) {
    if ((await options.batch.current()) === undefined) throw new Error("there is no batch: run stagecraft batch first");
    return { ...shared, versions: rules, answers: { batch: options.batch }, close: async () => undefined };
  }
  const opened: { close?(): void | Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    for (const one of opened) await one.close?.();
  };
  try {
    const towers = await opener.openTowers(folders.twoTowerDir);
    opened.push(towers);
    const ranker = await opener.openRanker(folders.rankerDir);
    opened.push(ranker);
    const { indexPath } = folders;
    const funnel = createLearnedFunnel({
      catalogue,
      store: atMidnight(store),
      seed,
      config,
      filters: settings.filters,
      towers,
      predict: ranker.predict,
      ...(indexPath !== undefined && { indexPath }),
    });
    await funnel.openDay(day, undefined);
    const { retrieve } = funnel.stages;
    await tryOut(day, retrieve, store, ranker.predict);
    return {
      ...shared,
      versions: { towers: towers.id, ranker: ranker.id, ...rules },
      answers: { retrieve, predict: ranker.predict },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The store without its midnights: the service moves it, once for all sets. */
function atMidnight(store: ServingStore): ServingStore {
  return {
    append: async () => undefined,
    openDay: async () => undefined,
    queryRows: (requests) => store.queryRows(requests),
    candidateRows: (videos) => store.candidateRows(videos),
    rankRows: (requests, candidates, into) => store.rankRows(requests, candidates, into),
    apply: (events) => store.apply(events),
    hasSeen: (user, video) => store.hasSeen(user, video),
    videoStats: () => store.videoStats(),
    ...(store.followedCreators && { followedCreators: (user) => store.followedCreators!(user) }),
    ...(store.sequenceRows && { sequenceRows: (requests) => store.sequenceRows!(requests) }),
    ...(store.countVideos && { countVideos: (counting) => store.countVideos!(counting) }),
    ...(store.segmentVideoStats && { segmentVideoStats: () => store.segmentVideoStats!() }),
  };
}

/** A page's way through both models for one user: shapes that do not fit and weights that are no numbers show here. */
async function tryOut(day: Day, retrieve: Retrieve, store: ServingStore, predict: Predict): Promise<void> {
  const request: RequestBatch = firstRequests(day, Int32Array.of(0), Uint8Array.of(0), 0);
  const candidates = await retrieve(request);
  const { clickProbability, watchMs } = await predict(store.rankRows(request, candidates));
  const bad = [...clickProbability, ...watchMs].find((value) => !Number.isFinite(value));
  if (bad !== undefined) throw new Error(`the ranker predicts ${bad}; allowed: finite numbers`);
}
