import { chromium } from "playwright-core";
import { rolldown } from "rolldown";
import { describe, expect, it } from "vitest";
import { chromiumFlags, findChromium } from "../../../src/lab/chromium.js";
import { worldDigest } from "../../fixtures/world-digest.js";

const browser = findChromium();

// The hidden state is not compared: exp, log and pow of another V8 differ in the last bit (one call in ten between Node 20 and Chromium
// 156), which no draw of a log has met yet.
describe("the world in a page", () => {
  it.skipIf(browser === undefined)(
    "runs without Node's modules and without shared memory, with the log of Node",
    async () => {
      const bundle = await rolldown({
        input: "test/fixtures/world-digest.ts",
        platform: "browser",
        logLevel: "silent",
      });
      const { output } = await bundle.generate({ format: "iife", name: "world" });
      await bundle.close();
      const [{ code, imports }] = output;
      expect(imports).toEqual([]);
      expect(code).not.toMatch(/require\(|from ?"node:|import\(/);
      const opened = await chromium.launch({ executablePath: browser!, args: [...chromiumFlags] });
      try {
        const page = await opened.newPage();
        await page.setContent("<!doctype html><title>world</title>");
        await page.addScriptTag({ content: code });
        const found = await page.evaluate(`({ shared: typeof SharedArrayBuffer, ...world.worldDigest(7, 14) })`);
        expect(found).toEqual({ shared: "undefined", ...worldDigest(7, 14) });
        expect((found as { pages: number }).pages).toBeGreaterThan(1_000);
      } finally {
        await opened.close();
      }
    },
  );
});
