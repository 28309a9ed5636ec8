/** Figures in JupyterLab: in a dark theme they are dark, and after a change of theme they keep their height. */
import { spawn, type ChildProcess } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
// @ts-expect-error a script without types
import { chromiumFlags, findChromium } from "../../scripts/chromium.mjs";
// @ts-expect-error a script without types
import { at, venvPython as untypedPython } from "../../scripts/setup/paths.mjs";
import { figures, figureBundle } from "../../src/lab/index.js";

const executablePath = (findChromium as () => string | undefined)();
const venvPython = untypedPython as string;
const folder = mkdtempSync(path.join(tmpdir(), "stagecraft-lab-"));
let lab: ChildProcess | undefined;
let port = 0;

beforeAll(async () => {
  if (executablePath === undefined) return;
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((ready) => server.once("listening", ready));
  port = (server.address() as AddressInfo).port;
  server.close();
  const figure = figures.watchFraction({ series: [{ name: "Log", fractions: [0.1, 0.5, 0.9, 1] }] });
  const bundle = JSON.stringify(figureBundle(figure, "a figure"));
  const source = `import json\nfrom IPython.display import display\ndisplay(json.loads(${JSON.stringify(bundle)}), raw=True)`;
  const cell = { cell_type: "code", id: "a", metadata: {}, execution_count: null, outputs: [], source };
  const kernelspec = { name: "python3", display_name: "Python 3", language: "python" };
  const book = { cells: [cell], metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 };
  writeFileSync(path.join(folder, "book.ipynb"), JSON.stringify(book));
  mkdirSync(path.join(folder, "config", "custom"), { recursive: true });
  const css = (at as (...parts: string[]) => string)("scripts", "notebooks", "lab.css");
  copyFileSync(css, path.join(folder, "config", "custom", "custom.css"));
  const options = [
    "--no-browser",
    "--allow-root",
    "--custom-css",
    "--expose-app-in-browser",
    "--IdentityProvider.token=",
  ];
  lab = spawn(venvPython, ["-m", "jupyterlab", ...options, `--port=${port}`, `--notebook-dir=${folder}`], {
    stdio: "ignore",
    env: {
      ...process.env,
      HOME: folder,
      JUPYTER_CONFIG_DIR: path.join(folder, "config"),
      JUPYTER_DATA_DIR: path.join(folder, "data"),
      JUPYTER_RUNTIME_DIR: path.join(folder, "runtime"),
      JUPYTERLAB_SETTINGS_DIR: path.join(folder, "settings"),
      JUPYTERLAB_WORKSPACES_DIR: path.join(folder, "workspaces"),
    },
  });
});
afterAll(async () => {
  const ended = lab && new Promise((done) => lab!.once("exit", done));
  lab?.kill("SIGTERM");
  await ended;
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});

const command = (page: Page, name: string, args: object = {}): Promise<unknown> =>
  page.evaluate(
    ([id, given]) =>
      (
        globalThis as unknown as { jupyterapp: { commands: { execute(id: unknown, args: unknown): Promise<unknown> } } }
      ).jupyterapp.commands
        .execute(id, given)
        .then(() => undefined),
    [name, args] as const,
  );

it.skipIf(executablePath === undefined)(
  "keep their height, and are dark where all is",
  { timeout: 180_000 },
  async () => {
    const browser = await chromium.launch({ executablePath: executablePath!, args: chromiumFlags as string[] });
    try {
      const page = await browser.newPage({ viewport: { width: 1300, height: 1000 } });
      const url = `http://127.0.0.1:${port}/lab/tree/book.ipynb`;
      for (let tries = 0; tries < 60 && !(await page.goto(url).catch(() => null)); tries++)
        await page.waitForTimeout(1_000);
      await page.waitForSelector(".jp-Notebook .jp-CodeCell", { timeout: 60_000 });
      await page.waitForTimeout(3_000); // the kernel starts
      await command(page, "notebook:run-all-cells");
      await page.waitForSelector(".jp-RenderedPlotly .main-svg", { timeout: 60_000 });
      await page.waitForTimeout(2_000);
      await page.evaluate(`globalThis.box = document.querySelector(".jp-RenderedPlotly")`);
      const seen: unknown[] = [];
      for (const theme of ["JupyterLab Dark", "JupyterLab Light", "JupyterLab Dark"]) {
        await command(page, "apputils:change-theme", { theme });
        await page.waitForTimeout(3_000);
        seen.push(await page.evaluate(`[box.offsetHeight, getComputedStyle(box).filter]`));
      }
      const dark = [400, "invert(0.93) hue-rotate(180deg)"];
      expect(seen).toEqual([dark, [400, "none"], dark]);
    } finally {
      await browser.close();
    }
  },
);
