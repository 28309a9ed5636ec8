/** `stagecraft train`: step 4, the funnel's two models; with --data all models on your own data, each kept. */
import { prepareFeatures } from "../pipeline/prepare.js";
import type { Setting } from "../pipeline/setting.js";
import { simulateLog } from "../pipeline/simulate.js";
import { trainModels } from "../pipeline/train.js";
import { table, tableText } from "../lab/index.js";
import { fitOwn } from "../studies/benchmark/split-source.js";
import type { RunControl } from "../types.js";
import { dataCliOptions, platformOrData, openSplit, type DataOptions, type DataTyped } from "./own-data.js";
import type { PlatformOptions } from "./options.js";
import type { Answer } from "./run.js";
import { platformVerb } from "./verb.js";

export const train = platformVerb<PlatformOptions & DataTyped>({
  name: "train",
  description:
    "fit the two-tower retriever and the DCN-v2 ranker, export them to ONNX, build the index; or, with --data, all models on your own data",
  options: dataCliOptions({ judges: false }),
  run: platformOrData(trainVerb, trainDataVerb),
});

async function trainVerb(setting: Setting, control: RunControl): Promise<Answer> {
  const trained = await trainModels(await prepareFeatures(await simulateLog(setting, control), control), {}, control);
  const models = [trained.twoTower, trained.ranker].map(({ artifact, curve, rows }) => ({
    model: artifact.kind,
    id: artifact.id,
    made: artifact.made,
    dir: artifact.dir,
    rows,
    trainLoss: curve.points[curve.best]?.trainLoss,
    validationLoss: curve.points[curve.best]?.validationLoss,
    stoppedEarly: curve.stoppedEarly,
  }));
  const rows = models.map(({ model, made, rows, trainLoss, validationLoss, dir }) => ({
    model,
    fitted: made ? "now" : "before",
    rows,
    "train loss": trainLoss,
    "validation loss": validationLoss,
    folder: dir,
  }));
  return { json: { models }, text: tableText(table(rows)) };
}

/**
 * Fits or loads; a run that was stopped resumes with the models it had not finished. @throws Error on data or models that are not
 * available; the signal's reason on abort
 */
export async function trainDataVerb(options: DataOptions, control: RunControl = {}): Promise<Answer> {
  const { parts, chosen, notes } = await openSplit(options, control);
  const models = [];
  for (const [i, model] of chosen.entries()) {
    const { name, family, own } = model;
    control.onProgress?.("models", i, chosen.length, name);
    const { artifact, rows } = await fitOwn(parts, model, control);
    const { made = true, id = null, dir = null } = artifact ?? {};
    models.push({ model: name, family, origin: own?.path ?? "built in", rows, made, id, dir });
  }
  control.onProgress?.("models", chosen.length, chosen.length);
  const rows = models.map(({ model, family, rows: count, made, dir }) => ({
    model,
    family,
    rows: count,
    fitted: made ? "now" : "before",
    folder: dir ?? "cannot be kept",
  }));
  return {
    json: { data: parts.own.dir, split: parts.split.protocol, models, said: notes },
    text: `${tableText(table(rows, { caption: `Models on ${parts.own.layout} data` }))}\n\n${notes.map((line) => `- ${line}`).join("\n")}`,
  };
}
