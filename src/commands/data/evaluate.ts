/** `evaluate --data`: fitted (or loaded) models on the test part, each metric with a 95 % interval by user. */
import { intervalOf, type Interval } from "../../evaluation/index.js";
import { table, tableText } from "../../lab/index.js";
import type { RunControl } from "../../types.js";
import type { Answer } from "../verbs.js";
import { ownChoices } from "../../studies/benchmark/data/choices.js";
import { fitOwn, judgeOwn } from "../../studies/benchmark/data/fit.js";
import type { JudgedOwn } from "../../studies/benchmark/data/judge.js";
import { openSplit } from "../../studies/benchmark/data/open-split.js";
import type { OwnParts } from "../../studies/benchmark/data/parts.js";
import type { DataOptions } from "../../studies/benchmark/data/options.js";

/** One row of what `evaluate --data` finds. */
interface JudgedModel {
  readonly model: string;
  readonly family: "retriever" | "ranker";
  readonly id: string | null;
  readonly users: number;
  readonly metrics: Readonly<Record<string, Interval>>;
}

/** Fits what is missing and judges. @throws Error on data or models that cannot be had; the signal's reason on abort */
export async function evaluateDataVerb(options: DataOptions, control: RunControl = {}): Promise<Answer> {
  const { seed, k = 10 } = options;
  const parts = await openSplit(options, control);
  const { choices, said } = await ownChoices(parts, options.models);
  const models: JudgedModel[] = [];
  for (const [i, choice] of choices.entries()) {
    control.onProgress?.("models", i, choices.length, choice.name);
    const model = await fitOwn(parts, choice, seed, control);
    models.push({
      model: choice.name,
      family: choice.family,
      id: model.artifact?.id ?? null,
      ...intervalsOf(await judgeOwn(parts, model, k, control)),
    });
  }
  control.onProgress?.("models", choices.length, choices.length);
  const tables = (["retriever", "ranker"] as const).flatMap((family) => {
    const rows = models.filter((model) => model.family === family).map(({ model, metrics }) => ({ model, ...metrics }));
    return rows.length === 0
      ? []
      : [tableText(table(rows, { caption: `${captionOf(parts, family)}; 95 % intervals by user` }))];
  });
  const sentences = [...parts.own.said, `split ${parts.split.said}`, ...said];
  return {
    json: { data: parts.own.dir, split: parts.split.protocol, k, models, said: sentences },
    text: [...tables, sentences.map((line) => `- ${line}`).join("\n")].join("\n\n"),
  };
}

/** What a table of judged models is about. */
export function captionOf({ own, split, task }: OwnParts, family: "retriever" | "ranker"): string {
  const number = (count: number): string => count.toLocaleString("en");
  if (family === "ranker") return `Rankers on ${number(split.all.test.length)} test rows`;
  const { user, leftOut } = task();
  return `Retrievers: all ${number(own.data.catalogue.videos.count)} items ranked for ${number(user.length)} users, seen ones left out${leftOut === 0 ? "" : ` (${number(leftOut)} users have no training rows or took nothing new)`}`;
}

function intervalsOf({ users, metrics }: JudgedOwn): Pick<JudgedModel, "users" | "metrics"> {
  return {
    users,
    metrics: Object.fromEntries(Object.entries(metrics).map(([name, metric]) => [name, intervalOf(metric, users)])),
  };
}
