/** Complete runs, read back: what `finishRun` of runs.ts wrote. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { manifestName } from "../artifacts/index.js";

/** A complete run, as its run.json says. */
export interface RunRecord {
  readonly name: string;
  readonly id: string;
  readonly dir: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly commit: { readonly hash: string; readonly changed: boolean } | null;
  readonly startedAt: string; // ISO 8601, UTC
  readonly seconds: number;
  /** What was found: every other JSON file of the folder, by its name without the ending. */
  readonly results: Readonly<Record<string, unknown>>;
}

/** All complete runs below a folder of results, oldest first. */
export async function listRuns(root = "results"): Promise<readonly RunRecord[]> {
  const names = await foldersIn(root);
  const dirs = await Promise.all(
    names.map(async (name) => (await foldersIn(join(root, name))).map((id) => join(root, name, id))),
  );
  const runs = await Promise.all(dirs.flat().map(readRun));
  return runs.filter((run) => run !== undefined).sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1));
}

/** A run by its folder; undefined where none is complete there. @throws Error on a damaged record */
export async function readRun(dir: string): Promise<RunRecord | undefined> {
  if (!existsSync(join(dir, manifestName)) || !existsSync(join(dir, "run.json"))) return undefined;
  const files = (await readdir(dir)).filter(
    (file) => file.endsWith(".json") && ![manifestName, "run.json"].includes(file),
  );
  const parsed = async (file: string): Promise<unknown> => {
    try {
      return JSON.parse(await readFile(join(dir, file), "utf8")) as unknown;
    } catch (cause) {
      throw new Error(`${join(dir, file)} is damaged: it is no JSON`, { cause });
    }
  };
  const results = await Promise.all(
    files.map(async (file) => [file.slice(0, -".json".length), await parsed(file)] as const),
  );
  const record = (await parsed("run.json")) as Omit<RunRecord, "dir" | "results">;
  return { ...record, dir, results: Object.fromEntries(results) };
}

async function foldersIn(dir: string): Promise<readonly string[]> {
  if (!existsSync(dir)) return [];
  const entries = await readdir(dir, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith(".")).map(({ name }) => name);
}
