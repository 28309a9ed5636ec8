/** What a command line does when a person's code in it never answers, exits, loops or prints. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const cli = resolve("dist/cli.js");
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "own-code-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Checks a module of these lines; `onError` hears what it says on stderr so far. */
function contract(code: string, onError?: (text: string, pid: number) => void): Promise<Ended> {
  const file = join(folder, "own.mjs");
  writeFileSync(file, code);
  const child = spawn(process.execPath, [cli, "contract", file, "--json"], { stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.on("data", (text: Buffer) => void (out += text.toString()));
  child.stderr.on("data", (text: Buffer) => {
    err += text.toString();
    onError?.(err, child.pid!);
  });
  return new Promise((done) => child.on("close", (exit) => done({ code: exit, out, err })));
}

describe("a person's code", () => {
  it("that never settles, or exits, is a failure that is told", async () => {
    for (const body of ["return new Promise(() => undefined)", "process.exit(0)"]) {
      const { code, err } = await contract(`export function fit() { ${body}; }`);
      expect(code, body).toBe(1);
      expect(err, body).toContain("ended without an answer");
    }
  });

  it("with a syntax error is refused by file and line", async () => {
    const { code, err } = await contract("export const a = 1;\nexport const fit = (;");
    expect(code).toBe(1);
    expect(err).toMatch(/no world, model or policy in \S+own\.mjs: \S+own\.mjs, line 2: Unexpected token ';'/);
  });

  it("may print without breaking the answer on stdout", async () => {
    const { out, err } = await contract(`export function fit() { console.log("fitting"); throw new Error("no"); }`);
    expect(err).toContain("fitting");
    expect(JSON.parse(out)).toBeTypeOf("object");
  });

  it("in an endless loop is stopped by Ctrl-C, with exit code 130", async () => {
    let sent = 0;
    let second: NodeJS.Timeout | undefined;
    const { code } = await contract(`export function fit() { console.error("looping"); for (;;); }`, (text, pid) => {
      if (!text.includes("looping") || sent++ > 0) return;
      process.kill(pid, "SIGINT");
      second = setTimeout(() => process.kill(pid, "SIGINT"), 300);
    });
    clearTimeout(second); // who ended at the first has no process left
    expect(code).toBe(130);
  });
});

describe("a closed pipe", () => {
  it("ends the command quietly; a full disk is told", async () => {
    const run = (line: string): Promise<Ended> => {
      const child = spawn("bash", ["-c", line], { stdio: ["ignore", "pipe", "pipe"] });
      let err = "";
      child.stderr.on("data", (text: Buffer) => void (err += text.toString()));
      return new Promise((done) => child.on("close", (code) => done({ code, out: "", err })));
    };
    const node = `${process.execPath} "${cli}"`;
    expect((await run(`${node} --help | head -c 1`)).err).toBe("");
    const { code, err } = await run(`${node} --help > /dev/full`);
    expect(code).toBe(1);
    expect(err).toMatch(/the answer cannot be written: .*no space left/);
  });
});
