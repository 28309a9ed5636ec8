import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readManifest } from "../../src/artifacts/index.js";
import { abandonRun, finishRun, latestRun, openRun, withRun } from "../../src/lab/runs.js";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "runs-"));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

describe("run", () => {
  test("stands under its final name only when whole, with a manifest that holds", async () => {
    const run = await openRun("tour", { scale: "tiny", seed: 7 }, { root, id: "one" });
    await run.write("metrics.json", { auc: NaN });
    await run.write("figures/arms.svg", "<svg/>");
    run.note("policies", ["random"]);
    expect(await run.step("fit", () => 5)).toBe(5);
    expect(readdirSync(join(root, "tour")).filter((name) => !name.startsWith("."))).toEqual([]);
    expect(await latestRun("tour", root)).toBeUndefined();

    const finished = await finishRun(run);
    expect(finished.dir).toBe(run.finalDir);
    expect(await latestRun("tour", root)).toBe(finished.dir);
    expect(existsSync(join(root, "tour", "latest", "metrics.json"))).toBe(true);
    const manifest = await readManifest(finished.dir, "all");
    expect(manifest?.files.map((file) => file.path)).toEqual(["figures/arms.svg", "metrics.json", "run.json"]);
    expect(JSON.parse(readFileSync(join(finished.dir, "metrics.json"), "utf8"))).toEqual({ auc: null });
    expect(readdirSync(join(root, "tour")).sort()).toEqual(["latest", "one"]);
  });

  test("records what it was made with, on what, and how long each step took", async () => {
    const run = await openRun("tour", { seed: 7, scale: "tiny" }, { root });
    await run.step("sleep", () => new Promise((resolve) => setTimeout(resolve, 20)));
    await expect(run.step("fail", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    const { dir, id } = await finishRun(run);
    const record = JSON.parse(readFileSync(join(dir, "run.json"), "utf8")) as Record<string, never>;
    expect(record).toMatchObject({
      name: "tour",
      id,
      seed: 7,
      config: { scale: "tiny" },
      machine: { node: process.version },
      versions: { stagecraft: expect.any(String), zod: expect.any(String) },
    });
    const timings = record["timings"] as unknown as { step: string; seconds: number }[];
    expect(timings.map((timing) => timing.step)).toEqual(["sleep", "fail"]);
    expect(timings[0]!.seconds).toBeGreaterThanOrEqual(0.018);
    expect(id).toMatch(/^\d{8}-\d{6}-[0-9a-f]{6}$/);
  });

  test("clears what a killed run left, and leaves a live one alone", async () => {
    const live = await openRun("tour", {}, { root, id: "live" });
    const dead = live.dir.replace(/-(\d+)-(\d+)-/, "-999999999-1-");
    mkdirSync(dead);
    writeFileSync(join(dead, "half.json"), "{");
    const next = await openRun("tour", {}, { root, id: "next" });
    expect(existsSync(dead)).toBe(false);
    expect(existsSync(live.dir)).toBe(true);
    await abandonRun(live);
    await abandonRun(next);
    expect(readdirSync(join(root, "tour"))).toEqual([]);
  });

  test("is finished or abandoned around its work, and two within one second both stand", async () => {
    const make = (): Promise<string> =>
      withRun("tour", { seed: 7 }, { root }, async (run) => {
        await run.write("a.json", {});
        return run.finalDir;
      });
    const dirs = await Promise.all([make(), make(), make()]);
    expect(new Set(dirs).size).toBe(3);
    for (const dir of dirs) expect(await readManifest(dir, "all")).toBeDefined();
    const fail = withRun("tour", {}, { root, id: "failing" }, () => Promise.reject(new Error("no")));
    await expect(fail).rejects.toThrow("no");
    expect(readdirSync(join(root, "tour")).filter((name) => name.includes("failing"))).toEqual([]);
  });

  test("refuses a path outside its folder, a name with a slash and an id that exists", async () => {
    const run = await openRun("tour", {}, { root, id: "one" });
    await expect(run.write("../escape.json", {})).rejects.toThrow(
      "path is ../escape.json; a run writes only below its own folder",
    );
    await finishRun(run);
    await expect(openRun("tour", {}, { root, id: "one" })).rejects.toThrow("run exists");
    await expect(openRun("a/b", {}, { root })).rejects.toThrow("run name is a/b; allowed");
  });
});
