/**
 * The job of one process of `compare --data`: fit one model on one split, judge it, and say what it costs. What is measured is kept, so that a
 * table that was stopped goes on with what is left; and so is the model, where `train` and `evaluate` look for it.
 */
import { join } from "node:path";
import {
  artifactId,
  codeHash,
  machine,
  makeOrLoad,
  readManifest,
  type ArtifactSpec,
} from "../../../artifacts/index.js";
import { takeRows } from "../../../data/index.js";
import type { FittedRanker, FittedRetriever, ModelChoice } from "../../../models/index.js";
import type { FeatureMatrix, RunControl } from "../../../types.js";
import { costOfAnswers, costOfFit, type AnswerCost, type FitCost, type ModelCost } from "../cost.js";
import { writeRecord, type ModelRecord } from "../record.js";
import { wholeData } from "../rows.js";
import { ownChoices } from "./choices.js";
import { fitRanker, fitRetriever, fitSpec, keepFitted, rowsToLearn } from "./fit.js";
import { judgeRanker, judgeRetriever, topOf, type JudgedOwn, type RetrievalTask } from "./judge.js";
import { openSplit } from "./open-split.js";
import type { OwnParts } from "./parts.js";
import type { DataOptions } from "./options.js";

/** One model on one split; structured-cloneable. `models` names or opens that one model. */
export type MeasureOwnJob = DataOptions & Required<Pick<DataOptions, "protocol" | "models" | "k">>;

/** Answers that are timed, of so many candidates each. */
const requests = 300;
const candidates = 1000;

/** Folder of the record if the model was measured before. */
export async function findOwnRecord(
  parts: OwnParts,
  choice: ModelChoice,
  { seed, k }: MeasureOwnJob,
): Promise<string | undefined> {
  const spec = recordSpec(parts, choice, seed, k);
  const dir = join(spec.root, spec.kind, artifactId(spec));
  return (await readManifest(dir)) === undefined ? undefined : dir;
}

/** Measures one model, or finds what was measured. A job of a process: gives the record's folder. */
export async function measureOwn(job: MeasureOwnJob, control: RunControl = {}): Promise<string> {
  const parts = await openSplit(job);
  const {
    choices: [choice],
  } = await ownChoices(parts, job.models);
  if (choice === undefined) throw new Error("a job without a model");
  const { dir } = await makeOrLoad(recordSpec(parts, choice, job.seed, job.k), async (folder) => {
    const { judged, cost } = await (choice.family === "ranker"
      ? measureRanker(parts, choice, job, control)
      : measureRetriever(parts, choice, job, control));
    const metrics = Object.fromEntries(
      Object.entries(judged.metrics).map(([name, metric]) => [name, { ...metric, users: judged.users }]),
    );
    const record: ModelRecord = {
      model: choice.name,
      family: choice.family,
      own: choice.origin !== "built in",
      seed: job.seed,
      quality: wholeData,
      metrics,
      cost,
      machine: machine(),
    };
    await writeRecord(folder, record);
  });
  control.onProgress?.("measured", 1, 1);
  return dir;
}

interface MeasuredOwn {
  readonly judged: JudgedOwn;
  readonly cost: ModelCost;
}

async function measureRanker(
  parts: OwnParts,
  choice: ModelChoice & { readonly family: "ranker" },
  { seed }: MeasureOwnJob,
  control: RunControl,
): Promise<MeasuredOwn> {
  const { test } = await parts.ranking();
  const { fitted, cost } = await costOfFit(await rowsToLearn(parts, choice), () =>
    fitRanker(parts, choice, seed, control),
  );
  return {
    judged: judgeRanker(fitted, test),
    cost: {
      ...cost,
      ...(await keptBytes(parts, choice, seed, cost, fitted)),
      answer: await costOfRanking(fitted, test.features),
    },
  };
}

async function measureRetriever(
  parts: OwnParts,
  choice: ModelChoice & { readonly family: "retriever" },
  { seed, k }: MeasureOwnJob,
  control: RunControl,
): Promise<MeasuredOwn> {
  const task = parts.task();
  const { fitted, cost } = await costOfFit(await rowsToLearn(parts, choice), () =>
    fitRetriever(parts, choice, seed, control),
  );
  return {
    judged: await judgeRetriever(fitted, task, k),
    cost: {
      ...cost,
      ...(await keptBytes(parts, choice, seed, cost, fitted)),
      answer: await costOfRetrieval(fitted, task),
    },
  };
}

async function keptBytes(
  parts: OwnParts,
  choice: ModelChoice,
  seed: number,
  { rows }: FitCost,
  fitted: FittedRanker | FittedRetriever,
): Promise<{ readonly modelBytes: number }> {
  const artifact = await keepFitted(fitSpec(parts, choice, seed), rows, fitted);
  return { modelBytes: artifact?.manifest.files.reduce((sum, { bytes }) => sum + bytes, 0) ?? NaN };
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
  return costOfAnswers(
    Array.from(user, (id) => Int32Array.of(id)),
    requests,
    wanted,
    (one) => topOf(fitted, one, wanted, seen),
  );
}

function recordSpec(parts: OwnParts, choice: ModelChoice, seed: number, k: number): ArtifactSpec {
  const { config, ...fit } = fitSpec(parts, choice, seed);
  const code = codeHash(import.meta.url);
  return { ...fit, kind: "data-record", config: { fit: config, k, requests, candidates }, code };
}
