import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readDay } from "../../src/log/index.js";
import { openWorldAfter, setting, simulateLog, type Setting } from "../../src/pipeline/index.js";
import { rounds } from "../../src/platform/rounds.js";
import { uniformSlates } from "../world/play.js";
import { temporaryFolder } from "../support/folder.js";

const world = { users: 80, videos: 200, creators: 10, days: 2, extraDays: 1 };

describe("a world of one's own (--world-module)", () => {
  it("is what the log is of, with one worker and two, and what arms start from; its content is part of the log's identity", async () => {
    const dir = temporaryFolder();
    const file = join(dir, "one-page.mjs");
    writeFileSync(file, "export const behaviour = () => ({ leave: () => 1 });\n");
    const chosen = (workers: number, name: string): Setting =>
      setting({ scale: "tiny", seed: 7, world, workers, worldModule: file, datasets: join(dir, name) });
    const log = await simulateLog(chosen(1, "one"));
    const events = await readDay(log.dir, 1);
    expect(events.count).toBeGreaterThan(100);
    expect(Math.max(...events.page)).toBe(0); // nobody asks for a second page
    const usual = await simulateLog(setting({ scale: "tiny", seed: 7, world, datasets: join(dir, "one") }));
    expect(Math.max(...(await readDay(usual.dir, 1)).page)).toBeGreaterThan(0);
    expect(usual.artifact.id).not.toBe(log.artifact.id);

    const two = await simulateLog(chosen(2, "two"));
    const day = (of: typeof log): Buffer => readFileSync(join(of.dir, "day=001", "impressions.parquet"));
    expect(day(two).equals(day(log))).toBe(true);

    const after = await openWorldAfter(log);
    after.openDay(2);
    let pages = 0;
    for (const { requests, respond } of rounds(after, [0, 1, 2, 3])) {
      expect(requests.page.every((page) => page === 0)).toBe(true);
      pages += respond(uniformSlates(after, requests)).click.length;
    }
    expect(pages).toBeGreaterThan(0);

    writeFileSync(file, "export const behaviour = () => ({ leave: () => 0.5 });\n");
    expect((await simulateLog(chosen(1, "one"))).artifact.id).not.toBe(log.artifact.id);
  });

  it("is refused where there is no file, and where it replaces nothing that is known", async () => {
    const dir = temporaryFolder();
    expect(() => setting({ worldModule: join(dir, "none.mjs") })).toThrow(
      /no world module at .*none.mjs; allowed: a file/,
    );
    const odd = join(dir, "odd.mjs");
    writeFileSync(odd, "export const behaviour = () => ({ leaving: () => 1 });\n");
    await expect(simulateLog(setting({ scale: "tiny", world, worldModule: odd, datasets: dir }))).rejects.toThrow(
      "unknown behaviour: leaving; known: examine",
    );
  });
});
