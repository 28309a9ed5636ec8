/**
 * The main job: all seven steps once, from an empty folder to a judged recommender and one report that says what came out; then the
 * notebooks that read these artifacts. Everything is computed or loaded, so a second tour of the same setting only judges and writes.
 */
import { spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { Option } from "commander";
import { reportFigures, tableText, writePngs, withRun, writeReport, type Run } from "../../lab/index.js";
import type { RunControl } from "../../types.js";
import { projectRoot, type Setting } from "../../pipeline/setting.js";
import { atlasBeside } from "./answer.js";
import { recordOf, type TourRecord } from "./record.js";
import { offlineOnlineTable } from "./judged.js";
import { tourReport } from "./report.js";
import { keep, tablesOf } from "../keep.js";
import { armsText } from "../compare.js";
import { configOf, resultsDir, type PlatformOptions } from "../options.js";
import type { Answer } from "../run.js";
import { platformVerb } from "../verb.js";
import { workshop } from "../../pipeline/workshop.js";
import { coldStart } from "../../studies/cold-start/cold-start.js";
import { runDrift } from "../../studies/drift.js";

export const tourVerb = platformVerb<PlatformOptions & { readonly notebooks: boolean }>({
  name: "tour",
  description: "the main job: all seven steps, the notebooks and the report",
  scale: "small",
  out: "results",
  options: [new Option("--no-notebooks", "skip the notebooks")],
  run: (setting, control, typed) =>
    tour(setting, control, {
      results: resultsDir(typed),
      notebooks: typed.notebooks,
      print: (text) => void (typed.json === true ? process.stderr : process.stdout).write(`\n${text}\n\n`),
    }),
});

/** What a tour leaves out, and where it goes. */
export interface TourOptions {
  readonly results: string; // folder
  readonly notebooks: boolean;
  /** Told the headline and the report's path as soon as they exist: the notebooks take as long again. */
  readonly print: (text: string) => void;
}

/** Runs the tour and writes `results/tour/<run>/`. */
export async function tour(setting: Setting, control: RunControl, options: TourOptions): Promise<Answer> {
  const { answer, finalDir } = await withRun(
    "tour",
    { ...configOf(setting), logging: setting.logging },
    { root: options.results },
    async (run) => ({ answer: await reportOf(setting, run, control, options.notebooks), finalDir: run.finalDir }),
  );
  if (!options.notebooks) return answer;
  options.print(answer.text);
  const note = await runNotebooks(setting, join(finalDir, "notebooks"), control.signal);
  return { text: note, json: { ...answer.json, notebooks: note } };
}

/** All steps, the report and its figures. */
async function reportOf(setting: Setting, run: Run, control: RunControl, notebooks: boolean): Promise<Answer> {
  const record = await takeTour(setting, run, control);
  const report = tourReport(record, run.timings, notebooks ? "notebooks" : undefined, atlasBeside(run.finalDir));
  await run.write("record.json", record); // all that a report is written from
  await run.step("report", () => writeReport(run.dir, report));
  const pngs = await run.step("figures as PNG", () =>
    writePngs(join(run.dir, "figures"), reportFigures(report), control),
  );
  const notes = [pngs.kind === "written" ? `${pngs.files.length} figures in figures/` : `no PNGs: ${pngs.reason}`];
  await keep(run, tablesOf(report));
  return answerOf(record, run.finalDir, [report.lede, ...notes], run);
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

/** Notebooks that read what a tour computes; the others compute as much again, each for itself. */
const readsTheTour = /^(00|01|02|03|05a|05d|06a|07a)-/;

/** Executes them on the real kernel with this setting's artifacts and exports them to HTML; says how to run the others. */
async function runNotebooks(setting: Setting, out: string, signal?: AbortSignal): Promise<string> {
  const names = (await readdir(join(projectRoot, "notebooks")))
    .filter((file) => file.endsWith(".ipynb"))
    .map((file) => file.slice(0, -6))
    .sort();
  const began = performance.now();
  await runAll(
    names.filter((name) => readsTheTour.test(name)),
    setting,
    out,
    signal,
  );
  const others = names.filter((name) => !readsTheTour.test(name)).map((name) => name.split("-")[0]);
  return [
    `Notebooks that read the tour, executed in ${((performance.now() - began) / 1000).toFixed(0)} s: ${relative(process.cwd(), out)}`,
    `The others fit models or play worlds of their own; run them at a scale you choose: ` +
      `npx stagecraft notebooks ${others.join(" ")} --scale tiny --workers 2 --html`,
  ].join("\n");
}

function runAll(names: readonly string[], setting: Setting, out: string, signal?: AbortSignal): Promise<void> {
  const options = [
    ...names,
    "--scale",
    setting.scale,
    "--seed",
    String(setting.seed),
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
    const child = spawn(process.execPath, [join(projectRoot, "scripts/notebooks/run.mjs"), ...options], {
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
  const [headline, ...others] = notes;
  const text = [
    headline,
    armsText(record.judged),
    tableText(offlineOnlineTable(record)),
    `Took ${run.timings.reduce((sum, t) => sum + t.seconds, 0).toFixed(0)} s: ${seconds}`,
    ...others,
    `Open ${join(dir, "report.html")}`,
  ].join("\n\n");
  return { text, json: { run: dir, report: join(dir, "report.html"), notes, timings: run.timings, ...record.summary } };
}
