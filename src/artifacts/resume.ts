/**
 * Compute, resume or load: for long computations. An unfinished artifact is at `<root>/<kind>/.unfinished-<id>/`, is found again by the
 * next run of the same spec (killed, aborted or failed, it stays), and becomes the artifact in one rename. One process works on it at a
 * time.
 */
import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  type Artifact,
  artifactId,
  type ArtifactSpec,
  checkKind,
  type MakeOptions,
  makeOrLoad,
  putInPlace,
  readOwn,
  seal,
} from "./artifact.js";
import { takeLock } from "./lock.js";
import { clearDiskError, removeLeftovers, unfinishedPath } from "./staging.js";

/**
 * Fills `dir` (what becomes the artifact), perhaps started by an earlier run. The record of its progress belongs in `kept`, which is
 * not part of the artifact. It must end with the same bytes as an uninterrupted run; what it returns is `manifest.extra`.
 */
export type Resume = (dir: string, kept: string) => Promise<Readonly<Record<string, unknown>> | void>;

/**
 * `makeOrLoad` that resumes where an earlier run of the same spec (config, inputs and code) was stopped. While another process works on it,
 * this one makes its own from the beginning, as `makeOrLoad` does. `remake` starts again.
 * @throws DamagedArtifactError when the one on disk is not what its manifest says.
 */
export async function makeOrResume(spec: ArtifactSpec, make: Resume, options: MakeOptions = {}): Promise<Artifact> {
  checkKind(spec.kind);
  const id = artifactId(spec);
  const shelf = join(spec.root, spec.kind);
  const dir = join(shelf, id);
  await mkdir(shelf, { recursive: true });
  await removeLeftovers(shelf);
  const found = options.remake ? undefined : await readOwn(dir, spec, options.verify);
  const place = unfinishedPath(dir);
  if (found !== undefined && !existsSync(place)) return { kind: spec.kind, id, dir, manifest: found, made: false };
  const lock = await takeLock(`${place}.lock`);
  if (lock === undefined) return makeAlone(spec, make, options);
  const [staged, kept] = [join(place, "made"), join(place, "kept")];
  try {
    // Another process may have finished it before our lock.
    const finished = options.remake ? undefined : await readOwn(dir, spec, options.verify);
    if (finished !== undefined) {
      await rm(place, { force: true, recursive: true });
      return { kind: spec.kind, id, dir, manifest: finished, made: false };
    }
    if (options.remake) await rm(place, { force: true, recursive: true });
    await mkdir(staged, { recursive: true });
    await mkdir(kept, { recursive: true });
    for (const folder of [staged, kept]) await removeLeftovers(folder);
    const extra = (await make(staged, kept)) ?? {};
    const manifest = await seal(staged, spec, id, extra);
    const made = await putInPlace(staged, dir, options.remake ?? false);
    await rm(place, { force: true, recursive: true });
    const standing = made ? manifest : await readOwn(dir, spec, options.verify);
    if (standing === undefined) throw new Error(`${dir} was removed while it was being made; run again`);
    return { kind: spec.kind, id, dir, manifest: standing, made };
  } catch (error) {
    throw clearDiskError(error, dir);
  } finally {
    await lock.release();
  }
}

/** Folders of the unfinished artifacts of a kind, sorted: interrupted runs that can be resumed. */
export async function listUnfinished(root: string, kind: string): Promise<string[]> {
  const shelf = join(root, kind);
  const names = await readdir(shelf, { withFileTypes: true }).catch(() => []);
  const prefix = unfinishedPath("x").slice(0, -1);
  return names
    .filter((entry) => entry.isDirectory() && entry.name.startsWith(prefix))
    .map((entry) => join(shelf, entry.name))
    .sort();
}

/** Without resuming: `kept` is in a temporary folder. */
function makeAlone(spec: ArtifactSpec, make: Resume, options: MakeOptions): Promise<Artifact> {
  return makeOrLoad(
    spec,
    async (dir) => {
      const kept = join(dir, ".staged-kept");
      await mkdir(kept);
      try {
        return await make(dir, kept);
      } finally {
        await rm(kept, { force: true, recursive: true });
      }
    },
    options,
  );
}
