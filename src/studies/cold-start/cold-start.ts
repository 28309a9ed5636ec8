/**
 * Cold start: newcomers and new videos as segments of their own. A newcomer has no history, so the ids of the towers and the ranker say
 * nothing; the metadata towers answer from profile and context, the fallback shows what is popular in the newcomer's segment.
 */
import {
  armMetrics,
  compareArms,
  segmentsOf,
  type ArmMetrics,
  type Comparison,
  type Segment,
} from "../../evaluation/index.js";
import { readDay } from "../../log/index.js";
import type { Day, RunControl } from "../../types.js";
import type { PlayedArm } from "../../pipeline/arms/played-arm.js";
import type { Trained } from "../../pipeline/train.js";

/** Impressions of an arm on one kind of video. */
export interface VideoSegment {
  readonly arm: string;
  readonly videos: "new" | "old"; // uploaded on or after the experiment's first day, or before
  readonly impressions: number;
  readonly share: number; // of the arm's impressions
  readonly ctr: number;
  readonly watchSecondsPerImpression: number;
}

/** The cost of cold start and the effect of remedies. */
export interface ColdStartReport {
  readonly users: readonly { readonly arm: string; readonly segment: Segment; readonly metrics: ArmMetrics }[];
  readonly videos: readonly VideoSegment[];
  /** Share of live videos that are new, on the last day: the share that a random policy would show. */
  readonly newVideoShare: number;
  /** Metadata towers minus segment popularity, newcomers only, paired by user; undefined without newcomers. */
  readonly towersAgainstFallback: Comparison | undefined;
}

/** Computes cold start metrics from played arms. */
export async function coldStart(
  trained: Trained,
  played: readonly PlayedArm[],
  control: RunControl = {},
): Promise<ColdStartReport> {
  const { catalogue, setting } = trained.prepared.log;
  const firstDay = setting.world.days;
  const users = played.flatMap((arm) =>
    segmentsOf(arm.userDays)
      .filter((segment) => segment !== "all")
      .map((segment) => ({ arm: arm.name, segment, metrics: armMetrics(arm.userDays, { segment }) })),
  );
  const videos: VideoSegment[] = [];
  for (const arm of played) {
    control.signal?.throwIfAborted();
    videos.push(...(await videoSegments(arm, catalogue.videos.uploadDay, firstDay)));
  }
  const lastDay = played[0]?.days.at(-1) ?? firstDay;
  const live = catalogue.liveVideos[lastDay]!;
  const fresh = live - catalogue.liveVideos[firstDay - 1]!;
  const of = (name: string): PlayedArm | undefined => played.find((arm) => arm.name === name);
  const [towers, fallback] = [of("learned"), of("learned-fallback")];
  const comparable = towers && fallback && segmentsOf(towers.userDays).includes("newcomers");
  return {
    users,
    videos,
    newVideoShare: fresh / live,
    towersAgainstFallback: comparable
      ? compareArms(fallback.userDays, towers.userDays, { paired: true, segment: "newcomers" })
      : undefined,
  };
}

async function videoSegments(arm: PlayedArm, uploadDay: Int16Array, firstDay: Day): Promise<VideoSegment[]> {
  const sums = [0, 1].map(() => ({ impressions: 0, clicks: 0, watchMs: 0 }));
  for (const day of arm.days) {
    const events = await readDay(arm.logDir, day);
    for (let i = 0; i < events.count; i++) {
      const sum = sums[uploadDay[events.video[i]!]! >= firstDay ? 1 : 0]!;
      sum.impressions++;
      sum.clicks += events.click[i]!;
      sum.watchMs += events.watchMs[i]!;
    }
  }
  const all = sums[0]!.impressions + sums[1]!.impressions;
  return sums.map(({ impressions, clicks, watchMs }, i): VideoSegment => ({
    arm: arm.name,
    videos: i === 1 ? "new" : "old",
    impressions,
    share: impressions / Math.max(1, all),
    ctr: clicks / Math.max(1, impressions),
    watchSecondsPerImpression: watchMs / 1000 / Math.max(1, impressions),
  }));
}
