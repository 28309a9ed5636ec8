/** `stagecraft batch`: everybody's candidates ranked ahead, for `serve --mode batch`; and beside online serving, what that costs. */
import { Option } from "commander";
import { takeLock } from "../artifacts/index.js";
import { table, tableText, withRun } from "../lab/index.js";
import { makeBatch } from "../pipeline/batch.js";
import { openBatches } from "../pipeline/online.js";
import { prepareFeatures } from "../pipeline/prepare.js";
import { inWorld, type Setting } from "../pipeline/setting.js";
import { simulateLog } from "../pipeline/simulate.js";
import { trainModels, type Trained } from "../pipeline/train.js";
import { batchStudy } from "../studies/batch.js";
import type { RunControl } from "../types.js";
import { keep } from "./keep.js";
import { integer, redisOf, resultsDir, type PlatformOptions } from "./options.js";
import type { Answer } from "./run.js";
import { platformVerb } from "./verb.js";

interface BatchTyped extends PlatformOptions {
  readonly top: string;
  readonly redis?: string;
  readonly seeds?: string;
}

export const batch = platformVerb<BatchTyped>({
  name: "batch",
  description:
    "every user's best candidates ranked ahead, for `serve --mode batch`; with --seeds, beside online serving over days",
  out: "results",
  options: [
    new Option("--top <integer>", "candidates kept of each user").default("100"),
    new Option("--redis <url>", "a Redis that keeps them, instead of a folder below the artifacts"),
    new Option(
      "--seeds <integer>",
      "plays batch and online as arms in so many worlds: watch minutes, freshness, CPU time",
    ),
  ],
  run: batchVerb,
});

async function batchVerb(setting: Setting, control: RunControl, typed: BatchTyped): Promise<Answer> {
  const top = integer("--top", typed.top, 1, 10_000);
  const worlds = typed.seeds === undefined ? 0 : integer("--seeds", typed.seeds, 1, 100);
  const redis = redisOf(typed);
  const config = { scale: setting.scale, seed: setting.seed, world: setting.world, top, worlds };
  const models = async (of: Setting): Promise<Trained> =>
    trainModels(await prepareFeatures(await simulateLog(of, control), control), {}, control);
  return withRun("batch", config, { root: resultsDir(typed) }, async (run) => {
    const trained = await run.step("models", () => models(setting));
    const made = await run.step("batch", () => ranked(trained, top, redis, control));
    const said = `${made.version} is current: ${made.users} users ranked from user ${made.from} on, ${made.cpuSeconds.toFixed(1)} CPU s`;
    if (worlds === 0) {
      await keep(run, {}, { ...config, ...made });
      return { json: { ...config, ...made }, text: said };
    }
    const all = [trained];
    for (let i = 1; i < worlds; i++)
      all.push(await run.step(`world ${i}`, () => models(inWorld(setting, setting.seed + i))));
    const { arms, cost, hypotheses } = await run.step("arms", () => batchStudy(all, {}, control));
    const tables = {
      arms: table(
        arms.map(({ arm, watchMinutes, lessOnline, ageDays, cpuSeconds }) => ({
          ...{ arm, "watch min/user-day": watchMinutes, "share more than online": lessOnline },
          ...{ "age of videos, days": ageDays, "CPU s/1,000 user-days": cpuSeconds },
        })),
        { caption: worlds === 1 ? "Intervals over users" : `Intervals over ${worlds} worlds` },
      ),
      hypotheses: table(
        hypotheses.map(({ sentence, measured, verdict }) => ({ expected: sentence, measured, verdict })),
        { caption: "Expected before the run; shares of watch minutes" },
      ),
    };
    const record = { run: run.finalDir, ...config, ...made, arms, cost, hypotheses };
    await keep(run, tables, record);
    const even = `a batch per day costs less CPU time than online above ${cost.evenAt.toFixed(2)} pages per user and day`;
    return { json: record, text: [said, ...Object.values(tables).map(tableText), even].join("\n\n") };
  });
}

/** One run at a time writes a folder of batches. */
async function ranked(
  trained: Trained,
  top: number,
  redis: string | undefined,
  control: RunControl,
): Promise<Awaited<ReturnType<typeof makeBatch>>> {
  const { log } = trained.prepared;
  const lock = await takeLock(`${log.setting.datasets}/batch-${log.artifact.id}.lock`);
  if (lock === undefined) throw new Error("another process is making this batch; wait until it ends");
  const batches = await openBatches(trained, redis);
  try {
    return await makeBatch(trained, batches, top, control);
  } finally {
    await batches.close();
    await lock.release();
  }
}
