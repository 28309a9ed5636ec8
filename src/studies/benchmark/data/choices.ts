/** Which models are fitted on data of one's own, and with what settings. */
import { modelsNamed, openOwnModel, rankerLadder, retrieverLadder, type ModelChoice } from "../../../models/index.js";
import { familyFault, type OwnParts } from "./parts.js";
import { daysToJoin } from "./timed-rows.js";
import { fieldTowers, timedTowers } from "./towers.js";
import { ownTwoTower } from "./two-tower.js";

/** Models asked for by name (default: all), and files of one's own beside them. */
export interface ModelSelection {
  readonly names?: readonly string[];
  /** Whether a named model that cannot be fitted here is left out and said, as it is by default, rather than refused. */
  readonly spare?: boolean;
  readonly files?: readonly string[];
}

/** Models to fit, retrievers first, and why some are not among them. */
export interface OwnChoices {
  readonly choices: readonly ModelChoice[];
  readonly said: readonly string[];
}

const ladder: readonly ModelChoice[] = [...retrieverLadder, ...rankerLadder];

/**
 * The models of a run: retrievers, then rankers, each from the simplest up and own ones last; two towers with the data's features.
 * @throws RangeError on an unknown name; Error where one that was asked for cannot be fitted, and on two of one name
 */
export async function ownChoices(
  parts: OwnParts,
  { names, files = [], spare = names === undefined }: ModelSelection = {},
): Promise<OwnChoices> {
  const said: string[] = [];
  const own = await Promise.all(files.map(openOwnModel));
  const named = new Set((names === undefined ? ladder : modelsNamed(names)).map(({ name }) => name));
  const wanted = [...ladder.filter(({ name }) => named.has(name)), ...own];
  const faults = { retriever: familyFault(parts, "retriever"), ranker: familyFault(parts, "ranker") };
  const choices = wanted.filter((choice) => {
    const reason = faults[choice.family] ?? choice.fault?.();
    if (reason === undefined) return true;
    if (!spare || own.includes(choice)) throw new Error(`${choice.name} cannot be fitted: ${reason}`);
    if (!said.includes(reason)) said.push(reason);
    return false;
  });
  if (choices.length === 0) throw new Error(`no model is left to fit: ${said.join("; ")}`);
  const twice = choices.find(({ name }, i) => choices.some((other, j) => j < i && other.name === name));
  if (twice !== undefined)
    throw new Error(`two models are called ${twice.name}; export another name from ${twice.origin}`);
  const {
    own: { data },
    split: { cuts },
  } = parts;
  const hasTowers = (choice: ModelChoice): boolean => choice.family === "retriever" && choice.serving === "towers";
  const firstDay = cuts === undefined ? 0 : daysToJoin(data.interactions.day, cuts)[0]!;
  if (data.interactions.day.some((day) => day < firstDay) && choices.some(({ family }) => family === "ranker"))
    said.push(`rankers learn from day ${firstDay} on; earlier days only fill the counts`);
  if (cuts !== undefined && choices.some(hasTowers))
    said.push(
      "two-tower learns from long watches (clicks, where there are no watch times) with all features as of their time",
    );
  const withFeatures = choices.map((choice) =>
    hasTowers(choice) ? ownTwoTower(cuts === undefined ? fieldTowers(data) : timedTowers(parts.own, cuts)) : choice,
  );
  return {
    choices: [
      ...withFeatures.filter(({ family }) => family === "retriever"),
      ...withFeatures.filter(({ family }) => family === "ranker"),
    ],
    said,
  };
}
