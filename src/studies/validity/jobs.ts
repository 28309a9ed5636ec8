/** The study's worlds as jobs of processes: a few worlds per process, since starting one costs more than a small world. */
import { compiledUrl } from "../../platform/compiled.js";
import { oneBar, runJobs } from "../../platform/jobs.js";
import type { RunControl } from "../../types.js";
import type { WorldConfig } from "../../world/index.js";
import { recoverWorld, type RecoveredWorld, type RecoverySizes } from "./recover-world.js";
import { playStudyWorld, type PlayedWorld, type StudyWorld } from "./study-world.js";

/** Recovery worlds by seed, in order. */
export async function recoverMany(
  base: WorldConfig,
  seeds: readonly number[],
  sizes: RecoverySizes,
  workers: number,
  control: RunControl = {},
): Promise<RecoveredWorld[]> {
  return spread("recovery worlds", seeds, workers, control, recoverJob, (chunk) => ({ base, seeds: chunk, sizes }));
}

/** Study worlds, in order. */
export async function playMany(
  worlds: readonly StudyWorld[],
  workers: number,
  control: RunControl = {},
): Promise<PlayedWorld[]> {
  return spread("study worlds", worlds, workers, control, studyJob, (chunk) => chunk);
}

interface RecoveryShare {
  readonly base: WorldConfig;
  readonly seeds: readonly number[];
  readonly sizes: RecoverySizes;
}

/** A process's share of recovery worlds. */
export async function recoverJob(share: RecoveryShare, control: RunControl): Promise<RecoveredWorld[]> {
  return one(share.seeds, control, async (seed) => recoverWorld(share.base, seed, share.sizes, control));
}

/** A process's share of study worlds. */
export async function studyJob(worlds: readonly StudyWorld[], control: RunControl): Promise<PlayedWorld[]> {
  return one(worlds, control, (world) => playStudyWorld(world, control));
}

async function one<T, R>(items: readonly T[], control: RunControl, make: (item: T) => Promise<R>): Promise<R[]> {
  const made: R[] = [];
  for (const item of items) {
    control.signal?.throwIfAborted();
    made.push(await make(item));
    control.onProgress?.("worlds", made.length, items.length);
    await new Promise<void>((resolve) => setImmediate(resolve)); // lets progress and Ctrl-C in
  }
  return made;
}

/** Chunks of items over processes (or here, with one worker), with progress over all and the rate since the start. */
async function spread<T, Share, R>(
  what: string,
  items: readonly T[],
  workers: number,
  control: RunControl,
  job: (share: Share, control: RunControl) => Promise<R[]>, // exported here under its own name
  shareOf: (chunk: readonly T[]) => Share,
): Promise<R[]> {
  const startedMs = performance.now();
  const perMinute = (done: number): string =>
    `${((60_000 * done) / Math.max(1, performance.now() - startedMs)).toFixed(0)} worlds per minute`;
  const progress = oneBar({ step: what, total: items.length, detail: perMinute }, control.onProgress);
  if (workers === 1) return job(shareOf(items), { ...control, onProgress: (...of) => progress("here", ...of) });
  // every process gets several turns, so that none is left alone with a long tail
  const size = Math.max(1, Math.ceil(items.length / (workers * 3)));
  const chunks = Array.from({ length: Math.ceil(items.length / size) }, (_, c) =>
    items.slice(c * size, (c + 1) * size),
  );
  const module = compiledUrl("jobs", import.meta.url).href;
  const jobs = chunks.map((chunk, c) => ({ label: `${c}`, module, export: job.name, argument: shareOf(chunk) }));
  const results = (await runJobs(jobs, { workers, control, progress })) as R[][];
  return results.flat();
}
