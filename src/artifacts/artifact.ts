/**
 * Compute or load: every artifact (dataset, features, model, index) is at `<root>/<kind>/<id>/`, where the id is a hash
 * of its config, inputs and code. It is built in a staged folder next to it, its manifest written last, and renamed once.
 */
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { hashOf } from "./hash.js";
import {
  DamagedArtifactError,
  describeFiles,
  manifestName,
  readManifest,
  writeManifest,
  type Manifest,
  type Verify,
} from "./manifest.js";
import { clearDiskError, flush, isStaged, removeLeftovers, stagedPath } from "./staging.js";

/** A complete artifact on disk. `made`: this call made it. */
export interface Artifact {
  readonly kind: string;
  readonly id: string;
  readonly dir: string;
  readonly manifest: Manifest;
  readonly made: boolean;
}

/** What to make: the same spec has the same id. `inputs` are ids of artifacts it is made from; `code` a `codeHash`. */
export interface ArtifactSpec {
  readonly root: string;
  readonly kind: string;
  readonly config: unknown;
  readonly inputs?: readonly string[];
  readonly code?: string;
}

/** `remake` computes an existing artifact again; `verify` sets how much is checked when loading (default "usual"). */
export interface MakeOptions {
  readonly remake?: boolean;
  readonly verify?: Verify;
}

/** Fills an empty folder; what it returns (JSON) is kept as `manifest.extra`. Must not write clocks if bytes are to repeat. */
export type Make = (dir: string) => Promise<Readonly<Record<string, unknown>> | void>;

/** The id a spec's artifact has, without making it. */
export function artifactId(spec: ArtifactSpec): string {
  return hashOf({ kind: spec.kind, config: spec.config, inputs: spec.inputs ?? [], code: spec.code ?? "" });
}

/**
 * Loads the artifact of `spec`, or makes it. If `make` throws or the process dies, nothing is left under the final name. Two processes
 * may compute the same id; the first to finish wins and the other loads its artifact.
 * @throws DamagedArtifactError when the one on disk is not what its manifest says.
 */
export async function makeOrLoad(spec: ArtifactSpec, make: Make, options: MakeOptions = {}): Promise<Artifact> {
  checkKind(spec.kind);
  const id = artifactId(spec);
  const shelf = join(spec.root, spec.kind);
  const dir = join(shelf, id);
  await removeLeftovers(shelf);
  const found = options.remake ? undefined : await readOwn(dir, spec, options.verify);
  if (found !== undefined) return { kind: spec.kind, id, dir, manifest: found, made: false };
  const staged = stagedPath(dir);
  try {
    await mkdir(staged, { recursive: true });
    const extra = (await make(staged)) ?? {};
    const manifest = await seal(staged, spec, id, extra);
    if (await putInPlace(staged, dir, options.remake ?? false))
      return { kind: spec.kind, id, dir, manifest, made: true };
  } catch (error) {
    throw clearDiskError(error, dir);
  } finally {
    await rm(staged, { force: true, recursive: true });
  }
  const winners = await readOwn(dir, spec, options.verify);
  if (winners === undefined) throw new Error(`${dir} was removed while it was being made; run again`);
  return { kind: spec.kind, id, dir, manifest: winners, made: false };
}

/** The manifest of the artifact of `spec`, if it stands in `dir`. @throws DamagedArtifactError where another stands there under its name */
export async function readOwn(dir: string, spec: ArtifactSpec, verify?: Verify): Promise<Manifest | undefined> {
  const manifest = await readManifest(dir, verify);
  const id = artifactId(spec);
  if (manifest !== undefined && (manifest.id !== id || artifactId({ ...manifest, root: spec.root }) !== id))
    throw new DamagedArtifactError(
      dir,
      `its manifest is of ${manifest.kind} ${manifest.id}, expected ${spec.kind} ${id}`,
    );
  return manifest;
}

/**
 * Loads the artifact in a folder, checked.
 * @throws Error when nothing complete is there; DamagedArtifactError when it is not what its manifest says.
 */
export async function loadArtifact(dir: string, verify: Verify = "usual"): Promise<Artifact> {
  const manifest = await readManifest(dir, verify);
  if (manifest === undefined) throw new Error(`no artifact in ${dir}: it has no ${manifestName}`);
  return { kind: manifest.kind, id: manifest.id, dir, manifest, made: false };
}

/** Folders of the complete artifacts of a kind, sorted by id; files are not checked. */
export async function listArtifacts(root: string, kind: string): Promise<string[]> {
  const names = await readdir(join(root, kind)).catch(() => [] as string[]);
  const dirs: string[] = [];
  for (const name of names.filter((name) => !isStaged(name)).sort()) {
    const inside = await readdir(join(root, kind, name)).catch(() => [] as string[]);
    if (inside.includes(manifestName)) dirs.push(join(root, kind, name));
  }
  return dirs;
}

/** Writes the manifest of the files in `staged`, last. */
export async function seal(
  staged: string,
  spec: ArtifactSpec,
  id: string,
  extra: Readonly<Record<string, unknown>>,
): Promise<Manifest> {
  const files = await describeFiles(staged);
  for (const file of files) await flush(join(staged, file.path));
  const { kind, config } = spec;
  const manifest: Manifest = { kind, id, config, inputs: spec.inputs ?? [], code: spec.code ?? "", files, extra };
  await writeManifest(staged, manifest);
  return manifest;
}

/** Renames. True when `staged` is now at `dir`; false when a complete one came first. */
export async function putInPlace(staged: string, dir: string, remake: boolean): Promise<boolean> {
  const old = stagedPath(dir);
  const moveAway = remake || !(await readdir(dir).catch(() => [manifestName])).includes(manifestName);
  if (moveAway) await rename(dir, old).catch(() => undefined);
  try {
    await rename(staged, dir);
    await flush(join(dir, ".."));
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOTEMPTY" || code === "EEXIST" || code === "EPERM") return false;
    throw error;
  } finally {
    if (moveAway) await rm(old, { force: true, recursive: true });
  }
}

/** @throws Error unless `kind` is one folder name */
export function checkKind(kind: string): void {
  if (basename(kind) !== kind || kind === "" || isStaged(kind) || kind === "..") {
    throw new Error(`bad artifact kind: ${JSON.stringify(kind)}; allowed: one folder name`);
  }
}
