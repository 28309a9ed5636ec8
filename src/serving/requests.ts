/** Parts of a RequestBatch: ranges of rows as views, and selected rows as copies. */
import type { CandidateBatch, RequestBatch, SlateBatch } from "../types.js";

/** Rows `from … to - 1` of a batch, as views on its columns. */
export function sliceRequests(requests: RequestBatch, from: number, to: number): RequestBatch {
  return {
    day: requests.day,
    count: to - from,
    request: requests.request.subarray(from, to),
    session: requests.session.subarray(from, to),
    user: requests.user.subarray(from, to),
    page: requests.page.subarray(from, to),
    timeMs: requests.timeMs.subarray(from, to),
    device: requests.device.subarray(from, to),
  };
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
  const pick = <T extends { [index: number]: number }>(column: T, into: T): T => {
    rows.forEach((row, at) => (into[at] = column[row]!));
    return into;
  };
  return {
    day: requests.day,
    count: rows.length,
    request: pick(requests.request, new Float64Array(rows.length)),
    session: pick(requests.session, new Float64Array(rows.length)),
    user: pick(requests.user, new Int32Array(rows.length)),
    page: pick(requests.page, new Uint8Array(rows.length)),
    timeMs: pick(requests.timeMs, new Int32Array(rows.length)),
    device: pick(requests.device, new Uint8Array(rows.length)),
  };
}

/** Writes the pages of `part` into rows `rows` of `whole`. Both must have as many slots. */
export function scatterSlates(part: SlateBatch, rows: readonly number[], whole: SlateBatch): void {
  const { slots } = whole;
  if (part.slots !== slots) throw new Error(`pages of ${part.slots} slots do not fit among pages of ${slots}`);
  rows.forEach((row, at) => {
    whole.video.set(part.video.subarray(at * slots, (at + 1) * slots), row * slots);
    whole.source.set(part.source.subarray(at * slots, (at + 1) * slots), row * slots);
    whole.propensity.set(part.propensity.subarray(at * slots, (at + 1) * slots), row * slots);
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
