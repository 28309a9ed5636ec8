/** The reference validator in an environment of its own, set up on first use: test/croissant/.venv. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { pythonOf } from "../support/python.js";

const run = promisify(execFile);
const folder = import.meta.dirname;

/** The environment's Python. @throws with pip's words where it cannot be set up */
export const validatorPython = (): Promise<string> => pythonOf(folder);

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
