/**
 * How studies run. A study is a list of jobs, each in a process, under one bar; worlds follow each other by seed; cells that were made
 * before are loaded, so a study that was stopped resumes. What is made of the results is the study's own.
 */
import { inWorld, type Setting } from "../pipeline/setting.js";
import { type Bar, type Job, oneBar, oneLine, runJobs } from "../platform/jobs.js";
import type { RunControl } from "../types.js";

/** A whole number that was asked for. @throws RangeError naming it, its value and what is allowed */
export function wholeNumber(name: string, value: number, from: number, to: number): number {
  if (Number.isInteger(value) && value >= from && value <= to) return value;
  throw new RangeError(`invalid ${name}: ${value}; allowed: a whole number from ${from} to ${to}`);
}

/** Worlds by seed: the setting's and those after it. `changes`: fields of the world. */
export function seedWorlds(base: Setting, seeds: number, changes?: Parameters<typeof inWorld>[2]): readonly Setting[] {
  return Array.from({ length: seeds }, (_, w) => inWorld(base, base.seed + w, changes));
}

/** Runs jobs under one bar, which counts jobs where no `total` is given. @returns results in the order of the jobs */
export async function runParts<Result>(
  jobs: readonly Job[],
  bar: Omit<Bar, "total"> & { readonly total?: number },
  workers: number,
  control: RunControl,
): Promise<readonly Result[]> {
  const progress = oneBar({ total: jobs.length, ...bar }, control.onProgress);
  return (await runJobs(jobs, { workers, control, progress })) as Result[];
}

/** One job for each world: what all of its cells need. @returns ids of the artifacts that cells are made of, by world */
export async function prepareWorlds(
  worlds: readonly Setting[],
  toJob: Pick<Job, "module" | "export"> & { readonly label?: (world: Setting) => string },
  workers: number,
  control: RunControl,
): Promise<readonly (readonly string[])[]> {
  const { label = ({ seed }) => `seed ${seed}`, ...call } = toJob;
  const jobs = worlds.map((world) => ({ ...call, label: label(world), argument: world }));
  const progress = oneLine("worlds", jobs.length, workers, control.onProgress);
  return (await runJobs(jobs, { workers, control, progress })) as (readonly string[])[];
}

/** How cells are found and made. */
export interface Cells<Of, Cell> extends Omit<Bar, "total" | "before"> {
  readonly size?: (of: Of) => number; // what one counts on the bar, default 1
  readonly module: string;
  readonly export: string;
  find(of: Of): Promise<Cell | undefined>;
  label(of: Of): string; // of its own each: the bar adds up by label
}

/** Loads the cells that are there and makes the others. @returns cells in the order asked for, and the size of what was made */
export async function findOrMake<Of, Cell>(
  asked: readonly Of[],
  { size = () => 1, find, label, module, export: name, ...bar }: Cells<Of, Cell>,
  workers: number,
  control: RunControl,
): Promise<{ readonly cells: readonly Cell[]; readonly made: number }> {
  const found = await Promise.all(asked.map(find));
  const missing = asked.filter((_, j) => found[j] === undefined);
  const sum = (of: readonly Of[]): number => of.reduce((all, one) => all + size(one), 0);
  const [total, left] = [sum(asked), sum(missing)];
  const jobs = missing.map((argument) => ({ label: label(argument), module, export: name, argument }));
  // what is there is done from the start, so that the rate is of what is made now
  const made = await runParts<Cell>(jobs, { ...bar, total, before: total - left }, workers, control);
  let next = 0;
  return { cells: found.map((cell) => cell ?? made[next++]!), made: left };
}
