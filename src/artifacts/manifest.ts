/** What an artifact is made of: written last, so that its presence means complete. It holds no times: equal work, equal bytes. */
import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { canonicalJson, sha256 } from "./hash.js";
import { isStaged, writeJsonAtomic } from "./staging.js";

/** One file of an artifact; `path` is relative to the artifact's folder, with forward slashes. */
export interface ManifestFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** The record of an artifact's files. */
export interface Manifest {
  readonly kind: string;
  readonly id: string;
  readonly config: unknown;
  readonly inputs: readonly string[];
  readonly code: string;
  readonly files: readonly ManifestFile[];
  readonly extra: Readonly<Record<string, unknown>>;
}

/** How much of an artifact is checked when it is loaded: sizes always; sha256 of files up to 256 MB by default, of all, or of none. */
export type Verify = "usual" | "all" | "sizes";

/** The name of the manifest inside an artifact's folder. */
export const manifestName = "manifest.json";

const largeBytes = 256 * 1024 * 1024;

/** Writes the manifest of a folder, last, with its own sum. */
export function writeManifest(dir: string, manifest: Manifest): Promise<void> {
  return writeJsonAtomic(join(dir, manifestName), { ...manifest, sha256: sha256(canonicalJson(manifest)) });
}

const manifestShape = z.object({
  kind: z.string(),
  id: z.string(),
  config: z.unknown(),
  inputs: z.array(z.string()),
  code: z.string(),
  files: z.array(z.object({ path: z.string(), bytes: z.number().int().nonnegative(), sha256: z.string().length(64) })),
  extra: z.record(z.string(), z.unknown()),
});

/** An artifact whose files are not what its manifest says. `dir` is the folder to delete or remake. */
export class DamagedArtifactError extends Error {
  override readonly name = "DamagedArtifactError";
  constructor(
    readonly dir: string,
    fault: string,
    options?: ErrorOptions,
  ) {
    super(`damaged artifact ${dir}: ${fault}; delete that folder (or pass remake: true) and run again`, options);
  }
}

/** Sizes and hashes of all files under `dir` but the manifest, sorted by path. */
export async function describeFiles(dir: string): Promise<ManifestFile[]> {
  const files: ManifestFile[] = [];
  for (const path of (await pathsUnder(dir, "")).sort()) {
    files.push({ path, bytes: (await stat(join(dir, path))).size, sha256: sha256OfFile(join(dir, path)) });
  }
  return files;
}

/**
 * Reads and checks the manifest in `dir`; `undefined` when there is none (nothing complete is there).
 * @throws DamagedArtifactError naming the file, what was expected and what was found.
 */
export async function readManifest(dir: string, verify: Verify = "usual"): Promise<Manifest | undefined> {
  const text = await readFile(join(dir, manifestName), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw new DamagedArtifactError(dir, `${manifestName} cannot be read (${error.code})`, { cause: error });
  });
  if (text === undefined) return undefined;
  const manifest = parse(dir, text);
  for (const file of manifest.files) await checkFile(dir, file, verify);
  return manifest;
}

/** Sha256 of a file, read in pieces. */
export function sha256OfFile(path: string): string {
  const hash = createHash("sha256");
  const piece = Buffer.allocUnsafe(1 << 20);
  const handle = openSync(path, "r");
  try {
    for (let n = readSync(handle, piece); n > 0; n = readSync(handle, piece)) hash.update(piece.subarray(0, n));
  } finally {
    closeSync(handle);
  }
  return hash.digest("hex");
}

function parse(dir: string, text: string): Manifest {
  let sum: unknown;
  let manifest: Manifest;
  try {
    const { sha256: own, ...rest } = JSON.parse(text) as Record<string, unknown>;
    sum = own;
    manifest = manifestShape.parse(rest) as Manifest;
  } catch (error) {
    throw new DamagedArtifactError(dir, `${manifestName} is not a manifest`, { cause: error });
  }
  if (sum !== sha256(canonicalJson(manifest)))
    throw new DamagedArtifactError(dir, `${manifestName} is not what its own sum says`);
  return manifest;
}

async function checkFile(dir: string, file: ManifestFile, verify: Verify): Promise<void> {
  const path = join(dir, file.path);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new DamagedArtifactError(dir, `${file.path} is missing, expected ${file.bytes} bytes`);
  if (found.size !== file.bytes) {
    throw new DamagedArtifactError(dir, `${file.path} has ${found.size} bytes, expected ${file.bytes}`);
  }
  if (verify === "sizes" || (verify === "usual" && file.bytes > largeBytes)) return;
  const sum = sha256OfFile(path);
  if (sum !== file.sha256)
    throw new DamagedArtifactError(dir, `${file.path} has sha256 ${sum}, expected ${file.sha256}`);
}

async function pathsUnder(dir: string, below: string): Promise<string[]> {
  const paths: string[] = [];
  for (const entry of await readdir(join(dir, below), { withFileTypes: true })) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) paths.push(...(await pathsUnder(dir, path)));
    else if (path !== manifestName && !isStaged(entry.name)) paths.push(path);
  }
  return paths;
}
