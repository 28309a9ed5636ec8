/**
 * Steps 1–2 of the road made concrete: the platform runs under the logging policy and leaves a log, one Parquet partition a
 * day, and the evening of its last day, from which every arm of every later experiment forks.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Artifact, type ArtifactSpec, codeHash, makeOrLoad, type MakeOptions, writeFileAtomic } from "../artifacts/index.js";
import { writeCatalogue } from "../data/index.js";
import { writeDay } from "../log/index.js";
import { crewPlayer, herePlayer, type Player, runPlatform } from "../platform.js";
import { compiledUrl } from "../platform/threads.js";
import { createLoggingPolicy } from "../serving/index.js";
import type { Catalogue, Day, RunControl } from "../types.js";
import { openWorld, type World, type WorldConfig, type WorldSnapshot } from "../world/index.js";
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

const eveningFile = "evening.bin";

/** The log's identity: what it is made of. Workers and folders are not part of it. */
export function logSpec(setting: Setting): ArtifactSpec {
  return {
    root: setting.datasets,
    kind: "log",
    config: { seed: setting.seed, world: setting.world, logging: setting.logging },
    code: codeHash(["types", "random", "world", "log", "serving/logging-policy", "serving/logging-counts", "serving/slates", "platform", "platform/shard"]),
  };
}

/** Makes or loads the log of a setting: any number of workers gives the same bytes. */
export async function simulateLog(setting: Setting, control?: RunControl, options?: MakeOptions): Promise<SimulatedLog> {
  const artifact = await makeOrLoad(logSpec(setting), (dir) => simulateInto(dir, setting, control), options);
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

async function simulateInto(dir: string, setting: Setting, control?: RunControl): Promise<Record<string, unknown>> {
  const world = openWorld(setting.world, setting.seed);
  await writeCatalogue(dir, world.catalogue);
  const player = await loggingPlayer(world, setting);
  let impressions = 0;
  let clicks = 0;
  try {
    await runPlatform({
      world,
      arms: [{ name: "logging", player }],
      firstDay: 0,
      days: setting.world.days,
      ...(control ? { control } : {}),
      async onDay({ day, events }) {
        await writeDay(dir, day, events);
        impressions += events.count;
        for (let i = 0; i < events.count; i++) clicks += events.click[i] as number;
      },
    });
  } finally {
    await player.close();
  }
  await writeFileAtomic(join(dir, eveningFile), packSnapshot(world.snapshot()));
  return { impressions, clicks, days: setting.world.days };
}

function loggingPlayer(world: World, setting: Setting): Promise<Player> | Player {
  if (setting.workers === 1) return herePlayer(world, createLoggingPolicy({ catalogue: world.catalogue, seed: setting.seed, config: setting.logging }), "logging");
  const spec = { module: compiledUrl("logging-arm", import.meta.url).href, export: "create", config: setting.logging };
  return crewPlayer(world, spec, "logging", setting.workers);
}

/** The log's world on the evening of its last day. `change` may add drift that lies ahead. */
export async function openEvening(log: SimulatedLog, change: Partial<Pick<WorldConfig, "drift">> = {}): Promise<World> {
  const world = openWorld({ ...log.setting.world, ...change }, log.setting.seed);
  world.restore(unpackSnapshot(await readFile(join(log.dir, eveningFile))));
  return world;
}

/** A JSON header (its length in the first four bytes) and the columns behind it. */
function packSnapshot(snapshot: WorldSnapshot): Uint8Array {
  const { columns, ...rest } = snapshot;
  const header = Buffer.from(JSON.stringify({ ...rest, sizes: columns.map((c) => c.byteLength) }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.byteLength);
  return Buffer.concat([length, header, ...columns]);
}

function unpackSnapshot(bytes: Buffer): WorldSnapshot {
  let at = 4 + bytes.readUInt32LE(0);
  const { sizes, ...rest } = JSON.parse(bytes.subarray(4, at).toString()) as Omit<WorldSnapshot, "columns"> & { sizes: number[] };
  const columns = sizes.map((size) => {
    const column = Uint8Array.from(bytes.subarray(at, at + size));
    at += size;
    return column;
  });
  return { ...rest, columns };
}
