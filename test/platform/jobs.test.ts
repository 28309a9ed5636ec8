import { describe, expect, it } from "vitest";
import { type Job, type JobOptions, oneBar, oneLine, runJobs } from "../../src/platform/jobs.js";

const module = new URL("../fixtures/jobs.mjs", import.meta.url).href;
const job = (label: string, name: string, argument: unknown = 0): Job => ({ label, module, export: name, argument });
const run = (jobs: readonly Job[], options: Partial<JobOptions> = {}): Promise<unknown[]> =>
  runJobs(jobs, { workers: 2, ...options });
const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe.each(["processes", "threads"] as const)("jobs in %s", (place) => {
  const here = { in: place };

  it("give their results in the order of the jobs", async () => {
    expect(await run([job("a", "wait", 60), job("b", "wait", 1), job("c", "wait", 2)], here)).toEqual([60, 1, 2]);
    expect(await run([], here)).toEqual([]);
  });

  it("report progress under their label", async () => {
    const said: string[] = [];
    const onProgress = (step: string, done: number, total: number): void => void said.push(`${step} ${done}/${total}`);
    await run([job("mine", "count", 3)], { ...here, control: { onProgress } });
    expect(said).toEqual(["mine: counting 1/3", "mine: counting 2/3", "mine: counting 3/3"]);
  });

  it.each([
    ["fail", "no bread", "no bread"],
    ["failStrangely", 0, "a record with a function"],
    ["failInTimer", "too late", "too late"],
    ["wiat", 0, 'no export "wiat"'],
    ["unclonable", 0, "could not be cloned"],
    ["exit", 7, "it ended without a result (exit code 7)"],
    ["exit", 0, "it ended without a result (exit code 0)"],
    ["forget", 0, "it ended without a result (exit code 0)"],
  ])("a job that does %s(%s) fails with its label and: %s", async (name, argument, message) => {
    await expect(run([job("bad", name, argument)], here)).rejects.toThrow(`bad: `);
    await expect(run([job("bad", name, argument)], here)).rejects.toThrow(message);
  });

  it("a failing one stops the others, which may end their work, and it is its message that is thrown", async () => {
    const steps: string[] = [];
    const jobs = [job("slow", "untilTold"), job("bad", "fail", "no bread"), job("never", "announce", 60_000)];
    const progress = (label: string, step: string): void => void steps.push(`${label} ${step}`);
    await expect(run(jobs, { ...here, progress })).rejects.toThrow("bad: no bread");
    expect(steps.filter((step) => step.startsWith("never"))).toEqual([]);
    if (steps.includes("slow process")) expect(steps).toContain("slow stopped");
  });

  it("an abort stops them, and its reason is thrown", async () => {
    const controller = new AbortController();
    const steps: string[] = [];
    const progress = (_: string, step: string): void => {
      steps.push(step);
      controller.abort(new Error("enough"));
    };
    const { signal } = controller;
    await expect(run([job("long", "untilTold")], { ...here, control: { signal }, progress })).rejects.toThrow("enough");
    expect(steps).toEqual(["process", "stopped"]);
    await expect(run([job("late", "announce", 60_000)], { ...here, control: { signal } })).rejects.toThrow("enough");
  });
});

describe("jobs in processes", () => {
  it("have one each, which is gone when the result is there", async () => {
    const pids = (await run([job("a", "pid"), job("b", "pid")])) as number[];
    expect(new Set([...pids, process.pid]).size).toBe(3);
    for (const pid of pids) expect(alive(pid)).toBe(false);
  });

  it("are stopped within seconds even in an endless loop", async () => {
    const controller = new AbortController();
    let pid = 0;
    const progress = (_: string, __: string, done: number): void => {
      pid = done;
      setTimeout(() => controller.abort(new Error("enough")), 100);
    };
    await expect(run([job("loop", "spin")], { control: { signal: controller.signal }, progress })).rejects.toThrow(
      "enough",
    );
    expect(alive(pid)).toBe(false);
  });
});

describe("one line of jobs whose steps differ", () => {
  it("counts those that have ended, to the last, and says where the others are", async () => {
    const said: unknown[] = [];
    const progress = oneLine("worlds", 3, 1, (...of) => void said.push(of));
    await run([job("a", "count", 1), job("b", "count", 1), job("c", "count", 1)], { workers: 1, progress });
    expect(said).toEqual([
      ["worlds", 0, 3, "a: counting"],
      ["worlds", 1, 3, ""],
      ["worlds", 1, 3, "b: counting"],
      ["worlds", 2, 3, ""],
      ["worlds", 2, 3, "c: counting"],
      ["worlds", 3, 3, ""],
    ]);
  });
});

describe("one bar over many jobs", () => {
  it("counts shares of jobs where their steps differ in size", () => {
    const said: unknown[] = [];
    const report = oneBar({ step: "models", total: 2, shares: true }, (...of) => void said.push(of));
    report("a", "fit", 5, 10);
    report("b", "fit", 3, 3);
    expect(said).toEqual([
      ["models", 0.5, 2, "a"],
      ["models", 1.5, 2, "a"],
    ]);
  });

  it("sums how far each is, counts one step alone, never falls, and names those that run", () => {
    const said: unknown[] = [];
    const report = oneBar({ step: "arms", total: 6, before: 2, inner: "days" }, (...of) => void said.push(of));
    report("a", "days", 1, 2);
    report("b", "warming up", 1, 9);
    report("b", "days", 0.5, 2);
    report("a", "days", 2, 2);
    report("a", "days", 1, 2);
    expect(said).toEqual([
      ["arms", 2, 6],
      ["arms", 3, 6, "a"],
      ["arms", 3.5, 6, "a; b"],
      ["arms", 4.5, 6, "b"],
      ["arms", 4.5, 6, "b"],
    ]);
  });
});
