import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { publishDataset } from "../../src/publish/publish.js";
import { setting } from "../../src/pipeline/setting.js";
import { simulateLog, type SimulatedLog } from "../../src/pipeline/simulate.js";
import { readDays } from "../../src/log/index.js";
import { readRecords, validate, validatorPython } from "../croissant/validator.js";

let out: string;
let python: string;
let log: SimulatedLog;
let file: string;

beforeAll(async () => {
  python = await validatorPython();
  out = mkdtempSync(join(tmpdir(), "stagecraft-test-"));
  log = await simulateLog(
    setting({ scale: "tiny", seed: 3, datasets: out, world: { users: 60, videos: 200, days: 5 } }),
  );
  file = join((await publishDataset(log, { name: "demo", truth: true })).dir, "croissant.json");
}, 600_000);

afterAll(() => rmSync(out, { recursive: true, force: true }));

describe("the reference validator, mlcroissant", () => {
  it("accepts the description without an error or a warning", async () => {
    const { accepted, words } = await validate(python, file);
    expect(words).not.toMatch(/warning|error/i);
    expect(accepted).toBe(true);
  });

  it("refuses one that lacks what it must have", async () => {
    const description = JSON.parse(readFileSync(file, "utf8")) as { distribution: { sha256?: string }[] };
    delete description.distribution[0]?.sha256;
    const spoiled = join(file, "..", "spoiled.json");
    await writeFile(spoiled, JSON.stringify(description));
    const { accepted, words } = await validate(python, spoiled);
    expect(accepted).toBe(false);
    expect(words).toMatch(/sha256/);
  });

  it("reads every record of every table, with the log's own numbers", async () => {
    const records = await readRecords(python, file);
    const events = await readDays(log.dir, log.days);
    const sum = (column: ArrayLike<number>): number => Array.from(column).reduce((a, b) => a + b, 0);
    expect(records["impressions"]?.count).toBe(log.impressions);
    expect(records["impressions"]?.sums).toMatchObject({
      click: sum(events.click),
      watch_ms: sum(events.watchMs),
      request_id: sum(events.request),
      day: sum(events.day),
    });
    expect(records["impressions"]?.sums["propensity"]).toBeCloseTo(sum(events.propensity), 6);
    expect(records["users"]?.count).toBe(log.catalogue.users.count);
    expect(records["videos"]).toMatchObject({
      count: log.catalogue.videos.count,
      sums: { duration_ms: sum(log.catalogue.videos.durationMs) },
    });
    expect([records["truth_users"]?.count, records["truth_videos"]?.count, records["splits"]?.count]).toEqual([
      log.catalogue.users.count,
      log.catalogue.videos.count,
      3,
    ]);
  });
});
