/**
 * Days of the feed under one arm, hour by hour: posts appear, reviewers look at the most suspicious ones, people open their feed, and the
 * candidates of the last two days are ranked together, served one after another with ads between, and answered.
 */
import { argsort } from "../../evaluation/index.js";
import { concatMatrices, emptyMatrix, takeRows } from "../../data/index.js";
import { normal, uniform } from "../../random.js";
import type { FeatureMatrix, RunControl } from "../../types.js";
import { dayMinutes } from "./posts.js";
import { chronological, reactions } from "./rank.js";
import { candidatesOf, serve, writeRow } from "./session.js";
import {
  daySums,
  openRun,
  type Arm,
  type DaySums,
  type Feed,
  type FeedDays,
  type FeedState,
  type Run,
} from "./state.js";

/** Plays the days `from … to` (exclusive) from a state, which stays as it is. @param keepRows keeps what was shown, to learn from */
export async function play(
  feed: Feed,
  before: FeedState,
  arm: Arm,
  [from, to]: readonly [number, number],
  keepRows = false,
  control: RunControl = {},
): Promise<FeedDays> {
  const run = openRun(feed, structuredClone(before), arm);
  const parts: FeatureMatrix[] = [];
  for (let day = from; day < to; day++) {
    control.signal?.throwIfAborted();
    control.onProgress?.("feed days", day - from, to - from);
    run.days.push(Object.fromEntries(daySums.map((name) => [name, 0])) as DaySums);
    const hours = openDay(run, day, day - from, to - from);
    for (let hour = 0; hour < 24; hour++) {
      review(run, day, hour);
      parts.push(serveHour(run, day, hour, hours[hour]!, keepRows));
    }
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  const { days, held, byUser, state, rows } = run;
  const did = reactions.map((_, k) => Uint8Array.from(rows.did, (bits) => (bits >> k) & 1));
  const columns = { session: Int32Array.from(rows.session), day: Int32Array.from(rows.day) };
  const features = concatMatrices([emptyMatrix(run.schema, 0), ...parts]);
  return { days, held, byUser, state, log: { features, did, ...columns } };
}

/** Who comes today, when, and which friends' posts appear. @returns users by hour */
function openDay(run: Run, day: number, at: number, span: number): number[][] {
  const { feed, state, keys, byUser, days } = run;
  const { people, posts, config } = feed;
  const hours = Array.from({ length: 24 }, (): number[] => []);
  const active = new Uint8Array(people.users.count);
  for (let u = 0; u < active.length; u++) {
    const logit = 0.6 + 0.9 * normal(keys.self, u) + config.returnGain * state.mood[u]!;
    if (uniform(keys.day, u, day, 0) >= 1 / (1 + Math.exp(-logit))) {
      state.mood[u]! *= 0.95; // forgets
      continue;
    }
    active[u] = 1;
    days.at(-1)!.active++;
    if (at < Math.ceil(span / 3)) byUser.early[u]!++;
    if (at >= span - Math.ceil(span / 3)) byUser.late[u]!++;
    const first = 7 + Math.floor(12 * uniform(keys.day, u, day, 1));
    hours[first]!.push(u);
    if (uniform(keys.day, u, day, 2) < 0.5)
      hours[Math.min(23, first + 1 + Math.floor(6 * uniform(keys.day, u, day, 3)))]!.push(u);
  }
  for (let p = 0; p < posts.count; p++) {
    if (Math.floor(posts.minute[p]! / dayMinutes) !== day) continue;
    if (people.kindOf(posts.author[p]!) > 0 || active[posts.author[p]!] === 1) state.posted[p] = 1;
  }
  return hours;
}

/** Reviewers look at the most suspicious posts of the last twelve hours and remove what is harmful. */
function review({ feed, state, arm, byTime, days }: Run, day: number, hour: number): void {
  const { posts, config } = feed;
  if (arm.suspicion === undefined) return;
  const now = day * dayMinutes + hour * 60;
  const sums = days.at(-1)!;
  const budget = Math.floor(((arm.reviewsPerDay ?? config.reviewsPerDay) * (hour + 1)) / 24) - sums.reviewed;
  if (budget <= 0) return;
  const waiting = byTime.filter((p) => {
    const minute = posts.minute[p]!;
    return minute <= now && minute > now - 720 && state.posted[p] === 1 && state.reviewed[p] === 0;
  });
  const order = argsort(Float64Array.from(waiting, (p) => -arm.suspicion!(p, state)));
  for (const i of order.subarray(0, budget)) {
    const p = waiting[i]!;
    state.reviewed[p] = 1;
    sums.reviewed++;
    if (posts.harmful[p] === 0) continue;
    state.removed[p] = 1;
    sums.removed++;
  }
}

/** All sessions of an hour: their candidates are ranked in one batch. @returns the rows that were shown, if they are kept; else none */
function serveHour(run: Run, day: number, hour: number, users: readonly number[], keepRows: boolean): FeatureMatrix {
  const { arm, cache, schema, days, keys, held } = run;
  const now = day * dayMinutes + hour * 60;
  const fresh = users.filter((u) => {
    const one = cache.get(u);
    return one === undefined || (now - one.minute) / 60 > (arm.cacheHours ?? 0);
  });
  const candidates = fresh.map((u) => candidatesOf(run, u, now));
  const starts = new Int32Array(fresh.length + 1);
  candidates.forEach(({ posts }, i) => (starts[i + 1] = starts[i]! + posts.length));
  const rows = emptyMatrix(schema, starts[fresh.length]!);
  candidates.forEach(({ posts, places }, i) =>
    posts.forEach((p, j) => writeRow(run, rows, starts[i]! + j, fresh[i]!, p, places[j]!, now)),
  );
  days.at(-1)!.scored += rows.count;
  const scores = rows.count > 0 ? arm.rank(rows) : [];
  const newest = held.includes(1) && rows.count > 0 ? chronological(rows) : [];
  fresh.forEach((u, i) => {
    const of = held[u] === 1 ? newest : scores;
    const random = uniform(keys.order, u, now, 0) < (arm.shuffle ?? 0);
    const own = Float64Array.from(candidates[i]!.posts, (p, j) =>
      random ? uniform(keys.order, u, p, 1) : of[starts[i]! + j]!,
    );
    cache.set(u, { minute: now, posts: candidates[i]!.posts, scores: own });
  });
  const kept = users.flatMap((u) => {
    const shown = serve(run, u, now);
    return keepRows ? shown.map((at) => starts[fresh.indexOf(u)]! + at) : [];
  });
  return takeRows(rows, Int32Array.from(kept));
}
