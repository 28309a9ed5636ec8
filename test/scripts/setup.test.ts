// Set-up's parts, in small checkouts of their own. The whole of it, from nothing, is run by CI before any test.
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const load = (name: string): Promise<unknown> => import(/* @vite-ignore */ path.join(root, "scripts", name));

let folder = "";
beforeAll(() => {
  // a checkout with the real scripts and packages, and a source of two files
  folder = mkdtempSync(path.join(tmpdir(), "stagecraft-"));
  cpSync(path.join(root, "scripts"), path.join(folder, "scripts"), { recursive: true });
  for (const name of ["tsconfig.json", "package.json", "package-lock.json"])
    cpSync(path.join(root, name), path.join(folder, name));
  symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"));
  mkdirSync(path.join(folder, "src/data"), { recursive: true });
  writeFileSync(path.join(folder, "src/index.ts"), "export const hello: string = 'hello';\n");
  writeFileSync(
    path.join(folder, "src/cli.ts"),
    "#!/usr/bin/env node\nimport { hello } from './index.js';\nconsole.log(hello);\n",
  );
  writeFileSync(path.join(folder, "src/data/days.sql"), "select 1");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// the step alone: `--build` would also make the command's link, in the real node_modules
const program =
  "import { setup, explain } from './scripts/setup.mjs'; import { build } from './scripts/setup/build.mjs';" +
  "try { const { ran } = await setup({ only: [build] }); console.log(ran.join() || 'nothing'); } catch (e) { " +
  "explain(e); process.exitCode = 1; }";
const build = (): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, ["--input-type=module", "-e", program], { cwd: folder, encoding: "utf8" });
const start = (): ChildProcess =>
  spawn(process.execPath, ["--input-type=module", "-e", program], { cwd: folder, stdio: "ignore" });
const ended = (child: ChildProcess): Promise<number | null> => new Promise((resolve) => child.once("close", resolve));
const leftovers = (): string[] => readdirSync(folder).filter((name) => name.startsWith("dist."));

describe.sequential("the build", () => {
  it("makes dist with what is not TypeScript too, and an executable command", () => {
    expect(build()).toMatchObject({ status: 0, stdout: "build\n" });
    expect(readFileSync(path.join(folder, "dist/data/days.sql"), "utf8")).toBe("select 1");
    expect(spawnSync(path.join(folder, "dist/cli.js"), { encoding: "utf8" }).stdout).toBe("hello\n");
  });
  it("does nothing when nothing changed, in under two seconds", () => {
    const began = performance.now();
    expect(build()).toMatchObject({ status: 0, stdout: "nothing\n" });
    expect(performance.now() - began).toBeLessThan(2000);
  });
  it("points source maps at src", () => {
    const map = JSON.parse(readFileSync(path.join(folder, "dist/index.js.map"), "utf8")) as { sources: string[] };
    expect(map.sources).toEqual(["../src/index.ts"]);
  });
  it("keeps the last good dist when the types are wrong, and says where", () => {
    writeFileSync(path.join(folder, "src/bad.ts"), "export const n: number = 'seven';\n");
    const { status, stderr } = build();
    expect(status).toBe(1);
    expect(stderr).toMatch(/src\/bad\.ts\(1,14\): error TS2322[^]*to fix it: /);
    expect(existsSync(path.join(folder, "dist/index.js"))).toBe(true);
    expect(existsSync(path.join(folder, "dist/bad.js"))).toBe(false);
  });
  it("drops the outputs of a source that was deleted", () => {
    writeFileSync(path.join(folder, "src/bad.ts"), "export const n: number = 7;\n");
    build();
    expect(existsSync(path.join(folder, "dist/bad.js"))).toBe(true);
    rmSync(path.join(folder, "src/bad.ts"));
    build();
    expect(existsSync(path.join(folder, "dist/bad.js"))).toBe(false);
  });
  it("survives being killed at any moment: dist is whole, and the next build takes over the lock", async () => {
    for (const ms of [150, 400, 700, 1000]) {
      writeFileSync(path.join(folder, "src/index.ts"), `export const hello: string = 'hello ${ms}';\n`);
      const child = start();
      const end = ended(child); // listens before the wait: a fast machine may have built by then
      await new Promise((resolve) => setTimeout(resolve, ms));
      child.kill("SIGKILL");
      await end;
      if (existsSync(path.join(folder, "dist"))) expect(existsSync(path.join(folder, "dist/index.js"))).toBe(true);
    }
    expect(build().status).toBe(0);
    expect(spawnSync(path.join(folder, "dist/cli.js"), { encoding: "utf8" }).stdout).toBe("hello 1000\n");
    expect([leftovers(), existsSync(path.join(folder, ".stagecraft/lock"))]).toEqual([[], false]);
  });
  it("lets only one of two at once do the work", async () => {
    writeFileSync(path.join(folder, "src/index.ts"), "export const hello: string = 'twice';\n");
    expect(await Promise.all([ended(start()), ended(start())])).toEqual([0, 0]);
    expect(spawnSync(path.join(folder, "dist/cli.js"), { encoding: "utf8" }).stdout).toBe("twice\n");
    expect([leftovers(), existsSync(path.join(folder, ".stagecraft/lock"))]).toEqual([[], false]);
  });
});

describe("prerequisites", () => {
  interface Prerequisites {
    checkNode(v: string): void;
    findPython(names: string[]): unknown;
    checkPlatform(p: string): void;
  }
  it("an old Node is refused with the version, the least one and how to get it", async () => {
    const { checkNode } = (await load("setup/prerequisites.mjs")) as Prerequisites;
    expect(() => checkNode("20.18.3")).toThrow("Node 20.18.3 is too old; at least 20.19 is needed");
    expect(() => checkNode("20.19.0")).not.toThrow();
    expect(() => checkNode("24.1.0")).not.toThrow();
  });
  it("a missing Python is told with what was found and how to get one", async () => {
    const { findPython } = (await load("setup/prerequisites.mjs")) as Prerequisites;
    let fault: { message?: string; mend?: string } = {};
    try {
      findPython(["no-such-python"]);
    } catch (error) {
      fault = error as typeof fault;
    }
    expect(fault.message).toBe("no Python of at least 3.10 was found (found: none)");
    expect(fault.mend).toMatch(/python/);
  });
  it("Windows is sent to WSL", async () => {
    const { checkPlatform } = (await load("setup/prerequisites.mjs")) as Prerequisites;
    expect(() => checkPlatform("win32")).toThrow("Windows itself is not supported");
  });
});

describe("packages", () => {
  type Lock = { packages: Record<string, object> };
  it("what is installed is compared with what is locked", async () => {
    const { mismatches } = (await load("setup/packages.mjs")) as {
      mismatches(locked: Lock, installed?: Lock): string[];
    };
    const locked = {
      packages: {
        "": {},
        "node_modules/a": { version: "1.0.0" },
        "node_modules/b": { version: "2.0.0" },
        "node_modules/mac": { version: "1.0.0", optional: true },
      },
    };
    expect(
      mismatches(locked, {
        packages: { "node_modules/a": { version: "1.0.0" }, "node_modules/b": { version: "2.0.0" } },
      }),
    ).toEqual([]);
    expect(
      mismatches(locked, {
        packages: { "node_modules/a": { version: "1.0.1" }, "node_modules/c": { version: "1.0.0" } },
      }),
    ).toEqual(["a", "b", "c (not locked)"]);
  });
});

describe("the count of checks", () => {
  type Count = { passed: number; failed: number; skipped: number };
  const report = (files: object[], passed: number, failed: number): object => ({
    testResults: files,
    numPassedTests: passed,
    numFailedTests: failed,
    numPendingTests: 1,
    numTodoTests: 0,
  });
  it("a killed run, a file that does not load and an error outside tests are failures", async () => {
    const { count } = (await load("checks/unit.mjs")) as { count(report: object | undefined, ended: object): Count };
    expect(count(undefined, { code: null, signal: "SIGKILL" })).toMatchObject({ passed: 0, failed: 1 });
    expect(count(report([{ status: "failed", assertionResults: [] }], 5, 0), { code: 1 })).toMatchObject({
      passed: 5,
      failed: 1,
      skipped: 1,
    });
    expect(count(report([], 5, 0), { code: 1 })).toMatchObject({ passed: 5, failed: 1 });
    expect(count(report([], 5, 0), { code: 0 })).toMatchObject({ passed: 5, failed: 0 });
  });
  it("declarations that the notebooks' TypeScript would read as any are found", async () => {
    const { newerThanNotebooks } = (await load("checks/static.mjs")) as {
      newerThanNotebooks(folder: string): string[];
    };
    const dir = mkdtempSync(path.join(tmpdir(), "stagecraft-"));
    writeFileSync(
      path.join(dir, "a.d.ts"),
      "export declare const x: Float32Array;\nexport declare const y: Float32Array<ArrayBuffer>;\n",
    );
    expect(newerThanNotebooks(dir)).toEqual([
      expect.stringContaining("a.d.ts:2: Float32Array<ArrayBuffer> is `any` in a notebook"),
    ]);
    rmSync(dir, { recursive: true });
  });
  it("an unknown check is usage error", () => {
    const { status, stderr } = spawnSync(process.execPath, [path.join(root, "scripts/test.mjs"), "--only", "untis"], {
      encoding: "utf8",
    });
    expect([status, stderr]).toEqual([
      2,
      "unknown check: untis; known: format, types, lint, imports, unused, unit, notebooks, drills\n",
    ]);
  });
});

describe("doctor", () => {
  it("works before anything is installed, and says how to mend what is missing", () => {
    const bare = mkdtempSync(path.join(tmpdir(), "stagecraft-"));
    for (const name of ["scripts", "kernel", "package.json", "package-lock.json"])
      cpSync(path.join(root, name), path.join(bare, name), { recursive: true });
    const { status, stdout } = spawnSync(process.execPath, ["scripts/doctor.mjs", "--json"], {
      cwd: bare,
      encoding: "utf8",
    });
    rmSync(bare, { recursive: true });
    const { ok, checks } = JSON.parse(stdout) as {
      ok: boolean;
      checks: { name: string; state: string; mend?: string }[];
    };
    expect([status, ok]).toEqual([1, false]);
    expect(checks.filter((c) => c.state === "missing").map((c) => c.name)).toEqual([
      "packages",
      ".venv",
      "kernel",
      "tslab",
      "TensorFlow",
      "LightGBM",
      "build",
    ]);
    expect(checks.filter((c) => c.state !== "ok").every((c) => c.mend)).toBe(true);
  });
});
