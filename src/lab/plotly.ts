/** The Plotly bundle as text, for pages that must open without a network. The one place that finds plotly.js-dist-min. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Figure } from "./figure.js";
import { plainFigure } from "./figure.js";

let bundle: string | undefined;

/** plotly.min.js, escaped for a script element. Throws with a hint if the package is not installed. */
export function plotlyScript(): string {
  if (bundle !== undefined) return bundle;
  try {
    const path = createRequire(import.meta.url).resolve("plotly.js-dist-min");
    bundle = readFileSync(path, "utf8")
      .replace(/<\/script/gi, "<\\/script")
      .replace(/<!--/g, "<\\!--");
  } catch (cause) {
    throw new Error("plotly.js-dist-min is not installed, so no figure can be drawn; run: npm ci", { cause });
  }
  return bundle;
}

/** A figure as JSON escaped for a script element: no `<` that could end it. */
export function figureJson(figure: Figure): string {
  return JSON.stringify(plainFigure(figure))
    .replace(/</g, "\\u003c")
    .replace(/\u2028/g, "\\u2028")
    .replace(/\u2029/g, "\\u2029");
}
