/** Parts of a RequestBatch: ranges of rows as views, and selected rows as copies. */
import type { CandidateBatch, RequestBatch, SlateBatch } from "../types.js";

const columns = ["request", "session", "user", "page", "timeMs", "device"] as const;

/** The columns of a batch, each changed alike. */
function withColumns(
  requests: RequestBatch,
  count: number,
  change: (column: Float64Array) => Float64Array,
): RequestBatch {
  const changed = columns.map((name) => [name, change(requests[name] as Float64Array)] as const);
  return { day: requests.day, count, ...Object.fromEntries(changed) } as RequestBatch;
}

/** Rows `from … to - 1` of a batch, as views on its columns. */
export function sliceRequests(requests: RequestBatch, from: number, to: number): RequestBatch {
  return withColumns(requests, to - from, (column) => column.subarray(from, to));
}

/** Candidates of requests `from … to - 1`, as views. */
export function sliceCandidates(candidates: CandidateBatch, from: number, to: number): CandidateBatch {
  const { width } = candidates;
  return {
    count: to - from,
    width,
    video: candidates.video.subarray(from * width, to * width),
    source: candidates.source.subarray(from * width, to * width),
  };
}

/** The listed rows of a batch, in the order listed. */
export function selectRequests(requests: RequestBatch, rows: readonly number[]): RequestBatch {
  return withColumns(requests, rows.length, (column) => {
    const picked = column.slice(0, rows.length); // of the column's own type
    rows.forEach((row, at) => (picked[at] = column[row]!));
    return picked;
  });
}

/** Writes the pages of `part` into rows `rows` of `whole`, without its pools. Both must have as many slots. */
export function scatterSlates(part: SlateBatch, rows: readonly number[], whole: SlateBatch): void {
  const { slots } = whole;
  if (part.slots !== slots) throw new Error(`pages of ${part.slots} slots do not fit among pages of ${slots}`);
  rows.forEach((row, at) => {
    for (const name of ["video", "source", "propensity"] as const)
      whole[name].set(part[name].subarray(at * slots, (at + 1) * slots), row * slots);
    whole.component[row] = part.component[at]!;
  });
}

/** One first page of a visit of its own for each user, all at one time of day; another `draw` is another request. */
export function firstRequests(
  day: number,
  user: Int32Array,
  device: Uint8Array, // [user.length]
  timeMs: number,
  draw = 0,
): RequestBatch {
  const count = user.length;
  const session = Float64Array.from(user, (id) => (day * 2 ** 24 + id) * 8);
  return {
    day,
    count,
    request: session.map((id) => id * 64 + draw),
    session,
    user,
    page: new Uint8Array(count),
    timeMs: new Int32Array(count).fill(timeMs),
    device,
  };
}
