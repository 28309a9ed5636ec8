/**
 * A log without pages gets some: a user's interactions of a day are cut into visits where half an hour passed, and visits into pages of ten
 * (more where a visit has more than 64 pages), a new one also where a video would stand twice. Ids are the event schema's. What 64 pages
 * cannot hold begins a visit; where eight visits cannot, the day is placed again, a new visit only where one is full.
 */
const visitGapMs = 1_800_000;
const mostVisits = 8;
const mostPages = 64;
const usualSlots = 10;
const mostSlots = 255;

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
  /** 0: the day's pages could not hold it, for a page shows a video once. */
  readonly placed: Uint8Array;
  /** Time of the page: of its first interaction. */
  readonly pageTimeMs: Int32Array;
}

/** Rows beyond 8 visits of 64 pages (one video played more than 512 times a day, for example) are not placed. */
export function pagesOf(events: Timeline): Pages {
  const { count, user, day } = events;
  const out: Pages = {
    session: new Float64Array(count),
    page: new Uint8Array(count),
    position: new Uint8Array(count),
    placed: new Uint8Array(count),
    pageTimeMs: new Int32Array(count),
  };
  for (let from = 0, to = 0; from < count; from = to) {
    while (to < count && user[to] === user[from] && day[to] === day[from]) to++;
    if (placeDay(events, out, from, to, visitGapMs) < to) placeDay(events, out, from, to, Infinity);
  }
  return out;
}

/** Places a user's day; gives the first row that found no place (`to`: all did). */
function placeDay(events: Timeline, out: Pages, from: number, to: number, gapMs: number): number {
  const { timeMs, user, day } = events;
  let start = from;
  for (let visit = 0; start < to && visit < mostVisits; visit++) {
    let end = start + 1;
    while (end < to && (visit === mostVisits - 1 || timeMs[end]! - timeMs[end - 1]! <= gapMs)) end++;
    const session = (day[from]! * 2 ** 24 + user[from]!) * 8 + visit;
    start = placeVisit(events, out, start, end, session);
  }
  return start;
}

/**
 * Fills pages one after another; where they run out (videos watched again cost pages), pages of twice the size are
 * tried. Gives the first row without a place.
 */
function placeVisit(events: Timeline, out: Pages, start: number, end: number, session: number): number {
  for (let slots = Math.max(usualSlots, Math.ceil((end - start) / mostPages)); ; slots *= 2) {
    const placed = tryVisit(events, out, start, end, session, Math.min(mostSlots, slots));
    if (placed === end || slots >= mostSlots) return placed;
  }
}

function tryVisit(
  { video, timeMs }: Timeline,
  out: Pages,
  start: number,
  end: number,
  session: number,
  slots: number,
): number {
  const shown = new Set<number>();
  let [page, position, time] = [0, 0, timeMs[start]!];
  for (let i = start; i < end; i++) {
    if (position === slots || shown.has(video[i]!)) {
      if (++page === mostPages) return i;
      [position, time] = [0, timeMs[i]!];
      shown.clear();
    }
    shown.add(video[i]!);
    out.session[i] = session;
    out.page[i] = page;
    out.position[i] = position++;
    out.placed[i] = 1;
    out.pageTimeMs[i] = time;
  }
  return end;
}
