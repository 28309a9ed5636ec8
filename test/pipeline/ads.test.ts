// A world with campaigns, through the stages: ads stand in the log and in every arm, are paid for, and nothing organic learns from them.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openAggregates } from "../../src/data/index.js";
import { adDefaults, prepareFeatures, setting, simulateLog, type SimulatedLog } from "../../src/pipeline/index.js";
import { eventColumns, readDays } from "../../src/log/index.js";
import type { Impressions } from "../../src/types.js";
import { candidateSources } from "../../src/types.js";

const scratch = mkdtempSync(join(tmpdir(), "stagecraft-ads-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const made = (workers: number, ads = {}): Promise<SimulatedLog> =>
  simulateLog(
    setting({
      scale: "tiny",
      seed: 7,
      workers,
      ads,
      datasets: join(scratch, `${workers}`),
      world: { users: 120, videos: 600, days: 4, campaigns: 8 },
    }),
  );
const read = (log: SimulatedLog): Promise<Impressions> => readDays(log.dir, log.days);

describe("a log of a world with campaigns", () => {
  it("has an ad a page at the setting's place, sold for at least the reserve and charged when clicked", async () => {
    const log = await made(1);
    const events = await read(log);
    const { campaigns } = log.catalogue;
    let [ads, clicks] = [0, 0];
    for (let row = 0; row < events.count; row++) {
      const campaign = events.campaign[row]! - 1;
      if (campaign < 0) continue;
      ads++;
      clicks += events.click[row]!;
      expect([events.position[row], candidateSources[events.source[row]!], events.video[row]]).toEqual([
        adDefaults.adSlots[0],
        "ad",
        campaigns!.video[campaign],
      ]);
      if (events.click[row] === 0) expect(events.revenueMicros[row]).toBe(0);
      else expect(events.revenueMicros[row]).toBeLessThanOrEqual(campaigns!.bidMicros[campaign]!);
    }
    expect(ads).toBeGreaterThan(events.count / 20);
    expect(clicks).toBeGreaterThan(0);
  });

  it("has the same bytes with two workers, and other ads with another placement", async () => {
    const [one, two, moved] = [
      await read(await made(1)),
      await read(await made(2)),
      await read(await made(1, { adSlots: [0, 5] })),
    ];
    for (const { field } of eventColumns) expect(two[field], field).toEqual(one[field]);
    expect(new Set(moved.position.filter((_, row) => moved.campaign[row]! > 0))).toEqual(new Set([0, 5]));
  });

  it("is counted apart: no clicks of ads in what features are made of", async () => {
    const log = await made(1);
    const prepared = await prepareFeatures(log);
    const events = await read(log);
    const aggregates = await openAggregates(log.catalogue, { from: prepared.aggregatesDir });
    try {
      const organic = events.click.reduce((sum, click, row) => sum + (events.campaign[row] === 0 ? click : 0), 0);
      const { clicks } = await aggregates.database.query(
        "SELECT CAST(sum(clicks) AS INTEGER) AS clicks FROM user_days",
      );
      expect([...(clicks as Int32Array)]).toEqual([organic]);
    } finally {
      aggregates.close();
    }
  });
});
