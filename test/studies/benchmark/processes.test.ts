import { describe, expect, it } from "vitest";
import { runProcesses } from "../../../src/studies/benchmark/processes.js";

const module = new URL("../../fixtures/jobs.mjs", import.meta.url).href;
const job = (
  label: string,
  name: string,
  argument: unknown,
): { label: string; module: string; export: string; argument: unknown } => ({ label, module, export: name, argument });
const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe("jobs in processes", () => {
  it("give their results in the order of the jobs, each from a process of its own", async () => {
    expect(await runProcesses([job("a", "wait", 60), job("b", "wait", 1), job("c", "wait", 2)], 2)).toEqual([60, 1, 2]);
    const pids = (await runProcesses([job("a", "pid", 0), job("b", "pid", 0)], 2)) as number[];
    expect(new Set([...pids, process.pid]).size).toBe(3);
    for (const pid of pids) expect(alive(pid)).toBe(false);
  });

  it("report progress under their label", async () => {
    const said: string[] = [];
    await runProcesses([job("mine", "count", 3)], 1, {
      onProgress: (step, done, total) => said.push(`${step} ${done}/${total}`),
    });
    expect(said).toEqual(["mine: counting 1/3", "mine: counting 2/3", "mine: counting 3/3"]);
  });

  it("fail with the job's label, its message and its cause, and stop the others", async () => {
    const began = performance.now();
    await expect(runProcesses([job("bad", "fail", "no luck"), job("slow", "wait", 60_000)], 2)).rejects.toThrow(
      "bad: no luck",
    );
    expect(performance.now() - began).toBeLessThan(30_000);
    await expect(runProcesses([job("gone", "crash", 0)], 1)).rejects.toThrow(
      "gone: its process stopped with exit code 7",
    );
    await expect(runProcesses([job("typo", "wiat", 0)], 1)).rejects.toThrow('typo: no export "wiat"');
  });

  it("are killed by an abort, and its reason is thrown", async () => {
    const controller = new AbortController();
    let pid = 0;
    const stopped = runProcesses([job("long", "announce", 60_000)], 1, {
      signal: controller.signal,
      onProgress: (_, done) => {
        pid = done;
        controller.abort(new Error("enough"));
      },
    });
    await expect(stopped).rejects.toThrow("enough");
    await expect.poll(() => alive(pid)).toBe(false);
  });
});
