import { fork } from "node:child_process";

/**
 * Load on a service from a process of its own, so that neither side's event loop delays the other's clock.
 *
 * @typedef {{ method: string, path: string, body?: string }} LoadRequest  "{n}" in a body becomes a number of the request's own
 * @typedef {{ url: string, requests: readonly LoadRequest[], rate: number, seconds: number, seed: number | string, headers?: Record<string,
 *   string>, timeoutMs?: number }} LoadConfig  `requests` are sent in order, over and over
 * @typedef {{ p50: number, p99: number, max: number }} Lag  how late the generator itself sent
 * @typedef {{ sent: number, answered: number, failed: number, faults: Record<string, number>, statuses: Record<string, number>,
 *   wantedRate: number, achievedRate: number, latencyMs: { mean: number, p50: number, p90: number, p99: number, p999: number, max: number },
 *   lagMs: Lag, cpuSeconds: number }} LoadResult  a request failed that had no answer or one of status 300 and above
 */

/**
 * Plays the load to its end. @param {LoadConfig} config
 * @param {{ signal?: AbortSignal, onSecond?: (now: { sent: number, answered: number, failed: number, of: number }) => void }} [options]
 * @returns {Promise<LoadResult>}
 */
export function openLoop(config, { signal, onSecond } = {}) {
  return new Promise((resolve, reject) => {
    const child = fork(new URL("./generator.mjs", import.meta.url), { stdio: ["ignore", "ignore", "pipe", "ipc"] });
    let said = "";
    child.stderr.on("data", (text) => (said = (said + text).slice(-2_000)));
    const stop = () => child.kill();
    signal?.addEventListener("abort", stop, { once: true });
    child.on("message", (message) => (message.result ? resolve(message.result) : onSecond?.(message)));
    child.once("error", reject);
    child.once("exit", (code, by) => {
      signal?.removeEventListener("abort", stop);
      reject(
        signal?.aborted
          ? signal.reason
          : new Error(`the load generator ended with ${by ?? `exit code ${code}`}: ${said}`),
      );
    });
    child.send(config);
  });
}
