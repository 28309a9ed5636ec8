/** Models fitted on data of one's own, made once: the same files, split, settings and code load what was fitted before. */
import { codeHash, makeOrLoad, sha256OfFile, type Artifact, type ArtifactSpec } from "../../../artifacts/index.js";
import {
  backendName,
  dataSettingsOf,
  type FittedRanker,
  type FittedRetriever,
  type ModelChoice,
  type RankerChoice,
  type RetrieverChoice,
} from "../../../models/index.js";
import type { RunControl } from "../../../types.js";
import { judgeRanker, judgeRetriever, takenRows, type JudgedOwn } from "./judge.js";
import type { OwnParts } from "./parts.js";
import type { OwnSplit } from "./protocol.js";
import { isTowerChoice } from "./two-tower.js";

/** A fitted model. `artifact` is absent where it cannot be kept: a function of one's own that has no files. */
export type FittedOwn = { readonly artifact?: Artifact; readonly rows: number } & (
  | { readonly family: "retriever"; readonly fitted: FittedRetriever }
  | { readonly family: "ranker"; readonly fitted: FittedRanker }
);

/** What the fit of a model is made of. */
export function fitSpec({ own, split }: OwnParts, choice: ModelChoice, seed: number): ArtifactSpec {
  const config = {
    model: choice.name,
    protocol: split.protocol,
    splitSeed: split.seed ?? null,
    seed,
    settings: settingsOf(choice, split),
    ...(choice.engine === "tensorflow" && { backend: backendName() }),
    ...(choice.origin !== "built in" && { file: sha256OfFile(choice.origin) }),
  };
  return { root: own.root, kind: "data-model", config, inputs: [own.id], code: codeHash(import.meta.url) };
}

/** Fits a model on the training part, or loads what was fitted before. @throws Error on rows it refuses; the signal's reason on abort */
export async function fitOwn(
  parts: OwnParts,
  choice: ModelChoice,
  seed: number,
  control: RunControl = {},
): Promise<FittedOwn> {
  const spec = fitSpec(parts, choice, seed);
  const rows = (): Promise<number> => rowsToLearn(parts, choice, control);
  if (choice.family === "retriever")
    return {
      family: "retriever",
      ...(await fitOrLoad(spec, choice.load, rows, () => fitRetriever(parts, choice, seed, control))),
    };
  return {
    family: "ranker",
    ...(await fitOrLoad(spec, choice.load, rows, () => fitRanker(parts, choice, seed, control))),
  };
}

/** Puts together what a model learns from, so that its fit alone can be timed; gives the number of rows. */
export async function rowsToLearn(parts: OwnParts, choice: ModelChoice, control: RunControl = {}): Promise<number> {
  if (choice.family === "ranker") return (await parts.ranking(control)).train.features.count;
  const rows = parts.split.taken.train;
  return isTowerChoice(choice) ? choice.prepare(takenRows(parts.own, rows), control) : rows.length;
}

/** Fits anew, keeping nothing. */
export function fitRetriever(
  { own, split }: OwnParts,
  choice: RetrieverChoice,
  seed: number,
  control: RunControl = {},
): Promise<FittedRetriever> {
  return named(choice, control, () =>
    choice.fit(takenRows(own, split.taken.train), { seed, config: settingsOf(choice, split) }, control),
  );
}

/** Fits anew, keeping nothing; validation rows are for early stopping. */
export async function fitRanker(
  parts: OwnParts,
  choice: RankerChoice,
  seed: number,
  control: RunControl = {},
): Promise<FittedRanker> {
  const { train, validation } = await parts.ranking(control);
  return named(choice, control, () =>
    choice.fit(train, { seed, config: settingsOf(choice, parts.split), ...(validation && { validation }) }, control),
  );
}

/** Judges on the test part. */
export async function judgeOwn(
  parts: OwnParts,
  model: FittedOwn,
  k: number,
  control: RunControl = {},
): Promise<JudgedOwn> {
  if (model.family === "retriever") return judgeRetriever(model.fitted, parts.task(), k, control);
  return judgeRanker(model.fitted, (await parts.ranking(control)).test);
}

/** A fault of a fit says which model's it is; an abort stays what it is. */
async function named<T>({ name }: ModelChoice, { signal }: RunControl, fit: () => Promise<T>): Promise<T> {
  try {
    return await fit();
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new Error(`${name} cannot be fitted: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** Keeps a fitted model where `fitOwn` looks for it. Gives nothing where it cannot be kept. */
export async function keepFitted(
  spec: ArtifactSpec,
  rows: number,
  fitted: FittedRanker | FittedRetriever,
): Promise<Artifact | undefined> {
  if (fitted.save === undefined) return undefined;
  return makeOrLoad(spec, async (dir) => {
    await fitted.save?.(dir);
    return { rows };
  });
}

function settingsOf(choice: ModelChoice, { protocol }: OwnSplit): Readonly<Record<string, unknown>> {
  return dataSettingsOf(choice, protocol === "time");
}

async function fitOrLoad<Fitted extends { save?(dir: string): Promise<string> }>(
  spec: ArtifactSpec,
  load: ((dir: string) => Promise<Fitted>) | undefined,
  rowsOf: () => Promise<number>,
  fit: () => Promise<Fitted>,
): Promise<{ readonly artifact?: Artifact; readonly rows: number; readonly fitted: Fitted }> {
  if (load === undefined) return { rows: await rowsOf(), fitted: await fit() };
  let fresh: Fitted | undefined;
  const artifact = await makeOrLoad(spec, async (dir) => {
    const rows = await rowsOf();
    fresh = await fit();
    await fresh.save?.(dir);
    return { rows };
  });
  return { artifact, rows: Number(artifact.manifest.extra["rows"]), fitted: fresh ?? (await load(artifact.dir)) };
}
