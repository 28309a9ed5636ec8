import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { rewriteReport, tour } from "../../src/commands/index.js";
import { smallPlatform } from "../support/small-platform.js";

const scratch = mkdtempSync(join(tmpdir(), "stagecraft-tour-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe("the tour", () => {
  it(
    "goes the whole way on a very small world and leaves a report that needs no network; the report can be written again",
    { timeout: 300_000 },
    async () => {
      const results = join(scratch, "results");
      await expect(rewriteReport(results)).rejects.toThrow("no tour in");
      const chosen = smallPlatform();
      const { text, json } = await tour(chosen, {}, { results, notebooks: false, print: () => undefined });
      const dir = json["run"] as string;
      const tables = ["ranking", "retrieval", "arms", "differences", "offline-online", "agreement", "serving"];
      for (const file of [
        ...["report.html", "metrics.json", "record.json", "run.json", "manifest.json"],
        ...tables.flatMap((name) => [`${name}.csv`, `${name}.parquet`]),
      ])
        expect(existsSync(join(dir, file)), file).toBe(true);
      expect(text).toContain("Offline (later days of the log) against online");
      expect(text).toContain(join(dir, "report.html"));
      const html = readFileSync(join(dir, "report.html"), "utf8");
      expect(html).not.toMatch(/<(script|link|img)[^>]+(src|href)="https?:/);
      for (const id of [
        "requirements",
        "data",
        "models",
        "offline",
        "online",
        "agreement",
        "serving",
        "drift",
        "cold-start",
        "answer",
      ])
        expect(html).toContain(`id="${id}"`);
      const metrics = JSON.parse(readFileSync(join(dir, "metrics.json"), "utf8")) as {
        watchMinutesPerUserDay: Record<string, { estimate: number }>;
      };
      expect(Object.keys(metrics.watchMinutesPerUserDay)).toEqual([
        "random",
        "logging",
        "popularity",
        "popularity-robust",
        "learned-ctr",
        "learned",
        "learned-fallback",
        "oracle",
      ]);
      expect(metrics.watchMinutesPerUserDay["oracle"]!.estimate).toBeGreaterThan(
        metrics.watchMinutesPerUserDay["random"]!.estimate,
      );

      const again = await rewriteReport(results);
      expect(again.json["tour"]).toBe(dir);
      expect(readFileSync(again.json["report"] as string, "utf8")).toContain("Stagecraft tour: tiny, seed 7");
      expect(html).toContain("05d which metric to trust"); // a link where the notebooks were executed beside
      mkdirSync(join(dir, "notebooks"));
      const linked = await rewriteReport(results);
      const href = `../../tour/${basename(dir)}/notebooks/05d-offline-against-online.html`;
      expect(readFileSync(linked.json["report"] as string, "utf8")).toContain(`<a href="${href}">05d which`);
    },
  );
});
