// The drills of the nightly tier: each breaks what runs (a stop at a random moment, a damaged file, words that mean nothing) and looks at what is left.
import { readdirSync } from "node:fs";
import { at, root } from "../setup/paths.mjs";
import { run } from "../setup/run.mjs";

export async function drills() {
  const result = { passed: 0, failed: 0, skipped: 0, output: "" };
  for (const name of readdirSync(at("scripts", "drills"))
    .filter((file) => file.endsWith(".mjs"))
    .sort()) {
    const drill = await run(process.execPath, [at("scripts", "drills", name)], {
      cwd: root,
      line: (line) => console.error(line),
      timeoutMs: 7_200_000,
    });
    if (drill.code === 0) result.passed++;
    else {
      result.failed++;
      result.output += `${name}: ${drill.signal ?? `exit code ${drill.code}`}\n`;
    }
  }
  return result;
}
