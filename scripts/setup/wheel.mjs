// Takes files out of a hash-pinned PyPI wheel into the cache folder, where every checkout finds them. Nothing is installed: pip only
// downloads.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { cache, venvPython } from "./paths.mjs";
import { must } from "./run.mjs";

/**
 * @typedef {{ id: string, requirement: string, sha256: string, pip: string[], unpack: string, timeoutMs: number }} Wheel
 *   `pip` names the platform; `unpack` is Python: a function `place(name)` that gives where a member of the wheel goes, or None
 */

/** Where a wheel's files are; `ok` is written last. @param {Wheel} wheel */
export const wheelFolder = (wheel) => path.join(cache(), wheel.id);

/**
 * Downloads and unpacks into a folder of its own, which is then renamed: another checkout doing the same meets either nothing or the whole.
 * @param {Wheel} wheel @param {(folder: string) => void} [finish] what is done with the unpacked files before they are in place
 */
export async function takeWheel(wheel, finish = () => {}) {
  mkdirSync(cache(), { recursive: true });
  dropLeftovers();
  const target = wheelFolder(wheel);
  const folder = mkdtempSync(path.join(cache(), `${wheel.id}.tmp-${process.pid}-`));
  try {
    writeFileSync(path.join(folder, "requirements.txt"), `${wheel.requirement} --hash=sha256:${wheel.sha256}\n`);
    await must(
      "downloading the wheel",
      venvPython,
      [
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        "--no-cache-dir",
        "--no-deps",
        "--only-binary=:all:",
        ...wheel.pip,
        "--require-hashes",
        "-r",
        path.join(folder, "requirements.txt"),
        "-d",
        folder,
      ],
      {
        timeoutMs: wheel.timeoutMs,
        mend: "check that a Python package index can be reached and the disk (df -h); then npm run setup -- --retry-native",
      },
    );
    const file = path.join(
      folder,
      readdirSync(folder).find((name) => name.endsWith(".whl")),
    );
    const unpacked = path.join(folder, "x");
    await must("unpacking the wheel", venvPython, ["-c", `${wheel.unpack}${extract}`, file, unpacked], {
      mend: `check the disk (df -h ${cache()})`,
    });
    finish(unpacked);
    writeFileSync(path.join(unpacked, "ok"), wheel.sha256);
    if (!existsSync(path.join(target, "ok"))) {
      rmSync(target, { recursive: true, force: true });
      renameSync(unpacked, target);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const extract = `
import os, shutil, sys, zipfile
z, out = zipfile.ZipFile(sys.argv[1]), sys.argv[2]
for n in z.namelist():
    to = place(n)
    if to is None: continue
    to = os.path.join(out, to)
    os.makedirs(os.path.dirname(to), exist_ok=True)
    with z.open(n) as i, open(to, 'wb') as o: shutil.copyfileobj(i, o, 1 << 20)
`;

/** Folders that killed downloads left behind. */
function dropLeftovers() {
  for (const name of readdirSync(cache())) {
    const pid = /\.tmp-(\d+)-/.exec(name)?.[1];
    if (!pid) continue;
    try {
      process.kill(Number(pid), 0);
    } catch {
      rmSync(path.join(cache(), name), { recursive: true, force: true });
    }
  }
}
