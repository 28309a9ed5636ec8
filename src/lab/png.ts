/** Figures as PNG with an installed Chromium: one page for all, Plotly inlined, every network request refused. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "../artifacts/index.js";
import type { OnProgress } from "../types.js";
import { chromiumFlags, findChromium } from "./chromium.js";
import type { Figure } from "./figure.js";
import { figureJson, plotlyScript } from "./plotly.js";

/** A figure and the name of its file. */
export interface NamedFigure {
  readonly name: string;
  readonly figure: Figure;
}

/** Size and surroundings. */
export interface PngOptions {
  readonly width?: number; // CSS pixels, default 880
  readonly scale?: number; // pixels per CSS pixel, default 2
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
  readonly environment?: Readonly<Record<string, string | undefined>>; // where to look for a Chromium, default process.env
}

/** The files written, or the reason why none was. */
export type PngResult =
  | { readonly kind: "written"; readonly files: readonly string[] }
  | { readonly kind: "skipped"; readonly reason: string };

interface Page {
  goto(url: string): Promise<unknown>;
  waitForSelector(selector: string): Promise<unknown>;
  setContent(html: string): Promise<unknown>;
  addScriptTag(options: { content: string }): Promise<unknown>;
  evaluate<T>(script: string): Promise<T>;
}

/** An open Chromium, as far as it is used here. */
export interface Browser {
  newContext(options: object): Promise<{
    route(pattern: string, handler: (route: { abort(): Promise<void> }) => unknown): Promise<unknown>;
    newPage(): Promise<Page>;
  }>;
  close(): Promise<void>;
}

/** Writes `<name>.png` for each figure. A missing browser is no error: the result says so. */
export async function writePngs(
  dir: string,
  figures: readonly NamedFigure[],
  options: PngOptions = {},
): Promise<PngResult> {
  for (const { name } of figures)
    if (!/^[\w-]+$/.test(name))
      throw new RangeError(`figure name is ${JSON.stringify(name)}; allowed: letters, digits, dashes, underscores`);
  const { width = 880, scale = 2, signal, onProgress } = options;
  const opened = await openBrowser(options.environment ?? process.env);
  if (typeof opened === "string") return { kind: "skipped", reason: opened };
  const files: string[] = [];
  try {
    const context = await opened.newContext({ viewport: { width, height: 800 } });
    await context.route("**/*", (route) => route.abort());
    const page = await context.newPage();
    await page.setContent("<!doctype html><body></body>");
    await page.addScriptTag({ content: plotlyScript() });
    await mkdir(dir, { recursive: true });
    for (const { name, figure } of figures) {
      signal?.throwIfAborted();
      const height = typeof figure.layout["height"] === "number" ? figure.layout["height"] : 420;
      const url = await page.evaluate<string>(
        `Plotly.toImage(${figureJson(figure)}, { format: "png", width: ${width}, height: ${height}, scale: ${scale} })`,
      );
      const file = join(dir, `${name}.png`);
      await writeFileAtomic(file, Buffer.from(url.slice(url.indexOf(",") + 1), "base64"));
      files.push(file);
      onProgress?.("figures", files.length, figures.length, name);
    }
  } finally {
    await opened.close();
  }
  return { kind: "written", files };
}

/** Opens a Chromium, or says in one line why not. */
export async function openBrowser(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Browser | string> {
  const executablePath = findChromium(environment);
  if (executablePath === undefined) {
    const asked = environment["CHROMIUM_PATH"];
    return asked
      ? `no PNGs: CHROMIUM_PATH is ${asked}, which is not an executable file`
      : "no PNGs: no Chromium found; install one or set CHROMIUM_PATH";
  }
  const library = "playwright-core"; // a development dependency: an installed package may be without it
  let playwright: { chromium: { launch(options: object): Promise<Browser> } };
  try {
    playwright = (await import(library)) as typeof playwright;
  } catch {
    return "no PNGs: playwright-core is not installed (it is a development dependency); run: npm ci";
  }
  try {
    return await playwright.chromium.launch({ executablePath, args: [...chromiumFlags] });
  } catch (error) {
    return `no PNGs: ${executablePath} does not start (${(error instanceof Error ? error.message : String(error)).split("\n")[0]})`;
  }
}
