/**
 * A split of a custom data as data of a benchmark: models are fitted on its training part and judged on its test part. A fitted model is
 * kept: the same files, split, settings and code load what was fitted before, whichever verb asks.
 */
import { codeHash, makeOrLoad, type Artifact, type ArtifactSpec } from "../../artifacts/index.js";
import { takeRows } from "../../data/index.js";
import {
  backendName,
  dataSettingsOf,
  type FittedRanker,
  type FittedRetriever,
  type ModelChoice,
} from "../../models/index.js";
import type { FeatureMatrix, RunControl } from "../../types.js";
import { costOfAnswers, costOfFit, type AnswerCost } from "./cost.js";
import { choiceOf, type BenchmarkModel } from "./model.js";
import { isByTime, openOwnData, type Protocol } from "./own-data.js";
import { fieldTowers, isTowerChoice, ownTwoTower, timedTowers } from "./own-towers.js";
import type { Metrics, Source, SourceIdentity } from "./record.js";
import {
  judgeRanker,
  judgeRetriever,
  topOf,
  type JudgedOwn,
  hasTowers,
  ownParts,
  takenRows,
  type OwnParts,
  type RetrievalTask,
} from "./split-rows.js";

/** A split by where its data are; structured-cloneable. */
export interface SplitSpec {
  readonly kind: "split";
  readonly dir: string; // of the import
  readonly id: string; // of the import
  readonly root: string;
  readonly protocol: Protocol;
  readonly seed: number; // of the split, where it is random, and of the models
  readonly k: number; // places of the lists that are judged
}

/** A model fitted on a split. `artifact` is absent where it cannot be kept: a custom function that has no files. */
export interface FittedOwn {
  readonly artifact?: Artifact;
  readonly rows: number;
  readonly fitted: FittedRanker | FittedRetriever;
}

/** Answers that are timed, of so many candidates each. */
const requests = 300;
const candidates = 1000;
/** Fits a model on the training part, or loads what was fitted before. @throws Error on rows it refuses; the signal's reason on abort */
export async function fitOwn(parts: OwnParts, model: BenchmarkModel, control: RunControl = {}): Promise<FittedOwn> {
  const choice = await choiceOn(parts, model);
  if (choice.load === undefined)
    return { rows: await rowsToLearn(parts, choice, control), fitted: await fitAnew(parts, model, choice, control) };
  let fresh: FittedRanker | FittedRetriever | undefined;
  const artifact = await makeOrLoad(fitSpec(specOf(parts), model), async (dir) => {
    const rows = await rowsToLearn(parts, choice, control);
    fresh = await fitAnew(parts, model, choice, control);
    await fresh.save?.(dir);
    return { rows };
  });
  return {
    artifact,
    rows: Number(artifact.manifest.extra["rows"]),
    fitted: fresh ?? (await choice.load(artifact.dir)),
  };
}

/** Evaluates on the test part. */
export async function judgeOwn(
  parts: OwnParts,
  fitted: FittedOwn["fitted"],
  k: number,
  control: RunControl = {},
): Promise<JudgedOwn> {
  if ("itemCount" in fitted) return judgeRetriever(fitted, parts.task(), k, control);
  return judgeRanker(fitted, (await parts.ranking(control)).test);
}

/** What a record on this split depends on beside the model. */
export function splitIdentity(spec: SplitSpec, model: BenchmarkModel): SourceIdentity {
  const { root, inputs, config } = fitSpec(spec, model);
  return { root, inputs, config: { fit: config, k: spec.k, requests, candidates } };
}

/** Opens a split. @throws Error on data that cannot be read */
export async function openSplitSource({ dir, root, protocol, seed, k }: SplitSpec): Promise<Source> {
  const parts = ownParts(await openOwnData(dir, root), protocol, seed);
  return {
    async fit(model, _folder, control) {
      const choice = await choiceOn(parts, model);
      if (choice.family === "retriever") parts.task(); // what is made for judging is not counted as the fit's memory
      const { fitted, cost } = await costOfFit(await rowsToLearn(parts, choice), () =>
        fitAnew(parts, model, choice, control),
      );
      return {
        cost,
        modelBytes: await keep(fitSpec(specOf(parts), model), cost.rows, fitted),
        async judge(): Promise<Metrics> {
          const { users, metrics } = await judgeOwn(parts, fitted, k);
          return Object.fromEntries(Object.entries(metrics).map(([name, metric]) => [name, { ...metric, users }]));
        },
        answer: async () =>
          "itemCount" in fitted
            ? costOfRetrieval(fitted, parts.task())
            : costOfRanking(fitted, (await parts.ranking()).test.features),
        close: async () => undefined,
      };
    },
  };
}

type FitOf = Pick<SplitSpec, "id" | "root" | "protocol" | "seed">;

function specOf({ own: { id, root }, split: { protocol }, seed }: OwnParts): FitOf {
  return { id, root, protocol, seed };
}

/** The inputs of a model's fit. */
function fitSpec({ id, root, protocol, seed }: FitOf, model: BenchmarkModel): ArtifactSpec {
  const config = {
    model: model.name,
    protocol,
    splitSeed: protocol === "ratio" ? seed : null,
    seed,
    settings: dataSettingsOf(model, isByTime(protocol)),
    ...(model.engine === "tensorflow" && { backend: backendName() }),
    ...(model.own && { file: model.own.sha256 }),
  };
  return { root, kind: "data-model", config, inputs: [id], code: codeHash(import.meta.url) };
}

/** A model as it is fitted on this split: two towers with the data's features. */
async function choiceOn({ own, split }: OwnParts, model: BenchmarkModel): Promise<ModelChoice> {
  if (hasTowers(model))
    return ownTwoTower(split.cuts === undefined ? fieldTowers(own.data) : timedTowers(own, split.cuts));
  return (await choiceOf(model)) as ModelChoice; // those of several labels are not among `onAnyData`
}

/** Puts together what a model learns from, so that its fit alone can be timed; gives the number of rows. */
async function rowsToLearn(parts: OwnParts, choice: ModelChoice, control: RunControl = {}): Promise<number> {
  if (choice.family === "ranker") return (await parts.ranking(control)).train.features.count;
  const rows = parts.split.taken.train;
  return isTowerChoice(choice) ? choice.prepare(takenRows(parts.own, rows), control) : rows.length;
}

/**
 * Fits again, storing nothing; validation rows are for early stopping. A fault of a fit says which model's it is; an abort stays what
 * it is.
 */
async function fitAnew(
  parts: OwnParts,
  model: BenchmarkModel,
  choice: ModelChoice,
  control: RunControl = {},
): Promise<FittedRanker | FittedRetriever> {
  const { own, split, seed } = parts;
  const options = { seed, config: dataSettingsOf(model, isByTime(split.protocol)) };
  try {
    if (choice.family === "retriever") return await choice.fit(takenRows(own, split.taken.train), options, control);
    const { train, validation } = await parts.ranking(control);
    return await choice.fit(train, { ...options, ...(validation && { validation }) }, control);
  } catch (error) {
    if (control.signal?.aborted === true) throw error;
    throw new Error(`${choice.name} cannot be fitted: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** Keeps a fitted model where `fitOwn` looks for it; gives the bytes of its files, NaN where it cannot be kept. */
async function keep(spec: ArtifactSpec, rows: number, { save }: FittedOwn["fitted"]): Promise<number> {
  if (save === undefined) return NaN;
  const { manifest } = await makeOrLoad(spec, async (dir) => {
    await save(dir);
    return { rows };
  });
  return manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** A request is the rows of its candidates, features at hand: test rows, taken again from the start where they are few. */
function costOfRanking(fitted: FittedRanker, test: FeatureMatrix): Promise<AnswerCost> {
  const pages = Array.from({ length: Math.max(1, Math.floor(test.count / candidates)) }, (_, page) =>
    takeRows(
      test,
      Int32Array.from({ length: candidates }, (_, i) => (page * candidates + i) % test.count),
    ),
  );
  return costOfAnswers(pages, requests, candidates, (rows) => fitted.score(rows));
}

/** A request is a user: the best candidates of all items, seen ones left out. */
function costOfRetrieval(fitted: FittedRetriever, { user, seen }: RetrievalTask): Promise<AnswerCost> {
  const wanted = Math.min(candidates, fitted.itemCount);
  const users = Array.from(user, (id) => Int32Array.of(id));
  return costOfAnswers(users, requests, wanted, (one) => topOf(fitted, one, wanted, seen));
}
