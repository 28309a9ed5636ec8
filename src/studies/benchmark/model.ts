/** Which models stand in a trade-off table: built-in ones by name, a person's own by path, each in its place on the ladder. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { sha256 } from "../../artifacts/index.js";
import {
  funnelRankers,
  openOwnModel,
  retrieverLadder,
  type FunnelRanker,
  type RetrieverChoice,
} from "../../models/index.js";

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
const ladder: readonly (FunnelRanker | RetrieverChoice)[] = [...funnelRankers, ...retrieverLadder];
export const builtIn: readonly TradeOffModel[] = ladder.map(({ name, family }) => ({ name, family }));

/** Chosen models, and built-in ones that cannot be had here with the reason. */
export interface ChosenModels {
  readonly models: readonly TradeOffModel[];
  readonly missing: readonly string[];
}

/** Every built-in model that can be had here. */
function everyModel(): ChosenModels {
  const faults = new Map(ladder.map((model) => [model.name, model.fault?.()]));
  return {
    models: builtIn.filter(({ name }) => faults.get(name) === undefined),
    missing: [...faults].flatMap(([name, fault]) => (fault === undefined ? [] : [`${name}: ${fault}`])),
  };
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

/** The closures behind a model. @throws RangeError on a name that is not built in */
export async function choiceOf(model: TradeOffModel): Promise<FunnelRanker | RetrieverChoice> {
  if (model.own !== undefined) return openOwnModel(model.own.path);
  const found = ladder.find(({ name }) => name === model.name);
  if (found === undefined) throw new RangeError(`unknown model: ${model.name}`);
  return found;
}
