/**
 * The platform runs under the logging policy and writes a log, one Parquet partition per day, and the end-of-day snapshot of its
 * last day, from which every arm of every later experiment starts.
 */
import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import {
  type Artifact,
  type ArtifactSpec,
  codeHash,
  makeOrResume,
  type MakeOptions,
  sha256OfFile,
} from "../artifacts/index.js";
import { writeCatalogue } from "../data/index.js";
import { dayPath, poolsPath, readDay, workBehind, writeDay } from "../log/index.js";
import { crewPlayer, herePlayer, type Player, runPlatform } from "../platform/index.js";
import { compiledUrl } from "../platform/compiled.js";
import type { Catalogue, Day, Impressions, RunControl } from "../types.js";
import { loadBehaviour, openWorld, type World, type WorldConfig, type WorldSnapshot } from "../world/index.js";
import { policy } from "./logging-arm.js";
import { type LogSoFar, readCheckpoint, readWorldSnapshot, writeCheckpoint, writeSnapshot } from "./checkpoint.js";
import type { Setting } from "./setting.js";

/** A log on disk, and the world that made it. */
export interface SimulatedLog {
  readonly setting: Setting;
  readonly artifact: Artifact;
  readonly dir: string; // holds day=000/impressions.parquet, … and the catalogue
  readonly days: readonly Day[];
  readonly impressions: number;
  readonly catalogue: Catalogue;
}

const snapshotFile = "evening.bin";

/** The log's identity: what it is made of. Workers and folders are not part of it. */
export function logSpec(setting: Setting): ArtifactSpec {
  return {
    root: setting.datasets,
    kind: "log",
    config: {
      seed: setting.seed,
      world: setting.world,
      ...(setting.behaviour && { behaviour: setting.behaviour.sha256 }),
      logging: setting.logging,
      ...(setting.world.campaigns > 0 && { ads: setting.ads }),
    },
    code: codeHash(import.meta.url),
  };
}

/**
 * Computes or loads the log of a setting, or resumes after the last complete day of a stopped run (killed, Ctrl-C, full disk): any
 * number of workers and of stops gives the same bytes.
 */
export async function simulateLog(
  setting: Setting,
  control?: RunControl,
  options?: MakeOptions,
): Promise<SimulatedLog> {
  const artifact = await makeOrResume(
    logSpec(setting),
    (dir, kept) => simulateInto(dir, kept, setting, control),
    options,
  );
  const { days } = setting.world;
  return {
    setting,
    artifact,
    dir: artifact.dir,
    days: Array.from({ length: days }, (_, d) => d),
    impressions: Number(artifact.manifest.extra["impressions"]),
    catalogue: openWorld(setting.world, setting.seed).catalogue,
  };
}

/** Days are written while the next is played; after each, a checkpoint says how far the log is, from which another run resumes. */
async function simulateInto(
  dir: string,
  kept: string,
  setting: Setting,
  control?: RunControl,
): Promise<Record<string, unknown>> {
  const world = await openSettingWorld(setting);
  const { days } = setting.world;
  const begun = await readCheckpoint(kept, world);
  if (begun !== undefined) await removeDaysFrom(dir, begun.rows.length);
  const log: LogSoFar = begun ?? { rows: [], clicks: 0, sums: await beginAnew(dir, kept, world.catalogue) };
  const first = log.rows.length;
  const player = await loggingPlayer(world, setting);
  const writing = workBehind(); // at most one day waits, so memory does not grow
  let today: Impressions | undefined;
  try {
    const yesterday = await observeDays(dir, log, player, control).catch(async (error: unknown) => {
      control?.signal?.throwIfAborted();
      await rm(kept, { recursive: true, force: true }); // without its checkpoint the log starts again
      throw error;
    });
    if (first < days) {
      await runPlatform({
        world,
        arms: [{ name: "logging", player }],
        firstDay: first,
        days: days - first,
        yesterdays: [yesterday],
        metrics: false,
        ...(control ? { control: from(first, days, control) } : {}),
        onDay: ({ events }) => void (today = events),
        onMidnight: (day) => {
          const [events, snapshot] = [today as Impressions, world.snapshot()];
          return writing.begin(() => writeLogged(dir, kept, day, events, log, snapshot));
        },
      });
      await writing.end();
    }
  } finally {
    await writing.settle();
    await player.close();
  }
  await writeSnapshot(join(dir, snapshotFile), world.snapshot());
  return { impressions: log.rows.reduce((sum, rows) => sum + rows, 0), clicks: log.clicks, days };
}

/** Writes a day and then the checkpoint that includes it. */
async function writeLogged(
  dir: string,
  kept: string,
  day: Day,
  events: Impressions,
  log: LogSoFar,
  snapshot: WorldSnapshot,
): Promise<void> {
  await writeDay(dir, day, events);
  for (const path of [dayPath(dir, day), ...(events.pools ? [poolsPath(dir, day)] : [])])
    log.sums[relative(dir, path)] = sha256OfFile(path);
  log.rows.push(events.count);
  for (let i = 0; i < events.count; i++) log.clicks += events.click[i]!;
  await writeCheckpoint(kept, snapshot, log);
}

/** Passes all days of an unfinished log to the policy except the last, which it returns: that one is passed when the next day opens. */
async function observeDays(
  dir: string,
  log: LogSoFar,
  player: Player,
  control?: RunControl,
): Promise<Impressions | undefined> {
  let last: Impressions | undefined;
  for (const [path, sum] of Object.entries(log.sums)) {
    const file = join(dir, path);
    if (!existsSync(file) || sha256OfFile(file) !== sum)
      throw new Error(`damaged log ${dir}: ${path} is not what was written; run again to start from the beginning`);
  }
  for (const [day, rows] of log.rows.entries()) {
    control?.signal?.throwIfAborted();
    if (last !== undefined) await player.observe(last);
    last = await readDay(dir, day);
    if (last.count !== rows)
      throw new Error(
        `damaged log ${dir}: day ${day} has ${last.count} impressions, expected ${rows}; run again to start from the beginning`,
      );
    control?.onProgress?.("days found", day + 1, log.rows.length);
  }
  return last;
}

/** An empty log with its catalogue; gives the sums of its files. */
async function beginAnew(dir: string, kept: string, catalogue: Catalogue): Promise<Record<string, string>> {
  for (const folder of [dir, kept]) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
  }
  await writeCatalogue(dir, catalogue);
  const files = (await readdir(dir, { withFileTypes: true })).filter((entry) => entry.isFile()); // `kept` may be in it
  return Object.fromEntries(files.map(({ name }) => [name, sha256OfFile(join(dir, name))]));
}

/** Deletes days after the checkpoint, complete or not. */
async function removeDaysFrom(dir: string, day: Day): Promise<void> {
  for (const name of await readdir(dir)) {
    const match = /^day=(\d+)$/.exec(name);
    if (match !== null && Number(match[1]) >= day) await rm(join(dir, name), { recursive: true });
  }
}

/** Progress of the rest as part of the whole. */
function from(first: Day, days: number, control: RunControl): RunControl {
  const { onProgress } = control;
  if (onProgress === undefined || first === 0) return control;
  return {
    ...control,
    onProgress: (step, done, _total, detail) =>
      onProgress(step, first + done, days, detail && `${detail}, since day ${first}`),
  };
}

function loggingPlayer(world: World, { logging, ads, seed, workers }: Setting): Promise<Player> | Player {
  const name = "logging";
  if (workers === 1)
    return herePlayer(world, policy({ logging, ads }, { catalogue: world.catalogue, seed, name }), name);
  return crewPlayer(
    world,
    { module: compiledUrl("logging-arm", import.meta.url).href, config: { logging, ads } },
    name,
    workers,
  );
}

/** The log's world at the end of its last day. `change` may add drift on later days, `replication` draws the days from then on again. */
export async function openWorldAfter(
  log: SimulatedLog,
  change: Partial<Pick<WorldConfig, "drift">> = {},
  replication?: number,
): Promise<World> {
  const world = await openSettingWorld(log.setting, change, replication);
  world.restore((await readWorldSnapshot(join(log.dir, snapshotFile))).snapshot);
  return world;
}

/** A setting's world on no day yet, its replaced behaviours loaded. @throws TypeError on a module without behaviours */
async function openSettingWorld(
  { world, seed, behaviour }: Setting,
  change: Partial<Pick<WorldConfig, "drift">> = {},
  replication?: number,
): Promise<World> {
  const replaced = behaviour && (await loadBehaviour({ module: behaviour.module, export: behaviour.export }));
  return openWorld({ ...world, ...change }, seed, replaced, replication);
}
