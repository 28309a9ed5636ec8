// The notebook runner and the exporters, on two small notebooks and the real kernel.
import { execFile, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
// @ts-expect-error a script without types
import { inTurn, todays } from "../../scripts/checks/notebooks.mjs";
// @ts-expect-error a script without types
import { chromiumFlags, findChromium } from "../../scripts/chromium.mjs";

const root = path.resolve(import.meta.dirname, "../..");
const book = (name: string): string => path.join(root, "test/fixtures/notebooks", `${name}.ipynb`);
const runner = path.join(root, "scripts/notebooks/run.mjs");
/** Not spawnSync: a run takes long enough for vitest to think that a blocked worker is lost. */
const call = (...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const child: ChildProcess = execFile(
      process.execPath,
      [runner, ...args],
      { cwd: root, timeout: 170_000 },
      (_, stdout, stderr) => resolve({ status: child.exitCode, stdout, stderr }),
    );
  });
const executablePath = (findChromium as () => string | undefined)();

interface Summary {
  ok: boolean;
  notebooks: { notebook: string; ok: boolean; cell?: number; source?: string; error?: string }[];
}
interface Notebook {
  cells: { cell_type: string; source: string; outputs?: { text?: string; data?: Record<string, unknown> }[] }[];
}

describe("usage error ends with code 2, the fault, the value and what is allowed", () => {
  it.each([
    ["an unknown notebook", ["99-nothing"], "unknown notebook: 99-nothing; known: "],
    ["an unknown parameter", [book("small"), "-p", "sed=3"], "unknown parameter: sed; known: label, scale, seed"],
    ["a value of another type", [book("small"), "-p", "seed=seven"], "parameter seed: seven; allowed: a number"],
    [
      "a value outside a union",
      [book("small"), "-p", "scale=huge"],
      "parameter scale: huge; allowed: tiny, lesson, small, full",
    ],
    ["an unknown option", ["--htlm"], "unknown option: --htlm"],
    ["no number of jobs", ["--jobs", "0"], "--jobs: 0; allowed: a whole number of at least 1"],
  ])("%s", async (_, args, message) => {
    const { status, stderr, stdout } = await call(...args);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });
});

describe("a run", () => {
  let out = "";
  let status: number | null = null;
  let summary: Summary | undefined;
  let stderr = "";

  beforeAll(async () => {
    out = mkdtempSync(path.join(tmpdir(), "stagecraft-"));
    const result = await call(
      book("small"),
      book("failing"),
      "-p",
      "seed=7",
      "-p",
      "scale=tiny",
      "-p",
      "label=x y",
      "--out",
      out,
      "--jobs",
      "2",
      "--html",
      "--slides",
      "--png",
      "--json",
    );
    ({ status, stderr } = result);
    summary = JSON.parse(result.stdout) as Summary;
  }, 180_000);
  afterAll(() => rmSync(out, { recursive: true, force: true }));

  it("ends with code 1 when a notebook fails, and names the notebook, the cell, its source and the error", () => {
    expect([status, summary?.ok]).toEqual([1, false]);
    expect(
      summary?.notebooks.find((n) => n.notebook === "failing"),
      stderr,
    ).toMatchObject({ ok: false, cell: 4, error: "Error: as planned with seed 7" });
    expect(stderr).toMatch(/FAIL \[\d\] failing\.ipynb[^]*cell 4[^]*\| throw new Error/);
  });
  it("keeps a failed notebook under another name and leaves nothing half written", () => {
    expect(readdirSync(out).sort()).toEqual([
      "assets",
      "failing.failed.ipynb",
      "small.html",
      "small.ipynb",
      "small.slides.html",
    ]);
  });
  it("gives each notebook the parameters it knows", () => {
    const notebook = JSON.parse(readFileSync(path.join(out, "small.ipynb"), "utf8")) as Notebook;
    expect(notebook.cells.at(-1)?.outputs?.[0]?.text).toEqual(["seed 7, scale tiny, label x y\n"]);
  });
  it.skipIf(!executablePath)("puts a PNG beside a figure", () => {
    const notebook = JSON.parse(readFileSync(path.join(out, "small.ipynb"), "utf8")) as Notebook;
    const figure = notebook.cells
      .flatMap((c) => c.outputs ?? [])
      .find((o) => o.data?.["application/vnd.plotly.v1+json"]);
    expect(String(figure?.data?.["image/png"]).slice(0, 11)).toBe("iVBORw0KGgo");
  });
  it.each(["small.html", "small.slides.html"])("loads nothing from another host: %s", (name) => {
    const page = readFileSync(path.join(out, name), "utf8");
    expect(page.match(/<(script|link|img|iframe)[^>]+(src|href)=["'](https?:)?\/\/[^"']+/g)).toBeNull();
    expect(page).not.toContain("mermaid.esm");
    for (const [, file] of page.matchAll(/<(?:script|link)[^>]+(?:src|href)="(assets\/[^"?]+)/g))
      expect(existsSync(path.join(out, file ?? "")), file).toBe(true);
  });
  it.skipIf(!executablePath).each(["small.html", "small.slides.html"])(
    "draws figures and mathematics with the network off: %s",
    async (name) => {
      const profile = mkdtempSync(path.join(tmpdir(), "stagecraft-"));
      const context = await chromium.launchPersistentContext(profile, {
        executablePath: executablePath ?? "",
        args: chromiumFlags as string[],
        viewport: { width: 1280, height: 720 },
        offline: true,
      });
      try {
        const page = await context.newPage();
        const faults: string[] = [];
        page.on("requestfailed", (request) => faults.push(request.url()));
        page.on("request", (request) => {
          if (!/^(file|data|blob):/.test(request.url())) faults.push(request.url());
        });
        page.on("pageerror", (error) => faults.push(error.message));
        await page.goto(pathToFileURL(path.join(out, name)).href);
        await page.waitForSelector(".mjx-chtml", { state: "attached", timeout: 30_000 });
        if (name.includes("slides")) {
          await page.waitForSelector(".reveal.ready", { timeout: 30_000 });
          await page.waitForSelector("html[data-fitted]");
          expect(await page.locator(".slides > section h1, .slides > section h2").allTextContents()).toEqual(
            ["A small notebook", "A figure", "An exercise", "A table"], // one a heading
          );
          expect(await page.locator("aside.notes").allTextContents()).toEqual([
            expect.stringMatching(/the speaker's to explain\.\s+For the speaker alone\./),
          ]);
          expect(await page.locator(".seen").allInnerTexts()).toEqual([
            "Two bars of one height.",
            expect.stringContaining("bars is 2. There are two."),
          ]);
          const over = await page.$$eval(".slide, .shown.listed", (boxes) =>
            boxes.filter((box) => box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1),
          );
          expect(over).toHaveLength(0); // at 1280 × 720
          expect(await page.locator("tfoot").innerText()).toBe("… and 31 more rows");
          await page.keyboard.press("ArrowRight");
          expect(await page.locator("progress").count()).toBe(0);
          expect(await page.locator("details.stagecraft-code[open]").count()).toBe(0);
          await page.locator("section.present details.stagecraft-code summary").click();
          const cut = await page.$$eval("section.present pre", (all) =>
            all.filter((pre) => pre.scrollWidth > pre.clientWidth).map((pre) => pre.textContent),
          );
          expect(cut).toEqual([]);
        } else expect(await page.locator("progress").count()).toBe(1);
        await page.waitForSelector(".stagecraft-figure .main-svg", { timeout: 30_000 });
        expect(faults).toEqual([]);
      } finally {
        await context.close();
        rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
      }
    },
  );
});

describe("slides of an executed notebook", () => {
  it.skipIf(!executablePath)(
    "have no code and no solutions where asked, and are printed to PDF, a page each",
    async () => {
      const out = mkdtempSync(path.join(tmpdir(), "stagecraft-"));
      try {
        const { status, stderr } = await call(book("small"), "--pdf", "--hide-code", "--no-solutions", "--out", out);
        expect(status, stderr).toBe(0);
        const page = readFileSync(path.join(out, "small.slides.html"), "utf8");
        expect(page).toContain("What is half of two?");
        expect(page).not.toMatch(/One solution|<details|lastWriteDisplayData/);
        const pdf = readFileSync(path.join(out, "small.slides.pdf"), "latin1");
        expect(pdf.match(/\/Type\s*\/Page\b/g)).toHaveLength(4);
        expect(new Set(pdf.match(/MediaBox \[[^\]]*\]/g))).toEqual(new Set(["MediaBox [0 0 960 540]"])); // 1280 × 720 px
      } finally {
        rmSync(out, { recursive: true, force: true });
      }
    },
    180_000,
  );
  it("say what --pdf needs where no Chromium is, before anything runs", async () => {
    const before = process.env["CHROMIUM_PATH"];
    process.env["CHROMIUM_PATH"] = "/no/chromium";
    try {
      const { status, stderr } = await call(book("small"), "--pdf");
      expect([status, stderr]).toEqual([2, expect.stringContaining("--pdf prints with a Chromium, and none is found")]);
    } finally {
      if (before === undefined) delete process.env["CHROMIUM_PATH"];
      else process.env["CHROMIUM_PATH"] = before;
    }
  });
});

describe("help", () => {
  it("names every option that is understood", async () => {
    const { status, stdout } = await call("--help");
    expect(status).toBe(0);
    for (const option of ["--slides", "--pdf", "--hide-code", "--no-solutions", "--html", "--png", "--out", "--scale"])
      expect(stdout).toContain(option);
  });
});

describe("notebooks", () => {
  const folder = path.join(root, "notebooks");
  const books = readdirSync(folder).filter((name) => name.endsWith(".ipynb"));
  const code = (name: string): string =>
    (
      JSON.parse(readFileSync(path.join(folder, name), "utf8")) as { cells: { cell_type: string; source: string[] }[] }
    ).cells
      .flatMap(({ cell_type, source }) => (cell_type === "code" ? [source.join("")] : []))
      .join("\n");

  it.each(books)(
    "assert at least three things of every seed, and end with three answers and their record: %s",
    (name) => {
      expect(code(name).match(/\blab\.check\(/g)?.length ?? 0).toBeGreaterThanOrEqual(3);
      expect(code(name)).toMatch(/\nlab\.answers\([^]+\nlab\.record\(\{[^]+\}\);$/);
    },
  );
});

it("a run by day leaves out long notebooks whose turn it is not, and every one has its turn", () => {
  const books = readdirSync(path.join(root, "notebooks")).filter((name) => name.endsWith(".ipynb"));
  const turns = inTurn as readonly { each: number; names: string[] }[];
  const days = Array.from({ length: 11 }, (_, day) =>
    (todays as (books: string[], day: number) => string[])(books, 20_000 + day),
  );
  const waiting = turns.reduce((sum, { each, names }) => sum + names.length - each, 0);
  for (const day of days) expect(day.length).toBe(books.length - waiting);
  expect(new Set(days.flat())).toEqual(new Set(books));
});

describe("exercises", () => {
  const books = readdirSync(path.join(root, "notebooks")).filter((name) => name.endsWith(".ipynb"));
  const cellsOf = (name: string): { cell_type: string; source: string[]; metadata: { tags?: string[] } }[] =>
    (
      JSON.parse(readFileSync(path.join(root, "notebooks", name), "utf8")) as {
        cells: { cell_type: string; source: string[]; metadata: { tags?: string[] } }[];
      }
    ).cells;
  const withCells = books.filter((name) => cellsOf(name).some(({ metadata }) => metadata.tags?.includes("exercise")));

  it.each(withCells)("wait for an answer, with a solution folded above them: %s", (name) => {
    const cells = cellsOf(name);
    const exercises = cells.flatMap((cell, at) => (cell.metadata.tags?.includes("exercise") ? [at] : []));
    expect(exercises.length).toBeGreaterThanOrEqual(3);
    for (const at of exercises) {
      const [answer, asked] = [cells[at]!.source.join(""), cells[at - 1]!.source.join("")];
      const variable = /^let (\w+): number \| undefined; \/\/ your answer\nlab\.exercise\("[^"]+", (\w+), /.exec(
        answer,
      );
      expect(variable?.[2], answer).toBe(variable?.[1]);
      expect(asked).toMatch(/<details><summary>One solution<\/summary>\n<pre>[^]+<\/pre>\n<\/details>$/);
      expect(asked).toContain(`const ${variable?.[1]}: number | undefined = `);
    }
  });
  it("stand in the notebooks of data and models", () => {
    expect(withCells).toEqual(
      expect.arrayContaining([
        "03-data.ipynb",
        "04a-baselines.ipynb",
        "04b-two-towers.ipynb",
        "04c-deep-ranking-and-crosses.ipynb",
      ]),
    );
  });
});
