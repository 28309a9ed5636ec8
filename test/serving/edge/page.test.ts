import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { afterAll, describe, expect, it } from "vitest";
import { openStore } from "../../../src/data/index.js";
import { chromiumFlags, findChromium } from "../../../src/lab/chromium.js";
import { openWorldAfter } from "../../../src/pipeline/index.js";
import { edgePage } from "../../../src/serving/edge/write-page.js";
import { bundle, openDevice, openTowers } from "../../../src/serving/index.js";
import { onnxRuntime } from "../../../src/serving/rank/onnx-runtime.js";
import { trainedPlatform } from "../../support/small-platform.js";

const browser = findChromium();
const folder = mkdtempSync(join(tmpdir(), "stagecraft-edge-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function bundleOf(user: number): Promise<Uint8Array> {
  const trained = await trainedPlatform();
  const { log, aggregatesDir } = trained.prepared;
  const { catalogue } = await openWorldAfter(log);
  const [twoTowerDir, rankerDir] = [trained.twoTower.artifact.dir, trained.ranker.artifact.dir];
  const store = await openStore(catalogue, { from: aggregatesDir });
  const towers = await openTowers(twoTowerDir);
  try {
    await store.openDay(log.setting.world.days);
    const titles = Array.from({ length: catalogue.videos.count }, (_, video) => `</script><b>title ${video}`);
    const config = { candidates: 60 };
    const users = Int32Array.of(user);
    return await bundle({ catalogue, store, towers, twoTowerDir, rankerDir, seed: 7, config, users, titles });
  } finally {
    await towers.close?.();
    await store.close();
  }
}

describe("the page of a device", () => {
  it.skipIf(browser === undefined)(
    "recommends from a file with the network off, as the device in Node does, and learns the visit",
    { timeout: 120_000 },
    async () => {
      const bytes = await bundleOf(42);
      const { html } = await edgePage(bytes);
      const file = join(folder, "a device #1.html");
      writeFileSync(file, html);
      const device = await openDevice(bytes, await onnxRuntime());
      const { day } = device.bundle;
      const session = Float64Array.of(day * 2 ** 27);
      const first = await device.policy.recommend({
        ...{ day, count: 1, session, request: session.map((id) => id * 64) },
        ...{ user: Int32Array.of(0), page: new Uint8Array(1), timeMs: Int32Array.of(20 * 3_600_000) },
        device: Uint8Array.of(device.catalogue.users.device[0]!),
      });
      await device.close();

      const opened = await chromium.launch({ executablePath: browser!, args: [...chromiumFlags] });
      try {
        const context = await opened.newContext({ offline: true });
        const page = await context.newPage();
        const asked: string[] = [];
        const faults: string[] = [];
        page.on("request", (request) => asked.push(request.url()));
        page.on("pageerror", (error) => faults.push(error.message));
        await page.goto(pathToFileURL(file).href);
        const cards = page.locator("#feed button");
        await cards.first().waitFor({ timeout: 60_000 });
        const shown = async (): Promise<string[]> => cards.locator("strong").allTextContents();
        const expected = new Set(Array.from(first.video, (video) => `</script><b>title ${video}`));
        const { firstMs, openMs } = await page.evaluate<{ firstMs: number; openMs: number }>(
          "({ firstMs: edge.firstMs, openMs: edge.openMs })",
        );
        expect(firstMs).toBeLessThan(Math.min(150, openMs / 2)); // it was warmed up before
        const titles = await shown();
        expect(titles).toHaveLength(first.video.length);
        expect(titles.filter((title) => expected.has(title)).length).toBeGreaterThanOrEqual(titles.length - 1);
        await page.keyboard.press("1");
        expect(await page.textContent("#learned")).toMatch(/^Watched: \S+ 1\./);
        await page.keyboard.press("n");
        await page.getByText("page 2 of visit 1").waitFor();
        expect(await shown()).not.toContain(titles[0]);
        expect(asked.filter((url) => !/^(file|data|blob):/.test(url))).toEqual([]);
        expect(faults).toEqual([]);
      } finally {
        await opened.close();
      }
    },
  );
});
