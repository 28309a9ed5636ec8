/** The catalogue as a self-contained folder of Parquet files (with its ad campaigns). */
import { existsSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { removeLeftovers, replaceFile, writeJsonAtomic } from "../../artifacts/index.js";
import {
  faultOf,
  openDatabase,
  copyTo,
  parquetFrom,
  typeSql,
  type Database,
  type NamedColumn,
} from "../../log/index.js";
import { ageBands, devices, languages, regions, type Campaigns, type Catalogue } from "../../types.js";

/** Version of the catalogue folder's layout. */
const catalogueVersion = 1;

const detailsShape = z.object({
  catalogueVersion: z.literal(catalogueVersion),
  topicNames: z.array(z.string()).min(1),
  creatorCount: z.number().int().positive(),
  liveVideos: z.array(z.number().int().nonnegative()),
  users: z.number().int().nonnegative(),
  videos: z.number().int().nonnegative(),
  campaigns: z.number().int().nonnegative().optional(), // absent: the catalogue has no ads
});

/**
 * Writes `users.parquet`, `videos.parquet` (names, not codes), `campaigns.parquet` where there are some and, last, `catalogue.json`;
 * equal input, equal bytes.
 */
export async function writeCatalogue(dir: string, catalogue: Catalogue): Promise<void> {
  const { campaigns } = catalogue;
  const tables: [string, NamedColumn[]][] = [
    ["users", userColumns(catalogue)],
    ["videos", videoColumns(catalogue)],
  ];
  if (campaigns && campaigns.count > 0) tables.push(["campaigns", campaignColumns(campaigns)]);
  const database = await openDatabase();
  try {
    await mkdir(dir, { recursive: true });
    await removeLeftovers(dir);
    for (const [table, columns] of tables) {
      await database.putTable(table, columns);
      await replaceFile(join(dir, `${table}.parquet`), (staged) => database.exec(copyTo(table, staged)));
    }
  } finally {
    database.close();
  }
  await writeJsonAtomic(join(dir, "catalogue.json"), {
    catalogueVersion,
    topicNames: catalogue.topicNames,
    creatorCount: catalogue.creatorCount,
    liveVideos: catalogue.liveVideos,
    users: catalogue.users.count,
    videos: catalogue.videos.count,
    ...(campaigns && { campaigns: campaigns.count }),
  });
}

/**
 * Reads a catalogue folder back.
 * @throws Error naming the file, the fault and what to do.
 */
export async function readCatalogue(dir: string): Promise<Catalogue> {
  const path = join(dir, "catalogue.json");
  if (!existsSync(path)) throw new Error(`no catalogue in ${dir}: catalogue.json does not exist; simulate first`);
  const database = await openDatabase();
  try {
    const details = detailsShape.parse(JSON.parse(readFileSync(path, "utf8")));
    const { users, videos, topicNames } = details;
    return {
      users: await readTable(database, dir, "users", userColumns(emptyCatalogue), users),
      videos: await readTable(database, dir, "videos", videoColumns({ ...emptyCatalogue, topicNames }), videos),
      ...(details.campaigns !== undefined && { campaigns: await readCampaigns(database, dir, details.campaigns) }),
      topicNames: details.topicNames,
      creatorCount: details.creatorCount,
      liveVideos: Int32Array.from(details.liveVideos),
    };
  } catch (error) {
    throw new Error(
      `damaged or foreign catalogue in ${dir}: ${faultOf(error)}; delete that folder and simulate again`,
      { cause: error },
    );
  } finally {
    database.close();
  }
}

async function readCampaigns(database: Database, dir: string, count: number): Promise<Campaigns> {
  if (count === 0) return noCampaigns;
  return await readTable(database, dir, "campaigns", campaignColumns(noCampaigns), count);
}

/** A table as a record of its columns without their ids, which must be 0 … count - 1. */
async function readTable<T>(
  database: Database,
  dir: string,
  name: string,
  columns: NamedColumn[],
  count: number,
): Promise<T> {
  const path = join(dir, `${name}.parquet`);
  const list = columns.map(({ name, type }) => `CAST(${name} AS ${typeSql(type)}) AS ${name}`).join(", ");
  const id = columns[0]!.name;
  const { [id]: ids, ...table } = await database.query(`SELECT ${list} FROM ${parquetFrom(path)} ORDER BY ${id}`);
  if (ids?.length !== count) throw new Error(`${path} has ${ids?.length} rows; expected ${count}`);
  (ids as Int32Array).forEach((value, i) => {
    if (value !== i) throw new Error(`${path} has ${id} ${value} in row ${i}; expected ${i}`);
  });
  const fields = Object.entries(table).map(([column, values]) => [fieldOf(column), values] as const);
  return { count, ...Object.fromEntries(fields) } as unknown as T;
}

/** The field of a column: that of `join_day` is `joinDay`. */
function fieldOf(column: string): string {
  return column === "video_id" ? "video" : column.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** The users' columns, as they are written and put into a database. */
export function userColumns({ users }: Pick<Catalogue, "users">): NamedColumn[] {
  return [
    { name: "user_id", type: "INTEGER", values: idsTo(users.count) },
    { name: "join_day", type: "SMALLINT", values: users.joinDay },
    { name: "age_band", type: { names: ageBands }, values: users.ageBand },
    { name: "region", type: { names: regions }, values: users.region },
    { name: "device", type: { names: devices }, values: users.device },
    { name: "language", type: { names: languages }, values: users.language },
  ];
}

/** The videos' columns, as they are written and put into a database. */
export function videoColumns({ videos, topicNames }: Pick<Catalogue, "videos" | "topicNames">): NamedColumn[] {
  return [
    { name: "video_id", type: "INTEGER", values: idsTo(videos.count) },
    { name: "upload_day", type: "SMALLINT", values: videos.uploadDay },
    { name: "topic", type: { names: topicNames }, values: videos.topic },
    { name: "creator", type: "INTEGER", values: videos.creator },
    { name: "duration_ms", type: "INTEGER", values: videos.durationMs },
    { name: "language", type: { names: languages }, values: videos.language },
    { name: "sponsored", type: "UTINYINT", values: videos.sponsored },
  ];
}

/** `regions` and `age_bands` are sets: bit i stands for the i-th name in types.ts. */
function campaignColumns(campaigns: Campaigns): NamedColumn[] {
  return [
    { name: "campaign_id", type: "INTEGER", values: idsTo(campaigns.count) },
    { name: "video_id", type: "INTEGER", values: campaigns.video },
    { name: "regions", type: "UTINYINT", values: campaigns.regions },
    { name: "age_bands", type: "UTINYINT", values: campaigns.ageBands },
    { name: "bid_micros", type: "INTEGER", values: campaigns.bidMicros },
    { name: "daily_budget_micros", type: "INTEGER", values: campaigns.dailyBudgetMicros },
  ];
}

function idsTo(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => i);
}

const noCampaigns: Campaigns = {
  count: 0,
  video: new Int32Array(),
  regions: new Uint8Array(),
  ageBands: new Uint8Array(),
  bidMicros: new Int32Array(),
  dailyBudgetMicros: new Int32Array(),
};

const emptyCatalogue: Catalogue = {
  users: {
    count: 0,
    joinDay: new Int16Array(),
    ageBand: new Uint8Array(),
    region: new Uint8Array(),
    device: new Uint8Array(),
    language: new Uint8Array(),
  },
  videos: {
    count: 0,
    uploadDay: new Int16Array(),
    topic: new Uint8Array(),
    creator: new Int32Array(),
    durationMs: new Int32Array(),
    language: new Uint8Array(),
    sponsored: new Uint8Array(),
  },
  topicNames: [],
  creatorCount: 0,
  liveVideos: new Int32Array(),
};
