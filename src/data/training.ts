/**
 * Training data by the point-in-time join of sql/training, a day at a time: each impression sees the aggregates as of its day's
 * midnight and its visit before the page, never anything later.
 */
import { checkDay, codedColumns, quoteText, type Column, type Columns } from "../log/index.js";
import { days as loggedDays } from "../log/index.js";
import type { Catalogue, Day, FeatureMatrix, FeatureSchema, RunControl } from "../types.js";
import { openAggregates, type Aggregates } from "./aggregates.js";
import { features, spreadOverTopics } from "./features.js";
import { emptyMatrix } from "./matrix.js";
import { querySchema, rankSchema } from "./schemas.js";
import { selectRetrieval, selectTraining } from "./sql/training.js";

/** What to make rows of. `aggregates` must hold the history before `days`; without it, all earlier days of the log are aggregated first. */
export interface TrainingOptions {
  readonly catalogue: Catalogue;
  readonly logDir: string;
  readonly days: readonly Day[];
  readonly aggregates?: Aggregates;
  readonly control?: RunControl;
}

/** Outcomes and keys of rows, as in `Impressions`; codes of policies and arms are each day's own and therefore left out. // [count] each */
export interface RowOutcomes {
  readonly count: number;
  readonly request: Float64Array;
  readonly session: Float64Array;
  readonly user: Int32Array;
  readonly video: Int32Array;
  readonly day: Int16Array;
  readonly timeMs: Int32Array;
  readonly page: Uint8Array;
  readonly position: Uint8Array;
  readonly source: Uint8Array;
  readonly component: Uint8Array;
  readonly propensity: Float64Array;
  readonly click: Uint8Array;
  readonly watchMs: Int32Array;
  readonly like: Uint8Array;
  readonly share: Uint8Array;
  readonly hide: Uint8Array;
  readonly conversion: Uint8Array;
  readonly revenueMicros: Int32Array;
}

/** The ranker's training set, ordered by day, request and position. */
export interface TrainingSet extends RowOutcomes {
  readonly features: FeatureMatrix; // rankSchema; `position` as logged
}

/** The two-tower's positives, ordered by day, request and position: long watches (20 s or half of the video, after a click). */
export interface RetrievalSet extends RowOutcomes {
  readonly query: FeatureMatrix; // querySchema, as of the impression's time
  /** Loss weight of each positive: 1. Here for whoever weighs them (by watch time, inverse propensity). */
  readonly weight: Float32Array;
}

/** The ranker's rows of the given days: every impression. */
export async function trainingRows(options: TrainingOptions): Promise<TrainingSet> {
  const schema = rankSchema(options.catalogue);
  const columns = features.map((feature) => `f_${feature.name}`);
  const { matrix, outcomes } = await joinDays(options, schema, columns, "join training rows", selectTraining);
  return { ...outcomes, features: matrix };
}

/** The two-tower's rows of the given days: long watches with the query side's features. */
export async function retrievalRows(options: TrainingOptions): Promise<RetrievalSet> {
  const { catalogue } = options;
  const query = features.filter((feature) => feature.tower === "query").map((feature) => `f_${feature.name}`);
  const spread = spreadOverTopics.flatMap((name) => catalogue.topicNames.map((_, topic) => `f_${name}_${topic}`));
  const select = (source: string): string => selectRetrieval(source, catalogue);
  const { matrix, outcomes } = await joinDays(options, querySchema(catalogue), [...query, ...spread], "join retrieval rows", select);
  return { ...outcomes, query: matrix, weight: new Float32Array(outcomes.count).fill(1) };
}

async function joinDays(
  options: TrainingOptions,
  schema: FeatureSchema,
  featureColumns: readonly string[],
  step: string,
  select: (source: string) => string,
): Promise<{ matrix: FeatureMatrix; outcomes: RowOutcomes }> {
  const { catalogue, logDir, control = {} } = options;
  const wanted = [...new Set(options.days)].sort((a, b) => a - b);
  const aggregates = options.aggregates ?? (await aggregatesBefore(catalogue, logDir, wanted, control));
  try {
    const { database } = aggregates;
    const parts: { matrix: FeatureMatrix; outcomes: RowOutcomes }[] = [];
    for (const [i, day] of wanted.entries()) {
      control.signal?.throwIfAborted();
      const names = await checkDay(database, logDir, day);
      await aggregates.snapshot(day);
      const file = `read_parquet(${quoteText(names.path)}, hive_partitioning = false)`;
      await database.exec(`CREATE OR REPLACE TEMP TABLE joined_events AS SELECT ${codedColumns(names)} FROM ${file}`);
      parts.push(partOf(await database.query(select("joined_events")), schema, featureColumns));
      control.onProgress?.(step, i + 1, wanted.length, `day ${day}`);
    }
    await database.exec("DROP TABLE IF EXISTS joined_events");
    return joinParts(parts, schema);
  } finally {
    if (options.aggregates === undefined) aggregates.close();
  }
}

async function aggregatesBefore(catalogue: Catalogue, logDir: string, wanted: readonly Day[], control: RunControl): Promise<Aggregates> {
  const last = wanted[wanted.length - 1] ?? 0;
  const history = (await loggedDays(logDir)).filter((day) => day < last);
  const aggregates = await openAggregates(catalogue);
  try {
    await aggregates.appendLog(logDir, history, control);
    return aggregates;
  } catch (error) {
    aggregates.close();
    throw error;
  }
}

function partOf(columns: Columns, schema: FeatureSchema, featureColumns: readonly string[]): { matrix: FeatureMatrix; outcomes: RowOutcomes } {
  const count = columns.user_id?.length ?? 0;
  const matrix = emptyMatrix(schema, count);
  const categories = featureColumns.filter((name) => columns[name] instanceof Int32Array);
  const numbers = featureColumns.filter((name) => columns[name] instanceof Float32Array);
  if (categories.length !== schema.categories.length || numbers.length !== schema.numbers.length) {
    throw new Error(`the join gave ${categories.length} + ${numbers.length} features; the schema has ${schema.categories.length} + ${schema.numbers.length}`);
  }
  categories.forEach((name, c) => weave(columns[name] as Int32Array, matrix.categories, categories.length, c));
  numbers.forEach((name, c) => weave(columns[name] as Float32Array, matrix.numbers, numbers.length, c));
  const outcomes: Record<string, Column | number> = { count };
  for (const [field, name] of Object.entries(outcomeColumns)) outcomes[field] = columns[name] as Column;
  return { matrix, outcomes: outcomes as unknown as RowOutcomes };
}

/** Puts the days one after another; each day's memory can be freed as soon as it is copied. */
function joinParts(parts: { matrix: FeatureMatrix; outcomes: RowOutcomes }[], schema: FeatureSchema): { matrix: FeatureMatrix; outcomes: RowOutcomes } {
  const count = parts.reduce((sum, part) => sum + part.outcomes.count, 0);
  const matrix = emptyMatrix(schema, count);
  const outcomes = emptyOutcomes(count);
  let at = 0;
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    matrix.categories.set(part.matrix.categories, at * schema.categories.length);
    matrix.numbers.set(part.matrix.numbers, at * schema.numbers.length);
    for (const field of Object.keys(outcomeColumns) as (keyof typeof outcomeColumns)[]) outcomes[field].set(part.outcomes[field], at);
    at += part.outcomes.count;
  }
  return { matrix, outcomes };
}

function weave(column: Int32Array | Float32Array, out: Int32Array | Float32Array, width: number, c: number): void {
  for (let i = 0; i < column.length; i++) out[i * width + c] = column[i] as number;
}

const outcomeColumns = {
  request: "request_id",
  session: "session_id",
  user: "user_id",
  video: "video_id",
  day: "day",
  timeMs: "time_ms",
  page: "page",
  position: "slot",
  source: "source",
  component: "component",
  propensity: "propensity",
  click: "click",
  watchMs: "watch_ms",
  like: "liked",
  share: "shared",
  hide: "hidden",
  conversion: "conversion",
  revenueMicros: "revenue_micros",
} as const satisfies Record<Exclude<keyof RowOutcomes, "count">, string>;

function emptyOutcomes(count: number): RowOutcomes {
  return {
    count,
    request: new Float64Array(count),
    session: new Float64Array(count),
    user: new Int32Array(count),
    video: new Int32Array(count),
    day: new Int16Array(count),
    timeMs: new Int32Array(count),
    page: new Uint8Array(count),
    position: new Uint8Array(count),
    source: new Uint8Array(count),
    component: new Uint8Array(count),
    propensity: new Float64Array(count),
    click: new Uint8Array(count),
    watchMs: new Int32Array(count),
    like: new Uint8Array(count),
    share: new Uint8Array(count),
    hide: new Uint8Array(count),
    conversion: new Uint8Array(count),
    revenueMicros: new Int32Array(count),
  };
}
