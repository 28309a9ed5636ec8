/** `train --data`: retrievers on who took what, rankers on rows of features, each made once. */
import { table, tableText } from "../../lab/index.js";
import type { RunControl } from "../../types.js";
import type { Answer } from "../verbs.js";
import { ownChoices } from "../../studies/benchmark/data/choices.js";
import { fitOwn } from "../../studies/benchmark/data/fit.js";
import { openSplit } from "../../studies/benchmark/data/open-split.js";
import type { DataOptions } from "../../studies/benchmark/data/options.js";

/** Fits or loads; a run that was stopped goes on with the models it had not finished. @throws Error on data or models that cannot be had; the signal's reason on abort */
export async function trainDataVerb(options: DataOptions, control: RunControl = {}): Promise<Answer> {
  const parts = await openSplit(options, control);
  const { choices, said } = await ownChoices(parts, options.models);
  const models = [];
  for (const [i, choice] of choices.entries()) {
    control.onProgress?.("models", i, choices.length, choice.name);
    const { artifact, family, rows } = await fitOwn(parts, choice, options.seed, control);
    models.push({
      model: choice.name,
      family,
      origin: choice.origin,
      rows,
      made: artifact?.made ?? true,
      id: artifact?.id ?? null,
      dir: artifact?.dir ?? null,
    });
  }
  control.onProgress?.("models", choices.length, choices.length);
  const sentences = [...parts.own.said, `split ${parts.split.said}`, ...said];
  const rows = models.map(({ model, family, rows: count, made, dir }) => ({
    model,
    family,
    rows: count,
    fitted: made ? "now" : "before",
    folder: dir ?? "cannot be kept",
  }));
  return {
    json: { data: parts.own.dir, split: parts.split.protocol, models, said: sentences },
    text: `${tableText(table(rows, { caption: `Models on ${parts.own.layout} data` }))}\n\n${sentences.map((line) => `- ${line}`).join("\n")}`,
  };
}
