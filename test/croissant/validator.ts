/** The reference validator in an environment of its own, set up on first use: test/croissant/.venv. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const folder = import.meta.dirname;
const venv = join(folder, ".venv");
const stamp = join(venv, "requirements.sha256");

/** The environment's Python. @throws with pip's words where it cannot be set up */
export async function validatorPython(): Promise<string> {
  const python = join(venv, "bin", "python");
  const wanted = createHash("sha256")
    .update(venv)
    .update(readFileSync(join(folder, "requirements.txt")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return python;
  rmSync(venv, { recursive: true, force: true });
  await run(process.env["PYTHON"] ?? "python3", ["-m", "venv", venv]);
  await run(
    python,
    [
      "-m",
      "pip",
      "install",
      "--quiet",
      "--disable-pip-version-check",
      "--no-input",
      "--no-deps",
      "-r",
      "requirements.txt",
    ],
    { cwd: folder },
  );
  writeFileSync(stamp, wanted);
  return python;
}

/** What `mlcroissant validate` says: its exit code is 0 when the description is accepted, its words are on stderr. */
export async function validate(
  python: string,
  jsonld: string,
): Promise<{ readonly accepted: boolean; readonly words: string }> {
  try {
    const { stderr } = await run(join(python, "..", "mlcroissant"), ["validate", "--jsonld", jsonld]);
    return { accepted: true, words: stderr };
  } catch (error) {
    return { accepted: false, words: (error as { stderr?: string }).stderr ?? String(error) };
  }
}

/** Reads every record set through mlcroissant: how many records, and the sum of each column of numbers. */
export async function readRecords(
  python: string,
  jsonld: string,
): Promise<Readonly<Record<string, { readonly count: number; readonly sums: Readonly<Record<string, number>> }>>> {
  const { stdout } = await run(python, [join(folder, "read_records.py"), jsonld], { maxBuffer: 1e8 });
  return JSON.parse(stdout) as Awaited<ReturnType<typeof readRecords>>;
}
