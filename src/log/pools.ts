/**
 * Pools: what the pages of a share of requests were drawn from, a second table of a day's log. From a pool the probability of any other
 * page, and of a video at a position whatever comes before it, can be computed (evaluation/counterfactual/propensities).
 */
import { existsSync } from "node:fs";
import { policyComponents, type Day, type Pools } from "../types.js";
import { openDatabase, parquetFrom, quoteText, type ColumnType, type NamedColumn } from "./database.js";
import { faultOf } from "./fault.js";
import { poolsPath } from "./paths.js";

type PoolField = Exclude<keyof Pools, "count">;

/** The columns of the file: name, field, type in SQL. */
const columns: readonly (readonly [name: string, field: PoolField, type: ColumnType])[] = [
  ["request_id", "request", "BIGINT"],
  ["component", "component", { names: policyComponents }],
  ["share", "share", "DOUBLE"],
  ["video_id", "video", "INTEGER"],
  ["logit", "logit", "DOUBLE"],
];

/** The table's columns with their values. */
export function poolTable(pools: Pools): readonly NamedColumn[] {
  return columns.map(([name, field, type]) => ({ name, type, values: pools[field] }));
}

/** Pools under construction: appends a part of a request's mixture at a time. */
export interface GrowingPools {
  /** Room for `size` more rows of a request and part; fill the returned views. */
  add(request: number, component: number, share: number, size: number): Pick<Pools, "video" | "logit">;
  /** All rows so far, sharing memory; undefined: none. */
  rows(): Pools | undefined;
}

/** No pools yet. */
export function growingPools(): GrowingPools {
  let all = emptyPools(0);
  let count = 0;
  return {
    add(request, component, share, size) {
      const from = count;
      count += size;
      if (count > all.request.length) {
        const wider = emptyPools(Math.max(256, count, 2 * from));
        for (const [, field] of columns) wider[field].set(all[field].subarray(0, from));
        all = wider;
      }
      all.request.fill(request, from, count);
      all.component.fill(component, from, count);
      all.share.fill(share, from, count);
      return { video: all.video.subarray(from, count), logit: all.logit.subarray(from, count) };
    },
    rows: () => (count === 0 ? undefined : slicePools(all, count)),
  };
}

/** Several tables one after another; undefined where none has rows. */
export function concatPools(parts: readonly (Pools | undefined)[]): Pools | undefined {
  const given = parts.filter((part) => part !== undefined);
  if (given.length <= 1) return given[0];
  const all = emptyPools(given.reduce((sum, { count }) => sum + count, 0));
  let at = 0;
  for (const part of given) {
    for (const [, field] of columns) all[field].set(part[field].subarray(0, part.count), at);
    at += part.count;
  }
  return all;
}

/**
 * A day's pools; undefined where none were logged (older logs, or a share of 0).
 * @throws Error naming the path and the fault when the file is damaged
 */
export async function readPools(dir: string, day: Day): Promise<Pools | undefined> {
  const path = poolsPath(dir, day);
  if (!existsSync(path)) return undefined;
  const database = await openDatabase();
  try {
    const list = columns.map(([name, field, type]) => {
      const names = typeof type === "string" ? undefined : type.names.map(quoteText).join(", ");
      return names === undefined ? `${name} AS "${field}"` : `CAST(${name} AS ENUM(${names})) AS "${field}"`;
    });
    const read = (await database.query(`SELECT ${list.join(", ")} FROM ${parquetFrom(path)}`)) as unknown as Pools;
    const pools = { ...read, count: read.request.length };
    validatePools(pools);
    return pools;
  } catch (error) {
    const fault = `damaged or foreign pools ${path}: ${faultOf(error)}; delete that day's folder and simulate again`;
    throw new Error(fault, { cause: error });
  } finally {
    database.close();
  }
}

/** Checks lengths and ranges. @throws Error naming the column, row, value and what is allowed */
export function validatePools({ count, ...fields }: Pools): void {
  const known: Readonly<Record<PoolField, readonly [allowed: string, (value: number) => boolean]>> = {
    request: ["an id of at least 0", (value) => value >= 0],
    component: [`0 to ${policyComponents.length - 1}`, (value) => value < policyComponents.length],
    share: ["above 0, at most 1", (value) => value > 0 && value <= 1],
    video: ["an id of at least 0", (value) => value >= 0],
    logit: ["a finite number", Number.isFinite],
  };
  for (const [name, field] of columns) {
    const [allowed, holds] = known[field];
    const values = fields[field];
    if (values.length !== count) throw new Error(`pools: column ${name} has ${values.length} rows; expected ${count}`);
    for (let row = 0; row < count; row++)
      if (!holds(values[row]!))
        throw new Error(`pools: column ${name} is ${values[row]} in row ${row}; allowed: ${allowed}`);
  }
}

function emptyPools(count: number): Pools {
  return {
    count,
    request: new Float64Array(count),
    component: new Uint8Array(count),
    share: new Float64Array(count),
    video: new Int32Array(count),
    logit: new Float64Array(count),
  };
}

function slicePools(pools: Pools, count: number): Pools {
  const fields = columns.map(([, field]) => [field, pools[field].subarray(0, count)] as const);
  return { count, ...Object.fromEntries(fields) } as unknown as Pools;
}
