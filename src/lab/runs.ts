/**
 * Run folders: `results/<name>/<run id>/` with the results, `run.json` (config, seed, commit, versions, machine, timings) and a
 * manifest written last. A run works in a staged folder next to the final one and is renamed when it is complete, so a killed run leaves
 * nothing under a final name; the next run of that name deletes it. `results/<name>/latest` is a link to the last complete run.
 */
import { mkdir, readlink, rename, rm, symlink } from "node:fs/promises";
import { existsSync } from "node:fs";
import { dirname, isAbsolute, join, normalize, sep } from "node:path";
import {
  clearDiskError,
  describeFiles,
  flush,
  hashOf,
  manifestName,
  removeLeftovers,
  replaceFile,
  stagedPath,
  writeFileAtomic,
  writeManifest,
  commit,
  jsonText,
  machine,
  versions,
} from "../artifacts/index.js";

/** Time one step took. */
export interface StepTiming {
  readonly step: string;
  readonly seconds: number;
  readonly cpuSeconds: number; // of this process and its worker threads
}

/** A run being made. */
export interface Run {
  readonly name: string;
  readonly id: string;
  /** Where files go during the run; a hidden folder next to the final one. */
  readonly dir: string;
  /** The final folder, for messages. */
  readonly finalDir: string;
  /** Runs and times one step. If it throws, the time is still recorded and the error is passed on. */
  step<T>(label: string, work: () => Promise<T> | T): Promise<T>;
  /** Writes a file of the run; `path` is relative to its folder. Records are written as JSON (NaN as null). */
  write(path: string, data: string | Uint8Array | object): Promise<void>;
  /** Adds a fact to run.json. */
  note(key: string, value: unknown): void;
  readonly timings: readonly StepTiming[];
}

/** Options of `openRun`. */
export interface RunOptions {
  readonly root?: string; // default "results"
  readonly id?: string; // default: UTC time and six digits of its own
}

/** The result of `finishRun`. */
export interface FinishedRun {
  readonly id: string;
  readonly dir: string;
}

interface OpenRun extends Run {
  readonly config: Readonly<Record<string, unknown>>;
  readonly root: string;
  readonly startedAt: Date;
  readonly startedMs: number;
  readonly notes: Record<string, unknown>;
}

/** Makes a run by `work`: complete under its final name or, where `work` throws, not at all. */
export async function withRun<T>(
  name: string,
  config: Readonly<Record<string, unknown>>,
  options: RunOptions,
  work: (run: Run) => Promise<T>,
): Promise<T> {
  const run = await openRun(name, config, options);
  try {
    const made = await work(run);
    await finishRun(run);
    return made;
  } catch (error) {
    await abandonRun(run);
    throw error;
  }
}

/** Opens a run: makes its staged folder and deletes those that killed runs of this name left. Throws if a run with this id exists. */
export async function openRun(
  name: string,
  config: Readonly<Record<string, unknown>>,
  options: RunOptions = {},
): Promise<Run> {
  if (!/^[a-z0-9][a-z0-9-]*$/.test(name))
    throw new RangeError(`run name is ${name}; allowed: small letters, digits and dashes, for example "tour"`);
  const startedAt = new Date();
  const root = join(options.root ?? "results", name);
  const id =
    options.id ??
    // two runs may begin within one second
    `${startedAt.toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-")}-` +
      hashOf([jsonText(config), process.pid, performance.now()]).slice(0, 6);
  if (!/^[A-Za-z0-9][\w.-]*$/.test(id))
    throw new RangeError(`run id is ${id}; allowed: letters, digits, dots, dashes and underscores`);
  const finalDir = join(root, id);
  if (existsSync(finalDir)) throw new Error(`run exists: ${finalDir}; give another id or delete that folder`);
  await mkdir(root, { recursive: true });
  await removeLeftovers(root);
  const dir = stagedPath(finalDir);
  await mkdir(dir);
  const timings: StepTiming[] = [];
  const notes: Record<string, unknown> = {};
  const run: OpenRun = {
    name,
    id,
    dir,
    finalDir,
    config,
    root,
    startedAt,
    startedMs: performance.now(),
    notes,
    timings,
    async step(label, work) {
      const [startedMs, startedCpu] = [performance.now(), process.cpuUsage()];
      try {
        return await work();
      } finally {
        const { user, system } = process.cpuUsage(startedCpu);
        timings.push({
          step: label,
          seconds: (performance.now() - startedMs) / 1000,
          cpuSeconds: (user + system) / 1e6,
        });
      }
    },
    async write(path, data) {
      const inside = normalize(path);
      if (isAbsolute(inside) || inside === ".." || inside.startsWith(`..${sep}`))
        throw new RangeError(`path is ${path}; a run writes only below its own folder`);
      await mkdir(dirname(join(dir, inside)), { recursive: true });
      await writeFileAtomic(
        join(dir, inside),
        typeof data === "string" || data instanceof Uint8Array ? data : jsonText(data),
      );
    },
    note(key, value) {
      notes[key] = value;
    },
  };
  return run;
}

/** Writes run.json, then the manifest, renames the folder to its final name and moves `latest`. */
export async function finishRun(run: Run): Promise<FinishedRun> {
  const { name, id, dir, finalDir, config, root, startedAt, startedMs, notes, timings } = run as OpenRun;
  const made = commit();
  const record = {
    name,
    id,
    config,
    seed: config["seed"] ?? null,
    commit: made,
    versions: versions(),
    machine: machine(),
    startedAt: startedAt.toISOString(),
    seconds: (performance.now() - startedMs) / 1000,
    timings,
    ...notes,
  };
  try {
    await run.write("run.json", record);
    const files = await describeFiles(dir);
    const plain = JSON.parse(jsonText(config)) as unknown;
    await writeManifest(dir, {
      kind: "run",
      id,
      config: plain,
      inputs: [],
      code: made?.hash ?? "",
      files,
      extra: { name },
    });
    await rename(dir, finalDir);
    await flush(root);
    await replaceFile(join(root, "latest"), (staged) => symlink(id, staged));
  } catch (error) {
    throw clearDiskError(error, finalDir);
  }
  return { id, dir: finalDir };
}

/** Discards a run: its staged folder is deleted. */
export async function abandonRun(run: Run): Promise<void> {
  await rm(run.dir, { recursive: true, force: true });
}

/** Folder of the last complete run of a name, or undefined. */
export async function latestRun(name: string, root = "results"): Promise<string | undefined> {
  const id = await readlink(join(root, name, "latest")).catch(() => undefined);
  if (id === undefined) return undefined;
  const dir = join(root, name, id);
  return existsSync(join(dir, manifestName)) ? dir : undefined;
}
