/**
 * What the case studies share. A case consists of parts, each a market, a world, a set of scenes: a part is a job in a process, and its
 * result is kept by what it is made of, so that a case that was stopped resumes. The report is made of the results.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { codeHash, makeOrLoad, writeFileAtomic } from "../artifacts/index.js";
import type { Interval } from "../evaluation/index.js";
import type { Report } from "../lab/index.js";
import { compiledUrl } from "../platform/compiled.js";
import { oneBar, runJobs } from "../platform/jobs.js";
import type { RunControl, Scale } from "../types.js";

/** How a case is run. */
export interface CaseOptions {
  readonly scale: Scale;
  /** The first of the markets, worlds or scenes; the next ones follow. */
  readonly seed: number;
  /** How many. */
  readonly seeds: number;
}

/** A part: an exported function of the case's module, called as (argument, control); its result is JSON. */
export interface CasePart {
  readonly label: string;
  readonly export: string;
  readonly argument: unknown;
}

/** A case. */
export interface Case {
  readonly name: string;
  readonly title: string;
  /** The page's last section: what a real one has that this has not. */
  readonly notRealistic: readonly string[];
  /** URL of the compiled module that exports the parts; not the report's, so that editing a report computes nothing again. */
  readonly module: string;
  parts(options: CaseOptions): readonly CasePart[];
  /** @param results of the parts, in their order; title and last section are put around what it gives */
  report(options: CaseOptions, results: readonly unknown[]): CaseFindings;
}

/** One part for each seed: its world by `what` and seed. */
export function perSeed(
  what: string,
  name: string,
  { scale, seed, seeds }: CaseOptions,
): readonly (CasePart & { readonly argument: Pick<CaseOptions, "scale" | "seed"> })[] {
  return Array.from({ length: seeds }, (_, i) => ({
    label: `${what} ${seed + i}`,
    export: name,
    argument: { scale, seed: seed + i },
  }));
}

/** What a case found. */
export interface CaseFindings {
  readonly report: Omit<Report, "title">;
  /** Each hypothesis as it was written before the run, and what became of it. */
  readonly hypotheses: readonly Hypothesis[];
  /** The pair of designs: how much better the first is offline, and how much worse in what counts; both above 0 where it is one. */
  readonly pair: { readonly offline: Named; readonly business: Named };
  readonly json: Readonly<Record<string, unknown>>;
  /** Texts to be kept beside the report, by name. */
  readonly files?: Readonly<Record<string, string>>;
}

/** The same with its whole page. */
export interface CaseResult extends CaseFindings {
  readonly report: Report;
}

/** A difference of the pair with the name and unit of its metric. */
export interface Named {
  readonly metric: string;
  readonly found: Interval;
}

/** Computes the parts of a case or loads them, `workers` at a time, and reports. */
export async function runCase(
  chosen: Case,
  options: CaseOptions,
  { datasets: root, workers, remake = false }: { datasets: string; workers: number; remake?: boolean },
  control: RunControl = {},
): Promise<CaseResult> {
  const { name, module, title, notRealistic } = chosen;
  const jobs = chosen.parts(options).map((part) => ({
    label: part.label,
    module: compiledUrl("case", import.meta.url).href,
    export: "casePart",
    argument: { part, case: name, module, root, remake } satisfies KeptPart,
  }));
  const progress = oneBar({ step: name, total: jobs.length, inner: "part", shares: true }, control.onProgress);
  const { report, ...found } = chosen.report(options, await runJobs(jobs, { workers, control, progress }));
  const last = { id: "not-realistic", heading: "What is not realistic", prose: notRealistic };
  return { ...found, report: { ...report, title, sections: [...report.sections, last] } };
}

interface KeptPart {
  readonly part: CasePart;
  readonly case: string;
  readonly module: string;
  readonly root: string;
  readonly remake: boolean;
}

/** One part, computed or loaded. @public called by its name */
export async function casePart({ part, module, root, remake, ...of }: KeptPart, control: RunControl): Promise<unknown> {
  const spec = { root, kind: "case", config: { ...of, ...part }, code: codeHash(module) };
  const file = "result.json";
  let steps = 1;
  const onProgress: RunControl["onProgress"] = (step, done, total) => {
    if (step === "part") steps = total;
    control.onProgress?.(step, done, total);
  };
  const { dir } = await makeOrLoad(
    spec,
    async (into) => {
      const exported = (await import(module)) as Record<string, (argument: unknown, control: RunControl) => unknown>;
      const result = await exported[part.export]!(part.argument, { ...control, onProgress });
      await writeFileAtomic(join(into, file), `${JSON.stringify(result)}\n`);
    },
    { remake },
  );
  control.onProgress?.("part", steps, steps);
  return JSON.parse(await readFile(join(dir, file), "utf8"));
}

/** Counts the steps of a part: the bar and its time left are made of it. Call what it gives after each step. */
export function partSteps(total: number, { signal, onProgress }: RunControl): () => void {
  let done = 0;
  return () => {
    signal?.throwIfAborted();
    onProgress?.("part", ++done, total);
  };
}

/** A sentence that was written before the run, with its answer. */
export interface Hypothesis {
  readonly says: string;
  readonly found: Interval;
  readonly outcome: "held" | "did not hold" | "undecided";
}
