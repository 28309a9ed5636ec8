/** What a result was made with and on: the checkout's commit, package versions, the machine. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** A description of the machine that readers can compare with theirs; no names of hosts or people. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly platform: string;
  readonly arch: string;
  readonly node: string;
}

/** The commit the code came from; null outside a checkout. */
export interface Commit {
  readonly hash: string;
  readonly changed: boolean; // tracked files differ from the commit
}

/** Describes this machine. */
export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    platform: process.platform,
    arch: process.arch,
    node: process.version,
  };
}

/** Commit of this checkout, or null (installed as a package, or without git). */
export function commit(): Commit | null {
  const root = packageRoot();
  const git = (...args: readonly string[]): string =>
    execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    return { hash: git("rev-parse", "HEAD"), changed: git("status", "--porcelain", "--untracked-files=no") !== "" };
  } catch {
    return null;
  }
}

/** Installed versions of this package and of those it depends on, by name; a missing one is left out. */
export function versions(): Readonly<Record<string, string>> {
  const root = packageRoot();
  const own = readPackage(root);
  const found: Record<string, string> = { [own?.name ?? "stagecraft"]: own?.version ?? "unknown" };
  for (const name of Object.keys(own?.dependencies ?? {}).sort()) {
    const version = readPackage(join(root, "node_modules", name))?.version;
    if (version !== undefined) found[name] = version;
  }
  return found;
}

/** The folder that holds this package's package.json. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    const above = dirname(folder);
    if (above === folder)
      throw new Error(`no package.json above ${fileURLToPath(import.meta.url)}; the package is incomplete`);
    folder = above;
  }
  return folder;
}

function readPackage(
  folder: string,
): { name?: string; version?: string; dependencies?: Record<string, string> } | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
      name?: string;
      version?: string;
      dependencies?: Record<string, string>;
    };
  } catch {
    return undefined;
  }
}

/** The package's version. */
export function version(): string {
  return readPackage(packageRoot())?.version ?? "0.0.0";
}
