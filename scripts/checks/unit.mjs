// The unit tests by vitest, counted from its JSON report; a run that ends without one counts as a failure.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { at, root } from "../setup/paths.mjs";
import { run } from "../setup/run.mjs";

export async function unit({ filters = [], slow = false, fast = false, show = true } = {}) {
  const folder = mkdtempSync(path.join(os.tmpdir(), "stagecraft-unit-"));
  const report = path.join(folder, "report.json");
  try {
    const vitest = await run(
      process.execPath,
      [
        at("node_modules", "vitest", "vitest.mjs"),
        "run",
        "--reporter=default",
        "--reporter=json",
        `--outputFile.json=${report}`,
        ...(fast ? ["--exclude", "test/kernel/**"] : []),
        ...filters,
      ],
      {
        cwd: root,
        show,
        toStderr: true,
        env: { ...process.env, ...(slow ? { STAGECRAFT_SLOW: "1" } : {}) },
        timeoutMs: 3_600_000,
      },
    );
    const found = readReport(report);
    return { ...count(found, vitest), took: took(found) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Counts a vitest report; what vitest itself holds against the run (a file that does not load, an error outside tests) counts too. */
export function count(report, { code, signal, timedOut } = {}) {
  if (!report)
    return {
      passed: 0,
      failed: 1,
      skipped: 0,
      output: `vitest ended without a report (${timedOut ? "out of time" : (signal ?? `exit code ${code}`)})`,
    };
  const silent = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  );
  const failed = report.numFailedTests + silent.length;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
    output:
      failed === 0 && code !== 0
        ? `vitest: exit code ${code} with no failed test (an error outside the tests, or no test at all)`
        : "",
  };
}

/** Seconds of each file's tests, without what it took to load it. */
function took(report) {
  return (report?.testResults ?? []).map(({ name, startTime, endTime }) => ({
    name: path.relative(root, name),
    seconds: (endTime - startTime) / 1000,
  }));
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
