/**
 * What brings users back, read off a log: the chance that a user who came on a day comes on the next, regressed on what the day held.
 *
 *     logit P(back tomorrow) = Σ_task b_task × amount of the task that day + controls
 *     weight_task = b_task / b_watch                        in watch minutes, as models/value has them
 *
 * Amounts are counts of clicks, long watches, likes, hides and conversions, and watch minutes; each is cut at its 99th percentile, so
 * that bots and marathons do not decide. Controls are the day's visits and impressions, the share of the seven days before on which the
 * user came, whether the account is new, and each day of the log. Ridge 1 on columns of deviation 1; intervals by resampling users.
 *
 * It is an association, not an effect: nobody drew lots for what a day held, and users who like more come more, whatever they are
 * shown. What a weight does is told by arms (value-effect.ts), not by this. The world is ours, so the two can be set beside each other.
 * At small, tuning seeds 7, 11 and 13, this finds that a hide is worth -9, -5 and -10 watch minutes (0 within the interval at 11), a
 * click beside its watch -1, -3 and -2, and nothing of likes. Served, its weights changed day-1 return by -0.0 [-0.4, 0.3], -1.4 [-1.9,
 * -0.9] and +0.6 [0.2, 1.0] points: at 11 the price on clicks emptied the pages of what people click (watch minutes -35 %). Weights on
 * likes, of which the log says nothing, raised it in all three (models/value).
 */
import {
  forEachResample,
  groupBy,
  intervalOf,
  meanOrZero,
  quantile,
  ridgeLogistic,
  type Interval,
} from "../../evaluation/index.js";
import { readDay } from "../../log/index.js";
import { multiTaskDefaults, tasks, type LongWatch, type Task, type ValueWeights } from "../../models/index.js";
import type { Catalogue, Day, Impressions, RunControl } from "../../types.js";

/** Users' days with a visit: what they held and whether the user came the next day. Rows are in order of day, then user. // [count] each */
export interface ReturnRows {
  readonly count: number;
  readonly user: Int32Array;
  readonly day: Int16Array;
  readonly amounts: Readonly<Record<Task, Float64Array>>; // counts; `watch` in minutes
  readonly visits: Float64Array;
  readonly impressions: Float64Array;
  readonly activeBefore: Float64Array; // share of the 7 days before with a visit, drawn to a half by two days
  readonly isNew: Uint8Array; // 1: joined that day
  readonly back: Uint8Array; // 1: came the next day
}

/** Reads them off a log of consecutive days; ads are left out, and the last day, whose tomorrow is not known. */
export async function readReturns(
  logDir: string,
  days: readonly Day[],
  catalogue: Catalogue,
  long: LongWatch = multiTaskDefaults,
  control: RunControl = {},
): Promise<ReturnRows> {
  const parts: UserDay[][] = [];
  const cameOn: Uint8Array[] = [];
  for (const [at, day] of days.entries()) {
    control.signal?.throwIfAborted();
    const rows = dayRows(await readDay(logDir, day), day, catalogue, long);
    const came = new Uint8Array(catalogue.users.count);
    for (const { user } of rows) came[user] = 1;
    for (const row of rows) {
      const before = cameOn.slice(-7);
      row.activeBefore = (before.reduce((sum, on) => sum + on[row.user]!, 0) + 1) / (before.length + 2);
    }
    for (const row of parts[at - 1] ?? []) row.back = came[row.user]!;
    parts.push(rows);
    cameOn.push(came);
    control.onProgress?.("read returns", at + 1, days.length);
  }
  return columnsOf(parts.slice(0, -1).flat());
}

/** One task's share in the value. */
export interface ValueTerm {
  readonly task: Task;
  readonly mean: number; // amount per user-day
  /** Log odds of coming back, for one more (a minute more, of `watch`). */
  readonly coefficient: Interval;
  /** The same in watch minutes: the ratio to the coefficient of a minute. NaN bounds where most replicates' minutes are not positive. */
  readonly minutes: Interval;
}

/** Weights fitted to a log. */
export interface FittedValue {
  readonly rows: number;
  readonly users: number;
  readonly back: number; // share that came back
  readonly terms: readonly ValueTerm[];
  /**
   * For `MultiTaskConfig.value`: the ratios, 0 where the coefficient's interval holds 0. Undefined where a watch minute goes with fewer
   * returns, so that nothing can be told in minutes.
   */
  readonly weights: ValueWeights | undefined;
}

/** Regresses. @param replicates of the bootstrap by user @throws Error where all came back or none did */
export function fitValueWeights(
  rows: ReturnRows,
  options: { readonly replicates?: number; readonly seed?: number } = {},
  control: RunControl = {},
): FittedValue {
  const { replicates = 200, seed = 0 } = options;
  const back = rows.back.reduce((sum, value) => sum + value, 0);
  if (back === 0 || back === rows.count)
    throw new Error(`${back} of ${rows.count} user-days were followed by a visit; allowed: some, but not all`);
  const design = designOf(rows);
  const groups = groupBy(rows.user);
  const weight = new Float64Array(rows.count);
  const found = tasks.map(() => ({ coefficient: [] as number[], minutes: [] as number[] }));
  let start: Float64Array | undefined;
  forEachResample(groups.ids, { seed, name: "value weights", replicates }, (weights, replicate) => {
    control.signal?.throwIfAborted();
    for (let row = 0; row < rows.count; row++) weight[row] = weights[groups.group[row]!]!;
    const b = ridgeLogistic(design, { ridge: design.ridge, weight, ...(start && { start }) });
    start ??= b;
    const own = tasks.map((_, k) => b[k]! / design.deviations[k]!);
    const minute = own[tasks.indexOf("watch")]!;
    own.forEach((value, k) => {
      found[k]!.coefficient.push(value);
      found[k]!.minutes.push(minute > 0 ? value / minute : NaN);
    });
    control.onProgress?.("value weights", replicate + 2, replicates + 1);
  });
  const interval = ([estimate, ...values]: readonly number[]): Interval =>
    intervalOf({ estimate: estimate as number, values: Float64Array.from(values) }, groups.count);
  const terms = tasks.map((task, k): ValueTerm => ({
    task,
    mean: meanOrZero(rows.amounts[task]),
    coefficient: interval(found[k]!.coefficient),
    minutes: interval(found[k]!.minutes),
  }));
  const toldInMinutes = Number.isFinite(terms[0]!.minutes.estimate);
  const clear = ({ low, high }: Interval): boolean => low > 0 || high < 0;
  const weights = Object.fromEntries(
    terms.map(({ task, coefficient, minutes }) => [
      task,
      task === "watch" || clear(coefficient) ? minutes.estimate : 0,
    ]),
  ) as ValueWeights;
  return {
    rows: rows.count,
    users: groups.count,
    back: back / rows.count,
    terms,
    weights: toldInMinutes ? weights : undefined,
  };
}

interface UserDay {
  readonly user: number;
  readonly day: Day;
  readonly amounts: Record<Task, number>;
  readonly sessions: Set<number>;
  impressions: number;
  activeBefore: number;
  readonly isNew: number;
  back: number;
}

function dayRows(
  events: Impressions,
  day: Day,
  { users, videos }: Catalogue,
  { longWatchMs, longWatchShare }: LongWatch,
): UserDay[] {
  const found = new Map<number, UserDay>();
  for (let row = 0; row < events.count; row++) {
    if (events.campaign[row]! > 0) continue;
    const user = events.user[row]!;
    let own = found.get(user);
    if (!own) {
      own = {
        user,
        day,
        amounts: { click: 0, longWatch: 0, watch: 0, like: 0, hide: 0, conversion: 0 },
        sessions: new Set(),
        impressions: 0,
        activeBefore: 0,
        isNew: users.joinDay[user] === day ? 1 : 0,
        back: 0,
      };
      found.set(user, own);
    }
    const watchMs = events.watchMs[row]!;
    const { amounts } = own;
    own.impressions++;
    own.sessions.add(events.session[row]!);
    amounts.click += events.click[row]!;
    amounts.watch += watchMs / 60_000;
    amounts.longWatch +=
      watchMs > 0 && watchMs >= Math.min(longWatchMs, longWatchShare * videos.durationMs[events.video[row]!]!) ? 1 : 0;
    amounts.like += events.like[row]!;
    amounts.hide += events.hide[row]!;
    amounts.conversion += events.conversion[row]! > 0 ? 1 : 0;
  }
  return [...found.values()].sort((a, b) => a.user - b.user);
}

function columnsOf(rows: readonly UserDay[]): ReturnRows {
  const column = (of: (row: UserDay) => number): Float64Array => Float64Array.from(rows, of);
  return {
    count: rows.length,
    user: Int32Array.from(rows, ({ user }) => user),
    day: Int16Array.from(rows, ({ day }) => day),
    amounts: Object.fromEntries(tasks.map((task) => [task, column(({ amounts }) => amounts[task])])) as Record<
      Task,
      Float64Array
    >,
    visits: column(({ sessions }) => sessions.size),
    impressions: column(({ impressions }) => impressions),
    activeBefore: column(({ activeBefore }) => activeBefore),
    isNew: Uint8Array.from(rows, ({ isNew }) => isNew),
    back: Uint8Array.from(rows, ({ back }) => back),
  };
}

interface Design {
  readonly columns: number;
  readonly x: Float64Array;
  readonly y: Uint8Array;
  readonly ridge: Float64Array;
  readonly deviations: Float64Array; // of the first columns, the tasks
}

/**
 * Columns of deviation 1: tasks, controls, days but the first, and ones. They are not centred (the intercept takes that up), so that
 * most cells stay 0.
 */
function designOf(rows: ReturnRows): Design {
  const days = [...new Set(rows.day)].slice(1);
  const raw: Float64Array[] = [
    ...tasks.map((task) => cut(rows.amounts[task])),
    rows.visits,
    rows.impressions.map(Math.log1p),
    rows.activeBefore.map((share) => Math.log(share / (1 - share))),
    Float64Array.from(rows.isNew),
    ...days.map((day) => Float64Array.from(rows.day, (own) => (own === day ? 1 : 0))),
  ];
  const columns = raw.length + 1;
  const x = new Float64Array(rows.count * columns).fill(1);
  const deviations = new Float64Array(raw.length);
  raw.forEach((values, c) => {
    const mean = meanOrZero(values);
    deviations[c] = Math.sqrt(meanOrZero(values.map((value) => (value - mean) ** 2))) || 1;
    for (let row = 0; row < rows.count; row++) x[row * columns + c] = values[row]! / (deviations[c] as number);
  });
  return {
    columns,
    x,
    y: rows.back,
    ridge: Float64Array.from({ length: columns }, (_, c) => (c < raw.length ? 1 : 1e-9)),
    deviations,
  };
}

/** Values above the 99th percentile (of those that are not 0) are taken down to it. */
function cut(values: Float64Array): Float64Array {
  const most = quantile(values.filter((value) => value > 0).sort(), 0.99);
  return Number.isNaN(most) ? values : values.map((value) => Math.min(value, most));
}
