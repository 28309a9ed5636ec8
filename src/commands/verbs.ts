/** The command line's verbs as functions: each gives a text for a person and a record for a program. */
import { availableParallelism } from "node:os";
import { openRun, finishRun, table, tableText } from "../lab/index.js";
import type { MakeOptions } from "../artifacts/index.js";
import type { RunControl } from "../types.js";
import { judgeArms, playArms } from "../pipeline/compare.js";
import { evaluateOffline } from "../pipeline/offline.js";
import { standardArms } from "../pipeline/policies.js";
import { prepareFeatures } from "../pipeline/prepare.js";
import { projectRoot, type Setting } from "../pipeline/setting.js";
import { simulateLog } from "../pipeline/simulate.js";
import { trainModels } from "../pipeline/train.js";

/** What a verb answers. */
export interface Answer {
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** Threads used where nothing is said: one a core, at most four (arms and shards beyond that gain little at these sizes). */
export function defaultWorkers(): number {
  return Math.max(1, Math.min(4, availableParallelism()));
}

/** `field=value` words to world fields; values are JSON. @throws RangeError on words of another form */
export function worldFields(words: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    words.map((word) => {
      const [field, ...rest] = word.split("=");
      const text = rest.join("=");
      try {
        if (!field || rest.length === 0) throw new SyntaxError("no =");
        return [field, JSON.parse(text) as unknown];
      } catch (cause) {
        throw new RangeError(
          `invalid --world: ${word}; allowed: field=value with a number or JSON, for example tasteStrength=0`,
          { cause },
        );
      }
    }),
  );
}

/** Step 1–2: the log. */
export async function simulateVerb(setting: Setting, control: RunControl, options: MakeOptions = {}): Promise<Answer> {
  const log = await simulateLog(setting, control, options);
  const { extra } = log.artifact.manifest;
  const json = {
    log: log.dir,
    id: log.artifact.id,
    made: log.artifact.made,
    scale: setting.scale,
    seed: setting.seed,
    ...extra,
  };
  return {
    json,
    text: `${made(log.artifact.made)} ${log.impressions.toLocaleString("en")} impressions on ${log.days.length} days\n${log.dir}`,
  };
}

/** Step 3: features. */
export async function prepareVerb(setting: Setting, control: RunControl): Promise<Answer> {
  const prepared = await prepareFeatures(await simulateLog(setting, control), control);
  const { artifact, split } = prepared;
  return {
    json: { features: artifact.dir, id: artifact.id, made: artifact.made, split },
    text: `${made(artifact.made)} features; train days ${range(split.train)}, validation ${range(split.validation)}, test ${range(split.test)}\n${artifact.dir}`,
  };
}

/** Step 4: models. */
export async function trainVerb(setting: Setting, control: RunControl): Promise<Answer> {
  const trained = await trainModels(await prepareFeatures(await simulateLog(setting, control), control), {}, control);
  const models = [trained.twoTower, trained.ranker].map(({ artifact, curve, rows }) => ({
    model: artifact.kind,
    id: artifact.id,
    made: artifact.made,
    dir: artifact.dir,
    rows,
    trainLoss: curve.points[curve.best]?.trainLoss,
    validationLoss: curve.points[curve.best]?.validationLoss,
    stoppedEarly: curve.stoppedEarly,
  }));
  return {
    json: { models },
    text: tableText(
      table(
        models.map(({ model, made: fresh, rows, trainLoss, validationLoss, dir }) => ({
          model,
          fitted: fresh ? "now" : "before",
          rows,
          "train loss": trainLoss,
          "validation loss": validationLoss,
          folder: dir,
        })),
      ),
    ),
  };
}

/** Step 5, offline. */
export async function evaluateVerb(setting: Setting, control: RunControl): Promise<Answer> {
  const offline = await evaluateOffline(
    await trainModels(await prepareFeatures(await simulateLog(setting, control), control), {}, control),
    control,
  );
  const ranking = offline.ranking.map((row) => ({
    policy: row.policy,
    slice: row.slice,
    AUC: row.click.auc,
    "log loss": row.policy === "random" ? null : row.click.logLoss,
    "calibration error": row.policy === "random" ? null : row.click.calibrationError,
    "NDCG@10 clicks": row.click.ndcg,
    "NDCG@10 watch": row.ndcgWatch,
  }));
  const retrieval = offline.retrieval.map((row) => ({
    retriever: row.retriever,
    slice: row.slice,
    [`recall@${row.k}`]: row.recall,
    queries: row.queries,
  }));
  return {
    json: { ...offline },
    text: `${tableText(table(ranking, { caption: `Ranking on days ${range(offline.days)}, ${offline.rows.toLocaleString("en")} impressions; 95 % intervals by user` }))}\n\n${tableText(table(retrieval, { caption: "Retrieval over the videos live that day" }))}`,
  };
}

/** Step 5, online. Writes a run under `results/compare/`. */
export async function compareVerb(setting: Setting, control: RunControl): Promise<Answer> {
  const { online } = setting.sizes;
  const run = await openRun(
    "compare",
    { scale: setting.scale, seed: setting.seed, world: setting.world },
    { root: `${projectRoot}/results` },
  );
  const trained = await run.step("models", async () =>
    trainModels(await prepareFeatures(await simulateLog(setting, control), control), {}, control),
  );
  const played = await run.step("arms", () =>
    playArms(trained, standardArms(online.candidates), { users: online.users, days: online.days, drift: [] }, control),
  );
  const judged = judgeArms(played);
  const json = { run: run.finalDir, users: online.users, days: online.days, ...judged };
  await run.write("compare.json", json);
  await finishRun(run);
  return { json, text: `${armsText(judged)}\n${run.finalDir}` };
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
    "share of the way": judged.gaps.find((gap) => gap.policy === name)?.share.estimate,
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

function made(fresh: boolean): string {
  return fresh ? "made:" : "loaded:";
}

function range(days: readonly number[]): string {
  return days.length === 0 ? "none" : `${days[0]}–${days[days.length - 1]}`;
}
