/** What is kept of one model in one world: its metrics with their replicates, its costs, and the machine that measured. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { jsonText, type Machine, writeFileAtomic } from "../../artifacts/index.js";
import type { Replicates } from "../../evaluation/index.js";
import type { ModelCost } from "./cost.js";
import type { Family } from "./model.js";
import type { DataQuality } from "./rows.js";

/**
 * A metric in one world: its value, and its bootstrap replicates by user. A user meets the same weights in every model's record, so the
 * replicates of two models, measured in different processes on different days, subtract to a difference paired by user.
 */
export interface Measured extends Replicates {
  readonly users: number;
}

/** One model in one world. */
export interface ModelRecord {
  readonly model: string;
  readonly family: Family;
  readonly own: boolean;
  readonly seed: number;
  readonly quality: DataQuality;
  /** By name, in the order of tables; the names of a simulated world's are `tradeOffMetrics`. */
  readonly metrics: Readonly<Record<string, Measured>>;
  readonly cost: ModelCost;
  /** Costs are of this machine, as it was then. */
  readonly machine: Machine;
}

const recordFile = "record.json";

/** Writes a record; numbers without a value become null. */
export async function writeRecord(dir: string, record: ModelRecord): Promise<void> {
  await writeFileAtomic(join(dir, recordFile), jsonText(record));
}

/** Reads what `writeRecord` wrote. */
export async function readRecord(dir: string): Promise<ModelRecord> {
  const record = JSON.parse(await readFile(join(dir, recordFile), "utf8")) as ModelRecord;
  const number = (value: number | null): number => value ?? NaN;
  const metrics = Object.fromEntries(
    Object.entries(record.metrics).map(([name, { estimate, values, users }]) => [
      name,
      { estimate: number(estimate), values: Float64Array.from(values, number), users },
    ]),
  );
  return { ...record, metrics, cost: { ...record.cost, modelBytes: number(record.cost.modelBytes) } };
}
