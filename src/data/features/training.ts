/**
 * Training data by the point-in-time join of sql/training, one day at a time: each impression sees the aggregates as of its day's
 * midnight and its visit before the page, never anything later.
 */
import {
  checkDay,
  codedColumns,
  damagedDay,
  days as loggedDays,
  parquetFrom,
  type CheckedDay,
  type Columns,
} from "../../log/index.js";
import type { Catalogue, Day, FeatureMatrix, FeatureSchema, RunControl } from "../../types.js";
import { openAggregates, type Aggregates } from "../tables/aggregates.js";
import { features, spreadOverTopics } from "./features.js";
import { checkRows, refuseMostlyBad } from "../tables/expectations.js";
import { emptyMatrix, firstRows } from "./matrix.js";
import { querySchema, rankSchema } from "./schemas.js";
import { dropPacked } from "../sql/packed.js";
import { countRetrieval, countTraining, selectRetrieval, selectTraining } from "../sql/training.js";

/**
 * What to make rows from. `aggregates` must hold the history before `days`; without it, all earlier days of the log are aggregated
 * first.
 */
export interface TrainingOptions {
  readonly catalogue: Catalogue;
  readonly logDir: string;
  readonly days: readonly Day[];
  readonly aggregates?: Aggregates;
  readonly control?: RunControl;
}

/** Columns of outcomes and keys: the type of array, and the name in the join. */
const outcomeColumns = {
  request: [Float64Array, "request_id"],
  session: [Float64Array, "session_id"],
  user: [Int32Array, "user_id"],
  video: [Int32Array, "video_id"],
  day: [Int16Array, "day"],
  timeMs: [Int32Array, "time_ms"],
  page: [Uint8Array, "page"],
  position: [Uint8Array, "slot"],
  source: [Uint8Array, "source"],
  component: [Uint8Array, "component"],
  propensity: [Float64Array, "propensity"],
  click: [Uint8Array, "click"],
  watchMs: [Int32Array, "watch_ms"],
  like: [Uint8Array, "liked"],
  share: [Uint8Array, "shared"],
  hide: [Uint8Array, "hidden"],
  follow: [Uint8Array, "follow"],
  conversion: [Uint8Array, "conversion"],
  revenueMicros: [Int32Array, "revenue_micros"],
} as const;

type OutcomeField = keyof typeof outcomeColumns;
const outcomeFields = Object.keys(outcomeColumns) as OutcomeField[];

/** Outcomes and keys of rows, as in `Impressions`; codes of policies and arms are each day's own and therefore left out. // [count] each */
export type RowOutcomes = { readonly count: number } & {
  readonly [F in OutcomeField]: InstanceType<(typeof outcomeColumns)[F][0]>;
};

/** The ranker's training set, ordered by day, request and position. */
export interface TrainingSet extends RowOutcomes {
  readonly features: FeatureMatrix; // rankSchema; `position` as logged
}

/** The two-tower's positives, ordered by day, request and position: long watches (20 s or half of the video, after a click). */
export interface RetrievalSet extends RowOutcomes {
  readonly query: FeatureMatrix; // querySchema, as of the impression's time
  /** Loss weight of each positive: 1. Callers may set others (watch time, inverse propensity). */
  readonly weight: Float32Array;
}

/** What a join gives: how many rows, and the rows themselves. */
interface Join {
  readonly step: string;
  readonly schema: FeatureSchema;
  /** Names of the feature columns, in the schema's order: categories and numbers each. */
  readonly columns: readonly string[];
  readonly count: (source: string) => string;
  readonly select: string;
}

/**
 * The ranker's rows of the given days: every clean impression of content. Ads and rows that fail an expectation are left out; the
 * aggregates count and keep them.
 * @throws Error on a day without any impression, and when most rows of a day fail their expectations.
 */
export async function trainingRows(options: TrainingOptions): Promise<TrainingSet> {
  const { matrix, outcomes } = await joinDays(options, {
    step: "join training rows",
    schema: rankSchema(options.catalogue),
    columns: features.map((feature) => `f_${feature.name}`),
    count: countTraining,
    select: selectTraining(),
  });
  return { ...outcomes, features: matrix };
}

/** The two-tower's rows of the given days: long watches with the query side's features. */
export async function retrievalRows(options: TrainingOptions): Promise<RetrievalSet> {
  const { catalogue } = options;
  const query = features.filter((feature) => feature.tower === "query").map((feature) => `f_${feature.name}`);
  const spread = spreadOverTopics.flatMap((name) => catalogue.topicNames.map((_, topic) => `f_${name}_${topic}`));
  const { matrix, outcomes } = await joinDays(options, {
    step: "join retrieval rows",
    schema: querySchema(catalogue),
    columns: [...query, ...spread],
    count: countRetrieval,
    select: selectRetrieval(catalogue),
  });
  return { ...outcomes, query: matrix, weight: new Float32Array(outcomes.count).fill(1) };
}

/** Counts the rows of all days, then joins day by day straight into arrays of the final size: only one more day is in memory. */
async function joinDays(
  options: TrainingOptions,
  join: Join,
): Promise<{ matrix: FeatureMatrix; outcomes: RowOutcomes }> {
  const { catalogue, logDir, control = {} } = options;
  const wanted = [...new Set(options.days)].sort((a, b) => a - b);
  const aggregates = options.aggregates ?? (await aggregatesBefore(catalogue, logDir, wanted, control));
  try {
    const { database } = aggregates;
    const sources: { readonly file: CheckedDay; readonly select: string }[] = [];
    let total = 0;
    for (const day of wanted) {
      const names = await checkDay(database, logDir, day);
      const file = parquetFrom(names.path);
      const { rows, raw } = await database.query(join.count(file));
      if (raw?.[0] === 0) throw new Error(`day ${day} is empty: ${names.path} has no impressions; leave the day out`);
      total += rows?.[0] as number;
      sources.push({ file: names, select: `SELECT ${codedColumns(names)} FROM ${file}` });
    }
    const matrix = emptyMatrix(join.schema, total);
    const outcomes = outcomesOf(total, (field) => new outcomeColumns[field][0](total));
    let at = 0;
    for (const [i, { file, select }] of sources.entries()) {
      control.signal?.throwIfAborted();
      await aggregates.snapshot(wanted[i]!);
      const quality = await checkRows(database, select, wanted[i]!).catch(async (error: unknown) =>
        Promise.reject(await damagedDay(database, file, error)),
      );
      refuseMostlyBad(quality, file.path);
      at += place(await database.query(join.select), join, at, matrix, outcomes);
      control.onProgress?.(join.step, at, total, `day ${wanted[i]}`);
    }
    await database.exec(dropPacked("checked_impressions"));
    if (at === total) return { matrix, outcomes };
    // The upper bound also counted quarantined rows: the arrays end with unused room.
    return { matrix: firstRows(matrix, at), outcomes: outcomesOf(at, (field) => outcomes[field].subarray(0, at)) };
  } finally {
    if (options.aggregates === undefined) aggregates.close();
  }
}

/** Copies a day's columns into the rows from `at`; returns how many rows. */
function place(
  columns: Columns,
  { schema, columns: names }: Join,
  at: number,
  matrix: FeatureMatrix,
  outcomes: RowOutcomes,
): number {
  const categories = names.filter((name) => columns[name] instanceof Int32Array);
  const numbers = names.filter((name) => columns[name] instanceof Float32Array);
  if (categories.length !== schema.categories.length || numbers.length !== schema.numbers.length) {
    throw new Error(
      `the join gave ${categories.length} + ${numbers.length} features; ` +
        `the schema has ${schema.categories.length} + ${schema.numbers.length}`,
    );
  }
  categories.forEach((name, c) =>
    weave(columns[name] as Int32Array, matrix.categories, categories.length, at * categories.length + c),
  );
  numbers.forEach((name, c) =>
    weave(columns[name] as Float32Array, matrix.numbers, numbers.length, at * numbers.length + c),
  );
  for (const field of outcomeFields) outcomes[field].set(columns[outcomeColumns[field][1]] as Int32Array, at);
  return columns.user_id?.length ?? 0;
}

function weave(column: Int32Array | Float32Array, out: Int32Array | Float32Array, width: number, from: number): void {
  for (let i = 0; i < column.length; i++) out[from + i * width] = column[i]!;
}

async function aggregatesBefore(
  catalogue: Catalogue,
  logDir: string,
  wanted: readonly Day[],
  control: RunControl,
): Promise<Aggregates> {
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

/** Outcomes of `count` rows, each column from `column`. */
function outcomesOf(count: number, column: (field: OutcomeField) => ArrayLike<number>): RowOutcomes {
  return {
    count,
    ...Object.fromEntries(outcomeFields.map((field) => [field, column(field)])),
  } as unknown as RowOutcomes;
}
