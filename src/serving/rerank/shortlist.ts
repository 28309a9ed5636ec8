/** The best distinct candidates of one request, in scratch memory shared by all requests: what a page's pool is picked from. */
import type { CandidateBatch, RequestBatch } from "../../types.js";
import { sourceCode } from "../slates.js";
import type { Filter } from "../retrieve/filters.js";
import { topPositions } from "../retrieve/top.js";
import type { Trace } from "../trace.js";
import type { FindDuplicate } from "./duplicates.js";
import type { RulesNow } from "./rules.js";

/** Scratch memory. */
export interface Shortlist {
  score: Float64Array; // [width] of the row, -Infinity where it may not be shown
  id: Int32Array; // [width]
  order: Int32Array; // [width]
  video: Int32Array; // [width] what is kept, best first
  source: Uint8Array; // [width]
  relevance: Float64Array; // [width] in [0, 1]
  readonly keptAt: Int32Array; // [videos] serial of the fill that kept the video last
  serial: number;
}

/** Memory for candidates of a catalogue. */
export function newShortlist(videos: number): Shortlist {
  const none = new Float64Array(0);
  const noIds = new Int32Array(0);
  return {
    score: none,
    id: noIds,
    order: noIds,
    video: noIds,
    source: new Uint8Array(0),
    relevance: none,
    keptAt: new Int32Array(videos),
    serial: 0,
  };
}

/** What decides over a row's candidates beside their scores. */
export interface RowRules {
  readonly filters: readonly Filter[];
  readonly now: RulesNow | undefined;
  /** They have their place already. */
  readonly pinned: readonly number[];
}

/** Why a video may not be shown to a request, if so. */
export function reasonAgainst(requests: RequestBatch, row: number, video: number, rules: RowRules): string | undefined {
  const blocking = rules.now?.blocks(video);
  if (blocking !== undefined) return `rule ${blocking}`;
  return rules.filters.find(({ forbids }) => forbids(requests, row, video))?.reason;
}

/** Copies a row's scores, boosted by rules; -Infinity where there is no candidate or it may not be shown. */
export function maskRow(
  list: Shortlist,
  requests: RequestBatch,
  candidates: CandidateBatch,
  scores: Float32Array,
  row: number,
  rules: RowRules,
  trace?: Trace,
): void {
  const { width } = candidates;
  if (list.id.length < width) {
    list.score = new Float64Array(width);
    list.id = new Int32Array(width);
    list.order = new Int32Array(width);
    list.video = new Int32Array(width);
    list.source = new Uint8Array(width);
    list.relevance = new Float64Array(width);
  }
  const boosts = rules.now?.boosts === true;
  const free = rules.filters.length === 0 && !rules.now;
  for (let place = 0; place < width; place++) {
    const video = candidates.video[row * width + place]!;
    const score = scores[row * width + place]!;
    list.id[place] = video;
    if (video < 0) continue;
    if (!(score < Infinity))
      throw new Error(`rerank: score of video ${video} is ${score}; allowed: finite numbers, or -Infinity for never`);
    list.score[place] = score;
    if (free) continue;
    const against = reasonAgainst(requests, row, video, rules);
    if (against !== undefined) trace?.removed.push({ row, video, stage: "rerank", reason: against });
    if (against !== undefined || rules.pinned.includes(video)) list.score[place] = -Infinity;
    else if (boosts) {
      const { by } = rules.now!.boost(video);
      list.score[place] = score >= 0 ? score * by : score / by; // up is up for scores below 0, too
    }
  }
  if (boosts && trace) traceBoosts(list, scores.subarray(row * width, (row + 1) * width), row, rules.now!, trace);
}

function traceBoosts(list: Shortlist, scores: Float32Array, row: number, now: RulesNow, trace: Trace): void {
  const shown = [...scores.keys()].filter((place) => list.id[place]! >= 0 && list.score[place]! > -Infinity);
  const ranks = (by: ArrayLike<number>): Map<number, number> =>
    new Map(
      shown
        .slice()
        .sort((a, b) => by[b]! - by[a]! || list.id[a]! - list.id[b]!)
        .map((place, rank) => [place, rank]),
    );
  const [before, after] = [ranks(scores), ranks(list.score)];
  for (const place of shown) {
    const video = list.id[place]!;
    const { names } = now.boost(video);
    const [from, to] = [before.get(place)!, after.get(place)!];
    if (names.length > 0 && from !== to)
      trace.moved.push({ row, video, from, to, reason: `rule ${names.join(", rule ")}` });
  }
}

/**
 * Keeps the distinct videos among the row's `limit` best, without those that repeat a better one or one of `pinned`, with scores
 * scaled to [0, 1]; returns how many.
 */
export function fillShortlist(
  list: Shortlist,
  candidates: CandidateBatch,
  row: number,
  limit: number,
  pinned: readonly number[],
  duplicateOf?: FindDuplicate,
  onRepeated?: (video: number, original: number) => void,
): number {
  const found = topPositions(list.score, list.id, 0, candidates.width, limit, list.order);
  const originals = [...pinned];
  list.serial++;
  let kept = 0;
  for (let place = 0; place < found; place++) {
    const at = list.order[place]!;
    const video = list.id[at]!;
    if (list.keptAt[video] === list.serial) continue;
    list.keptAt[video] = list.serial;
    if (duplicateOf) {
      const original = duplicateOf(video, originals);
      if (original >= 0) {
        onRepeated?.(video, original);
        continue;
      }
      originals.push(video);
    }
    list.video[kept] = video;
    list.source[kept] = candidates.source[row * candidates.width + at]!;
    list.relevance[kept] = list.score[at]!;
    kept++;
  }
  if (kept === 0) return 0;
  const top = list.relevance[0]!;
  const range = top - list.relevance[kept - 1]!;
  for (let place = 0; place < kept; place++)
    list.relevance[place] = range > 0 ? 1 - (top - list.relevance[place]!) / range : 1;
  return kept;
}

/** The source of a row's candidate; of a video that is none, `other`. */
export function sourceOf({ video, source, width }: CandidateBatch, row: number, id: number): number {
  const at = video.subarray(row * width, (row + 1) * width).indexOf(id);
  return at < 0 ? sourceCode("other") : source[row * width + at]!;
}
