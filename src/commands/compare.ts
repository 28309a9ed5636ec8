/** `stagecraft compare`: policies against each other online; or models by quality and cost, in worlds or on your own data. */
import { Option } from "commander";
import { sha256OfFile } from "../artifacts/index.js";
import { scaleNotes, sideOf, table, tableText, withRun, type Table } from "../lab/index.js";
import { type Arm, tourArms } from "../pipeline/arms/arm.js";
import { ownArms } from "../pipeline/arms/own-arm.js";
import { judgeArms, playArms, standardPairs } from "../pipeline/compare.js";
import { prepareFeatures } from "../pipeline/prepare.js";
import type { Setting } from "../pipeline/setting.js";
import type { PlayedArm } from "../pipeline/arms/played-arm.js";
import { simulateLog } from "../pipeline/simulate.js";
import { trainModels } from "../pipeline/train.js";
import type { RunControl } from "../types.js";
import { runComparison } from "./benchmark/run.js";
import { compareSplits } from "./benchmark/splits.js";
import { asksBenchmark, compareWorlds, seedsOf, type BenchmarkTyped } from "./benchmark/worlds.js";
import { dataCliOptions, platformOrData, type DataOptions, type DataTyped } from "./own-data.js";
import { keep } from "./keep.js";
import {
  asUsageError,
  collect,
  configOf,
  orUsageError,
  resultsDir,
  UsageError,
  type PlatformOptions,
} from "./options.js";
import type { Answer } from "./run.js";
import { platformVerb } from "./verb.js";

type CompareTyped = PlatformOptions & DataTyped & BenchmarkTyped & { readonly policy?: readonly string[] };

export const compare = platformVerb<CompareTyped>({
  name: "compare",
  description:
    "put the policies on the platform against each other, with --policy your own among them; with --seeds, --models or " +
    "--model every model's quality and cost; with --volumes or --noise good data against complex models; with --data on your own data",
  options: [
    ...dataCliOptions({ judges: true }),
    new Option("--seeds <list>", "seeds between commas, or how many from --seed on (default: one)"),
    new Option("--volumes <shares>", "shares of the users to learn from, between commas, e.g. 0.1,0.3,1"),
    new Option("--noise <rates>", "shares of wrong click labels to learn from, between commas, e.g. 0,0.2,0.4"),
    new Option(
      "--policy <file>",
      "a policy of your own among the arms: a file, or http://… of a service that speaks as `serve` does (may be repeated)",
    ).argParser(collect),
    new Option("--offline", "skip the models' days online"),
    new Option("--online", "also play the models of --volumes and --noise online"),
  ],
  run: platformOrData(comparePlatform, compareData, ["split", "givenSplit", "testFrom", "k"]),
});

async function comparePlatform(setting: Setting, control: RunControl, typed: CompareTyped): Promise<Answer> {
  const { policy: files } = typed;
  if (!asksBenchmark(typed)) return comparePolicies(setting, control, await armsOf(files ?? []));
  if (files !== undefined)
    throw new UsageError("--policy compares policies; it has no meaning with options that compare models");
  const comparison = await compareWorlds(setting, typed).catch((error: unknown) => {
    throw asUsageError(error);
  });
  return runComparison(comparison, resultsDir(), control);
}

async function compareData(
  options: DataOptions,
  control: RunControl,
  { seed, workers }: Setting,
  typed: CompareTyped,
): Promise<Answer> {
  const stray = (["volumes", "noise", "online", "offline", "policy"] as const).find(
    (name) => typed[name] !== undefined,
  );
  if (stray !== undefined) throw new UsageError(`--${stray} cannot be used with --data`);
  const seeds = orUsageError(() => seedsOf(typed.seeds, seed));
  return runComparison(await compareSplits({ ...options, seeds, workers }, control), resultsDir(), control);
}

/** Custom policies as arms. What a service answers is its own affair: it is played anew each time. */
function armsOf(files: readonly string[]): Promise<readonly Arm[]> {
  const taken = tourArms(1).map(({ name }) => name);
  return ownArms(files, { play: new Date().toISOString(), taken }).catch((error: unknown) => {
    throw asUsageError(error);
  });
}

/** What arms at addresses say of their plays. */
function remarksOf(played: readonly PlayedArm[]): readonly string[] {
  return played.flatMap(({ name, artifact }) => {
    const remarks = artifact.manifest.extra["remarks"] as Readonly<Record<string, number>> | undefined;
    const parts = Object.entries(remarks ?? {}).map(([what, count]) => `${what} ${count}`);
    return parts.length > 0 ? [`${name}: ${parts.join(", ")} (popularity's page stands for each that is missing)`] : [];
  });
}

/**
 * Policies online: the tour's and custom ones, each of these against popularity and the learned funnel. Writes a run under
 * `results/compare/`.
 */
async function comparePolicies(setting: Setting, control: RunControl, own: readonly Arm[]): Promise<Answer> {
  const { online } = setting.sizes;
  const { scale } = setting;
  const pairs = own.flatMap(({ name }) => ["popularity", "learned"].map((baseline) => [baseline, name] as const));
  const policies = own.map(({ policy }) =>
    "module" in policy ? { ...policy, sha256: sha256OfFile(policy.module).slice(0, 12) } : policy,
  );
  return withRun(
    "compare",
    { ...configOf(setting), ...(own.length > 0 && { policies }) },
    { root: resultsDir() },
    async (run) => {
      const trained = await run.step("models", async () =>
        trainModels(await prepareFeatures(await simulateLog(setting, control), control), {}, control),
      );
      const played = await run.step("arms", () =>
        playArms(
          trained,
          [...tourArms(online.candidates), ...own],
          { users: online.users, days: online.days, drift: [] },
          control,
        ),
      );
      const judged = judgeArms(played, [...standardPairs, ...pairs]);
      const remarks = remarksOf(played);
      const json = { run: run.finalDir, users: online.users, days: online.days, ...judged, remarks };
      await keep(run, armTables(judged), json);
      return { json, text: [armsText(judged), ...remarks, scaleNotes[scale], run.finalDir].filter(Boolean).join("\n") };
    },
  );
}

/** Online metrics of all arms, and their differences. */
function armTables(judged: ReturnType<typeof judgeArms>): { readonly arms: Table; readonly differences: Table } {
  const rows = judged.arms.map(({ name, metrics: { metrics } }) => ({
    policy: name,
    "watch min/user-day": metrics.watchMinutes,
    CTR: metrics.ctr,
    "pages/visit": metrics.pagesPerVisit.estimate,
    "day-1 return": metrics.day1Return.estimate,
    "day-7 return": metrics.day7Return.estimate,
    "gap closed": judged.gaps.find((gap) => gap.policy === name)?.share.estimate,
  }));
  const differences = judged.comparisons.map(({ control, treatment, comparison: { metrics } }) => ({
    treatment,
    against: control,
    "watch min/user-day": metrics.watchMinutes.difference,
    "watch time": { above: "more", undecided: "undecided", below: "less" }[sideOf(metrics.watchMinutes.difference)],
    CTR: metrics.ctr.difference,
    "day-7 return": metrics.day7Return.difference,
    "MDE watch": metrics.watchMinutes.mde,
  }));
  return {
    arms: table(rows, { caption: "Online, per assigned user-day, 95 % intervals by user" }),
    differences: table(differences, { caption: "Differences, paired by user" }),
  };
}

/** The same as text. */
export function armsText(judged: ReturnType<typeof judgeArms>): string {
  return Object.values(armTables(judged)).map(tableText).join("\n\n");
}
