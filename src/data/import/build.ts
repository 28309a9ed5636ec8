/** From interactions to what the rooms above read: a catalogue, and impressions of each day. */
import { emptyImpressions, type Columns, type Database } from "../../log/index.js";
import { dayMs, type Catalogue, type Day, type Impressions } from "../../types.js";
import { catalogueOf } from "./catalogue.js";
import type { Layout } from "./layout.js";
import { pagesOf } from "./pages.js";
import type { TextTable } from "./text-table.js";

/**
 * Typed interactions in order of user, time and row of the file; ids are dense. `rating`, `watchMs`, `durationMs`: NaN
 * where absent. // [count] each
 */
export interface ImportedInteractions {
  readonly count: number;
  readonly user: Int32Array;
  readonly video: Int32Array;
  readonly day: Int32Array; // since the first interaction's midnight (UTC)
  readonly timeMs: Int32Array; // since midnight
  readonly rating: Float64Array;
  readonly watchMs: Float64Array;
  readonly durationMs: Float64Array;
  /** 0 or 1: the click of the file; else rating ≥ `positiveFrom`; else watched at all; else 1. */
  readonly click: Uint8Array;
  readonly like: Uint8Array;
  readonly share: Uint8Array;
  readonly hide: Uint8Array;
  readonly follow: Uint8Array;
  /** Chance with which the item was shown; 1 where it is not known. */
  readonly propensity: Float64Array;
  /** A split that came with the data: 0 train, 1 validation, 2 test. */
  readonly split: Uint8Array;
}

/** Everything an import writes, and what was assumed on the way, in sentences. */
export interface Built {
  readonly interactions: ImportedInteractions;
  readonly catalogue: Catalogue;
  readonly said: readonly string[];
}

/** The click of a row, as `ImportedInteractions` says. */
function labelOf({ mapping: { click, rating, watchMs } }: Layout, positiveFrom: number): string {
  if (click !== undefined) return "coalesce(i.click_flag, 0)";
  if (rating !== undefined) return `CASE WHEN i.rating >= ${positiveFrom} THEN 1 ELSE 0 END`;
  return watchMs !== undefined ? "CASE WHEN i.watch_ms > 0 THEN 1 ELSE 0 END" : "1";
}

/** The SELECT of `Interactions` from the tables `interactions`, `user_ids`, `item_ids`. */
function selectInteractions(midnight: number, layout: Layout, positiveFrom: number): string {
  const label = labelOf(layout, positiveFrom);
  const flag = (name: string): string =>
    `CAST(coalesce(i.${name}_flag, 0) AS UTINYINT) AS ${name === "like" ? "liked" : name}`;
  return `
    SELECT u.user_id, v.video_id, CAST(floor((i.at_ms - ${midnight}) / ${dayMs}.0) AS INTEGER) AS day, CAST((i.at_ms
           - ${midnight}) % ${dayMs} AS INTEGER) AS time_ms,
           i.rating, i.watch_ms, i.duration_ms, CAST(${label} AS UTINYINT) AS click,
                  ${["like", "share", "hide", "follow"].map(flag).join(", ")},
           coalesce(i.propensity, 1) AS propensity, CAST(i.part AS UTINYINT) AS split
    FROM interactions i JOIN user_ids u ON u.key = i.user_key JOIN item_ids v ON v.key = i.item_key
    ORDER BY u.user_id, i.at_ms, i.row_number`;
}

export async function build(
  database: Database,
  layout: Layout,
  midnight: number,
  positiveFrom: number,
  users?: TextTable,
  items?: TextTable,
): Promise<Built> {
  const columns = await database.query(selectInteractions(midnight, layout, positiveFrom));
  const interactions = interactionsOf(columns);
  const last = interactions.day.reduce((most, day) => Math.max(most, day), 0);
  const said = [labelSaid(layout, positiveFrom)];
  const unrated = interactions.rating.reduce((sum, rating) => sum + (Number.isNaN(rating) ? 1 : 0), 0);
  if (layout.mapping.rating !== undefined && unrated > 0)
    said.push(
      `${unrated} rows have no ${layout.mapping.rating}${layout.mapping.click === undefined ? ": they are no clicks" : ""}`,
    );
  const clicks = interactions.click.reduce((sum, click) => sum + click, 0);
  if (clicks === 0 || clicks === interactions.count)
    said.push(
      `${clicks === 0 ? "no row is a click" : "every row is a click"}: models of who took what can be fitted, models of clicks cannot`,
    );
  const duration = durations(interactions, layout, said);
  return { interactions, catalogue: await catalogueOf(database, layout, duration, last + 1, said, users, items), said };
}

/** Names of the columns as they are selected. */
const columnOf: Readonly<Record<Exclude<keyof ImportedInteractions, "count">, string>> = {
  user: "user_id",
  video: "video_id",
  day: "day",
  timeMs: "time_ms",
  rating: "rating",
  watchMs: "watch_ms",
  durationMs: "duration_ms",
  click: "click",
  like: "liked",
  share: "share",
  hide: "hide",
  follow: "follow",
  propensity: "propensity",
  split: "split",
};

/** Interactions of columns as they are selected, or as `interactions.parquet` has them (where `like` has its own name). */
export function interactionsOf(columns: Columns): ImportedInteractions {
  const named = Object.entries(columnOf).map(([field, name]) => [field, columns[name] ?? columns[field]] as const);
  return { count: columns["user_id"]?.length ?? 0, ...Object.fromEntries(named) } as unknown as ImportedInteractions;
}

function labelSaid({ mapping }: Layout, positiveFrom: number): string {
  if (mapping.click !== undefined) return `click: column ${mapping.click}`;
  if (mapping.rating !== undefined) return `click: ${mapping.rating} of ${positiveFrom} or more`;
  return mapping.watchMs !== undefined ? `click: ${mapping.watchMs} above 0` : "click: every row";
}

/**
 * Longest stated (else longest watched) duration of each video; 1 ms where nothing is watched, so that a click counts
 * as watched whole. // [videos]
 */
function durations(
  { count, video, watchMs, durationMs }: ImportedInteractions,
  { mapping }: Layout,
  said: string[],
): Int32Array {
  const out = new Int32Array(video.reduce((most, v) => Math.max(most, v), -1) + 1).fill(1);
  const from = mapping.durationMs !== undefined ? durationMs : mapping.watchMs !== undefined ? watchMs : undefined;
  if (from === undefined) said.push("no watch time: a click counts as a whole watch (of 1 ms)");
  else
    for (let i = 0; i < count; i++)
      if (from[i]! > out[video[i]!]!) out[video[i]!] = Math.min(2 ** 31 - 1, Math.round(from[i]!));
  return out;
}

/**
 * Impressions of each day that has any, ascending, in order of request. What had to be bent to the event schema is
 * added to `said` at the end.
 */
export function* dailyImpressions(
  { interactions: all, catalogue }: Built,
  said: string[],
): Generator<{ readonly day: Day; readonly events: Impressions }> {
  const pages = pagesOf(all);
  const watched = all.watchMs.some((ms) => !Number.isNaN(ms));
  const order = Int32Array.from(all.day.keys())
    .filter((row) => pages.placed[row] === 1)
    .sort((a, b) => all.day[a]! - all.day[b]! || a - b);
  if (order.length < all.count)
    said.push(
      `${all.count - order.length} rows are more than the pages of a user's day can show; they are not in the ` +
        `daily log, but in interactions.parquet`,
    );
  let [clipped, unclicked] = [0, 0];
  for (let from = 0, to = 0; from < order.length; from = to) {
    const day = all.day[order[from]!]!;
    while (to < order.length && all.day[order[to]!] === day) to++;
    const events = emptyImpressions(["imported"], ["imported"], to - from);
    events.day.fill(day);
    for (let row = 0; row < events.count; row++) {
      const i = order[from + row]!;
      const [click, video] = [all.click[i]!, all.video[i]!];
      const watch = watched ? Math.round(Number.isNaN(all.watchMs[i]) ? 0 : all.watchMs[i]!) : click;
      const most = catalogue.videos.durationMs[video]!;
      if (click === 0 && watch > 0) unclicked++;
      else if (watch > most) clipped++;
      events.session[row] = pages.session[i]!;
      events.request[row] = pages.session[i]! * 64 + pages.page[i]!;
      events.page[row] = pages.page[i]!;
      events.position[row] = pages.position[i]!;
      events.timeMs[row] = pages.pageTimeMs[i]!;
      events.user[row] = all.user[i]!;
      events.video[row] = video;
      events.click[row] = click;
      events.propensity[row] = all.propensity[i]!;
      events.watchMs[row] = click === 0 ? 0 : Math.min(watch, most);
      for (const field of ["like", "share", "hide", "follow"] as const) events[field][row] = all[field][i]!;
    }
    yield { day, events };
  }
  if (clipped > 0) said.push(`${clipped} watches longer than their video (watched again) count as whole ones`);
  if (unclicked > 0)
    said.push(`${unclicked} watches without a click count as 0 in the log; interactions.parquet has them`);
}
