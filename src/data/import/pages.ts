/**
 * A log without pages gets some: a user's interactions of a day are cut into visits where half an hour passed, and visits into pages of ten
 * (more where a visit has more than 64 pages), a new one also where a video would stand twice. Ids are the event schema's.
 */
const visitGapMs = 1_800_000;
const mostVisits = 8;
const mostPages = 64;
const usualSlots = 10;

/** Interactions in order of user and time. */
export interface Timeline {
  readonly count: number;
  readonly user: Int32Array;
  readonly video: Int32Array;
  readonly day: Int32Array;
  readonly timeMs: Int32Array; // since midnight
}

/** Where each interaction stands. // [count] each */
export interface Pages {
  readonly session: Float64Array;
  readonly page: Uint8Array;
  readonly position: Uint8Array;
  /** Time of the page: of its first interaction. */
  readonly pageTimeMs: Int32Array;
}

/** @throws Error when a user has more interactions on a day than the schema's ids can tell apart (8 visits × 64 pages × 255 slots). */
export function pagesOf(events: Timeline): Pages {
  const { count, user, day } = events;
  const out: Pages = {
    session: new Float64Array(count),
    page: new Uint8Array(count),
    position: new Uint8Array(count),
    pageTimeMs: new Int32Array(count),
  };
  for (let from = 0, to = 0; from < count; from = to) {
    while (to < count && user[to] === user[from] && day[to] === day[from]) to++;
    placeDay(events, out, from, to);
  }
  return out;
}

function placeDay(events: Timeline, out: Pages, from: number, to: number): void {
  const { timeMs, user, day } = events;
  let visit = 0;
  for (let start = from, end = from; start < to; start = end, visit++) {
    end = start + 1;
    while (end < to && (visit === mostVisits - 1 || timeMs[end]! - timeMs[end - 1]! <= visitGapMs)) end++;
    const session = (day[from]! * 2 ** 24 + user[from]!) * 8 + visit;
    placeVisit(events, out, start, end, session);
  }
}

/** Fills pages one after another; where they run out (videos watched again cost pages), pages of twice the size are tried. */
function placeVisit(events: Timeline, out: Pages, start: number, end: number, session: number): void {
  for (let slots = Math.max(usualSlots, Math.ceil((end - start) / mostPages)); ; slots = Math.min(255, slots * 2)) {
    if (tryVisit(events, out, start, end, session, slots)) return;
    if (slots === 255)
      throw new Error(
        `user ${events.user[start]} has ${end - start} interactions in one visit of day ${events.day[start]}; allowed: what 64 pages of 255 different videos hold`,
      );
  }
}

function tryVisit(
  { video, timeMs }: Timeline,
  out: Pages,
  start: number,
  end: number,
  session: number,
  slots: number,
): boolean {
  const shown = new Set<number>();
  let [page, position, time] = [0, 0, timeMs[start]!];
  for (let i = start; i < end; i++) {
    if (position === slots || shown.has(video[i]!)) {
      if (++page === mostPages) return false;
      [position, time] = [0, timeMs[i]!];
      shown.clear();
    }
    shown.add(video[i]!);
    out.session[i] = session;
    out.page[i] = page;
    out.position[i] = position++;
    out.pageTimeMs[i] = time;
  }
  return true;
}
