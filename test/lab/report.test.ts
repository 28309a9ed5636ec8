import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { chromiumFlags, findChromium } from "../../src/lab/chromium.js";
import { writePngs } from "../../src/lab/png.js";
import { reportFigures, reportHtml, writeReport, type Report } from "../../src/lab/report.js";
import { table } from "../../src/lab/table.js";
import { samples } from "./figures/samples.js";

const report: Report = {
  title: "Tour <script>alert(1)</script>",
  lede: "The funnel wins & `watch` <b>counts</b>.",
  facts: [["seed", "7 <i>"]],
  sections: [
    {
      id: "online",
      heading: "Online",
      prose: ["One </p> paragraph."],
      tables: [table([{ policy: "</td>", minutes: 3.1 }])],
      figures: Object.entries(samples).map(([name, figure]) => ({
        name,
        figure,
        caption: `Caption of ${name} </script>`,
      })),
    },
    {
      id: "end",
      heading: "End",
      prose: ["See [the <i> next](../beside/05d-next.html), [no](https://a.b/c.html), [no](x.js)."],
    },
  ],
  metrics: { auc: 0.7, missing: NaN },
};
const folder = mkdtempSync(join(tmpdir(), "report-"));
afterAll(() => rmSync(folder, { recursive: true }));
const chromium = findChromium();

describe("report", () => {
  test("is one file that asks for nothing outside, with all text escaped", async () => {
    const files = await writeReport(folder, report);
    expect(files.map((file) => file.slice(folder.length + 1))).toEqual(["report.html", "metrics.json"]);
    expect(JSON.parse(readFileSync(join(folder, "metrics.json"), "utf8"))).toEqual({ auc: 0.7, missing: null });
    const html = readFileSync(join(folder, "report.html"), "utf8");
    const scripts = html.match(/<script\b[^>]*>/g) ?? [];
    expect(new Set(scripts)).toEqual(new Set(["<script>", '<script type="application/json">']));
    expect(scripts).toHaveLength(2 + Object.keys(samples).length);
    expect(html.match(/<\/script>/g)).toHaveLength(scripts.length);
    expect(html).not.toContain("alert(1)</script>");
    expect(html).not.toMatch(/<link[^>]+href="(?!data:)/);
    expect(html).not.toMatch(/<(img|iframe|script)[^>]+src=/);
    expect(html).toContain("<code>watch</code> &#60;b&#62;counts");
    expect(html).toContain('<a href="#online">Online</a>');
    expect(html).toContain(
      '<a href="../beside/05d-next.html">the &#60;i&#62; next</a>, [no](https://a.b/c.html), [no](x.js).',
    );
    expect(statSync(join(folder, "report.html")).size).toBeLessThan(6_000_000);
  });

  test("sets each figure's title in HTML, with a label for those who cannot see it", () => {
    const html = reportHtml(report);
    expect(html).toContain('<h3 id="funnel-sizes-title">Of 20,000 videos the funnel shows 6</h3>');
    expect(html).toMatch(/role="img" aria-label="Of 20,000 videos the funnel shows 6\. Caption of funnel-sizes/);
    const drawn = [...html.matchAll(/<script type="application\/json">(.*?)<\/script>/g)].map(
      (match) => JSON.parse(match[1]!) as { layout: { title?: unknown; height: number } },
    );
    expect(drawn.every(({ layout }) => layout.title === undefined && layout.height > 100)).toBe(true);
    expect(drawn).toHaveLength(reportFigures(report).length);
  });

  test("refuses a name used twice and one that is no name", () => {
    const twice = {
      ...report,
      sections: [
        { id: "a", heading: "A", prose: [] },
        { id: "a", heading: "B", prose: [] },
      ],
    };
    expect(() => reportHtml(twice)).toThrow("id or name is used twice: a");
    expect(() => reportHtml({ ...report, sections: [{ id: "a b", heading: "A", prose: [] }] })).toThrow(
      'id or name is "a b"; allowed',
    );
  });

  test.skipIf(chromium === undefined)(
    "draws every figure in a browser without a request or an error, on a phone and in the dark",
    async () => {
      await writeReport(folder, report);
      const { chromium: browserType } = await import("playwright-core");
      const browser = await browserType.launch({ executablePath: chromium!, args: [...chromiumFlags] });
      try {
        for (const [width, colorScheme] of [
          [390, "light"],
          [1000, "dark"],
        ] as const) {
          const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme });
          const page = await context.newPage();
          const faults: string[] = [];
          page.on("request", (request) => {
            if (
              !request.url().startsWith("file:") &&
              !request.url().startsWith("data:") &&
              !request.url().startsWith("blob:")
            )
              faults.push(request.url());
          });
          page.on("pageerror", (error) => faults.push(error.message));
          page.on("console", (message) => void (message.type() === "error" && faults.push(message.text())));
          await page.goto(pathToFileURL(join(folder, "report.html")).href);
          await page.waitForSelector("html[data-drawn=yes]", { state: "attached", timeout: 30_000 });
          const seen = await page.evaluate<{ drawn: number; wide: boolean }>(
            "({ drawn: [...document.querySelectorAll('.drawing')].filter((box) => box.querySelector('.main-svg " +
              ".point, .main-svg .js-line, .main-svg image')).length, wide: document.documentElement.scrollWidth > window.innerWidth })",
          );
          expect(faults).toEqual([]);
          expect(seen.drawn).toBe(Object.keys(samples).length);
          expect(seen.wide).toBe(false);
          await context.close();
        }
      } finally {
        await browser.close();
      }
    },
    60_000,
  );
});

describe("PNGs", () => {
  const figures = [{ name: "funnel", figure: samples["funnel-sizes"]! }];

  test("say in one line why there are none", async () => {
    expect(await writePngs(folder, figures, { environment: { CHROMIUM_PATH: "/nowhere/chromium" } })).toEqual({
      kind: "skipped",
      reason: "no PNGs: CHROMIUM_PATH is /nowhere/chromium, which is not an executable file",
    });
    const broken = await writePngs(folder, figures, { environment: { CHROMIUM_PATH: process.execPath } });
    expect(broken).toMatchObject({ kind: "skipped" });
    expect((broken as { reason: string }).reason).toMatch(/^no PNGs: .* does not start \(.*\)$/);
  });

  test("refuse a name that is a path", async () => {
    await expect(writePngs(folder, [{ name: "../x", figure: samples["heat"]! }])).rejects.toThrow(
      'figure name is "../x"; allowed',
    );
  });

  test.skipIf(chromium === undefined)(
    "are written at twice the size, and an abort stops them",
    async () => {
      const seen: number[] = [];
      const result = await writePngs(folder, figures, { width: 600, onProgress: (_, done) => seen.push(done) });
      expect(result).toEqual({ kind: "written", files: [join(folder, "funnel.png")] });
      const png = readFileSync(join(folder, "funnel.png"));
      expect(png.subarray(1, 4).toString()).toBe("PNG");
      expect(png.readUInt32BE(16)).toBe(1200);
      expect(seen).toEqual([1]);
      await expect(writePngs(folder, figures, { signal: AbortSignal.abort(new Error("stop")) })).rejects.toThrow(
        "stop",
      );
    },
    60_000,
  );
});
