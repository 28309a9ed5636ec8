/** Which models stand in a trade-off table: built-in ones by name, a person's own by path, each in its place on the ladder. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { sha256 } from "../../artifacts/index.js";
import { gbdtFault, openOwnModel, rankerLadder, retrieverLadder, type ModelChoice } from "../../models/index.js";

/** The two groups of a table. Rankers stand behind one retriever, retrievers before one ranker, so that a group differs in one stage only. */
export const families = ["ranker", "retriever"] as const;
export type Family = (typeof families)[number];

/** A model of the table; structured-cloneable, so that a process can be told of it. */
export interface TradeOffModel {
  readonly name: string;
  readonly family: Family;
  /** A person's own: its file, and the sha256 of what stood in it. What it imports is not hashed. */
  readonly own?: { readonly path: string; readonly sha256: string };
}

/** Built-in models, from the simplest up; the first of each family is its baseline. */
export const builtIn: readonly TradeOffModel[] = [
  ...rankerLadder.map(({ name }): TradeOffModel => ({ name, family: "ranker" })),
  { name: "multi-task", family: "ranker" },
  ...retrieverLadder.map(({ name }): TradeOffModel => ({ name, family: "retriever" })),
];

/** Chosen models, and built-in ones that cannot be had here with the reason. */
export interface ChosenModels {
  readonly models: readonly TradeOffModel[];
  readonly missing: readonly string[];
}

/** Every built-in model that can be had here. */
function everyModel(): ChosenModels {
  const fault = gbdtFault();
  if (fault === undefined) return { models: builtIn, missing: [] };
  return { models: builtIn.filter(({ name }) => name !== "gbdt"), missing: [`gbdt: ${fault}`] };
}

/**
 * Built-in models by name and own ones by path, in the order of the ladder, own ones after their family's. Without names: all built-in ones, or those
 * of the own ones' families.
 * @throws RangeError naming the fault and the known names; what `openOwnModel` throws
 */
export async function chooseModels(
  names: readonly string[] | undefined,
  paths: readonly string[] = [],
): Promise<ChosenModels> {
  for (const name of names ?? []) {
    if (!builtIn.some((model) => model.name === name))
      throw new RangeError(`unknown model: ${name}; known: ${builtIn.map((model) => model.name).join(", ")}`);
  }
  const own: TradeOffModel[] = [];
  for (const path of paths) own.push(await ownModel(resolve(path)));
  const every = everyModel();
  const wanted =
    names === undefined
      ? every.models.filter(({ family }) => own.length === 0 || own.some((model) => model.family === family))
      : builtIn.filter(({ name }) => names.includes(name));
  const all = families.flatMap((family) => [...wanted, ...own].filter((model) => model.family === family));
  const twice = all.find((model, i) => all.findIndex(({ name }) => name === model.name) < i);
  if (twice !== undefined)
    throw new RangeError(
      `two models are named ${twice.name}; give ${all.find((model) => model.name === twice.name && model.own)?.own?.path} another name`,
    );
  return { models: all, missing: names === undefined ? every.missing : [] };
}

async function ownModel(path: string): Promise<TradeOffModel> {
  const { name, family } = await openOwnModel(path);
  return { name, family, own: { path, sha256: sha256(await readFile(path)) } };
}

/** The closures behind a model that is fitted under the one contract; undefined for the multi-task ranker, which has more labels than one. */
export async function choiceOf(model: TradeOffModel): Promise<ModelChoice | undefined> {
  if (model.own !== undefined) return openOwnModel(model.own.path);
  return [...rankerLadder, ...retrieverLadder].find(({ name }) => name === model.name);
}
