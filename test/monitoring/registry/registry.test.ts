import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  calibrationGate,
  canaryGate,
  latencyGate,
  offlineGate,
  parityGate,
} from "../../../src/monitoring/registry/gates.js";
import {
  promote,
  register,
  registryState,
  rollBack,
  setAlias,
  versionsOf,
  type GateResult,
  type Lineage,
} from "../../../src/monitoring/registry/registry.js";
import { normal } from "../../../src/random.js";

const root = mkdtempSync(join(tmpdir(), "registry-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const folder = (): string => mkdtempSync(join(root, "r-"));
const lineage = (more: Partial<Lineage> = {}): Lineage => ({
  artifact: "ranker/abc",
  window: [0, 13],
  features: ["hour", "topic"],
  config: { trees: 100 },
  metrics: { auc: 0.7 },
  signature: { hour: "float32", click: "float32" },
  ...more,
});
const passed: GateResult[] = [latencyGate(8, 10)];

describe("the registry", () => {
  it("numbers versions, keeps their lineage, and moves aliases with their history", async () => {
    const dir = folder();
    expect([versionsOf(dir), registryState(dir)]).toEqual([[], { aliases: {}, history: [] }]);
    expect(await register(dir, lineage())).toBe(1);
    expect(await register(dir, lineage({ parent: 1 }))).toBe(2);
    await setAlias(dir, "canary", 2, "5 % of users");
    await promote(dir, 2, passed);
    expect(versionsOf(dir).map(({ version, parent }) => [version, parent])).toEqual([
      [1, undefined],
      [2, 1],
    ]);
    expect(registryState(dir).aliases).toEqual({ candidate: 2, canary: 2, champion: 2 });
    expect(registryState(dir).history.at(-1)).toEqual({ alias: "champion", to: 2, reason: "passed latency" });
  });

  it("gives each of many writers a number of its own", async () => {
    const dir = folder();
    const numbers = await Promise.all(Array.from({ length: 8 }, () => register(dir, lineage())));
    expect(numbers.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("rolls back, promotion by promotion", async () => {
    const dir = folder();
    for (const version of [1, 2, 3]) {
      await register(dir, lineage());
      await promote(dir, version, passed);
    }
    expect([await rollBack(dir, "clicks fell"), await rollBack(dir, "still")]).toEqual([2, 1]);
    await expect(rollBack(dir, "again")).rejects.toThrow(/no champion to roll back to/);
    await promote(dir, 3, passed);
    expect(await rollBack(dir, "again")).toBe(1);
    expect(registryState(dir).aliases.champion).toBe(1);
  });

  it("promotes nothing that a gate did not pass, and says which", async () => {
    const dir = folder();
    await register(dir, lineage());
    expect(() => promote(dir, 1, [...passed, offlineGate({ low: -0.05, high: -0.03 }, 0.01)])).toThrow(
      /version 1 is not promoted: offline failed \(difference -0.0500 to -0.0300/,
    );
    expect(() => promote(dir, 1, [])).toThrow(/no gate was judged/);
    await expect(promote(dir, 7, passed)).rejects.toThrow(/unknown version: 7; known: 1/);
    expect(() => setAlias(dir, "champion" as "canary", 1, "")).toThrow(/given by promote and rollBack alone/);
    await expect(register(dir, lineage({ parent: 9 }))).rejects.toThrow(/unknown parent: 9; known versions: 1/);
    writeFileSync(join(dir, "aliases.json"), "{}");
    expect(() => registryState(dir)).toThrow(/aliases.json is damaged/);
  });

  it("has the old champion or the new one after a kill at any moment of a promotion", async () => {
    const dir = folder();
    for (let version = 1; version <= 2; version++) await register(dir, lineage());
    await promote(dir, 1, passed);
    const script = join(root, "promote.mjs");
    const module = new URL("../../../dist/monitoring/registry/registry.js", import.meta.url).href;
    writeFileSync(
      script,
      `const { promote } = await import(${JSON.stringify(module)});
       process.stdout.write("ready");
       for (let i = 0; ; i++) await promote(${JSON.stringify(dir)}, 1 + (i % 2), [{ gate: "latency", verdict: "passed", says: "" }]);`,
    );
    for (let kill = 0; kill < 4; kill++) {
      const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
      await new Promise((done) => child.stdout.once("data", done));
      await new Promise((done) => setTimeout(done, 20 + 13 * kill));
      child.kill("SIGKILL");
      await new Promise((done) => child.once("exit", done));
      const { aliases, history } = registryState(dir); // whole, whatever was cut off
      expect(aliases.champion).toBe(history.filter(({ alias }) => alias === "champion").at(-1)!.to);
    }
    await promote(dir, 2, passed); // the dead one's lock is taken over
    expect(registryState(dir).aliases.champion).toBe(2);
    expect(readdirSync(dir).filter((name) => name.startsWith(".staged"))).toEqual([]);
    expect(JSON.parse(readFileSync(join(dir, "aliases.json"), "utf8"))).toEqual(registryState(dir));
  }, 60_000);
});

describe("gates", () => {
  const users = (key: number, mean: number, count = 2000) => ({
    numerator: Float64Array.from({ length: count }, (_, user) => mean + normal(key, user)),
  });
  const metric = (canary: number, count = 2000) => ({
    name: "watch",
    better: "higher" as const,
    margin: 0.02,
    baseline: users(1, 10),
    canary: users(2, canary, count),
  });
  it("canary: passes an equal one, fails a worse one, and decides nothing on few users or unequal sides", () => {
    expect(canaryGate([metric(10)]).verdict).toBe("passed");
    expect(canaryGate([metric(10), metric(9)])).toMatchObject({ verdict: "failed" });
    expect(canaryGate([metric(10, 40)])).toMatchObject({
      verdict: "undecided",
      says: expect.stringMatching(/at least 50/),
    });
    expect(canaryGate([metric(10, 1000)]).says).toMatch(/a baseline of equal size is needed/);
  });

  it("parity: passes the same scores and rounding, fails where one row in a hundred is another's", () => {
    const scores = Float32Array.from({ length: 1000 }, (_, i) => (i + 1) / 1001);
    expect(parityGate(scores, scores).verdict).toBe("passed");
    expect(
      parityGate(
        scores,
        scores.map((p) => 1.005 * p),
      ).verdict,
    ).toBe("passed");
    expect(
      parityGate(
        scores,
        scores.map((p, i) => (i % 100 === 0 ? 2 * p : p)),
      ),
    ).toMatchObject({
      verdict: "failed",
      says: "1.00 % of scores differ from the trainer's, at most 0.1 %",
    });
    expect(
      parityGate(
        scores,
        scores.map(() => NaN),
      ).verdict,
    ).toBe("failed");
    expect(() => parityGate(scores, scores.subarray(1))).toThrow(/scores: 1000 and 999; allowed: as many of each/);
  });

  it("calibration and latency", () => {
    expect(calibrationGate({ low: 0.95, high: 1.05 }).verdict).toBe("passed");
    expect(calibrationGate({ low: 0.5, high: 0.6 }).verdict).toBe("failed");
    expect(calibrationGate({ low: NaN, high: NaN }).verdict).toBe("undecided");
    expect(latencyGate(NaN, 10).verdict).toBe("failed");
    expect(offlineGate({ low: -0.002, high: 0.01 }, 0.005).verdict).toBe("passed");
  });
});
