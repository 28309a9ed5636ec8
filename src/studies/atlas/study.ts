/**
 * The atlas: does the offline metric pick the right model? Policies × worlds × choice models, each cell a policy in a world, run in a
 * process and kept by what it is made of: a stopped atlas resumes, and another policy costs its own cells.
 */
import { sha256OfFile } from "../../artifacts/index.js";
import { fileOf } from "../../models/contract/own-module.js";
import type { Setting } from "../../pipeline/setting.js";
import type { Trained } from "../../pipeline/train.js";
import { compiledUrl } from "../../platform/compiled.js";
import { ownArms } from "../../pipeline/arms/own-arm.js";
import type { RunControl } from "../../types.js";
import { choiceModels, type ChoiceModel } from "../../world/index.js";
import { chooseModels, type BenchmarkModel } from "../benchmark/model.js";
import { findOrMake, prepareWorlds, seedWorlds, wholeNumber } from "../run-study.js";
import { findCell, readCell, type AtlasCell, type AtlasJob } from "./cell.js";
import { tryHypotheses, type TriedHypothesis } from "./hypotheses.js";
import { fewestPolicies, judgeAtlas, type Judgement } from "./judge.js";
import { atlasPolicies, type AtlasPolicy } from "./policies.js";

/** Lifts are over it. */
const logging = "logging";

/** What is asked of an atlas; the rest follows from the setting. */
export interface AtlasOptions {
  readonly seeds?: number; // worlds, default 3: seed, seed + 1, …
  readonly choiceModels?: readonly ChoiceModel[]; // default: the setting's
  readonly policies?: readonly string[]; // own ones, by path or, a service's, by address
  readonly play?: string; // of services (see ownArms)
  readonly models?: readonly string[]; // own ones, by path
  /** Names of built-in policies, beside the one that collected the log, or `all`; above the lesson's scale not those marked `more`. */
  readonly only?: readonly string[];
}

/** A checked plan. */
export interface AtlasPlan {
  readonly worlds: readonly Setting[];
  readonly policies: readonly AtlasPolicy[];
  readonly models: readonly BenchmarkModel[];
  /** Why policies are left out: their engine is not available. */
  readonly skipped: readonly string[];
}

/** All cells, and what they say. */
export interface Atlas extends Judgement {
  readonly hypotheses: readonly TriedHypothesis[];
  readonly cells: readonly AtlasCell[];
  readonly measured: number; // now; the others were there
  readonly skipped: readonly string[];
}

/** @throws RangeError naming the value and what is allowed; what `openOwnModel` throws */
export async function atlasPlan(base: Setting, options: AtlasOptions = {}): Promise<AtlasPlan> {
  const { seeds = 3, policies: own = [], models: files = [], only } = options;
  wholeNumber("seeds", seeds, 1, 1000);
  const choices = options.choiceModels ?? [base.world.choiceModel];
  const strange = choices.find((name, i) => !choiceModels.includes(name) || choices.indexOf(name) < i);
  if (strange !== undefined)
    throw new RangeError(`invalid choice model: ${strange}; allowed: each once of ${choiceModels.join(", ")}`);
  const all = only?.join() === "all" || (only === undefined && ["tiny", "lesson"].includes(base.scale));
  const unknown = all ? undefined : only?.find((name) => !atlasPolicies.some((policy) => policy.name === name));
  if (unknown !== undefined)
    throw new RangeError(`unknown policy: ${unknown}; known: all, ${atlasPolicies.map(({ name }) => name).join(", ")}`);
  const { models, skipped } = await chooseModels({ files, skip: true });
  const available = (policy: AtlasPolicy): boolean =>
    policy.fit === undefined || models.some(({ name }) => name === policy.fit!.model);
  const ownRanks = models.filter((model) => model.own !== undefined).flatMap(ownPolicies);
  const chosen = ({ name, more }: AtlasPolicy): boolean =>
    all || name === logging || (only === undefined ? !more : only.includes(name));
  const builtIn = atlasPolicies.filter(chosen);
  const ranks = [...builtIn.filter(available), ...ownRanks];
  const arms = await ownArms(own, { play: options.play ?? "", taken: ranks.map(({ name }) => name) });
  const policies = [...ranks, ...arms.map(({ name, policy }): AtlasPolicy => ({ name, family: "own", arm: policy }))];
  if (policies.length < fewestPolicies)
    throw new RangeError(`invalid number of policies: ${policies.length}; allowed: at least ${fewestPolicies}`);
  return {
    worlds: choices.flatMap((choiceModel) => seedWorlds(base, seeds, { choiceModel })),
    policies,
    models,
    skipped,
  };
}

/** A retriever in front of the world's ranker; a ranker by expected watch time and by clicks. */
function ownPolicies({ name: model, family }: BenchmarkModel): readonly AtlasPolicy[] {
  const watch: AtlasPolicy = { name: model, family: "own", fit: { model } };
  return family === "retriever" ? [watch] : [watch, { ...watch, name: `clicks by ${model}`, order: "click" }];
}

/** Measures or loads all cells and judges the metrics. @throws RangeError as `atlasPlan`; Error of a fit or a policy, naming the cell */
export async function studyAtlas(base: Setting, plan: AtlasPlan, control: RunControl = {}): Promise<Atlas> {
  const { workers } = base;
  const { worlds, skipped } = plan;
  const module = compiledUrl("cell", import.meta.url).href;
  const inputs = await prepareWorlds(worlds, { module, export: "prepareAtlas", label: labelOf }, workers, control);
  const groups = await groupsOf(plan);
  const jobs = worlds.flatMap((setting, w) =>
    groups.map((group): AtlasJob => ({ setting, inputs: inputs[w]!, ...group })),
  );
  const { cells, made } = await findOrMake(
    jobs,
    {
      ...{ step: "policies", inner: "policies", module, export: "atlasCells", find: findCells },
      size: ({ policies }) => policies.length,
      label: ({ policies, setting }) => `${policies[0]!.name}, ${labelOf(setting)}`,
    },
    workers,
    control,
  );
  return atlasOf(cells.flat(), made, skipped);
}

/** The folders of a job's cells, if all are there. */
async function findCells(job: AtlasJob): Promise<readonly string[] | undefined> {
  const dirs = await Promise.all(job.policies.map((policy) => findCell(job, policy)));
  const found = dirs.filter((dir) => dir !== undefined);
  return found.length < dirs.length ? undefined : found;
}

/** The whole atlas of one world, if every cell of it is there: what a notebook shows without measuring. */
export async function findAtlas({ prepared, twoTower, ranker }: Trained): Promise<Atlas | undefined> {
  const { setting, artifact } = prepared.log;
  const plan = await atlasPlan(setting, { seeds: 1 });
  const inputs = [artifact, prepared.artifact, twoTower.artifact, ranker.artifact].map(({ id }) => id);
  const jobs = (await groupsOf(plan)).map((group): AtlasJob => ({ setting: plan.worlds[0]!, inputs, ...group }));
  const found = (await Promise.all(jobs.map(findCells))).filter((dirs) => dirs !== undefined);
  return found.length < jobs.length ? undefined : atlasOf(found.flat(), 0, plan.skipped);
}

/** What the cells say together. */
async function atlasOf(dirs: readonly string[], measured: number, skipped: readonly string[]): Promise<Atlas> {
  const cells = await Promise.all(dirs.map(readCell));
  const judgement = judgeAtlas(cells);
  return { ...judgement, hypotheses: tryHypotheses(judgement, cells), cells, measured, skipped };
}

/** Policies that share a fit share a process; those without a fit go four to one. Fits come first, as they take longest. */
async function groupsOf({ policies, models }: AtlasPlan): Promise<readonly Omit<AtlasJob, "setting" | "inputs">[]> {
  const groups = new Map<string, AtlasPolicy[]>();
  let fitless = 0;
  for (const policy of policies) {
    const key = policy.fit === undefined ? `${Math.floor(fitless++ / 4)}` : JSON.stringify(policy.fit);
    groups.set(key, [...(groups.get(key) ?? []), policy]);
  }
  const made = [...groups.values()].map((group) => {
    const { fit } = group[0]!;
    const hashed = group.map((policy) =>
      policy.arm && "module" in policy.arm ? { ...policy, sha256: sha256OfFile(fileOf(policy.arm.module)) } : policy,
    );
    if (fit === undefined) return { policies: hashed };
    return { policies: hashed, fit: { ...fit, model: models.find(({ name }) => name === fit.model)! } };
  });
  return [...made.filter(({ fit }) => fit !== undefined), ...made.filter(({ fit }) => fit === undefined)];
}

function labelOf({ seed, world }: Setting): string {
  return world.choiceModel === "position" ? `seed ${seed}` : `seed ${seed}, ${world.choiceModel}`;
}
