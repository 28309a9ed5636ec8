import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import ts from "typescript";
import { abortable, InterruptedError } from "../../src/lab/interrupt.js";

afterEach(() => {
  vi.unstubAllGlobals();
});

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

describe("abortable", () => {
  test("gives back what the work gives and listens no more", async () => {
    const before = process.listenerCount("SIGINT");
    const during = abortable(async () => process.listenerCount("SIGINT"));
    expect(await during).toBe(before + 1);
    expect(process.listenerCount("SIGINT")).toBe(before);
  });

  test("aborts in a notebook when the launcher calls, again and again, and takes its hook away", async () => {
    const hooks = new Set<() => void>();
    vi.stubGlobal("__stagecraftInterrupt__", hooks);
    vi.stubGlobal("__tslab__", { require: () => ({}) });
    for (let cell = 0; cell < 2; cell++) {
      const running = abortable(untilAborted);
      expect(hooks.size).toBe(1);
      for (const stop of hooks) stop();
      for (const stop of hooks) stop();
      await expect(running).rejects.toThrow(InterruptedError);
      expect(hooks.size).toBe(0);
    }
  });

  test("aborts all that run, nested or side by side, and passes an outer abort on", async () => {
    const hooks = new Set<() => void>();
    vi.stubGlobal("__stagecraftInterrupt__", hooks);
    vi.stubGlobal("__tslab__", { require: () => ({}) });
    const both = [abortable((outer) => abortable(untilAborted, outer)), abortable(untilAborted)];
    for (const stop of hooks) stop();
    for (const running of both) await expect(running).rejects.toThrow(InterruptedError);
    const controller = new AbortController();
    const inner = abortable(untilAborted, controller.signal);
    controller.abort(new Error("outer says stop"));
    await expect(inner).rejects.toThrow("outer says stop");
  });

  test("in a terminal the first Ctrl-C aborts and the second exits with 130", async () => {
    const folder = mkdtempSync(join(tmpdir(), "interrupt-"));
    try {
      for (const file of ["interrupt", "display"]) writeFileSync(join(folder, `${file}.mjs`), compiled(file));
      writeFileSync(
        join(folder, "main.mjs"),
        `
        import { abortable } from "./interrupt.mjs";
        setInterval(() => {}, 1000);
        const stubborn = process.argv[2] === "stubborn";
        await abortable((signal) => new Promise((_, reject) => { process.stdout.write("ready\\n"); signal.addEventListener("abort", () => { process.stdout.write("aborted\\n"); if (!stubborn) reject(signal.reason); }); }))
          .catch((error) => { process.stdout.write(error.name + "\\n"); process.exit(7); });`,
      );
      expect(await interrupted(folder, "polite", 1)).toEqual({ code: 7, out: "ready\naborted\nInterruptedError\n" });
      expect(await interrupted(folder, "stubborn", 2)).toEqual({ code: 130, out: "ready\naborted\n" });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

function compiled(file: string): string {
  const source = readFileSync(new URL(`../../src/lab/${file}.ts`, import.meta.url), "utf8");
  return ts
    .transpileModule(source, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 } })
    .outputText.replace("./display.js", "./display.mjs");
}

function interrupted(folder: string, how: string, times: number): Promise<{ code: number | null; out: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(folder, "main.mjs"), how], { stdio: ["ignore", "pipe", "ignore"] });
    let out = "";
    let sent = 0;
    child.stdout.on("data", (part: Buffer) => {
      out += String(part);
      const lines = out.split("\n").length - 1;
      if (lines > sent && sent < times) {
        sent++;
        child.kill("SIGINT");
      }
    });
    child.on("close", (code) => resolve({ code, out }));
  });
}
