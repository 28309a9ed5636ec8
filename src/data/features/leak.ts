/**
 * The leak test: a feature may see only what was known when its page was requested. Each row is computed twice, once from the whole
 * log and once from a log that ends at the page (later days, later pages and the page's own outcomes are cut off). A feature
 * whose value differs has seen the future; the inflation of its AUC for the click measures how much it gains by that.
 */
import {
  checkDay,
  codedColumns,
  damagedDay,
  days as loggedDays,
  openDatabase,
  parquetFrom,
  type Columns,
} from "../../log/index.js";
import type { Catalogue, Day, RunControl } from "../../types.js";
import { openAggregates, type Aggregates } from "../tables/aggregates.js";
import { checkRows } from "../tables/expectations.js";
import { features as all, type Availability, type FeatureDefinition } from "./features.js";
import { selectTraining } from "../sql/training.js";

/** What to test: rows of `day` (by default the log's last but one, so that there is a future), at `cuts` (ms after midnight). */
export interface LeakOptions {
  readonly catalogue: Catalogue;
  readonly logDir: string;
  readonly day?: Day;
  /** Definitions to test, including your own; default: all built-in features. */
  readonly features?: readonly FeatureDefinition[];
  /** Moments at which the log is cut; default: midnight and the median time of a page. */
  readonly cutsMs?: readonly number[];
  readonly control?: RunControl;
}

/** One feature under the test. */
export interface FeatureLeak {
  readonly feature: string;
  readonly available: Availability;
  readonly rows: number; // compared
  readonly changed: number; // rows whose value the future changes
  readonly share: number; // changed / rows
  readonly aucWhole: number; // of the feature alone for the click; NaN where all rows clicked or none
  readonly aucCut: number;
  /** |aucWhole - ½| - |aucCut - ½|: how much better it looks than it will be when serving. */
  readonly inflation: number;
  readonly leaks: boolean;
}

/** All features, those that changed most first. `verdict` is the result in one sentence. */
export interface LeakReport {
  readonly day: Day;
  readonly cutsMs: readonly number[];
  readonly rows: number;
  readonly features: readonly FeatureLeak[];
  readonly verdict: string;
}

/**
 * Tests features for leakage.
 * @throws Error when the day has no page after any cut, or the log is damaged.
 */
export async function leakTest(options: LeakOptions): Promise<LeakReport> {
  const { catalogue, logDir, features = all, control = {} } = options;
  const logged = await loggedDays(logDir);
  const day = options.day ?? logged[Math.max(0, logged.length - 2)] ?? 0;
  const cutsMs = options.cutsMs ?? (await usualCuts(logDir, day));
  const whole = await openAggregates(catalogue);
  const cut = await openAggregates(catalogue);
  try {
    await whole.appendLog(logDir, logged, control);
    await cut.appendLog(
      logDir,
      logged.filter((d) => d < day),
      control,
    );
    for (const aggregates of [whole, cut]) await aggregates.snapshot(day, features);
    const pairs: { readonly whole: Columns; readonly cut: Columns }[] = [];
    for (const [i, ms] of cutsMs.entries()) {
      control.signal?.throwIfAborted();
      pairs.push({
        whole: await rowsAt(whole, logDir, day, ms, false, features),
        cut: await rowsAt(cut, logDir, day, ms, true, features),
      });
      control.onProgress?.("leak test", i + 1, cutsMs.length);
    }
    const rows = pairs.reduce((sum, pair) => sum + (pair.whole.click?.length ?? 0), 0);
    if (rows === 0)
      throw new Error(`day ${day} has no page at or after ${cutsMs.join(", ")} ms; choose earlier cuts or another day`);
    const tested = features
      .map((feature) => compare(feature, pairs, rows))
      .sort((a, b) => b.share - a.share || b.inflation - a.inflation);
    return { day, cutsMs, rows, features: tested, verdict: verdictOf(tested, rows) };
  } finally {
    whole.close();
    cut.close();
  }
}

async function usualCuts(logDir: string, day: Day): Promise<readonly number[]> {
  const database = await openDatabase();
  try {
    const { path } = await checkDay(database, logDir, day);
    const { middle } = await database.query(
      `SELECT CAST(coalesce(quantile_disc(time_ms, 0.5), 0) AS INTEGER) AS middle FROM ${parquetFrom(path)}`,
    );
    return [0, middle?.[0] as number];
  } finally {
    database.close();
  }
}

/** Features of each visit's first page at or after `ms`, from the whole day or from one that ends there. */
async function rowsAt(
  { database }: Aggregates,
  logDir: string,
  day: Day,
  ms: number,
  cut: boolean,
  features: readonly FeatureDefinition[],
): Promise<Columns> {
  const names = await checkDay(database, logDir, day);
  const events = `SELECT ${codedColumns(names)} FROM ${parquetFrom(names.path)}`;
  await database.exec(
    `CREATE OR REPLACE TEMP TABLE cut_pages AS SELECT session_id, min(request_id) ` +
      `AS request_id FROM (${events}) e WHERE time_ms >= ${ms} GROUP BY session_id`,
  );
  const outcomes = ["click", "watch_ms", '"like"', "share", "hide", "follow", "revenue_micros"].map(
    (name) => `CASE WHEN c.request_id IS NULL THEN e.${name} ELSE 0 END AS ${name}`,
  );
  const ended = `
    SELECT e.* REPLACE (${outcomes.join(", ")}) FROM (${events}) e LEFT JOIN cut_pages c ON c.request_id = e.request_id
    WHERE e.time_ms < ${ms} OR c.request_id IS NOT NULL`;
  await checkRows(database, cut ? ended : events, day).catch(async (error: unknown) =>
    Promise.reject(await damagedDay(database, names, error)),
  );
  const list = features.map(({ name }) => `CAST(f_${name} AS DOUBLE) AS f_${name}`).join(", ");
  return database.query(`
    SELECT request_id, slot, click, ${list} FROM (${selectTraining(features)}) t
    WHERE request_id IN (SELECT request_id FROM cut_pages) ORDER BY request_id, slot`);
}

function compare(
  { name, available }: FeatureDefinition,
  pairs: readonly { readonly whole: Columns; readonly cut: Columns }[],
  rows: number,
): FeatureLeak {
  const column = (side: "whole" | "cut", key: string): Float64Array => {
    const parts = pairs.map((pair) => pair[side][key] as Float64Array);
    const out = new Float64Array(rows);
    parts.reduce((at, part) => (out.set(part, at), at + part.length), 0);
    return out;
  };
  const [whole, cut, click] = [column("whole", `f_${name}`), column("cut", `f_${name}`), column("whole", "click")];
  let changed = 0;
  for (let i = 0; i < rows; i++) if (!Object.is(whole[i], cut[i])) changed++;
  const [aucWhole, aucCut] = [auc(whole, click), auc(cut, click)];
  return {
    feature: name,
    available,
    rows,
    changed,
    share: changed / rows,
    aucWhole,
    aucCut,
    inflation: Math.abs(aucWhole - 0.5) - Math.abs(aucCut - 0.5),
    leaks: changed > 0,
  };
}

/** Area under the ROC curve by ranks, ties shared (Mann and Whitney, 1947). */
function auc(score: Float64Array, label: Float64Array): number {
  const order = Array.from(score.keys()).sort((a, b) => score[a]! - score[b]!);
  let [positives, rankSum] = [0, 0];
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to < order.length && score[order[to]!] === score[order[from]!]) to++;
    to = Math.max(to, from + 1); // NaN is equal to nothing
    for (let i = from; i < to; i++) {
      if (label[order[i]!] !== 1) continue;
      positives++;
      rankSum += (from + 1 + to) / 2;
    }
    from = to;
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * (score.length - positives));
}

function verdictOf(tested: readonly FeatureLeak[], rows: number): string {
  const leaking = tested.filter(({ leaks }) => leaks);
  if (leaking.length === 0) return `none of ${tested.length} features sees the future (${rows} rows)`;
  const says = leaking.map(
    ({ feature, share, aucWhole, aucCut }) =>
      `${feature} changes in ${(100 * share).toFixed(1)} % of rows when the ` +
      `future is cut off (AUC ${aucWhole.toFixed(3)} → ${aucCut.toFixed(3)})`,
  );
  return `${leaking.length} of ${tested.length} features see the future: ${says.join("; ")}`;
}
