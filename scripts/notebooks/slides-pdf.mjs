// Prints slides (reveal's print view, a page a slide) to PDF beside them: node slides-pdf.mjs CHROMIUM FILES.slides.html…
import { mkdtempSync, renameSync, rmSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { chromiumFlags } from "../chromium.mjs";

const [executablePath, ...files] = process.argv.slice(2);
const profile = mkdtempSync(path.join(os.tmpdir(), "stagecraft-chromium-"));
process.on("exit", () => rmSync(profile, { recursive: true, force: true, maxRetries: 3 }));
const context = await chromium.launchPersistentContext(profile, { executablePath, args: chromiumFlags, offline: true });
const page = await context.newPage();

for (const file of files) {
  await page.goto(`${pathToFileURL(file).href}?print-pdf`);
  await page.waitForSelector("html[data-fitted]", { timeout: 60_000 });
  await page.waitForFunction(() =>
    [...document.querySelectorAll(".stagecraft-figure")].every((box) => box.querySelector(".main-svg")),
  );
  const target = file.replace(/\.html$/, ".pdf");
  const beside = `${target}.${process.pid}.tmp`;
  await page.pdf({ path: beside, preferCSSPageSize: true, printBackground: true });
  renameSync(beside, target);
  console.error(`${path.basename(target)} ${(statSync(target).size / 1024).toFixed(0)} KiB`);
}
await context.close();
