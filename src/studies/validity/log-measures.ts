/** One pass over a log: the counts that the stylised facts are made of. Only what a platform sees. */
import { readDay } from "../../log/index.js";
import { policyComponents, type Catalogue, type Impressions, type RunControl } from "../../types.js";
import type { SimulatedLog } from "../../pipeline/simulate.js";

/** Plain counts of a log. */
export interface LogMeasures {
  readonly impressions: number;
  readonly clicks: number;
  readonly clicksByVideo: Float64Array; // [videos live on the last day of the log]
  readonly uniformImpressions: Float64Array; // [slots] on uniformly random pages
  readonly uniformClicks: Float64Array; // [slots]
  readonly watches: { readonly fraction: number[]; readonly durationMs: number[]; readonly watchMs: number[] }; // one entry per click
  readonly pagesOfVisits: number[]; // one entry per visit
  readonly gapMinutes: number[]; // between successive page requests of a user, of one day or the next
  readonly requestsByHour: Float64Array; // [24]
  readonly activeByDay: Float64Array; // [days] users with a visit
  readonly existingByDay: Float64Array; // [days] accounts that exist
  readonly newByDay: Float64Array; // [days] active users on the day they joined
  /** Of newcomers seen for at least that many days after joining: how many, and how many came on that day. [days] */
  readonly newcomersByAge: Float64Array;
  readonly newcomersActiveByAge: Float64Array;
  /** Topics of each user's clicks, in order of time. */
  readonly topicsByUser: readonly number[][];
}

/** Reads the log, day by day. */
export async function measureLog(log: SimulatedLog, control: RunControl = {}): Promise<LogMeasures> {
  const { catalogue, days } = log;
  const { slots } = log.setting.world;
  const { count: users, joinDay } = catalogue.users;
  const measures: Counted = {
    impressions: 0,
    clicks: 0,
    clicksByVideo: new Float64Array(catalogue.liveVideos[days.at(-1) as number]!),
    uniformImpressions: new Float64Array(slots),
    uniformClicks: new Float64Array(slots),
    watches: { fraction: [], durationMs: [], watchMs: [] },
    pagesOfVisits: [],
    gapMinutes: [],
    requestsByHour: new Float64Array(24),
    activeByDay: new Float64Array(days.length),
    existingByDay: new Float64Array(days.length),
    newByDay: new Float64Array(days.length),
    newcomersByAge: new Float64Array(days.length),
    newcomersActiveByAge: new Float64Array(days.length),
    topicsByUser: Array.from({ length: users }, () => []),
  };
  const last = new Float64Array(users).fill(NaN); // time of the user's last request, minutes since day 0
  for (const [index, day] of days.entries()) {
    control.signal?.throwIfAborted();
    const events = await readDay(log.dir, day);
    const requests = addDay(measures, events, catalogue);
    const active = new Set<number>();
    for (const { user, timeMs } of requests) {
      const minutes = day * 1440 + timeMs / 60_000;
      if (minutes - last[user]! < 2 * 1440 && minutes > last[user]!) measures.gapMinutes.push(minutes - last[user]!);
      last[user] = minutes;
      measures.requestsByHour[Math.min(23, Math.floor(timeMs / 3_600_000))]! += 1;
      active.add(user);
    }
    measures.activeByDay[index] = active.size;
    for (let u = 0; u < users; u++) {
      const age = day - joinDay[u]!;
      if (age < 0) continue;
      measures.existingByDay[index]! += 1;
      if (age === 0 && active.has(u)) measures.newByDay[index]! += 1;
      if (joinDay[u]! < days[0]!) continue;
      measures.newcomersByAge[age]! += 1;
      if (active.has(u)) measures.newcomersActiveByAge[age]! += 1;
    }
    control.onProgress?.("log read", index + 1, days.length);
  }
  return measures;
}

type Counted = LogMeasures & { impressions: number; clicks: number };
type Request = { readonly user: number; readonly timeMs: number };

/** Adds a day's impressions and visits; returns its page requests in order of user and time. */
function addDay(measures: Counted, events: Impressions, { videos }: Catalogue): readonly Request[] {
  const uniform = policyComponents.indexOf("uniform");
  const pages = new Map<number, number>();
  const requests = new Map<number, Request>();
  const clicked: { user: number; time: number; topic: number }[] = [];
  for (let i = 0; i < events.count; i++) {
    const [video, click] = [events.video[i]!, events.click[i]!];
    const [position, request] = [events.position[i]!, events.request[i]!];
    measures.impressions++;
    if (!requests.has(request)) {
      requests.set(request, { user: events.user[i]!, timeMs: events.timeMs[i]! });
      pages.set(events.session[i]!, (pages.get(events.session[i]!) ?? 0) + 1);
    }
    if (events.component[i] === uniform) {
      measures.uniformImpressions[position]! += 1;
      measures.uniformClicks[position]! += click;
    }
    if (click === 0) continue;
    measures.clicks++;
    measures.clicksByVideo[video]! += 1;
    measures.watches.fraction.push(events.watchMs[i]! / videos.durationMs[video]!);
    measures.watches.durationMs.push(videos.durationMs[video]!);
    measures.watches.watchMs.push(events.watchMs[i]!);
    clicked.push({ user: events.user[i]!, time: events.timeMs[i]!, topic: videos.topic[video]! });
  }
  for (const count of pages.values()) measures.pagesOfVisits.push(count);
  clicked.sort((a, b) => a.user - b.user || a.time - b.time);
  for (const { user, topic } of clicked) measures.topicsByUser[user]!.push(topic);
  return [...requests.values()].sort((a, b) => a.user - b.user || a.timeMs - b.timeMs);
}
