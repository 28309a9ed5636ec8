import { afterEach, describe, expect, test, vi } from "vitest";
import { progress, progressMode } from "../../src/lab/progress.js";

function recorded(
  mode: "plain" | "terminal" | "silent" | "notebook",
  columns = 200,
): { report: ReturnType<typeof progress>; lines: string[]; clock: { ms: number } } {
  const lines: string[] = [];
  const clock = { ms: 0 };
  const report = progress("fit", { mode, write: (text) => lines.push(text), now: () => clock.ms, columns });
  return { report, lines, clock };
}

describe("progress", () => {
  test("writes in a log at most a line every ten seconds and one at the end, with rate and time left", () => {
    const { report, lines, clock } = recorded("plain");
    for (let done = 0; done <= 1000; done++) {
      clock.ms = done * 25;
      report("rows", done, 1000);
    }
    expect(lines).toEqual([
      "fit · rows   40 %  400 of 1,000  40/s  15.0 s left\n",
      "fit · rows   80 %  800 of 1,000  40/s  5.0 s left\n",
      "fit · rows  100 %  1,000 of 1,000  40/s  in 25.0 s\n",
    ]);
  });

  test("rewrites one line in a terminal and clips it to the width", () => {
    const { report, lines, clock } = recorded("terminal", 30);
    report("rows", 0, 10);
    clock.ms = 1000;
    report("rows", 5, 10, "loss 0.4");
    report("rows", 10, 10);
    expect(lines).toHaveLength(3);
    expect(lines.every((line) => line.startsWith("\r\x1b[K"))).toBe(true);
    expect(lines.at(-1)).toMatch(/\n$/);
    for (const line of lines) expect([...line.replace("\r\x1b[K", "").trimEnd()].length).toBeLessThanOrEqual(29);
  });

  test("closes a step when the next begins, and the last by finish, once", () => {
    const { report, lines, clock } = recorded("plain");
    report("read", 1, 4);
    clock.ms = 500;
    report("write", 1, 4);
    report.finish();
    report.finish();
    expect(lines.map((line) => line.split("  ")[0])).toEqual(["fit · read", "fit · write"]);
  });

  test("counts a resumed step's rate from where it began", () => {
    const { report, lines, clock } = recorded("plain");
    report("rows", 900, 1000);
    clock.ms = 10_000;
    report("rows", 950, 1000);
    expect(lines[0]).toBe("fit · rows   95 %  950 of 1,000  5/s  10.0 s left\n");
  });

  test("is silent when asked, also at the end", () => {
    const { report, lines } = recorded("silent");
    report("rows", 1, 2);
    report("rows", 2, 2);
    report.finish();
    expect(lines).toEqual([]);
  });

  test("chooses its mode by where it runs", () => {
    expect(progressMode({}, true)).toBe("terminal");
    expect(progressMode({}, false)).toBe("plain");
    expect(progressMode({ CI: "true" }, true)).toBe("plain");
    expect(progressMode({ TERM: "dumb" }, true)).toBe("plain");
    expect(progressMode({ VITEST: "true" }, true)).toBe("silent");
    expect(progressMode({ STAGECRAFT_PROGRESS: "silent" }, true)).toBe("silent");
    expect(() => progressMode({ STAGECRAFT_PROGRESS: "loud" }, true)).toThrow(
      "unknown STAGECRAFT_PROGRESS: loud; known: notebook, terminal, plain, silent",
    );
  });
});

describe("in a notebook", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  test("updates one output in place, with text beside the HTML", () => {
    const sent: { data: Record<string, string>; transient: { display_id?: string }; update: boolean }[] = [];
    const write = (message: { data: Record<string, string>; transient: object }, update: boolean): void =>
      void sent.push({ data: message.data, transient: message.transient, update });
    vi.stubGlobal("__tslab__", { require: () => ({ lastWriteDisplayData: write }) });
    const { report, clock } = recorded("notebook");
    report("<rows>", 0, 10);
    clock.ms = 50;
    report("<rows>", 1, 10);
    clock.ms = 1000;
    report("<rows>", 10, 10);
    expect(sent.map(({ update }) => update)).toEqual([false, true]);
    expect(new Set(sent.map(({ transient }) => transient.display_id)).size).toBe(1);
    expect(sent[1]!.data["text/html"]).toContain('<progress value="10" max="10"');
    expect(sent[1]!.data["text/html"]).toContain("&#60;rows&#62;");
    expect(sent[1]!.data["text/plain"]).toContain("10 of 10");
  });
});
