/** What models are compared on, whatever it is: a simulated world (`world-source`) or a split of a custom data (`split-source`). */
import type { ArtifactSpec } from "../../artifacts/index.js";
import type { RunControl } from "../../types.js";
import type { AnswerCost, FitCost } from "./cost.js";
import type { BenchmarkModel } from "./model.js";
import type { Metrics } from "./record.js";

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
