// The page in a real Chromium, on the real server with a service whose answers are known.
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumFlags, findChromium } from "../../../src/lab/chromium.js";
import { startServer, type Server } from "../../../src/serving/online/server.js";
import { fakeService, type FakeService } from "../../support/fake-service.js";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const executablePath = findChromium();

describe.skipIf(executablePath === undefined)("the page", () => {
  const folder = mkdtempSync(join(tmpdir(), "page-"));
  let service: FakeService;
  let server: Server;
  let browser: Browser;
  beforeAll(async () => {
    service = await fakeService(folder);
    server = await startServer(service, { port: 0, logLevel: "silent" });
    browser = await chromium.launch({ executablePath: executablePath!, args: [...chromiumFlags] });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    rmSync(folder, { recursive: true });
  });

  /** Opens the page at an address; fails on any error in it and any request to elsewhere. */
  async function open(query: string, width = 1300, colorScheme: "light" | "dark" = "light"): Promise<Page> {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    page.on("pageerror", (error) => expect.unreachable(error.message));
    page.on("dialog", () => expect.unreachable("a title ran as code"));
    page.on("request", (request) => expect(request.url().startsWith(server.url), request.url()).toBe(true));
    await page.goto(`${server.url}/${query}`);
    await drawn(page, /stage=(\w+)/.exec(query)?.[1] ?? "shown");
    return page;
  }
  const drawn = (page: Page, stage: string): Promise<unknown> =>
    page.waitForSelector(`html[data-drawn=${stage}] #people:not([aria-busy]) section`);
  const shown = (page: Page): Promise<string[]> =>
    page.$$eval("[data-video]", (cards) => cards.map((card) => card.getAttribute("data-video")!));
  /** Until the page has what is expected of it. */
  const becomes = (of: () => Promise<unknown>, value: unknown): Promise<void> =>
    expect.poll(of, { timeout: 10_000 }).toEqual(value);

  it("shows each stage of the funnel in its own order, with titles, pictures, sources, reasons and times", async () => {
    const page = await open("?a=3");
    expect(await shown(page)).toEqual(["32", "31", "33", "34", "35", "36"]);
    const text = await page.innerText("#people");
    for (const part of [
      "User 3",
      "how to fry number 32",
      "two-tower 40",
      "popular 40",
      "5.5 ms by stage",
      "rank 1.50 ms",
      "1.0 min",
      "50 %",
    ])
      expect(text).toContain(part);
    const pixel = `document.querySelector("[data-video='32'] canvas").getContext("2d").getImageData(5, 5, 1, 1).data.join()`;
    expect(await page.evaluate(pixel)).toBe("32,32,32,255");
    await page.keyboard.press("1");
    await becomes(() => shown(page).then((videos) => videos.slice(0, 2)), ["109", "108"]);
    await page.keyboard.press("2");
    await becomes(() => shown(page).then((videos) => videos.slice(0, 3)), ["30", "31", "32"]);
    await page.keyboard.press("3");
    await becomes(() => shown(page), ["30", "32"]);
    expect(await page.innerText("#people")).toMatch(/out \(duplicates\): a copy of video 3[^]*3 → 1: diversity/);
    expect(await page.evaluate("location.search")).toContain("stage=removed");
    await page.close();
  });
  it("puts two people beside each other, one with the service's own settings, and keeps all of it in the address", async () => {
    const page = await open("?a=3&b=4&two&own&adLoad=2");
    expect(await page.$$eval("section h2", (names) => names.map((name) => name.textContent))).toEqual([
      "User 3",
      "User 4",
    ]);
    expect(service.asked.slice(-2).map(({ user, tuning }) => [user, tuning])).toEqual([
      [3, { adLoad: 2 }],
      [4, {}],
    ]);
    expect(await page.$$eval(".ad", (ads) => ads.length)).toBe(2);
    await page.focus("input[name=diversity]");
    for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowRight");
    await becomes(() => Promise.resolve(service.asked.at(-2)?.tuning), { adLoad: 2, diversity: 0.15 });
    expect(await page.evaluate("location.search")).toContain("diversity=0.15");
    await page.click("#reset");
    await becomes(() => Promise.resolve(service.asked.at(-2)?.tuning), {});
    await page.fill("input[name=a]", "");
    await page.waitForSelector("h2:text('User 0')"); // an empty field: the service knows nothing of who asks
    expect(service.asked.findLast((one) => one.user === undefined)).toBeDefined();
    await page.close();
  });
  it("goes by keyboard from video to video, says why one is there, and shows a title as text", async () => {
    const page = await open("?a=0");
    await page.focus("[data-at='0-0']");
    for (let i = 0; i < 5; i++) await page.keyboard.press("ArrowRight");
    expect(await page.evaluate("document.activeElement.dataset.video")).toBe("6");
    await page.keyboard.press("Enter");
    const said = await page.innerText("dialog[open]");
    for (const part of [
      "how to fry number 6",
      "by two-tower, place 74",
      "place 7, score 74.0: 50 % click × 1.0 min",
      "place 6, with probability 17 %",
      "user_clicks\t5",
    ])
      expect(said).toContain(part);
    await page.keyboard.press("Escape");
    expect(await page.evaluate("document.activeElement.dataset.video")).toBe("6");
    await page.keyboard.press("2");
    await drawn(page, "ranked");
    expect(await page.innerText("[data-video='7'] .title")).toBe("<img src=x onerror=alert(1)>");
    await page.keyboard.press("]");
    await page.waitForSelector("h2:text('User 1')");
    await page.close();
  });
  it("tells of a fallback and of a refusal", async () => {
    const page = await open("?a=500&b=3000000000&two");
    expect(await page.$$eval(".warning", (all) => all.map((one) => one.textContent))).toEqual([
      "user: unknown, fell back to segment",
      expect.stringMatching(/user is 3000000000; must be <= 2147483647/),
    ]);
    await page.close();
  });
  it("fits 390 and 1300 px, in the light and in the dark, with names for all that is pressed and text that can be read", async () => {
    const page = await open("?a=3&two&stage=removed", 390);
    for (const width of [390, 1300])
      for (const colorScheme of ["light", "dark"] as const) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
        expect(await page.evaluate(leastContrast), colorScheme).toBeGreaterThan(4.5);
      }
    const unnamed = `[...document.querySelectorAll("button,input")].filter((one) => !one.innerText && !one.labels?.[0]?.innerText)`;
    expect(await page.evaluate(`${unnamed}.map((one) => one.outerHTML)`)).toEqual([]);
    await page.close();
  });
});

/** WCAG contrast of all text against what lies behind it, the least. Runs in the page. */
const leastContrast = `(() => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map((part) => part / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!/, 0\\)$/.test(colour)) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const texts = [...document.querySelectorAll("body *")].filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
  return Math.min(...texts.filter((one) => !one.closest("dialog")).map((one) => {
    const [a, b] = [light(getComputedStyle(one).color), light(behind(one))].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  }));
})()`;
