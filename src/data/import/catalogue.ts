/** The catalogue of imported data: what its side tables say of users and items, in the terms the features know. */
import { quoteText, type Database } from "../../log/index.js";
import type { Catalogue } from "../../types.js";
import { cellSql, idSql } from "./interactions.js";
import type { Layout, SideSource } from "./layout.js";
import { checkColumn, findColumn, type TextTable } from "./text-table.js";

const ageBounds = [18, 25, 35, 45, 55] as const;
/** Topics a catalogue can tell apart, one of them "unknown", one "other". */
const mostTopics = 255;

/**
 * Users have their age band where there is one; items their first category as topic, and their creator. What is not known is code 0:
 * region, device and language of everyone, age bands of files without ages. Joining and uploading are on the day of the first
 * interaction.
 * @param durationMs of each video. // [videos]
 */
export async function catalogueOf(
  database: Database,
  layout: Layout,
  durationMs: Int32Array,
  days: number,
  said: string[],
  users?: TextTable,
  items?: TextTable,
): Promise<Catalogue> {
  const user = await database.query(`
    SELECT t.first_day, ${ageBand(layout.users, users)} AS age_band
    FROM user_ids t ${joined(layout.users, users)} ORDER BY t.user_id`);
  const topic = topicSql(layout, items);
  const creator = columnSql(layout.items?.creator, items);
  const video = await database.query(`
    SELECT t.first_day, coalesce(nullif(${topic ?? "''"}, ''), 'unknown') AS topic, coalesce(${creator ?? "''"}, '') AS creator
    FROM item_ids t ${joined(layout.items, items)} ORDER BY t.video_id`);
  const [topicCodes, topicNames] = codes(video.topic as readonly string[], mostTopics);
  const [creatorCodes, creatorNames] = codes(video.creator as readonly string[]);
  const [joinDay, uploadDay] = [
    Int16Array.from(user.first_day as Int32Array),
    Int16Array.from(video.first_day as Int32Array),
  ];
  if (layout.users?.age === undefined || users === undefined) said.push("no ages: everyone is in the first age band");
  if (topic === undefined) said.push("no categories: all items have the topic unknown");
  if (creator === undefined) said.push("no creators: all items have the same one");
  const blank = (count: number): Uint8Array => new Uint8Array(count);
  return {
    users: {
      count: joinDay.length,
      joinDay,
      ageBand: Uint8Array.from(user.age_band as Int32Array),
      region: blank(joinDay.length),
      device: blank(joinDay.length),
      language: blank(joinDay.length),
    },
    videos: {
      count: uploadDay.length,
      uploadDay,
      topic: Uint8Array.from(topicCodes),
      creator: creatorCodes,
      durationMs,
      language: blank(uploadDay.length),
      sponsored: blank(uploadDay.length),
    },
    topicNames,
    creatorCount: creatorNames.length,
    liveVideos: Int32Array.from({ length: days }, (_, day) => uploadDay.filter((upload) => upload <= day).length),
  };
}

/** Joins one row of a side table to `t.key`: its first one for the key. */
export function joined(source: SideSource | undefined, table: TextTable | undefined): string {
  if (source === undefined || table === undefined) return "";
  const id = idSql(cellSql(checkColumn(table, source.key)));
  return (
    `LEFT JOIN (SELECT * FROM (SELECT *, ${id} AS id, row_number() OVER (PARTITION BY ${id} ORDER BY ` +
    `row_number) AS copy FROM ${table.name}) c WHERE copy = 1) s ON s.id = ${idSql("t.key")}`
  );
}

function ageBand(source: SideSource | undefined, table: TextTable | undefined): string {
  const age = columnSql(source?.age, table);
  if (age === undefined) return "CAST(0 AS INTEGER)";
  const bands = ageBounds.map((bound, band) => `WHEN TRY_CAST(${age} AS DOUBLE) < ${bound} THEN ${band}`).join(" ");
  return `CAST(CASE WHEN TRY_CAST(${age} AS DOUBLE) IS NULL THEN 0 ${bands} ELSE ${ageBounds.length} END AS INTEGER)`;
}

function topicSql({ name, items }: Layout, table: TextTable | undefined): string | undefined {
  if (name === "movielens-100k" && table !== undefined) {
    const flags = table.columns.filter((column) => column.startsWith("genre:"));
    const when = (flag: string): string =>
      `WHEN trim(s.${checkColumn(table, flag)}) = '1' THEN ${quoteText(flag.slice("genre:".length))}`;
    return `CASE ${flags.map(when).join(" ")} END`;
  }
  const column = columnSql(items?.topic, table);
  const between = name === "recbole" ? "\\[\\]|,\\s" : "\\[\\]|,";
  return column === undefined ? undefined : `trim(regexp_extract(${column}, '[^${between}]+'))`;
}

/** The first of the names `a|b|c` that the table has. */
function columnSql(names: string | undefined, table: TextTable | undefined): string | undefined {
  const found = findColumn(table, names?.split("|") ?? []);
  return found === undefined ? undefined : `s.${found}`;
}

/** Codes of words in order of the alphabet; beyond `most` the rarest become "other". */
function codes(words: readonly string[], most = Infinity): [Int32Array, readonly string[]] {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const byCount = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([word]) => word);
  const names = (byCount.length <= most ? byCount : [...byCount.slice(0, most - 1), "other"]).sort();
  const codeOf = new Map(names.map((name, code) => [name, code]));
  return [Int32Array.from(words, (word) => codeOf.get(word) ?? (codeOf.get("other") as number)), names];
}
