/** A Python with a folder's pinned requirements, in an environment of its own, set up on first use: `<folder>/.venv`. Slow tests only. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** @throws with pip's words where it cannot be set up */
export async function pythonOf(folder: string): Promise<string> {
  const venv = join(folder, ".venv");
  const stamp = join(venv, "requirements.sha256");
  const python = join(venv, "bin", "python");
  const wanted = createHash("sha256")
    .update(venv)
    .update(readFileSync(join(folder, "requirements.txt")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return python;
  rmSync(venv, { recursive: true, force: true });
  await run(process.env["PYTHON"] ?? "python3", ["-m", "venv", venv]);
  const quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"];
  await run(python, ["-m", "pip", "install", ...quiet, "-r", "requirements.txt"], { cwd: folder });
  writeFileSync(stamp, wanted);
  return python;
}
