/**
 * The main job: the whole way once, from an empty folder to a judged recommender, with the notebooks executed on what was made and one report
 * that says what came out. Everything is made or loaded, so a second tour of the same setting only judges and writes.
 */
import { spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import {
  abandonRun,
  finishRun,
  openRun,
  reportFigures,
  tableText,
  writePngs,
  writeReport,
  type Run,
} from "../../lab/index.js";
import type { RunControl, Scale } from "../../types.js";
import { projectRoot, type Setting } from "../../pipeline/setting.js";
import { recordOf, type TourRecord } from "./record.js";
import { offlineOnlineTable, tourReport } from "./report.js";
import { armsText, type Answer } from "../verbs.js";
import { workshop } from "../../pipeline/workshop.js";
import { coldStart } from "../../studies/cold-start/cold-start.js";
import { runDrift } from "../../studies/drift.js";

/** What a tour leaves out, and where it goes. */
export interface TourOptions {
  readonly results: string; // folder
  readonly notebooks: boolean;
}

/** Runs the tour and writes `results/tour/<run>/`. */
export async function tour(setting: Setting, control: RunControl, options: TourOptions): Promise<Answer> {
  const { scale, seed, world, logging } = setting;
  const run = await openRun("tour", { scale, seed, world, logging }, { root: options.results });
  try {
    const record = await takeTour(setting, run, control);
    const report = tourReport(record, run.timings);
    await run.write("record.json", record);
    await run.step("report", () => writeReport(run.dir, report));
    const pngs = await run.step("figures as PNG", () =>
      writePngs(join(run.dir, "figures"), reportFigures(report), control),
    );
    const notes = [pngs.kind === "written" ? `${pngs.files.length} figures in figures/` : `no PNGs: ${pngs.reason}`];
    if (options.notebooks)
      notes.push(await run.step("notebooks", () => runNotebooks(setting, join(run.dir, "notebooks"), control.signal)));
    const done = await finishRun(run);
    return answerOf(record, done.dir, notes, run);
  } catch (error) {
    await abandonRun(run);
    throw error;
  }
}

async function takeTour(setting: Setting, run: Run, control: RunControl): Promise<TourRecord> {
  const shop = workshop(setting, control);
  await run.step("simulate", () => shop.log());
  await run.step("prepare features", () => shop.prepared());
  const trained = await run.step("train", () => shop.trained());
  const offline = await run.step("evaluate offline", () => shop.offline());
  const arms = await run.step("arms online", () => shop.arms());
  const judged = await run.step("judge", () => shop.judged());
  const cold = await run.step("cold start", async () => coldStart(trained, arms, control));
  const drift = await run.step("drift", () => runDrift(trained, control));
  const latency = await run.step("latency", () => shop.latency());
  const facts = await run.step("log facts", () => shop.facts());
  return recordOf({ setting, trained, facts, offline, arms, judged, cold, drift, latency });
}

/** Chapters that fit a dozen models each: many minutes at `small`, so a tour takes them at `tiny`. */
const fitsMany = /^04[abc]-/;

/** Executes all notebooks on the real kernel with this setting's artefacts; they are exported to HTML beside. */
async function runNotebooks(setting: Setting, out: string, signal?: AbortSignal): Promise<string> {
  const names = (await readdir(join(projectRoot, "notebooks")))
    .filter((file) => file.endsWith(".ipynb"))
    .map((file) => file.slice(0, -6))
    .sort();
  const [long, short] = [names.filter((name) => fitsMany.test(name)), names.filter((name) => !fitsMany.test(name))];
  await runSome(short, setting.scale, setting, out, signal);
  await runSome(long, "tiny", setting, out, signal);
  return `executed notebooks in notebooks/${setting.scale === "tiny" ? "" : `; at tiny those that fit many models: ${long.join(", ")}`}`;
}

function runSome(
  names: readonly string[],
  scale: Scale,
  setting: Setting,
  out: string,
  signal?: AbortSignal,
): Promise<void> {
  const words = [
    ...names,
    "-p",
    `scale=${scale}`,
    "-p",
    `seed=${setting.seed}`,
    "-p",
    "workers=1",
    "--jobs",
    String(Math.min(2, setting.workers)),
    "--html",
    "--png",
    "--out",
    out,
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(projectRoot, "scripts/notebooks/run.mjs"), ...words], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, STAGECRAFT_DATASETS: setting.datasets },
    });
    const stop = (): void => void child.kill("SIGINT");
    signal?.addEventListener("abort", stop, { once: true });
    child.on("error", reject);
    child.on("exit", (code) => {
      signal?.removeEventListener("abort", stop);
      if (signal?.aborted) reject(signal.reason);
      else if (code === 0) resolve();
      else reject(new Error(`a notebook failed (exit code ${code}); what it said is above`));
    });
  });
}

function answerOf(record: TourRecord, dir: string, notes: readonly string[], run: Run): Answer {
  const seconds = run.timings.map(({ step, seconds: took }) => `${step} ${took.toFixed(0)} s`).join(", ");
  const text = [
    armsText(record.judged),
    tableText(offlineOnlineTable(record)),
    `Took ${run.timings.reduce((sum, t) => sum + t.seconds, 0).toFixed(0)} s: ${seconds}`,
    ...notes,
    `Open ${join(dir, "report.html")}`,
  ].join("\n\n");
  return { text, json: { run: dir, report: join(dir, "report.html"), notes, timings: run.timings, ...record.summary } };
}
