/** Facts of a log: the counts that notebooks and the report show. */
import { readDay } from "../log/index.js";
import { policyComponents, type RunControl } from "../types.js";
import type { SimulatedLog } from "./simulate.js";

/** Facts of a log. */
export interface LogFacts {
  readonly impressions: number;
  readonly clicks: number;
  readonly watchMs: number;
  readonly byDay: readonly {
    readonly day: number;
    readonly impressions: number;
    readonly clicks: number;
    readonly activeUsers: number;
    readonly watchMs: number;
  }[];
  /** Impressions and clicks by position, over all pages and over uniformly random pages (where position alone explains the slope). */
  readonly byPosition: readonly {
    readonly pages: "all" | "uniform";
    readonly impressions: Float64Array;
    readonly clicks: Float64Array;
  }[];
  readonly impressionsByVideo: Float64Array; // [videos]
  readonly clicksByVideo: Float64Array; // [videos]
  readonly watchMsByVideo: Float64Array; // [videos]
  /** Watched share of the video of every click, in [0, 1]. */
  readonly watchFractions: Float32Array; // [clicks]
}

/** Reads the whole log once. */
export async function logFacts(log: SimulatedLog, control: RunControl = {}): Promise<LogFacts> {
  const { catalogue } = log;
  const { slots } = log.setting.world;
  const uniform = policyComponents.indexOf("uniform");
  const positions = { all: counts(slots), uniform: counts(slots) };
  const videos = catalogue.videos.count;
  const [impressionsByVideo, clicksByVideo] = [new Float64Array(videos), new Float64Array(videos)];
  const watchMsByVideo = new Float64Array(videos);
  const fractions: number[] = [];
  const byDay: LogFacts["byDay"][number][] = [];
  for (const day of log.days) {
    control.signal?.throwIfAborted();
    const events = await readDay(log.dir, day);
    const active = new Set<number>();
    let [clicks, watchMs] = [0, 0];
    for (let i = 0; i < events.count; i++) {
      const video = events.video[i]!;
      const click = events.click[i]!;
      const position = events.position[i]!;
      active.add(events.user[i]!);
      for (const part of events.component[i] === uniform ? [positions.all, positions.uniform] : [positions.all]) {
        part.impressions[position]! += 1;
        part.clicks[position]! += click;
      }
      impressionsByVideo[video]! += 1;
      if (click === 0) continue;
      clicks++;
      clicksByVideo[video]! += 1;
      watchMs += events.watchMs[i]!;
      watchMsByVideo[video]! += events.watchMs[i]!;
      fractions.push(events.watchMs[i]! / catalogue.videos.durationMs[video]!);
    }
    byDay.push({ day, impressions: events.count, clicks, activeUsers: active.size, watchMs });
  }
  const total = (of: (d: (typeof byDay)[number]) => number): number => byDay.reduce((sum, d) => sum + of(d), 0);
  return {
    impressions: total((d) => d.impressions),
    clicks: total((d) => d.clicks),
    watchMs: total((d) => d.watchMs),
    byDay,
    byPosition: [
      { pages: "all", ...positions.all },
      { pages: "uniform", ...positions.uniform },
    ],
    impressionsByVideo,
    clicksByVideo,
    watchMsByVideo,
    watchFractions: Float32Array.from(fractions),
  };
}

function counts(slots: number): { impressions: Float64Array; clicks: Float64Array } {
  return { impressions: new Float64Array(slots), clicks: new Float64Array(slots) };
}
