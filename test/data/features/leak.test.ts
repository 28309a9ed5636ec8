import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { featureNamed, features, type FeatureDefinition } from "../../../src/data/features/features.js";
import { leakTest } from "../../../src/data/features/leak.js";
import { writeDay } from "../../../src/log/append.js";
import { fakeCatalogue, fakeDay } from "../../support/fake-log.js";

const catalogue = fakeCatalogue({ users: 120 });
let dir = "";
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "stagecraft-test-"));
  for (let day = 0; day < 5; day++) await writeDay(dir, day, fakeDay(catalogue, day));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A feature like another one, under a new name and with SQL of its own. */
const planted = (like: string, name: string, sql: string): FeatureDefinition => ({ ...featureNamed(like), name, sql });

describe("the leak test", () => {
  it("finds no leak among the features", async () => {
    const report = await leakTest({ catalogue, logDir: dir });
    expect(report.verdict).toMatch(new RegExp(`^none of ${features.length} features sees the future \\(\\d+ rows\\)$`));
    expect([report.day, report.cutsMs[0], report.rows > 200]).toEqual([3, 0, true]);
    expect(report.features.filter(({ leaks }) => leaks)).toEqual([]);
  });

  it("names a planted feature whose aggregate forgets the day, and says by how much it flatters itself", async () => {
    const leak = planted(
      "video_log_impressions",
      "video_all_clicks",
      "(SELECT sum(d.clicks) FROM video_days d WHERE d.video_id = base.video_id)",
    );
    const report = await leakTest({ catalogue, logDir: dir, features: [...features, leak] });
    expect(report.features.filter(({ leaks }) => leaks).map(({ feature }) => feature)).toEqual(["video_all_clicks"]);
    const found = report.features[0];
    expect(found).toMatchObject({ feature: "video_all_clicks", available: "midnight", rows: report.rows });
    expect(found?.share).toBeGreaterThan(0.5);
    expect(found?.inflation).toBeGreaterThan(0.02);
    expect(report.verdict).toMatch(
      /^1 of \d+ features see the future: video_all_clicks changes in \d+\.\d % of rows when the future is cut off \(AUC 0\.\d+ → 0\.\d+\)$/,
    );
  });

  it("names a feature that reads its own row's outcome: all of the AUC is inflation", async () => {
    const report = await leakTest({
      catalogue,
      logDir: dir,
      features: [...features, planted("session_page", "watched_share", "i.watch_ms / 1000e0 + i.click")],
    });
    const [first, second] = report.features;
    expect([first?.feature, second?.leaks]).toEqual(["watched_share", false]);
    expect([first?.aucWhole, first?.aucCut, first?.inflation]).toEqual([1, 0.5, 0.5]);
  });

  it("names a feature of the visit that counts the page itself", async () => {
    const sql = "(SELECT sum(x.click) FROM impressions x WHERE x.session_id = i.session_id)";
    const report = await leakTest({
      catalogue,
      logDir: dir,
      features: [planted("session_clicks", "session_all_clicks", sql), featureNamed("session_clicks")],
    });
    expect(report.features.map(({ feature, leaks }) => [feature, leaks])).toEqual([
      ["session_all_clicks", true],
      ["session_clicks", false],
    ]);
  });

  it("refuses a cut after which nobody comes", async () => {
    await expect(leakTest({ catalogue, logDir: dir, cutsMs: [86_400_000] })).rejects.toThrow(
      "day 3 has no page at or after 86400000 ms; choose earlier cuts or another day",
    );
  });
});
