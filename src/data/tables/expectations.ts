/**
 * What is expected of every raw impression, by name. A row that fails is quarantined whole with the name of the first expectation it
 * fails (in this order), counted, and never dropped silently. The predicates are in sql/checked_impressions.sql.
 */
import type { Database } from "../../log/index.js";
import type { Day } from "../../types.js";
import { packTable } from "../sql/packed.js";
import { sqlOf } from "../sql-text.js";

/** A named expectation of a raw row. */
export interface Expectation {
  readonly name: string;
  readonly description: string;
}

/** All expectations, in the order in which they are checked. */
export const expectations: readonly Expectation[] = Object.entries({
  no_missing_value: "ids, time, propensity, click, watch time and campaign are present",
  known_user: "the user is in the catalogue",
  known_video: "the video is in the catalogue",
  day_of_partition: "the row's day is its partition's",
  time_in_day: "the time is from 0 to 86,399,999 ms after midnight",
  request_of_session: "request_id = session_id * 64 + page",
  user_has_joined: "the account existed on that day",
  video_is_live: "the video was uploaded by that day",
  propensity_in_range: "the propensity is above 0 and at most 1",
  flag_is_0_or_1: "click, like, share, hide and follow are 0 or 1",
  no_watch_without_click: "watch time is 0 without a click",
  watch_within_duration: "watch time is from 0 to the video's duration",
  revenue_not_negative: "revenue is 0 or more",
  one_row_a_position:
    "a position of a page is logged once; all copies are set aside, since it is unknown which one is correct",
  one_video_once_a_page: "a page shows a video once (as content, and once per ad campaign)",
}).map(([name, description]) => ({ name, description }));

/** The share of a day's rows that may be quarantined; more means a log of another world, or a broken pipeline. */
export const mostQuarantined = 0.05;

/** Data quality of a day's raw rows: `rows` = content + ads + the sum of `failed`. */
export interface DayQuality {
  readonly day: Day;
  readonly rows: number;
  readonly ads: number;
  /** Rows that failed, by expectation; expectations without a failed row are left out. */
  readonly failed: Readonly<Record<string, number>>;
}

/** Columns of raw events that the expectations and aggregates read. */
export const checkedColumns: readonly string[] = [
  "request_id",
  "session_id",
  "user_id",
  "video_id",
  "day",
  "time_ms",
  "page",
  "position",
  "propensity",
  "click",
  "watch_ms",
  "like",
  "share",
  "hide",
  "follow",
  "campaign",
  "revenue_micros",
];

/**
 * Checks a day's rows: afterwards `checked_impressions` is a packed temporary table of the connection, and `impressions` as a view of it.
 * @param select a SELECT that gives the raw rows, at least `checkedColumns`.
 * @param kept columns of the table, as SQL over all that sql/checked_impressions gives; `reason` must be one of them.
 */
export async function checkRows(
  database: Database,
  select: string,
  day: Day,
  kept: readonly string[] = ["*"],
): Promise<DayQuality> {
  await database.exec(`
    CREATE OR REPLACE TEMP VIEW raw_events AS ${select};
    ${packTable("checked_impressions", `SELECT ${kept.join(", ")} FROM (${sqlOf("checked_impressions", { day })}) c`, "here")};
    CREATE OR REPLACE TEMP VIEW impressions AS ${sqlOf("impressions")}`);
  return qualityOf(database, day);
}

/** Counts by expectation of `checked_impressions`. */
async function qualityOf(database: Database, day: Day): Promise<DayQuality> {
  const found = await database.query(`
    SELECT coalesce(CAST(reason AS VARCHAR), '') AS reason, CASE WHEN reason IS NULL AND ad THEN 1 ELSE 0 END AS ad, rows
    FROM (SELECT reason, campaign > 0 AS ad, count(*) AS rows FROM checked_impressions GROUP BY reason, campaign > 0) counted`);
  const [reasons, ads, rows] = [found.reason as readonly string[], found.ad as Int32Array, found.rows as Float64Array];
  const count = (match: (i: number) => boolean): number => rows.reduce((sum, n, i) => (match(i) ? sum + n : sum), 0);
  const failing = expectations
    .map(({ name }) => [name, count((i) => reasons[i] === name)] as const)
    .filter(([, n]) => n > 0);
  return { day, rows: count(() => true), ads: count((i) => ads[i] === 1), failed: Object.fromEntries(failing) };
}

/** Number of rows that failed. */
export function failedRows(quality: DayQuality): number {
  return Object.values(quality.failed).reduce((sum, n) => sum + n, 0);
}

/** @throws Error with the counts by expectation when more than `mostQuarantined` of the rows failed. */
export function refuseMostlyBad(quality: DayQuality, name: string): void {
  const failed = failedRows(quality);
  if (failed <= mostQuarantined * quality.rows) return;
  const why = Object.entries(quality.failed)
    .map(([expectation, n]) => `${expectation} ${n}`)
    .join(", ");
  throw new Error(
    `${name}: ${failed} of ${quality.rows} impressions of day ${quality.day} fail expectations ` +
      `(${why}); at most ${100 * mostQuarantined} % may be quarantined: is the log from another world?`,
  );
}
