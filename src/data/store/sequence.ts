/**
 * Sequences: the last watches of a user before a page, with their dwell. Offline they are kept as offsets into one event table
 * (sql/watches), so that a row costs two integers; online as a ring per user that moves with each event. Ads are in neither.
 */
import type { Catalogue, Day, Impressions, RequestBatch } from "../../types.js";
import type { Aggregates } from "../tables/aggregates.js";
import { sqlOf } from "../sql-text.js";

/** Watches a sequence holds at most. */
export const sequenceLength = 50;

/** All watches of the aggregated days, ordered by user, request and slot: a user's run is from `start[user]` to `start[user + 1]`. */
export interface WatchTable {
  readonly count: number;
  readonly start: Int32Array; // [users + 1]
  readonly video: Int32Array; // [count]
  readonly dwellMs: Int32Array; // [count]
  readonly day: Int32Array; // [count]
  readonly timeMs: Int32Array; // [count] of the request, since midnight
  readonly request: Float64Array; // [count]
}

/** A sequence per row: the watches `from[row] … to[row] - 1` of a `WatchTable`, oldest first. */
export interface Sequences {
  readonly from: Int32Array; // [rows]
  readonly to: Int32Array; // [rows]
}

/** Sequences as serving reads them: oldest first from the left, padded on the right by video -1. */
export interface SequenceBatch {
  readonly count: number;
  readonly width: number;
  readonly length: Int32Array; // [count] how many watches
  readonly video: Int32Array; // [count, width]
  readonly dwellMs: Int32Array; // [count, width]
}

/** The event table of sequences: needs the aggregates of all days whose rows are to have sequences, their own day included. */
export async function readWatches(aggregates: Aggregates): Promise<WatchTable> {
  const columns = await aggregates.database.query(`
    SELECT user_id, CAST(video_id AS INTEGER) AS video, CAST(watch_ms AS INTEGER) AS dwell,
           day, CAST(time_ms AS INTEGER) AS time, request_id
    FROM watches ORDER BY user_id, request_id, slot`);
  const user = columns.user_id as Int32Array;
  const start = new Int32Array(aggregates.catalogue.users.count + 1);
  for (const u of user) start[u + 1] = start[u + 1]! + 1;
  for (let u = 1; u < start.length; u++) start[u] = start[u]! + start[u - 1]!;
  return {
    count: user.length,
    start,
    video: columns.video as Int32Array,
    dwellMs: columns.dwell as Int32Array,
    day: columns.day as Int32Array,
    timeMs: columns.time as Int32Array,
    request: columns.request_id as Float64Array,
  };
}

/**
 * The point-in-time join of sequences: for each row the user's last watches on pages before the row's own, at most `length`.
 * Requests of a user are in order of time (the id holds day, visit and page).
 */
export function sequencesOf(
  watches: WatchTable,
  rows: { readonly count: number; readonly user: Int32Array; readonly request: Float64Array },
  length: number = sequenceLength,
): Sequences {
  const from = new Int32Array(rows.count);
  const to = new Int32Array(rows.count);
  for (let row = 0; row < rows.count; row++) {
    const first = watches.start[rows.user[row]!]!;
    let low = first;
    let high = watches.start[rows.user[row]! + 1]!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (watches.request[middle]! < rows.request[row]!) low = middle + 1;
      else high = middle;
    }
    to[row] = low;
    from[row] = Math.max(first, low - length);
  }
  return { from, to };
}

/** The online counterpart: one ring per user, 8 bytes per place. */
export class WatchRings {
  readonly #video: Int32Array; // [users, length]
  readonly #dwellMs: Int32Array; // [users, length]
  readonly #seen: Int32Array; // [users] watches so far; the next goes to seen % length
  #before: Int32Array; // [users] the same at midnight

  constructor(
    catalogue: Catalogue,
    readonly length: number = sequenceLength,
  ) {
    const users = catalogue.users.count;
    this.#video = new Int32Array(users * length);
    this.#dwellMs = new Int32Array(users * length);
    this.#seen = new Int32Array(users);
    this.#before = this.#seen;
  }

  /** Midnight: what the aggregates hold of the days before `day`. */
  async openDay(aggregates: Aggregates, day: Day): Promise<void> {
    this.#seen.fill(0);
    const last = await aggregates.database.query(`
      SELECT user_id, CAST(video_id AS INTEGER) AS video, CAST(watch_ms AS INTEGER) AS dwell
      FROM (${sqlOf("last_watches", { day, length: this.length })}) w ORDER BY user_id, newest DESC`);
    const [user, video, dwell] = [last.user_id as Int32Array, last.video as Int32Array, last.dwell as Int32Array];
    for (let i = 0; i < user.length; i++) this.#push(user[i]!, video[i]!, dwell[i]!);
    this.#before = this.#seen.slice();
  }

  /** Puts today's clicks of a user in place of those known, as far as the ring is long; for how long they were watched is lost. */
  restore(user: number, clicked: readonly number[]): void {
    this.#seen[user] = this.#before[user]!;
    for (const video of clicked) this.#push(user, video, 0);
  }

  /** The outcomes of a page, in order of position. */
  apply(events: Impressions): void {
    for (let i = 0; i < events.count; i++) {
      if (events.click[i] === 1 && events.campaign[i] === 0)
        this.#push(events.user[i]!, events.video[i]!, events.watchMs[i]!);
    }
  }

  /** The sequences of the requests' users. */
  read(requests: Pick<RequestBatch, "count" | "user">): SequenceBatch {
    const { count, user } = requests;
    const width = this.length;
    const out: SequenceBatch = {
      count,
      width,
      length: new Int32Array(count),
      video: new Int32Array(count * width).fill(-1),
      dwellMs: new Int32Array(count * width),
    };
    for (let r = 0; r < count; r++) {
      const seen = this.#seen[user[r]!]!;
      const length = Math.min(seen, width);
      out.length[r] = length;
      for (let k = 0; k < length; k++) {
        const at = user[r]! * width + ((seen - length + k) % width);
        out.video[r * width + k] = this.#video[at]!;
        out.dwellMs[r * width + k] = this.#dwellMs[at]!;
      }
    }
    return out;
  }

  #push(user: number, video: number, dwellMs: number): void {
    const seen = this.#seen[user]!;
    const at = user * this.length + (seen % this.length);
    this.#video[at] = video;
    this.#dwellMs[at] = dwellMs;
    this.#seen[user] = seen + 1;
  }
}
