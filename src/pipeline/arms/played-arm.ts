/** An arm's play as an artifact: computed once, loaded by hash. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Artifact, codeHash, makeOrLoad, sha256OfFile, writeJsonAtomic } from "../../artifacts/index.js";
import { writeDay } from "../../log/index.js";
import { emptyUserDays, userDayColumns } from "../../platform/index.js";
import { fileOf } from "../../models/contract/own-module.js";
import type { Day, RunControl, UserDays } from "../../types.js";
import type { Trained } from "../train.js";
import type { Arm } from "./arm.js";
import { pastOfTrained } from "./past.js";
import { play, type Trial } from "./play.js";
import { modulesOf } from "./registry.js";

/** A played arm. */
export interface PlayedArm {
  readonly name: string;
  readonly artifact: Artifact;
  readonly userDays: UserDays;
  /** The arm's own log: `day=014/impressions.parquet`, … */
  readonly logDir: string;
  readonly days: readonly Day[];
}

const userDaysFile = "user-days.json";

/** Plays an arm, or loads it if it was played before. Same artifacts in, same bytes out. */
export async function playArm(trained: Trained, arm: Arm, trial: Trial, control: RunControl = {}): Promise<PlayedArm> {
  const { log } = trained.prepared;
  const spec = {
    root: log.setting.datasets,
    kind: "arm",
    config: { arm, trial },
    inputs: await inputsOf(trained, arm),
    code: codeHash(import.meta.url, modulesOf([arm])),
  };
  const artifact = await makeOrLoad(spec, async (dir) => {
    const { userDays, remarks } = await play(pastOfTrained(trained), arm, trial, {
      ...control,
      logDir: dir,
      onDay: async ({ day, events }) => void (await writeDay(dir, day, events)),
    });
    const columns = Object.fromEntries(userDayColumns.map((column) => [column, Array.from(userDays[column])]));
    await writeJsonAtomic(join(dir, userDaysFile), columns);
    return { arm: arm.name, rows: userDays.count, ...(Object.keys(remarks).length > 0 && { remarks }) };
  });
  const columns = JSON.parse(await readFile(join(artifact.dir, userDaysFile), "utf8")) as Record<string, number[]>;
  const userDays = emptyUserDays(columns["user"]?.length ?? 0);
  for (const name of userDayColumns) userDays[name].set(columns[name] ?? []);
  const days = Array.from({ length: trial.days }, (_, d) => log.setting.world.days + d);
  return { name: arm.name, artifact, userDays, logDir: artifact.dir, days };
}

/** A job of a thread: its argument and result are structured-cloneable. */
export function playArmJob(
  { trained, arm, trial }: { readonly trained: Trained; readonly arm: Arm; readonly trial: Trial },
  control: RunControl,
): Promise<PlayedArm> {
  return playArm(trained, arm, trial, control);
}

/** Ids of the artifacts an arm's bytes depend on, and the content of a custom file. */
async function inputsOf(trained: Trained, { policy }: Arm): Promise<readonly string[]> {
  const { log, artifact } = trained.prepared;
  const inputs = [log.artifact.id, artifact.id];
  if ("module" in policy) return [...inputs, await sha256OfFile(fileOf(policy.module))];
  return ["learned", "edge", "batch"].includes(policy.kind)
    ? [...inputs, trained.twoTower.artifact.id, trained.ranker.artifact.id]
    : inputs;
}
