/**
 * Before all tests: a folder that they share, gone after them. Artifacts in it are keyed by config and code, so files
 * need not agree on more.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), "stagecraft-tests-"));
  process.env["STAGECRAFT_TEST_FOLDER"] = folder; // test processes inherit it
  process.env["STAGECRAFT_RESULTS"] = join(folder, "results"); // a person's own stay as they are
  return () => rmSync(folder, { recursive: true, force: true });
}
