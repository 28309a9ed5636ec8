/**
 * Uniformly random pages: every live video is equally likely at every position, without repetition on a page. The
 * weakest baseline, and the traffic on which naive offline metrics are unbiased.
 *
 * Propensity of position k among n live videos: 1 / (n - k).
 */
import { keyOf, uniformInt } from "../random.js";
import type { Catalogue, Day, Policy, RequestBatch, SlateBatch } from "../types.js";
import { emptySlates, liveOn, requestHigh, requestLow, requireOpenDay, requireSlots, sourceCode } from "./slates.js";

/** Options of a uniform policy. */
export interface UniformPolicyOptions {
  readonly catalogue: Catalogue;
  readonly seed: number;
  /** Videos per page; default 10. */
  readonly slots?: number;
  /** Name in the log; default `uniform`. */
  readonly name?: string;
}

/** A policy that shows uniformly random live videos, watched before or not, with exact propensities. */
export function createUniformPolicy(options: UniformPolicyOptions): Policy {
  const { catalogue, seed, slots = 10, name = "uniform" } = options;
  requireSlots(slots);
  const key = keyOf(seed, "uniform-policy");
  const source = sourceCode("uniform");
  let openDay: Day = -1;
  let live = 0;

  function recommend(requests: RequestBatch): SlateBatch {
    requireOpenDay(requests, openDay, name);
    const slates = emptySlates(requests.count, slots);
    const filled = Math.min(slots, live);
    for (let row = 0; row < requests.count; row++) {
      const request = requests.request[row]!;
      const first = row * slots;
      for (let position = 0; position < filled; position++) {
        slates.video[first + position] = drawUnused(key, request, position, live, slates.video, first);
        slates.source[first + position] = source;
        slates.propensity[first + position] = 1 / (live - position);
      }
    }
    return slates;
  }

  return {
    name,
    openDay(day: Day): void {
      live = liveOn(catalogue, day);
      openDay = day;
    },
    recommend,
    apply(): void {},
  };
}

/**
 * A uniformly random id below `live` that is not among `page[first … first + position - 1]`: draws the rank among the
 * unused ids, then steps over the used ones in ascending order (no rejection, so it ends for any catalogue size).
 */
export function drawUnused(
  key: number,
  request: number,
  position: number,
  live: number,
  page: Int32Array,
  first: number,
): number {
  let video = uniformInt(live - position, key, requestLow(request), requestHigh(request), position);
  // Each pass raises `video` by the used ids at or below it; it is final after at most `position` passes.
  for (let below = 0; ;) {
    let now = 0;
    for (let slot = first; slot < first + position; slot++) if (page[slot]! <= video) now++;
    if (now === below) return video;
    video += now - below;
    below = now;
  }
}
