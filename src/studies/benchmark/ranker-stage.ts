/**
 * Rankers, fitted for the funnel. One of a single 0/1 label is fitted twice, on clicks and on weighted rows whose odds are watch
 * minutes; the deep ones learn both at once and are served from ONNX; the multi-task ranker learns all labels and ranks by its value.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  watchRows,
  type FitChoice,
  type FittedRanker,
  type HeldOutRows,
  type LabelledRows,
  type RankerChoice,
  type RankerOutputs,
  type RankerRows,
} from "../../models/index.js";
import { openRanker, rankedBy, type Objective, type Predict } from "../../serving/index.js";
import type { RunControl } from "../../types.js";
import { costOfFit } from "./cost.js";
import { choiceOf, type BenchmarkModel } from "./model.js";
import type { FittedStage } from "./record.js";
import type { LoggedRows } from "./world-rows.js";

/** A ranker as the funnel is given it. */
export interface RankerStage {
  readonly predict: Predict;
  readonly objective: Objective;
  close(): Promise<void>;
}

/** What every ranker is fitted on. */
export interface RankerJob {
  readonly rows: LoggedRows;
  readonly validation?: LoggedRows; // absent: nothing stops the fit early
  readonly seed: number;
  readonly dir: string; // where its files go
  readonly config?: Readonly<Record<string, unknown>>; // of a ranker of one label
}

/** Fits a ranker, writes its files and opens it as it is served: from its files where it has any. */
export async function fitRankerStage(
  model: BenchmarkModel,
  job: RankerJob,
  control: RunControl = {},
): Promise<FittedStage<RankerStage>> {
  const choice = await choiceOf(model);
  if (choice.family !== "ranker") throw new RangeError(`${model.name} is not a ranker`);
  if (choice.outputs !== undefined) return fitOutputs(choice.outputs, job, control);
  return fitTwice(choice as RankerChoice, job, control);
}

async function fitOutputs(
  outputs: RankerOutputs,
  { rows, validation = rows, seed, dir }: RankerJob,
  control: RunControl,
): Promise<FittedStage<RankerStage>> {
  const { fitted, cost } = await costOfFit(rows.features.count, () => outputs.fit(rows, { seed, validation }, control));
  await fitted.export(dir);
  return { cost, saved: true, stage: { ...(await openRanker(dir)), objective: outputs.objective } };
}

async function fitTwice(
  choice: RankerChoice,
  { rows, validation, seed, dir, config }: RankerJob,
  control: RunControl,
): Promise<FittedStage<RankerStage>> {
  const [clicks, watches] = [clickRows(rows), watchRows(rows)];
  const told = (of: (from: LoggedRows) => LabelledRows): FitChoice & HeldOutRows => ({
    seed,
    ...(config && { config }),
    ...(validation && { validation: of(validation) }),
  });
  const { fitted, cost } = await costOfFit(clicks.features.count + watches.features.count, async () => ({
    click: await choice.fit(clicks, told(clickRows), control),
    watch: await choice.fit(watches, told(watchRows), control),
  }));
  const { click, watch } = fitted;
  const saved = [await kept(choice, click, join(dir, "click")), await kept(choice, watch, join(dir, "watch"))] as const;
  const predict = rankedBy(saved[0] ?? click, saved[1] ?? watch);
  return { cost, saved: saved[0] !== undefined, stage: { predict, objective: "watch", close: async () => undefined } };
}

/** The model loaded from its files; undefined if it cannot be saved. */
async function kept(choice: RankerChoice, fitted: FittedRanker, dir: string): Promise<FittedRanker | undefined> {
  if (fitted.save === undefined || choice.load === undefined) return undefined;
  await mkdir(dir, { recursive: true });
  await fitted.save(dir);
  return choice.load(dir);
}

function clickRows({ features, click }: RankerRows): LabelledRows {
  return { features, label: click };
}
