/** `stagecraft compare`: policies against each other online; or models by quality and cost, in worlds or on one's own data. */
import { Option } from "commander";
import { table, tableText, withRun } from "../lab/index.js";
import { judgeArms, playArms } from "../pipeline/compare.js";
import { standardArms } from "../pipeline/policies.js";
import { prepareFeatures } from "../pipeline/prepare.js";
import type { Setting } from "../pipeline/setting.js";
import { simulateLog } from "../pipeline/simulate.js";
import { trainModels } from "../pipeline/train.js";
import type { RunControl } from "../types.js";
import { runComparison } from "./benchmark/run.js";
import { compareSplits } from "./benchmark/splits.js";
import { asksBenchmark, compareWorlds, seedsOf, type BenchmarkTyped } from "./benchmark/worlds.js";
import { dataCliOptions, platformOrData, type DataOptions, type DataTyped } from "./own-data.js";
import { asUsageError, orUsageError, resultsDir, UsageError, type PlatformOptions } from "./options.js";
import type { Answer } from "./run.js";
import { platformVerb } from "./verb.js";

type CompareTyped = PlatformOptions & DataTyped & BenchmarkTyped;

export const compare = platformVerb<CompareTyped>({
  name: "compare",
  description:
    "put the policies on the platform against each other; with --seeds, --models or --model every model's quality and cost; with --volumes or --noise good data against complex models; with --data on your own data",
  options: [
    ...dataCliOptions({ judges: true }),
    new Option("--seeds <list>", "seeds between commas, or how many from --seed on (default: one)"),
    new Option("--volumes <shares>", "shares of the users to learn from, between commas, e.g. 0.1,0.3,1"),
    new Option("--noise <rates>", "shares of wrong click labels to learn from, between commas, e.g. 0,0.2,0.4"),
    new Option("--offline", "leave the models' days online out"),
    new Option("--online", "play the models of --volumes and --noise online, too"),
  ],
  run: platformOrData(comparePlatform, compareData, ["split", "k"]),
});

async function comparePlatform(setting: Setting, control: RunControl, typed: CompareTyped): Promise<Answer> {
  if (!asksBenchmark(typed)) return comparePolicies(setting, control);
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
  const stray = (["volumes", "noise", "online", "offline"] as const).find((name) => typed[name] !== undefined);
  if (stray !== undefined) throw new UsageError(`--${stray} has no meaning with --data`);
  const seeds = orUsageError(() => seedsOf(typed.seeds, seed));
  return runComparison(await compareSplits({ ...options, seeds, workers }, control), resultsDir(), control);
}

/** Policies online. Writes a run under `results/compare/`. */
async function comparePolicies(setting: Setting, control: RunControl): Promise<Answer> {
  const { online } = setting.sizes;
  const { scale, seed, world } = setting;
  return withRun("compare", { scale, seed, world }, { root: resultsDir() }, async (run) => {
    const trained = await run.step("models", async () =>
      trainModels(await prepareFeatures(await simulateLog(setting, control), control), {}, control),
    );
    const played = await run.step("arms", () =>
      playArms(
        trained,
        standardArms(online.candidates),
        { users: online.users, days: online.days, drift: [] },
        control,
      ),
    );
    const judged = judgeArms(played);
    const json = { run: run.finalDir, users: online.users, days: online.days, ...judged };
    await run.write("compare.json", json);
    return { json, text: `${armsText(judged)}\n${run.finalDir}` };
  });
}

/** Online metrics of all arms as text. */
export function armsText(judged: ReturnType<typeof judgeArms>): string {
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
    CTR: metrics.ctr.difference,
    "day-7 return": metrics.day7Return.difference,
    "MDE watch": metrics.watchMinutes.mde,
  }));
  return `${tableText(table(rows, { caption: "Online, per assigned user-day, 95 % intervals by user" }))}\n\n${tableText(table(differences, { caption: "Differences, paired by user" }))}`;
}
