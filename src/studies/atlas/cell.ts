/** A cell of the atlas: one policy in one world, measured offline, estimated from a log, and played in twin worlds, which is the truth. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  artifactId,
  codeHash,
  makeOrLoad,
  readManifest,
  writeFileAtomic,
  type ArtifactSpec,
} from "../../artifacts/index.js";
import type { RetrievalSet, TrainingSet } from "../../data/index.js";
import { armSums, replicatesOf } from "../../evaluation/index.js";
import { pastOfTrained } from "../../pipeline/arms/past.js";
import { play } from "../../pipeline/arms/play.js";
import { modulesOf } from "../../pipeline/arms/registry.js";
import { evaluateOffline } from "../../pipeline/offline.js";
import type { Setting } from "../../pipeline/setting.js";
import { retrievalSet, trainingSet, type Trained } from "../../pipeline/train.js";
import type { RunControl } from "../../types.js";
import { judgeRetriever, openTrained } from "../benchmark/world-source.js";
import { collect, estimatesOf, type Collected, type Said } from "./collected.js";
import { pageMetrics, rowMetrics, type Values } from "./offline.js";
import { openStage, rowScores, withArm, type AtlasFit, type OpenStage } from "./parts.js";
import type { AtlasPolicy } from "./policies.js";

/** What users did: each goal's value, and its replicates by user, the same users and weights in every policy of a world. */
export const goals = ["watchMinutes", "day7Return", "revenue", "ctr"] as const;
export type Goal = (typeof goals)[number];

/** What one cell holds. */
export interface AtlasCell {
  readonly seed: number;
  readonly choiceModel: string;
  readonly policy: string;
  readonly family: string;
  readonly bound: boolean;
  readonly offline: Values;
  /** Off-policy estimates of a page's clicks and watch minutes by estimator; `refused` says why there is none. */
  readonly estimates: Values;
  readonly refused?: string;
  readonly truth: Readonly<Record<Goal, { readonly estimate: number; readonly values: readonly number[] }>>;
  readonly users: number;
}

/** Policies of one fit in one world; structured-cloneable. */
export interface AtlasJob {
  readonly setting: Setting;
  readonly inputs: readonly string[]; // of the world, as `prepareAtlas` gives them
  readonly fit?: AtlasFit;
  readonly policies: readonly (AtlasPolicy & { readonly sha256?: string })[];
}

/** Makes or loads what all policies of a world share. A job of a process. @public called by its name */
export async function prepareAtlas(setting: Setting, control: RunControl = {}): Promise<readonly string[]> {
  const trained = await openTrained(setting, control);
  await evaluateOffline(trained, control);
  await collect(trained, control);
  const { prepared, twoTower, ranker } = trained;
  return [prepared.log.artifact.id, prepared.artifact.id, twoTower.artifact.id, ranker.artifact.id];
}

function cellSpec({ setting, inputs, fit }: AtlasJob, policy: AtlasJob["policies"][number]): ArtifactSpec {
  const { arm } = policy;
  const { online } = setting.sizes;
  const own = fit?.model.own?.sha256;
  return {
    root: setting.datasets,
    kind: "atlas",
    config: { policy: { ...policy, fit: { ...fit, ...(fit && { model: own ?? fit.model.name }) } }, online },
    inputs,
    code: codeHash(import.meta.url, arm ? modulesOf([{ name: policy.name, policy: arm }]) : []),
  };
}

const file = "cell.json";

/** Folder of a cell that was made before. */
export async function findCell(job: AtlasJob, policy: AtlasJob["policies"][number]): Promise<string | undefined> {
  const spec = cellSpec(job, policy);
  const dir = join(spec.root, spec.kind, artifactId(spec));
  return (await readManifest(dir)) === undefined ? undefined : dir;
}

/** Reads a cell. */
export async function readCell(dir: string): Promise<AtlasCell> {
  return JSON.parse(await readFile(join(dir, file), "utf8"), (_, value: unknown) => value ?? NaN) as AtlasCell;
}

/** Measures the policies of a job, or finds them. A job of a process: gives the folders. @public called by its name */
export async function atlasCells(job: AtlasJob, control: RunControl = {}): Promise<readonly string[]> {
  const trained = await openTrained(job.setting, {});
  const { prepared } = trained;
  const quiet: RunControl = control.signal ? { signal: control.signal } : {};
  const shared: Shared = {
    trained,
    rows: once(() => trainingSet(prepared, prepared.split.test)),
    asked: once(() => retrievalSet(prepared, prepared.split.test)),
    log: once(() => collect(trained)),
  };
  let stage: OpenStage | undefined;
  const dirs: string[] = [];
  try {
    for (const policy of job.policies) {
      const { dir } = await makeOrLoad(cellSpec(job, policy), async (folder) => {
        if (policy.arm === undefined) stage ??= await openStage(trained, job.fit, quiet);
        await writeFileAtomic(join(folder, file), `${JSON.stringify(await measure(shared, policy, stage, quiet))}\n`);
        return { policy: policy.name, seed: prepared.log.setting.seed };
      });
      dirs.push(dir);
      control.onProgress?.("policies", dirs.length, job.policies.length);
    }
  } finally {
    await stage?.close();
  }
  return dirs;
}

/** What the cells of a job read, each read once. */
interface Shared {
  readonly trained: Trained;
  readonly rows: () => Promise<TrainingSet>;
  readonly asked: () => Promise<RetrievalSet>;
  readonly log: () => Promise<Collected>;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

async function measure(
  shared: Shared,
  policy: AtlasPolicy,
  stage: OpenStage | undefined,
  control: RunControl,
): Promise<AtlasCell> {
  const { trained } = shared;
  const { name, family, bound = false } = policy;
  const { seed, world, sizes } = trained.prepared.log.setting;
  const { users, days } = sizes.online;
  // offline first: a service remembers what it was shown
  const offline = bound ? {} : await offlineOf(shared, policy, stage);
  const said = bound ? { estimates: {}, refused: "it knows the truth" } : await saidOf(shared, policy, stage);
  const played = await withArm(trained, policy, stage, false, async (arm) => {
    const { userDays } = await play(pastOfTrained(trained), arm, { users, days, replication: 0 }, control);
    return armSums(userDays);
  });
  const replicates = replicatesOf(played, { replicates: 200 });
  const truth = goals.map((goal) => [goal, { ...replicates[goal], values: [...replicates[goal].values] }]);
  return {
    seed,
    choiceModel: world.choiceModel,
    policy: name,
    family,
    bound,
    offline,
    ...said,
    truth: Object.fromEntries(truth) as AtlasCell["truth"],
    users: played.users.length,
  };
}

async function offlineOf(shared: Shared, policy: AtlasPolicy, stage: OpenStage | undefined): Promise<Values> {
  const { trained } = shared;
  const [set, asked] = [await shared.rows(), await shared.asked()];
  const scored = await rowScores(trained, policy, stage, set);
  const pages = await withArm(trained, policy, stage, false, (arm) => pageMetrics(trained, arm, asked));
  return { ...(scored && rowMetrics(set, scored)), ...pages, ...(await recallOf(trained, policy, stage)) };
}

async function saidOf({ trained, log }: Shared, policy: AtlasPolicy, stage: OpenStage | undefined): Promise<Said> {
  if (trained.prepared.log.catalogue.campaigns?.count) return { estimates: {}, refused: "there are ads on the pages" };
  return withArm(trained, policy, stage, true, async (arm) => estimatesOf(trained, await log(), arm));
}

async function recallOf(trained: Trained, { arm, name }: AtlasPolicy, stage: OpenStage | undefined): Promise<Values> {
  if (stage?.served.family === "retriever") {
    const { recall } = await judgeRetriever(stage.served.stage, trained.prepared);
    return recall ? { "recall@100": recall.estimate } : {};
  }
  const named = arm === undefined ? "two-tower" : name === "popularity" || name === "random" ? name : undefined;
  const { retrieval } = await evaluateOffline(trained);
  const found = retrieval.find(({ retriever, slice }) => retriever === named && slice === "all");
  return found ? { "recall@100": found.recall.estimate } : {};
}
