/** What arms start from: worlds at the log's end, the log's days, and what is learned from them once for all arms. */
import { readDay } from "../../log/index.js";
import { historyOf, type History, type LoggingConfig } from "../../serving/index.js";
import type { Catalogue, Day, Impressions } from "../../types.js";
import type { DriftEvent, World } from "../../world/index.js";
import type { Prepared } from "../prepare.js";
import type { AdPlacement } from "../setting.js";
import { openWorldAfter, type SimulatedLog } from "../simulate.js";
import type { Trained } from "../train.js";
import { learn, type Knowledge } from "./knowledge.js";

/** The time before an arm begins. */
export interface Past {
  readonly seed: number;
  readonly firstDay: Day; // after the log
  /** A world at the log's end. Same `replication`: same random draws from then on; undefined: the world's own. */
  world(drift: readonly DriftEvent[], replication?: number): World | Promise<World>;
  days(): Iterable<Impressions> | AsyncIterable<Impressions>;
  readonly logging: Partial<LoggingConfig>;
  readonly ads: AdPlacement; // in a world with campaigns
  readonly candidates?: number; // that reach a ranker, where an arm does not say
  /** Counts by video and who clicked what; read once. */
  history(): Promise<History>;
  /** What the policies without a model file learn; read once. */
  knowledge(): Promise<Knowledge>;
  readonly prepared?: Prepared;
  readonly trained?: Trained;
}

/** The past of a log on disk, with its features and models where there are any. */
export function pastOf(log: SimulatedLog, stages: Pick<Past, "prepared" | "trained"> = {}): Past {
  const { setting, dir } = log;
  return {
    seed: setting.seed,
    firstDay: setting.world.days,
    world: (drift, replication) => openWorldAfter(log, drift.length > 0 ? { drift } : {}, replication),
    ...readings(log.catalogue, async function* () {
      for (const day of log.days) yield await readDay(dir, day);
    }),
    logging: setting.logging,
    ads: setting.ads,
    candidates: setting.sizes.online.candidates,
    ...stages,
  };
}

/** The past of trained models. */
export function pastOfTrained(trained: Trained): Past {
  return pastOf(trained.prepared.log, { prepared: trained.prepared, trained });
}

/** The parts of a past that are read off its days. */
export function readings(
  catalogue: Catalogue,
  days: () => Iterable<Impressions> | AsyncIterable<Impressions>,
): Pick<Past, "days" | "history" | "knowledge"> {
  let history: Promise<History> | undefined;
  let knowledge: Promise<Knowledge> | undefined;
  return {
    days,
    history: () => (history ??= historyOf(days(), catalogue.videos.count)),
    knowledge: () => (knowledge ??= learn(catalogue, days())),
  };
}
