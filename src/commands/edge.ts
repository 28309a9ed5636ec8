/** `stagecraft edge`: the funnel without a network, as a folder and as one HTML file, and what it costs beside the server. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Option } from "commander";
import { openBrowser, table, tableText, withRun } from "../lab/index.js";
import { prepareFeatures } from "../pipeline/prepare.js";
import type { Setting } from "../pipeline/setting.js";
import { simulateLog } from "../pipeline/simulate.js";
import { trainModels } from "../pipeline/train.js";
import { edgePage } from "../serving/edge/write-page.js";
import { edgeStudy, edgeWatch } from "../studies/edge.js";
import type { RunControl } from "../types.js";
import { keep } from "./keep.js";
import { integer, orUsageError, resultsDir, type PlatformOptions } from "./options.js";
import type { Answer } from "./run.js";
import { platformVerb } from "./verb.js";

interface EdgeTyped extends PlatformOptions {
  readonly user: string;
  readonly requests: string;
  readonly watch?: boolean;
}

export const edge = platformVerb<EdgeTyped>({
  name: "edge",
  description:
    "the funnel without a network: one user's bundle, a page that runs from a file, and how near it comes to the server",
  out: "results",
  options: [
    new Option("--user <integer>", "whose device").default("0"),
    new Option("--requests <integer>", "requests compared with the server's answers").default("1000"),
    new Option("--watch", "play devices as arms, too: watch minutes with a bundle a day and with one bundle"),
  ],
  run(setting, control, typed) {
    const read = orUsageError(() => ({
      user: integer("--user", typed.user, 0, setting.world.users - 1),
      requests: integer("--requests", typed.requests, 1, 1_000_000),
    }));
    return edgeVerb(setting, control, { ...read, watch: typed.watch === true, results: resultsDir(typed) });
  },
});

async function edgeVerb(
  setting: Setting,
  control: RunControl,
  {
    results,
    ...options
  }: { readonly user: number; readonly requests: number; readonly watch: boolean; readonly results: string },
): Promise<Answer> {
  const config = { scale: setting.scale, seed: setting.seed, world: setting.world, ...options };
  return withRun("edge", config, { root: results }, async (run) => {
    const trained = await run.step("models", async () =>
      trainModels(await prepareFeatures(await simulateLog(setting, control), control), {}, control),
    );
    const { bundle, ...found } = await run.step("bundle", () => edgeStudy(trained, options, control));
    const { html, sizes } = await run.step("page", () => edgePage(bundle));
    await run.write("bundle.bin", bundle);
    await run.write("index.html", html);
    const offline = await run.step("page without a network", () => measurePage(html, options.requests));
    if (typeof offline === "string") run.note("page", offline);
    const watched = options.watch ? await run.step("arms", () => edgeWatch(trained, control)) : undefined;
    const rows = [
      {
        videos: found.videos,
        "bundle MB": sizes.bundle / 1e6,
        "runtime MB": sizes.runtime / 1e6,
        "page MB": sizes.page / 1e6,
        "shared with the server": found.overlap,
        "p50 ms": found.latencyMs.p50,
        "p99 ms": found.latencyMs.p99,
        ...(typeof offline !== "string" && {
          "in the page: opens, s": offline.openMs / 1_000,
          "first, ms": offline.firstMs,
          "p50, ms": offline.p50,
          "p99, ms": offline.p99,
        }),
      },
    ];
    const device = table(rows, {
      caption: `The device of user ${options.user} beside the server, ${found.requests} requests`,
      columns: Object.keys(rows[0]!).map((key) => ({
        key,
        ...(key.startsWith("shared") && { format: "percent" as const }),
      })),
    });
    const arms =
      watched &&
      table(
        watched.map(({ arm, watchMinutes, lessServer }) => ({
          arm,
          "watch min/user-day": watchMinutes,
          "less the server's": lessServer,
        })),
        { caption: "Watch minutes of each user and day" },
      );
    const record = { run: run.finalDir, ...config, ...found, sizes, offline, ...(watched && { watched }) };
    await keep(run, { device, ...(arms && { arms }) }, record);
    const text = [device, ...(arms ? [arms] : [])].map(tableText).join("\n\n");
    return { json: record, text: `${text}\n${run.finalDir}/index.html opens without a network` };
  });
}

/** Pages asked for in a Chromium with the network off, one at a time; or why there is none. */
async function measurePage(
  html: string,
  pages: number,
): Promise<Readonly<Record<"openMs" | "firstMs" | "p50" | "p99", number>> | string> {
  const browser = await openBrowser();
  if (typeof browser === "string") return browser;
  const folder = await mkdtemp(join(tmpdir(), "stagecraft-page-"));
  try {
    const file = join(folder, "index.html");
    await writeFile(file, html);
    const page = await (await browser.newContext({ offline: true })).newPage();
    await page.goto(pathToFileURL(file).href);
    await page.waitForSelector("#feed button");
    const ask = `for (let i = 0; i < ${pages}; i++) ms.push((await edge.next(true)).ms)`;
    const { openMs, firstMs, ms } = await page.evaluate<{ openMs: number; firstMs: number; ms: number[] }>(
      `(async () => { const ms = []; ${ask}; return { openMs: edge.openMs, firstMs: edge.firstMs, ms }; })()`,
    );
    const sorted = ms.sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
    return { openMs, firstMs, p50: at(0.5), p99: at(0.99) };
  } finally {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  }
}
