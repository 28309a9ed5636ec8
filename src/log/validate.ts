/** Checking `Impressions` against the schema. Columns of each width have a loop of their own: this runs over every row of every day. */
import type { Impressions } from "../types.js";
import { eventColumns, type EventField } from "./events.js";

type Values = Impressions[EventField];

/**
 * Checks lengths and ranges of every column against the schema, that nothing is watched without a click and, if `day` is given, that
 * every row is of that day.
 * @throws Error naming the column, row, value and what is allowed.
 */
export function validateImpressions(events: Impressions, day?: number): void {
  const { count, propensity, watchMs, click } = events;
  for (const { name, field, min, max, names } of eventColumns) {
    const values = events[field];
    if (values.length !== count) throw new Error(`column ${name} has ${values.length} rows; expected ${count}`);
    const most = names === "policies" || names === "arms" ? events[names].length - 1 : max;
    const row = firstOutside(values, min, most);
    if (row >= 0) throw new Error(`column ${name} is ${values[row]} in row ${row}; allowed: ${min} to ${most}`);
  }
  for (let i = 0; i < count; i++) {
    if (!(propensity[i]! > 0)) throw new Error(`column propensity is 0 in row ${i}; allowed: above 0, at most 1`);
    if (watchMs[i] !== 0 && click[i] === 0)
      throw new Error(`column watch_ms is ${watchMs[i]} in row ${i} without a click; allowed: 0`);
  }
  const stray = day === undefined ? -1 : firstOutside(events.day, day, day);
  if (stray >= 0) throw new Error(`row ${stray} is of day ${events.day[stray]}; allowed in this partition: ${day}`);
}

/** First row whose value is not in [min, max]; -1: none. A column that its type keeps in range is not read. */
function firstOutside(values: Values, min: number, max: number): number {
  if (values instanceof Uint8Array) return min <= 0 && max >= 255 ? -1 : outside8(values, min, max);
  if (values instanceof Int16Array) return outside16(values, min, max);
  if (values instanceof Int32Array) return outside32(values, min, max);
  return outside64(values, min, max);
}

// Four times the same loop: each sees one kind of array, so that it compiles to plain loads.

function outside8(values: Uint8Array, min: number, max: number): number {
  for (let i = 0; i < values.length; i++) if (!(values[i]! >= min && values[i]! <= max)) return i;
  return -1;
}

function outside16(values: Int16Array, min: number, max: number): number {
  for (let i = 0; i < values.length; i++) if (!(values[i]! >= min && values[i]! <= max)) return i;
  return -1;
}

function outside32(values: Int32Array, min: number, max: number): number {
  for (let i = 0; i < values.length; i++) if (!(values[i]! >= min && values[i]! <= max)) return i;
  return -1;
}

function outside64(values: Float64Array, min: number, max: number): number {
  for (let i = 0; i < values.length; i++) if (!(values[i]! >= min && values[i]! <= max)) return i;
  return -1;
}
