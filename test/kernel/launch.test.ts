// The kernel launcher on the real kernel: each bug of stock tslab 1.0.22 that it mends would fail one of these.
import { execFile as execFileWithCallback, spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
// @ts-expect-error a script without types
import { jupyterEnv as untypedEnv, venvPython as untypedPython } from "../../scripts/setup/paths.mjs";

const execFile = promisify(execFileWithCallback);
const jupyterEnv = untypedEnv as () => NodeJS.ProcessEnv;
const venvPython = untypedPython as string;
const root = path.resolve(import.meta.dirname, "../..");
const launcher = path.join(root, "kernel/launch.cjs");

interface Cell {
  name: string;
  code: string;
  stopOnError?: boolean;
  queued?: boolean;
  interruptAfter?: number;
}
interface Result {
  status: string;
  stdout: string;
  stderr: string;
  error: { ename: string; evalue: string; traceback: string[] } | null;
  data: Record<string, unknown>[];
}

const cells: Cell[] = [
  { name: "first", code: "const seed = 7; const answer = Promise.resolve(42); import * as path from 'node:path';" },
  { name: "shorthand", code: "const config = { seed, users: 3 }; console.log(JSON.stringify(config));" },
  {
    name: "renamed parts",
    code: "const { users: people, seed: { toFixed: fixed } } = config; console.log(people, typeof fixed);",
  },
  {
    name: "finding",
    code: "const lab = { finding: (said: string) => (console.log(said), said) };\nlab.finding('once');",
  },
  { name: "many prints", code: "for (let i = 0; i < 3000; i++) console.log(`line ${i}`);" },
  {
    name: "many messages",
    code: "for (let i = 0; i < 900; i++) { console.log(`out ${i}`); console.error(`err ${i}`); }",
  },
  { name: "await of brackets", code: "const two = await (Promise.resolve(2)); console.log(two);" },
  { name: "await in an array", code: "console.log([await (answer), await answer]);" },
  {
    name: "for await",
    code:
      "async function* three() { yield 1; yield 2; yield 3; }\nlet total = 0;\nfor await (const x of " +
      "three()) total += x;\nconsole.log(total);",
  },
  {
    name: "root",
    code: "console.log(path.basename(process.env.LAB_NOTEBOOK_DIR!), require('node:fs').existsSync('kernel/launch.cjs'));",
  },
  { name: "type error", code: "const n: number = undefined;" }, // an error in strict TypeScript only
  {
    name: "thrown",
    code: "function inner(): never { throw new RangeError('users: -1; at least 1', { cause: new Error('the deeper reason') }); }\ninner();",
  },
  { name: "rejected", code: "void Promise.reject(new Error('nobody waits for this'));" },
  { name: "allowed to fail", code: "throw new Error('as told in the text');", stopOnError: false },
  { name: "right after", code: "console.log('runs');", queued: true, stopOnError: false },
  { name: "not allowed to fail", code: "throw new Error('stops here');" },
  { name: "queued behind", code: "console.log('must not run');", queued: true },
  { name: "hook", code: "let stopped = 0; (globalThis as any).__stagecraftInterrupt__.add(() => stopped++);" },
  {
    name: "interrupted wait",
    code: "await new Promise((resolve) => setTimeout(resolve, 30000));",
    interruptAfter: 0.7,
  },
  { name: "hook was called", code: "console.log(stopped);" },
  { name: "interrupted loop", code: "while (true);", interruptAfter: 0.7 },
  { name: "lives on", code: "console.log(seed + 1);" },
];

describe("the kernel", () => {
  let results: Record<string, Result> = {};
  const result = (name: string): Result => {
    const found = results[name];
    if (!found) throw new Error(`cell "${name}" has no result; the session gave ${Object.keys(results).join(", ")}`);
    return found;
  };

  beforeAll(async () => {
    const run = execFile(venvPython, [path.join(import.meta.dirname, "session.py")], {
      cwd: path.join(root, "test"),
      env: jupyterEnv(),
      timeout: 170_000,
      maxBuffer: 1e8,
    });
    run.child.stdin?.end(JSON.stringify(cells));
    results = JSON.parse((await run).stdout) as Record<string, Result>;
  }, 180_000);

  it("lets an object take a variable of an earlier cell by shorthand", () => {
    expect(result("shorthand")).toMatchObject({ status: "ok", stdout: '{"seed":7,"users":3}\n' });
  });
  it("takes an object of an earlier cell apart under other names", () => {
    expect(result("renamed parts")).toMatchObject({ status: "ok", stdout: "3 function\n" });
  });
  it("prints the sentence of a finding that ends a cell once", () => {
    expect(result("finding").stdout).toBe("once\n");
  });
  it("keeps every line of 3,000 prints in one synchronous loop", () => {
    const lines = result("many prints").stdout.trimEnd().split("\n");
    expect([lines.length, lines[0], lines.at(-1)]).toEqual([3000, "line 0", "line 2999"]);
  });
  it("keeps every message when more than 512 are sent in one turn of the event loop", () => {
    const { status, stdout, stderr } = result("many messages");
    expect([status, stdout.split("\n").length, stderr.split("\n").length]).toEqual(["ok", 901, 901]);
  });
  it("awaits an expression in brackets at top level", () => {
    expect(result("await of brackets")).toMatchObject({ status: "ok", stdout: "2\n" });
    expect(result("await in an array")).toMatchObject({ status: "ok", stdout: "[ 42, 42 ]\n" });
  });
  it("runs for await at top level", () => {
    expect(result("for await")).toMatchObject({ status: "ok", stdout: "6\n" });
  });
  it("works in the project root and remembers the notebook's folder", () => {
    expect(result("root").stdout).toBe("test true\n");
  });
  it("reports a type error as a Jupyter error", () => {
    expect(result("type error")).toMatchObject({ status: "error", error: { ename: "TypeScriptError" } });
    expect(result("type error").error?.evalue).toContain("not assignable to type 'number'");
  });
  it("reports a thrown error with name, message, traceback and cause", () => {
    const { status, error } = result("thrown");
    expect([status, error?.ename, error?.evalue]).toEqual(["error", "RangeError", "users: -1; at least 1"]);
    expect(error?.traceback.join("\n")).toMatch(/at inner[^]*Caused by:\nError: the deeper reason/);
    expect(error?.traceback.join("\n")).not.toMatch(/tslab\/dist|node:internal/);
  });
  it("fails the cell that left a rejection unhandled", () => {
    expect(result("rejected")).toMatchObject({
      status: "error",
      error: { ename: "Error", evalue: "nobody waits for this" },
    });
  });
  it("runs the cell right after one that is allowed to fail", () => {
    expect(result("allowed to fail").status).toBe("error");
    expect(result("right after")).toMatchObject({ status: "ok", stdout: "runs\n" });
  });
  it("skips what was queued behind an error that is not allowed", () => {
    expect(result("queued behind")).toMatchObject({ status: "aborted", stdout: "" });
  });
  it("stops waiting on an interrupt and calls the hooks", () => {
    expect(result("interrupted wait")).toMatchObject({ status: "error", error: { ename: "Interrupted" } });
    expect(result("hook was called").stdout).toBe("1\n");
  });
  it("stops a synchronous loop on an interrupt and lives on", () => {
    expect(result("interrupted loop")).toMatchObject({ status: "error", error: { ename: "Interrupted" } });
    expect(result("lives on").stdout).toBe("8\n");
  });
});

describe("the launcher", () => {
  it("answers nobody before it can publish: a slow start fails no cell", async () => {
    const env = { ...jupyterEnv(), NODE_OPTIONS: `--require "${path.join(root, "test/fixtures/slow-bind.cjs")}"` };
    const run = execFile(venvPython, [path.join(import.meta.dirname, "session.py")], {
      cwd: path.join(root, "test"),
      env,
      timeout: 60_000,
    });
    run.child.stdin?.end(JSON.stringify([{ name: "first", code: "console.log('ready');" }]));
    expect((JSON.parse((await run).stdout) as Record<string, Result>)["first"]).toMatchObject({
      status: "ok",
      stdout: "ready\n",
      error: null,
    });
  });
  it("ends with a message when a port is taken", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const port = (server.address() as AddressInfo).port;
    const folder = mkdtempSync(path.join(tmpdir(), "stagecraft-"));
    const file = path.join(folder, "connection.json");
    const key = { key: "k", signature_scheme: "hmac-sha256", transport: "tcp", ip: "127.0.0.1" };
    writeFileSync(
      file,
      JSON.stringify({
        ...key,
        shell_port: port,
        iopub_port: port,
        stdin_port: port,
        control_port: port,
        hb_port: port,
      }),
    );
    const child = spawn(process.execPath, [launcher, file], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (text) => (stderr += String(text)));
    const timer = setTimeout(() => child.kill("SIGKILL"), 40_000); // a zombie
    const code = await new Promise((resolve) => child.once("close", resolve));
    clearTimeout(timer);
    server.close();
    rmSync(folder, { recursive: true });
    expect(code).toBe(1);
    expect(stderr).toContain(`cannot bind port ${port}`);
  });

  it("refuses a connection file that is not there, for which tslab would wait", () => {
    const run = spawnSync(process.execPath, [launcher, "no-such-file.json"], { encoding: "utf8", timeout: 20_000 });
    expect([run.status, run.stderr]).toEqual([1, expect.stringContaining("no-such-file.json")]);
  });

  it("refuses another version of tslab than the one it patches", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "stagecraft-"));
    mkdirSync(path.join(folder, "kernel"));
    mkdirSync(path.join(folder, "node_modules/tslab"), { recursive: true });
    copyFileSync(launcher, path.join(folder, "kernel/launch.cjs"));
    writeFileSync(path.join(folder, "node_modules/tslab/package.json"), '{ "name": "tslab", "version": "9.9.9" }');
    const run = spawnSync(process.execPath, [path.join(folder, "kernel/launch.cjs"), "x"], {
      encoding: "utf8",
      timeout: 20_000,
    });
    rmSync(folder, { recursive: true });
    expect(run.status).toBe(1);
    expect(run.stderr).toContain("tslab 9.9.9 is installed, but this launcher patches the internals of 1.0.22");
  });
});
