/**
 * A log as a dataset that others can use: day partitions and tables in Parquet, a dictionary of columns, a card, Croissant JSON-LD and the
 * sha256 of every file. It is made in a staged folder and renamed once: whole or not at all. Equal settings give equal bytes; no clock is
 * read.
 */
import { z } from "zod";
import { constants } from "node:fs";
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import {
  canonicalJson,
  clearDiskError,
  describeFiles,
  flush,
  listArtifacts,
  removeLeftovers,
  sha256OfFile,
  stagedPath,
  version,
} from "../artifacts/index.js";
import { schemaVersion } from "../log/index.js";
import type { RunControl } from "../types.js";
import { timeSplitOf } from "../pipeline/prepare.js";
import { openWorldAfter, type SimulatedLog } from "../pipeline/simulate.js";
import { datasetCardText } from "./card.js";
import { croissantOf, type DatasetFacts } from "./croissant.js";
import { publishedTables, truthTables } from "./tables.js";
import { writeTable, writeTexts, writeTruth } from "./truth.js";

/** How a log is published. */
export interface PublishOptions {
  /** Small letters, digits and dashes; the folder's name. Default `stagecraft-<scale>-<seed>`. */
  readonly name?: string;
  /** The folder it is made in; default: the setting's `datasets`. */
  readonly out?: string;
  /** YYYY-MM-DD told as the date of publication; default: this release's. */
  readonly date?: string;
  /** Where it is or will be found. */
  readonly url?: string;
  /** Adds `truth/`, for judging. */
  readonly truth?: boolean;
  /** Makes it again where it is already; otherwise a folder of that name which is something else is an error. */
  readonly remake?: boolean;
}

/** A dataset on disk. */
export interface PublishedDataset {
  readonly name: string;
  readonly dir: string;
  readonly made: boolean; // false: it was there, and its sums hold
  readonly files: number;
  readonly bytes: number;
}

const sums = "SHA256SUMS";
const releaseDate = "2026-11-21";
const licence = { name: "CC0-1.0", url: "https://creativecommons.org/publicdomain/zero/1.0/" };

/**
 * Publishes a log as `<out>/<name>/`.
 * @throws RangeError for a bad name or date; Error when the folder is there and something else, or damaged
 */
export async function publishDataset(
  log: SimulatedLog,
  options: PublishOptions = {},
  control: RunControl = {},
): Promise<PublishedDataset> {
  const { setting } = log;
  const {
    name = `stagecraft-${setting.scale}-${setting.seed}`,
    out = setting.datasets,
    date = releaseDate,
    truth = false,
  } = options;
  checkPublishOptions({ name, date, ...(options.url !== undefined && { url: options.url }) });
  const dir = join(resolve(out), name);
  if ((await listArtifacts(resolve(out), name)).length > 0)
    throw new RangeError(`invalid name: ${name}; ${dir} holds artifacts of that kind; allowed: another name`);
  const config = canonicalJson({
    name,
    date,
    url: options.url,
    truth,
    seed: setting.seed,
    world: setting.world,
    logging: setting.logging,
    log: log.artifact.id,
    schemaVersion,
    version: version(),
  });
  await refuseForeign(dir);
  const there = options.remake === true ? undefined : await checkPublished(dir, config);
  if (there !== undefined) return { name, dir, made: false, ...there };

  await removeLeftovers(dirname(dir));
  const staged = stagedPath(dir);
  try {
    await mkdir(staged, { recursive: true });
    await copyTables(log, staged, control);
    const world = await openWorldAfter(log);
    await writeTexts(staged, world);
    if (truth) await writeTruth(staged, world);
    const tables = [
      ...publishedTables(log.catalogue.topicNames, hasAds(log)),
      ...(truth ? truthTables(setting.world.slots) : []),
    ];
    const files = (await describeFiles(staged)).filter(({ path }) => path.endsWith(".parquet"));
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    const facts = factsOf(log, name, date, options.url);
    const { users, videos } = log.catalogue;
    const card = datasetCardText(facts, tables, {
      impressions: log.impressions,
      clicks: Number(log.artifact.manifest.extra["clicks"]),
      users: users.count,
      videos: videos.count,
      days: log.days.length,
      bytes,
      seed: setting.seed,
      scale: setting.scale,
      code: log.artifact.manifest.code,
      truth,
      command: commandOf(log, name, date, options),
    });
    await writeFile(join(staged, "config.json"), `${config}\n`);
    await writeFile(join(staged, "columns.json"), `${JSON.stringify({ schemaVersion, tables }, null, 1)}\n`);
    await writeFile(join(staged, "croissant.json"), `${JSON.stringify(croissantOf(facts, tables, files), null, 1)}\n`);
    await writeFile(join(staged, "README.md"), card);
    const all = await describeFiles(staged);
    await writeFile(join(staged, sums), all.map(({ path, sha256 }) => `${sha256}  ${path}\n`).join(""));
    for (const { path } of [...all, { path: sums }]) await flush(join(staged, path));
    control.signal?.throwIfAborted();
    await putInPlace(staged, dir);
    return { name, dir, made: true, files: all.length + 1, bytes };
  } catch (error) {
    throw clearDiskError(error, dir);
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}

/** Refuses what no dataset can be called, before anything is made. @throws RangeError */
export function checkPublishOptions({ name = "a", date = releaseDate, url }: PublishOptions): void {
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(name))
    throw new RangeError(`invalid name: ${name}; allowed: small letters, digits and dashes, at most 64`);
  if (!z.iso.date().safeParse(date).success)
    throw new RangeError(`invalid date: ${date}; allowed: YYYY-MM-DD, a day of the calendar`);
  if (url !== undefined && !(URL.canParse(url) && /^https?:\/\/\S+$/.test(url)))
    throw new RangeError(`invalid url: ${url}; allowed: an address that begins with https:// or http://`);
}

/**
 * Only what carries our own sums and config is ever replaced, whatever it is otherwise. @throws Error where anything
 * else stands at `dir`
 */
async function refuseForeign(dir: string): Promise<void> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) =>
    error.code === "ENOENT" ? undefined : ([] as string[]),
  );
  if (names === undefined || (names.includes(sums) && names.includes("config.json"))) return;
  throw new Error(`${dir} is there and is no published dataset; allowed: another --name`);
}

/** What is published already under that name, its sums checked; undefined when nothing is there. */
async function checkPublished(
  dir: string,
  config: string,
): Promise<{ readonly files: number; readonly bytes: number } | undefined> {
  const text = await readFile(join(dir, sums), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const found = new Map((await describeFiles(dir)).map((file) => [file.path, file]));
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => line.split("  ") as [string, string]);
  for (const [sha256, path] of lines) {
    if (found.get(path)?.sha256 !== sha256)
      throw new Error(
        `damaged dataset ${dir}: ${path} is ${found.has(path) ? "not what SHA256SUMS says" : "missing"}; delete ` +
          `that folder or pass --remake`,
      );
  }
  const made = (await readFile(join(dir, "config.json"), "utf8")).trimEnd();
  if (made !== config)
    throw new Error(`${dir} was published from another setting; allowed: another --name, or --remake`);
  return {
    files: lines.length + 1,
    bytes: [...found.values()].reduce((sum, { path, bytes }) => sum + (path.endsWith(".parquet") ? bytes : 0), 0),
  };
}

/** Copies the log's partitions and tables, each compared with the log's manifest, so that a damaged log is not published. */
async function copyTables(log: SimulatedLog, staged: string, control: RunControl): Promise<void> {
  const { dir, catalogue, artifact } = log;
  const wanted = artifact.manifest.files.filter(
    ({ path }) =>
      /^day=\d+\/impressions\.parquet$/.test(path) ||
      ["users.parquet", "videos.parquet", "catalogue.json"].includes(path),
  );
  for (const [i, { path, sha256 }] of wanted.entries()) {
    control.signal?.throwIfAborted();
    const to = join(staged, path.startsWith("day=") ? `data/${path}` : path);
    await mkdir(dirname(to), { recursive: true });
    await copyFile(join(dir, path), to, constants.COPYFILE_FICLONE);
    if (sha256OfFile(to) !== sha256)
      throw new Error(
        `damaged log ${dir}: ${path} is not what its manifest says; delete that folder and simulate again`,
      );
    control.onProgress?.("files", i + 1, wanted.length);
  }
  const { campaigns } = catalogue;
  if (!hasAds(log) || !campaigns) return;
  await writeTable(staged, "campaigns", [
    { name: "campaign", type: "INTEGER", values: campaigns.video.map((_, i) => i + 1) },
    { name: "video_id", type: "INTEGER", values: campaigns.video },
    { name: "regions", type: "UTINYINT", values: campaigns.regions },
    { name: "age_bands", type: "UTINYINT", values: campaigns.ageBands },
    { name: "bid_micros", type: "INTEGER", values: campaigns.bidMicros },
    { name: "daily_budget_micros", type: "INTEGER", values: campaigns.dailyBudgetMicros },
  ]);
}

function hasAds({ catalogue }: SimulatedLog): boolean {
  return (catalogue.campaigns?.count ?? 0) > 0;
}

function factsOf(log: SimulatedLog, name: string, date: string, url?: string): DatasetFacts {
  const { train, validation, test } = timeSplitOf(log.days);
  return {
    name,
    date,
    licence,
    version: version(),
    ...(url !== undefined && { url }),
    description:
      `A synthetic log of a video platform: ${log.impressions.toLocaleString("en-US")} impressions on ` +
      `${log.days.length} days with clicks, watch time, likes, shares, hides, follows, conversions and ` +
      "revenue, exact propensities of a randomised logging policy, and the public record of users and videos. " +
      "For recommender systems: ranking, retrieval, off-policy evaluation, drift, cold start.",
    keywords: [
      "recommender systems",
      "off-policy evaluation",
      "simulation",
      "synthetic",
      "video",
      "implicit feedback",
      "tabular",
    ],
    splits: { train, validation, test },
  };
}

/** The words that make the dataset again. */
function commandOf({ setting }: SimulatedLog, name: string, date: string, { truth, url }: PublishOptions): string {
  return (
    `stagecraft publish --scale ${setting.scale} --seed ${setting.seed} --name ${name} --date ` +
    `${date}${truth === true ? " --truth" : ""}${url === undefined ? "" : ` --url ${url}`}   # and --world as in ` +
    `config.json, where it differs from the scale's`
  );
}

async function putInPlace(staged: string, dir: string): Promise<void> {
  const old = stagedPath(join(dirname(dir), `old-${basename(dir)}`));
  await rename(dir, old).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
  await rename(staged, dir);
  await flush(dirname(dir));
  await rm(old, { recursive: true, force: true });
}
