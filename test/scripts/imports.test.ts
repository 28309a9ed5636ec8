// The import rules catch what they are there to catch: each case plants one wrong import in a small house of its own.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const files: Record<string, string> = {
  // what is right
  "types.ts": "export type Day = number;",
  "random.ts":
    'import type { Day } from "./types.js"; import seedrandom from "seedrandom"; export const draw = (d: Day): ' +
    "number => seedrandom(String(d))();",
  "brief/index.ts": "export const scale: string = 'tiny';",
  "world/index.ts":
    'import { scale } from "../brief/index.js"; import { draw } from "../random.js"; export const truth: string = scale + draw(1);',
  "artifacts/index.ts": "export {};",
  "log/index.ts": 'import "../artifacts/index.js"; export const events: number[] = [];',
  "data/index.ts": 'import { events } from "../log/index.js"; export const features: number[] = events;',
  "models/network/tensor.ts": 'import * as tf from "@tensorflow/tfjs"; export { tf };',
  "models/index.ts": 'import "../data/index.js"; export interface Model { n: number }',
  "serving/index.ts": 'import type { Model } from "../models/index.js"; export type Served = Model;',
  "evaluation/index.ts": 'import "../types.js"; export {};',
  "platform.ts": 'import "./world/index.js"; import "./serving/index.js"; export {};',
  "pipeline/index.ts": 'import "../platform.js"; import "../models/index.js"; export {};',
  "index.ts": 'export * as world from "./world/index.js"; export * as pipeline from "./pipeline/index.js";',
  "cli.ts": 'import "./index.js";',
  // what is wrong, each file for one rule
  "models/peeks.ts": 'import type { truth } from "../world/index.js"; export type T = typeof truth;',
  "world/peeks.ts": 'export const f = async (): Promise<unknown> => import("../models/index.js");',
  "log/upwards.ts": 'import "../data/index.js"; export {};',
  "evaluation/data.ts": 'import "../data/index.js"; export {};',
  "lab/world.ts": 'import "../world/index.js"; export {};',
  "cli-helper/index.ts": 'import "../types.js"; export {};',
  "serving/second-door.ts": 'import "@tensorflow/tfjs-node"; export {};',
  "data/second-door.ts":
    'import { createRequire } from "node:module"; const require = createRequire(import.meta.url); require("usearch"); export {};',
  "models/a.ts": 'import type { B } from "./b.js"; export interface A { b: B }',
  "models/b.ts": 'import type { A } from "./a.js"; export interface B { a: A }',
};

let folder = "";
let violations: { rule: { name: string }; from: string; to: string }[] = [];
const broken = (file: string): string[] =>
  violations.filter((v) => v.from === `src/${file}` && v.rule.name !== "resolvable").map((v) => v.rule.name);

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "stagecraft-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, "src", name)), { recursive: true });
    writeFileSync(path.join(folder, "src", name), text);
  }
  for (const name of ["tsconfig.json", "package.json"]) cpSync(path.join(root, name), path.join(folder, name));
  const bin = path.join(root, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
  const run = spawnSync(
    process.execPath,
    [bin, "--config", path.join(root, ".dependency-cruiser.cjs"), "-T", "json", "src"],
    { cwd: folder, encoding: "utf8", maxBuffer: 1e8 },
  );
  violations = (JSON.parse(run.stdout) as { summary: { violations: typeof violations } }).summary.violations;
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("import directions", () => {
  it("lets what points the right way pass", () => {
    const right = Object.keys(files).slice(0, 15);
    expect(Object.fromEntries(right.map((file) => [file, broken(file)]))).toEqual(
      Object.fromEntries(right.map((file) => [file, []])),
    );
  });
  it.each([
    ["a model that looks at the truth, for a type", "models/peeks.ts", "models-sees-only"],
    ["a world that looks at a model, by dynamic import", "world/peeks.ts", "world-sees-only"],
    ["a log that needs a room to its right", "log/upwards.ts", "log-sees-only"],
    ["an evaluation that sees more than records", "evaluation/data.ts", "evaluation-sees-only"],
    ["a lab that looks at the world", "lab/world.ts", "lab-sees-only"],
    ["a file in no known room", "cli-helper/index.ts", "known-room"],
    ["a second door to TensorFlow", "serving/second-door.ts", "one-door-to-tensorflow"],
    ["a second door to usearch, by require", "data/second-door.ts", "one-door-to-usearch"],
    ["a circle of types", "models/a.ts", "no-cycle"],
  ])("catches %s", (_, file, rule) => {
    expect(broken(file)).toContain(rule);
  });
});
