/** What is kept of one model on one data set (metrics with their replicates, costs, the machine), and the kinds of data that give it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { jsonText, type Machine, writeFileAtomic, type ArtifactSpec } from "../../artifacts/index.js";
import type { OnlineMetricName, SeedMetric } from "../../evaluation/index.js";
import type { ModelCost, AnswerCost, FitCost } from "./cost.js";
import type { Family, BenchmarkModel } from "./model.js";
import type { DataQuality } from "./world-rows.js";
import type { RunControl } from "../../types.js";

/**
 * A metric on one data set: its value, and its bootstrap replicates by user. A user has the same weights in every model's record, so the
 * replicates of two models, measured in different processes on different days, subtract to a difference paired by user.
 */
export type Measured = SeedMetric;

/** Metrics by name, in the order of tables. */
export type Metrics = Readonly<Record<string, Measured>>;

/** One model on one data set. */
export interface BenchmarkRecord {
  readonly model: string;
  readonly family: Family;
  readonly own: boolean;
  readonly seed: number;
  readonly quality: DataQuality;
  readonly metrics: Metrics;
  readonly cost: ModelCost;
  /** Costs are of this machine, as it was then. */
  readonly machine: Machine;
}

/** What metrics of a simulated world are called in tables. `uniform`: on pages of uniformly random videos, which no policy has chosen. */
export const metricLabels = {
  auc: "AUC",
  logLoss: "log loss",
  calibrationError: "calibration error",
  ndcgWatch: "NDCG@10 watch",
  uniformAuc: "AUC, uniform pages",
  uniformLogLoss: "log loss, uniform pages",
  uniformNdcgWatch: "NDCG@10 watch, uniform pages",
  recall: "recall@100",
  uniformRecall: "recall@100, uniform pages",
  watchMinutes: "watch min/user-day",
  ctr: "CTR",
  day7Return: "day-7 return",
} as const;

/** Online metrics among them. */
export const onlineNames: readonly (keyof typeof metricLabels & OnlineMetricName)[] = [
  "watchMinutes",
  "ctr",
  "day7Return",
];

/** What a metric is called in tables; another's name is its label. */
export function metricLabel(name: string): string {
  return (metricLabels as Readonly<Record<string, string>>)[name] ?? name;
}

const recordFile = "record.json";

/** Writes a record; numbers without a value become null. */
export async function writeRecord(dir: string, record: BenchmarkRecord): Promise<void> {
  await writeFileAtomic(join(dir, recordFile), jsonText(record));
}

/** Reads what `writeRecord` wrote. */
export async function readRecord(dir: string): Promise<BenchmarkRecord> {
  const record = JSON.parse(await readFile(join(dir, recordFile), "utf8")) as BenchmarkRecord;
  const number = (value: number | null): number => value ?? NaN;
  const metrics = Object.fromEntries(
    Object.entries(record.metrics).map(([name, { estimate, values, users }]) => [
      name,
      { estimate: number(estimate), values: Float64Array.from(values, number), users },
    ]),
  );
  return { ...record, metrics, cost: { ...record.cost, modelBytes: number(record.cost.modelBytes) } };
}

/** Data opened. */
export interface Source {
  /** Fits a model, keeps its files (in `folder`, where the source has no better place) and opens it as it is served. */
  fit(model: BenchmarkModel, folder: string, control: RunControl): Promise<FittedOnSource>;
}

/** A model fitted on a source, ready to be measured. */
export interface FittedOnSource {
  readonly cost: FitCost;
  readonly modelBytes: number; // NaN where it cannot be kept
  judge(): Promise<Metrics>;
  /** Cost of answers, asked one at a time. */
  answer(): Promise<AnswerCost>;
  /** Plays it online; absent where there is nobody to play. */
  play?(control: RunControl): Promise<Metrics>;
  close(): Promise<void>;
}

/** What a record depends on beside its model: the data's part of the artifact's identity. */
export type SourceIdentity = Pick<ArtifactSpec, "root" | "inputs"> & {
  readonly config: Readonly<Record<string, unknown>>;
};

/** A fitted stage of the funnel, its files written where it has any. */
export interface FittedStage<Stage> {
  readonly stage: Stage;
  readonly cost: FitCost;
  readonly saved: boolean;
}
