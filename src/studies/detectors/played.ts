/** One world of the study: a log without drift, and after it the same users and random draws once without drift and once for each case. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { codeHash, makeOrLoad, writeFileAtomic } from "../../artifacts/index.js";
import { readDay } from "../../log/index.js";
import { pastOf } from "../../pipeline/arms/past.js";
import { play } from "../../pipeline/arms/play.js";
import type { Setting } from "../../pipeline/setting.js";
import { simulateLog } from "../../pipeline/simulate.js";
import { assignPeople } from "../../platform/index.js";
import type { Impressions, RunControl } from "../../types.js";
import type { DriftEvent } from "../../world/index.js";
import { countDay, facetsOf, learnTaste, type DayCounts } from "./days.js";

/** A drift that is planted, days counted from the first watched one; none: quiet. */
export interface DriftCase {
  readonly name: string;
  readonly size: "small" | "large" | "none";
  readonly event?: DriftEvent;
}

/** What a job is given: a setting whose log has `learn` days for the frozen model and then the reference. */
export interface DetectorJob {
  readonly setting: Setting;
  readonly cases: readonly DriftCase[];
  readonly learn: number;
  readonly days: number; // watched
  readonly remake: boolean;
}

type Facets = ReturnType<typeof facetsOf>;

/** A world's days, counted. */
export interface PlayedWorld extends Facets {
  readonly reference: readonly DayCounts[];
  readonly played: readonly (readonly DayCounts[])[]; // [cases][days]
}

/** Plays or loads a world. */
export async function playedWorld(job: DetectorJob, control: RunControl = {}): Promise<PlayedWorld> {
  const { setting, cases, learn, days } = job;
  const log = await simulateLog(setting, control);
  const spec = {
    root: setting.datasets,
    kind: "drift-days",
    config: { cases, learn, days },
    inputs: [log.artifact.id],
    code: codeHash(import.meta.url),
  };
  const artifact = await makeOrLoad(
    spec,
    async (dir) => {
      const past = pastOf(log);
      const judged = assignPeople(await past.world([]), setting.seed, setting.world.users, past.firstDay + days - 1);
      const logged: Impressions[] = [];
      for (const day of log.days) logged.push(await readDay(log.dir, day));
      const taste = learnTaste(log.catalogue, logged.slice(0, learn));
      const reference = logged.slice(learn).map((day) => countDay(log.catalogue, taste, day, judged));
      const played: DayCounts[][] = [];
      for (const [c, { event }] of cases.entries()) {
        control.signal?.throwIfAborted();
        control.onProgress?.("cases", c, cases.length);
        const drift = event ? [{ ...event, day: past.firstDay + event.day }] : [];
        const seen: DayCounts[] = [];
        const onDay = ({ events }: { events: Impressions }): void =>
          void seen.push(countDay(log.catalogue, taste, events, judged));
        const trial = { users: setting.world.users, days, drift };
        await play(past, { name: "logging", policy: { kind: "logging" } }, trial, {
          onDay,
          ...(control.signal && { signal: control.signal }),
        });
        played.push(seen);
      }
      await writeFileAtomic(join(dir, "days.bin"), serialize({ reference, played }));
      return { seed: setting.seed };
    },
    { remake: job.remake },
  );
  const kept = deserialize(await readFile(join(artifact.dir, "days.bin"))) as Omit<PlayedWorld, keyof Facets>;
  return { ...facetsOf(log.catalogue), ...kept };
}
