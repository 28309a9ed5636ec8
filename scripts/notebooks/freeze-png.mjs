// Gives every Plotly output of executed notebooks a PNG beside it (80-200 ms a figure): node freeze-png.mjs CHROMIUM FILES…
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";
import { chromiumFlags } from "../chromium.mjs";

const MIME = "application/vnd.plotly.v1+json";
const [executablePath, ...files] = process.argv.slice(2);
const profile = mkdtempSync(path.join(os.tmpdir(), "stagecraft-chromium-"));
process.on("exit", () => rmSync(profile, { recursive: true, force: true, maxRetries: 3 }));
const context = await chromium.launchPersistentContext(profile, { executablePath, args: chromiumFlags, offline: true });
const page = await context.newPage();
await page.addScriptTag({ path: createRequire(import.meta.url).resolve("plotly.js-dist-min") });

for (const file of files) {
  const notebook = JSON.parse(readFileSync(file, "utf8"));
  let n = 0;
  for (const cell of notebook.cells)
    for (const out of cell.outputs ?? []) {
      const figure = out.data?.[MIME];
      if (!figure || out.data["image/png"]) continue;
      const { width = 800, height = 450 } = figure.layout ?? {};
      try {
        const url = await page.evaluate(
          ([f, w, h]) => Plotly.toImage(f, { format: "png", width: w, height: h, scale: 1 }),
          [figure, width, height],
        );
        out.data["image/png"] = url.slice(url.indexOf(",") + 1);
        n++;
      } catch (error) {
        console.error(`${path.basename(file)}: one figure has no PNG: ${error.message.split("\n")[0]}`);
      }
    }
  if (n === 0) continue;
  const beside = `${file}.${process.pid}.tmp`;
  writeFileSync(beside, `${JSON.stringify(notebook, null, 1)}\n`);
  renameSync(beside, file);
  console.error(`${path.basename(file)}: ${n} PNG${n > 1 ? "s" : ""}`);
}
await context.close();
