/**
 * Retrieval: from the whole catalogue to a few hundred candidates per request. Several sources each give a row of videos,
 * best first; `merge` takes each source's quota, without videos already taken, already watched or not yet live, and
 * fills the rest from the sources in order.
 *
 * Candidates are a function of the request's user and of what is known at the time; none of it depends on the request's
 * random draws, so the propensities of exploration are exact (see explore.ts).
 */
import { keyOf, uniformInt } from "../../random.js";
import type { CandidateBatch, CandidateSource, Day, RequestBatch } from "../../types.js";
import { sourceCode } from "../slates.js";
import type { Trace } from "../trace.js";
import type { Filter } from "./filters.js";

/** Requests in, candidates out; a trace hears what each source gave and what was left out. */
export type Retrieve = (requests: RequestBatch, trace?: Trace) => CandidateBatch | Promise<CandidateBatch>;

/** One source of candidates and how many of them it may place before the rest is filled. */
export interface Source {
  readonly source: CandidateSource;
  readonly quota: number;
  /** May give more than the quota: videos watched or taken already are skipped. */
  readonly retrieve: Retrieve;
}

/** How sources are merged. */
export interface MergeOptions {
  readonly sources: readonly Source[];
  /** Candidates per request. */
  readonly width: number;
  readonly videos: number; // of the catalogue
  /** Videos live now: ids 0 … live() - 1. */
  readonly live: () => number;
  /** Watched before: not shown again while enough other videos are found. */
  readonly hasSeen: (user: number, video: number) => boolean;
  /** Never shown to the request, even where nothing else is found. */
  readonly filters?: readonly Filter[];
  /** Watched videos are used again if fewer candidates than this are found (the page's slots). */
  readonly atLeast: number;
}

/** Merges sources into one CandidateBatch, without duplicates. Throws when quotas exceed the width. */
export function merge(options: MergeOptions): Retrieve {
  const { sources, width, videos, live, hasSeen, atLeast, filters = [] } = options;
  const quotas = sources.reduce((sum, { quota }) => sum + quota, 0);
  if (!Number.isInteger(width) || width < 1)
    throw new RangeError(`retrieve: width: ${width}; allowed: an integer of at least 1`);
  if (sources.some(({ quota }) => !Number.isInteger(quota) || quota < 0) || quotas > width) {
    throw new RangeError(
      `retrieve: quotas ${sources.map(({ source, quota }) => `${source} ${quota}`).join(", ")}; ` +
        `allowed: integers that sum to at most ${width}`,
    );
  }
  const codes = sources.map(({ source }) => sourceCode(source));
  const takenAt = new Int32Array(videos); // serial of the request that took the video last
  const cursor = new Int32Array(sources.length);
  let serial = 0;

  return async (requests: RequestBatch, trace?: Trace): Promise<CandidateBatch> => {
    const offers: CandidateBatch[] = [];
    for (const { retrieve } of sources) offers.push(await retrieve(requests));
    const video = new Int32Array(requests.count * width).fill(-1);
    const source = new Uint8Array(requests.count * width);
    const liveNow = live();
    for (let row = 0; row < requests.count; row++) {
      const user = requests.user[row]!;
      serial++;
      let filled = 0;
      /** Takes from offer `s` until `limit` candidates in all are taken. */
      const take = (s: number, limit: number, repeats: boolean): void => {
        const offer = offers[s]!;
        let at = cursor[s]!;
        for (; at < offer.width && filled < limit; at++) {
          const id = offer.video[row * offer.width + at]!;
          if (id < 0 || id >= liveNow || takenAt[id] === serial) continue;
          const filter = filters.find(({ forbids }) => forbids(requests, row, id));
          if (filter !== undefined || hasSeen(user, id) !== repeats) {
            if (filter || !repeats)
              trace?.removed.push({ row, video: id, stage: "retrieve", reason: filter?.reason ?? "seen" });
            continue;
          }
          takenAt[id] = serial;
          video[row * width + filled] = id;
          source[row * width + filled] = codes[s]!;
          filled++;
        }
        cursor[s] = at;
      };
      cursor.fill(0);
      for (let s = 0; s < sources.length; s++) take(s, filled + sources[s]!.quota, false);
      for (let s = 0; s < sources.length; s++) take(s, width, false);
      if (filled < atLeast) {
        cursor.fill(0);
        for (let s = 0; s < sources.length; s++) take(s, Math.min(width, atLeast), true);
      }
      if (trace) traceSources(trace, row, offers, source.subarray(row * width, row * width + filled), sources);
    }
    return { count: requests.count, width, video, source };
  };
}

function traceSources(
  trace: Trace,
  row: number,
  offers: readonly CandidateBatch[],
  taken: Uint8Array,
  sources: readonly Source[],
): void {
  for (const [s, { source }] of sources.entries()) {
    const { video, width } = offers[s]!;
    let offered = 0;
    for (let at = row * width; at < (row + 1) * width; at++) if (video[at]! >= 0) offered++;
    trace.sources.push({
      row,
      source,
      offered,
      taken: taken.reduce((sum, code) => sum + Number(code === sourceCode(source)), 0),
    });
  }
}

/** A source that gives each user a ready list, best first (popular, fresh); shorter lists are padded. */
export function listSource(
  source: CandidateSource,
  quota: number,
  width: number,
  listOf: (user: number) => Int32Array,
): Source {
  const code = sourceCode(source);
  const retrieve = (requests: RequestBatch): CandidateBatch => {
    const video = new Int32Array(requests.count * width).fill(-1);
    for (let row = 0; row < requests.count; row++) {
      const list = listOf(requests.user[row]!);
      video.set(list.length > width ? list.subarray(0, width) : list, row * width);
    }
    return { count: requests.count, width, video, source: new Uint8Array(video.length).fill(code) };
  };
  return { source, quota, retrieve };
}

/** Result of a search among embeddings: ids [count, k], -1 pads, best first. */
export interface Neighbours {
  readonly k: number;
  readonly ids: Int32Array;
}

/** A source of nearest neighbours of the requests' query embeddings: the two-tower index, or an exact search. */
export function neighbourSource(options: {
  readonly source: CandidateSource;
  readonly quota: number;
  readonly width: number;
  readonly embedQueries: (requests: RequestBatch) => Float32Array | Promise<Float32Array>; // [requests, dims]
  readonly search: (queries: Float32Array, k: number, requests: RequestBatch) => Neighbours;
}): Source {
  const { source, quota, width, embedQueries, search } = options;
  const retrieve = async (requests: RequestBatch): Promise<CandidateBatch> => {
    return candidatesOf(search(await embedQueries(requests), width, requests), requests.count, source);
  };
  return { source, quota, retrieve };
}

/** A source of candidates that the funnel can be given. The caller closes what it holds. */
export interface Retriever {
  /** For messages; the log calls its candidates `other`. */
  readonly name: string;
  /** Midnight, once the store is at it: videos 0 … live − 1 may be offered from now on. */
  openDay(day: Day, live: number): void | Promise<void>;
  /** The best videos of each request: `k`, fewer where there are not as many, or more where they cost nothing. */
  neighbours(requests: RequestBatch, k: number): Neighbours | Promise<Neighbours>;
}

/** A source that calls a retriever; the log calls its candidates `other`. */
export function retrieverSource(options: {
  readonly quota: number;
  readonly width: number;
  readonly retriever: Pick<Retriever, "neighbours">;
}): Source {
  const { quota, width, retriever } = options;
  const retrieve = async (requests: RequestBatch): Promise<CandidateBatch> =>
    candidatesOf(await retriever.neighbours(requests, width), requests.count, "other");
  return { source: "other", quota, retrieve };
}

function candidatesOf({ k, ids }: Neighbours, count: number, source: CandidateSource): CandidateBatch {
  if (ids.length !== count * k) throw new Error(`${source}: ${ids.length} neighbours; expected ${count} × ${k}`);
  return { count, width: k, video: ids, source: new Uint8Array(ids.length).fill(sourceCode(source)) };
}

/**
 * Uniformly random live videos, the same all day for one user: they depend on (seed, user, day) and not on the request, so
 * that propensities stay exact given the candidates.
 */
export function uniformSource(options: {
  readonly quota: number;
  readonly width: number;
  readonly seed: number;
  readonly live: () => number;
}): Source {
  const { quota, width, live } = options;
  const key = keyOf(options.seed, "retrieve/uniform");
  const retrieve = (requests: RequestBatch): CandidateBatch => {
    const liveNow = live();
    const video = new Int32Array(requests.count * width).fill(-1);
    for (let row = 0; row < requests.count; row++) {
      for (let place = 0; place < width && liveNow > 0; place++)
        video[row * width + place] = uniformInt(liveNow, key, requests.user[row]!, requests.day, place);
    }
    return { count: requests.count, width, video, source: new Uint8Array(video.length).fill(sourceCode("uniform")) };
  };
  return { source: "uniform", quota, retrieve };
}
