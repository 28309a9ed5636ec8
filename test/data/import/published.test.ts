/** What `publish` wrote is imported as what it was: the same interactions, for worlds of several seeds and kinds. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { importData } from "../../../src/data/import/import.js";
import { readImported } from "../../../src/data/import/read.js";
import { readDay } from "../../../src/log/index.js";
import { setting } from "../../../src/pipeline/setting.js";
import { simulateLog } from "../../../src/pipeline/simulate.js";
import { publishDataset } from "../../../src/publish/publish.js";
import { temporaryFolder } from "../../support/folder.js";

const flags = ["click", "like", "share", "hide", "follow"] as const;

it.each([
  [1, { users: 40, videos: 120, days: 4 }, false],
  [2, { users: 25, videos: 60, days: 5, campaigns: 2, sponsored: 0.5, botShare: 0.1 }, true],
  [3, { users: 60, videos: 90, days: 4, slots: 3 }, true],
] as const)("seed %i, world %j, truth %s", async (seed, world, truth) => {
  const out = temporaryFolder();
  const log = await simulateLog(setting({ scale: "tiny", seed, world, datasets: join(out, "made") }));
  const { dir: path } = await publishDataset(log, { name: "mine", out, truth });
  const { dir, kept, quarantined } = await importData({ path, root: join(out, "imports") });
  const { interactions: all, userFields, videoFields } = await readImported(dir);
  const { midnight } = JSON.parse(readFileSync(join(dir, "import.json"), "utf8")) as { midnight: number };
  const key = ([field]: typeof userFields, id: number): number => Number(field!.words[field!.code[id]!]);
  const imported = Array.from({ length: all.count }, (_, i) =>
    [
      [key(userFields, all.user[i]!), key(videoFields, all.video[i]!)],
      [midnight + all.day[i]! * 86_400_000 + all.timeMs[i]!, all.watchMs[i]!, Math.fround(all.propensity[i]!)],
      flags.map((flag) => all[flag][i]!),
    ].join(),
  );
  const logged: string[] = [];
  for (const day of log.days) {
    const events = await readDay(log.dir, day);
    for (let i = 0; i < events.count; i++)
      logged.push(
        [
          [events.user[i]!, events.video[i]!],
          [day * 86_400_000 + events.timeMs[i]!, events.watchMs[i]!, Math.fround(events.propensity[i]!)],
          flags.map((flag) => events[flag][i]!),
        ].join(),
      );
  }
  expect(quarantined).toEqual({});
  expect(kept).toBe(log.impressions);
  expect(imported.sort()).toEqual(logged.sort());
});
