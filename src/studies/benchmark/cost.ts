/** Costs of a model: fit, storage and answers. Times and memory are those of this machine, now. */
import { readFileSync, writeFileSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { quantile } from "../../evaluation/index.js";

/** Cost of a fit: rows already in memory to a fitted model. */
export interface FitCost {
  readonly rows: number; // learned from; a ranker of two fits learns from the rows of both
  readonly seconds: number; // wall clock
  readonly cpuSeconds: number; // of all threads
  readonly rowsPerSecond: number; // rows / seconds: of the whole fit, however many passes it takes
  readonly memoryBytes: number; // most resident memory during the fit, above that before it
}

/** Cost of one answer, from requests that come one at a time. */
export interface AnswerCost {
  readonly requests: number;
  readonly candidates: number;
  readonly p50Ms: number; // wall clock
  readonly p99Ms: number;
  /** CPU time of a request, all threads: independent of other programs on the machine. */
  readonly cpuP50Ms: number;
  readonly cpuP99Ms: number;
}

/** All costs. */
export interface ModelCost extends FitCost {
  readonly modelBytes: number; // of the files that serving loads; NaN for a model that cannot be saved
  readonly answer: AnswerCost;
}

/** Runs a fit and measures its cost. */
export async function costOfFit<T>(
  rows: number,
  fit: () => Promise<T>,
): Promise<{ readonly fitted: T; readonly cost: FitCost }> {
  (globalThis as { gc?: () => void }).gc?.();
  const before = process.memoryUsage.rss();
  const peak = peakMemory();
  const [startedMs, startedCpu] = [performance.now(), process.cpuUsage()];
  const fitted = await fit();
  const seconds = (performance.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage(startedCpu);
  const [cpuSeconds, memoryBytes] = [(user + system) / 1e6, Math.max(0, peak() - before)];
  return { fitted, cost: { rows, seconds, cpuSeconds, rowsPerSecond: rows / seconds, memoryBytes } };
}

/**
 * Most resident memory from now on, in bytes. Linux restarts the measurement when 5 is written to clear_refs; elsewhere it is the peak
 * since the start of the process, which may be from before.
 */
function peakMemory(): () => number {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
    return () => 1024 * Number(/VmHWM:\s*(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
  } catch {
    return () => 1024 * process.resourceUsage().maxRSS;
  }
}

/** Requests answered first and not counted: caches fill, code is compiled. */
const warmUp = 30;

/** Answers requests one after the other (repeating a short list) and measures the cost of one. */
export async function costOfAnswers<R>(
  requests: readonly R[],
  wanted: number,
  candidates: number,
  answer: (request: R) => unknown,
): Promise<AnswerCost> {
  const [wall, cpu] = [new Float64Array(wanted), new Float64Array(wanted)];
  for (let i = -warmUp; i < wanted; i++) {
    const [startedMs, startedCpu] = [performance.now(), process.cpuUsage()];
    await answer(requests[(i + warmUp) % requests.length] as R);
    if (i < 0) continue;
    const { user, system } = process.cpuUsage(startedCpu);
    wall[i] = performance.now() - startedMs;
    cpu[i] = (user + system) / 1000;
  }
  for (const times of [wall, cpu]) times.sort();
  return {
    requests: wanted,
    candidates,
    p50Ms: quantile(wall, 0.5),
    p99Ms: quantile(wall, 0.99),
    cpuP50Ms: quantile(cpu, 0.5),
    cpuP99Ms: quantile(cpu, 0.99),
  };
}

/** Bytes of all files below a folder. */
export async function bytesBelow(dir: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(dir, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return bytes;
}
