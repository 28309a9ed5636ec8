/** Which models are compared: built-in ones by name, a custom by path, each in its place on the ladder. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { sha256 } from "../../artifacts/index.js";
import {
  funnelRankers,
  openOwnModel,
  rankerLadder,
  retrieverLadder,
  type FunnelRanker,
  type NamedModel,
  type RetrieverChoice,
  type RetrieverServing,
} from "../../models/index.js";

/** The two groups of a table. All rankers use one retriever, all retrievers one ranker, so that a group differs in one stage only. */
export const families = ["ranker", "retriever"] as const;
export type Family = (typeof families)[number];

/** A model of the table, with what its record says; structured-cloneable, so that it can be sent to a process. */
export interface BenchmarkModel extends Pick<NamedModel, "name" | "engine" | "dataSettings" | "idSettings"> {
  readonly family: Family;
  readonly serving?: RetrieverServing; // of a retriever
  /** A custom one: its file and the file's sha256. Its imports are not hashed. */
  readonly own?: { readonly path: string; readonly sha256: string };
}

/** A model by its closures. */
export type Choice = FunnelRanker | RetrieverChoice;

/** Built-in models of a simulated world, from the simplest up; the first of each family is its baseline. */
export const onPlatform: readonly Choice[] = [...funnelRankers, ...retrieverLadder];

/** Built-in models that one 0/1 label, or who took what, is enough for. */
export const onAnyData: readonly Choice[] = [...retrieverLadder, ...rankerLadder];

/** Models by name (default: all), and your own files in addition. */
export interface ModelSelection {
  readonly names?: readonly string[];
  readonly files?: readonly string[];
  /** Whether a built-in model that is not available here is left out with the reason (the default where none is named) or refused. */
  readonly skip?: boolean;
}

/** Models to compare, and why built-in ones are not among them. */
export interface ChosenModels {
  readonly models: readonly BenchmarkModel[];
  readonly skipped: readonly string[];
}

/**
 * The models of a comparison, in the order of `known`, own ones after their family's.
 * @param faultOf why a family cannot be fitted or judged on these data; undefined where it can
 * @throws RangeError on an unknown name and on two models of one name; Error where one that was asked for is not available; what
 *   `openOwnModel` throws
 */
export async function chooseModels(
  { names, files = [], skip = names === undefined }: ModelSelection = {},
  known: readonly Choice[] = onPlatform,
  faultOf: (family: Family) => string | undefined = () => undefined,
): Promise<ChosenModels> {
  checkNames(names ?? [], known);
  const own: Choice[] = [];
  for (const path of files) own.push(await openOwnModel(resolve(path)));
  const families = [...new Set(known.map(({ family }) => family))];
  const stray = own.find(({ family }) => !families.includes(family));
  if (stray !== undefined)
    throw new RangeError(`${stray.name} is a ${stray.family}; allowed here: a ${families.join(" or a ")}`);
  const wanted = [...known.filter(({ name }) => names?.includes(name) ?? true), ...own];
  const skipped = new Set<string>();
  const choices = families
    .flatMap((family) => wanted.filter((model) => model.family === family))
    .filter((model) => {
      const fault = faultOf(model.family) ?? model.fault?.();
      if (fault === undefined) return true;
      if (!skip || own.includes(model)) throw new Error(`${model.name} cannot be fitted: ${fault}`);
      skipped.add(fault);
      return false;
    });
  if (choices.length === 0) throw new Error(`no model is left to fit: ${[...skipped].join("; ")}`);
  const twice = choices.find(({ name }, i) => choices.findIndex((other) => other.name === name) < i);
  if (twice !== undefined)
    throw new RangeError(
      `two models are named ${twice.name}; give ${own.find(({ name }) => name === twice.name)?.origin} another name`,
    );
  return { models: await Promise.all(choices.map(recordOf)), skipped: [...skipped] };
}

/** @throws RangeError naming the known ones */
export function checkNames(names: readonly string[], known: readonly Choice[]): void {
  const unknown = names.find((name) => !known.some((model) => model.name === name));
  if (unknown !== undefined)
    throw new RangeError(`unknown model: ${unknown}; known: ${known.map(({ name }) => name).join(", ")}`);
}

async function recordOf(choice: Choice): Promise<BenchmarkModel> {
  const { name, family, origin, engine, dataSettings, idSettings } = choice;
  return {
    name,
    family,
    engine,
    ...(dataSettings && { dataSettings }),
    ...(idSettings && { idSettings }),
    ...(choice.family === "retriever" && { serving: choice.serving }),
    ...(origin !== "built in" && { own: { path: origin, sha256: sha256(await readFile(origin)) } }),
  };
}

/** The closures behind a model. @throws RangeError on a name that is not built in */
export async function choiceOf({ name, own }: BenchmarkModel): Promise<Choice> {
  if (own !== undefined) return openOwnModel(own.path);
  checkNames([name], onPlatform);
  return onPlatform.find((choice) => choice.name === name)!;
}
