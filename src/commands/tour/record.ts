/**
 * All that the tour's report is written from, as plain JSON: kept as record.json, so that a report can be written again without the
 * tour.
 */
import { capacity, forScale, funnelSizes, type CapacityLine, type FunnelSizes } from "../../brief/index.js";
import { dailyMetric, type DailyMetric } from "../../evaluation/index.js";
import type { LearningCurve } from "../../models/index.js";
import { backendName } from "../../models/index.js";
import type { PlayedArm } from "../../pipeline/arms/played-arm.js";
import type { ColdStartReport } from "../../studies/cold-start/cold-start.js";
import type { Judged } from "../../pipeline/compare.js";
import type { DriftReport } from "../../studies/drift.js";
import type { LatencyReport } from "../../pipeline/latency.js";
import type { LogFacts } from "../../pipeline/log-facts.js";
import type { OfflineReport } from "../../pipeline/offline.js";
import {
  offlineOnlineRows,
  offlineOnlineAgreement,
  type DecidedAgreement,
  type OfflineOnlineRow,
} from "../../studies/offline-online.js";
import type { Setting } from "../../pipeline/setting.js";
import type { Trained } from "../../pipeline/train.js";

/** A model's fit in a few numbers and its curve. */
export interface FitRecord {
  readonly curve: LearningCurve;
  readonly rows: number;
  readonly id: string;
}

/** The record of a tour. */
export interface TourRecord {
  readonly scale: string;
  readonly seed: number;
  readonly users: number;
  readonly videos: number;
  readonly days: number;
  readonly online: { readonly users: number; readonly days: number; readonly candidates: number };
  readonly backend: string;
  readonly capacity: readonly CapacityLine[];
  readonly funnel: FunnelSizes;
  readonly facts: {
    readonly impressions: number;
    readonly clicks: number;
    readonly watchMs: number;
    readonly byPosition: readonly {
      readonly pages: string;
      readonly impressions: readonly number[];
      readonly clicks: readonly number[];
    }[];
    readonly impressionsByVideo: readonly number[];
    /** At most 5,000 clicks, evenly spaced through the log. */
    readonly watchFractions: readonly number[];
  };
  readonly fits: { readonly twoTower: FitRecord; readonly ranker: FitRecord };
  readonly offline: OfflineReport;
  readonly judged: Judged;
  readonly activeShare: readonly { readonly arm: string; readonly days: readonly DailyMetric[] }[];
  readonly offlineOnline: readonly OfflineOnlineRow[];
  readonly agreement: readonly DecidedAgreement[];
  readonly cold: ColdStartReport;
  readonly drift: DriftReport;
  readonly latency: LatencyReport;
  /** The main numbers, for programs. */
  readonly summary: Readonly<Record<string, unknown>>;
}

/** What a record is made of. */
export interface TourParts {
  readonly setting: Setting;
  readonly trained: Trained;
  readonly facts: LogFacts;
  readonly offline: OfflineReport;
  readonly arms: readonly PlayedArm[];
  readonly judged: Judged;
  readonly cold: ColdStartReport;
  readonly drift: DriftReport;
  readonly latency: LatencyReport;
}

/** Puts a tour's results into one record. */
export function recordOf(parts: TourParts): TourRecord {
  const { setting, trained, facts, offline, arms, judged, cold, drift, latency } = parts;
  const { scale, seed, sizes, world } = setting;
  const rows = offlineOnlineRows(offline, judged);
  const fit = ({ curve, rows: count, artifact }: Trained["ranker"]): FitRecord => ({
    curve,
    rows: count,
    id: artifact.id,
  });
  const every = Math.max(1, Math.ceil(facts.watchFractions.length / 5_000));
  return {
    scale,
    seed,
    users: world.users,
    videos: world.videos,
    days: world.days,
    online: sizes.online,
    backend: backendName(),
    capacity: capacity(forScale(scale)),
    funnel: funnelSizes(trained.prepared.log.catalogue.liveVideos[world.days]!, scale),
    facts: {
      impressions: facts.impressions,
      clicks: facts.clicks,
      watchMs: facts.watchMs,
      byPosition: facts.byPosition.map(({ pages, impressions, clicks }) => ({
        pages,
        impressions: [...impressions],
        clicks: [...clicks],
      })),
      impressionsByVideo: [...facts.impressionsByVideo],
      watchFractions: [...facts.watchFractions].filter((_, i) => i % every === 0),
    },
    fits: { twoTower: fit(trained.twoTower), ranker: fit(trained.ranker) },
    offline,
    judged,
    cold,
    drift,
    latency,
    activeShare: arms.map(({ name, userDays }) => ({ arm: name, days: dailyMetric(userDays, "activeShare") })),
    offlineOnline: rows,
    agreement: offlineOnlineAgreement(rows, judged),
    summary: summaryOf(offline, judged, latency),
  };
}

function summaryOf(offline: OfflineReport, judged: Judged, latency: LatencyReport): Record<string, unknown> {
  return {
    watchMinutesPerUserDay: Object.fromEntries(
      judged.arms.map(({ name, metrics }) => [name, metrics.metrics.watchMinutes]),
    ),
    shareOfGapClosed: Object.fromEntries(judged.gaps.map(({ policy, share }) => [policy, share])),
    differences: judged.comparisons.map(({ control, treatment, comparison }) => ({
      treatment,
      against: control,
      watchMinutes: comparison.metrics.watchMinutes.difference,
      ctr: comparison.metrics.ctr.difference,
      day7Return: comparison.metrics.day7Return.difference,
      mdeWatchMinutes: comparison.metrics.watchMinutes.mde,
    })),
    recall: offline.retrieval.map(({ retriever, slice, k, recall }) => ({ retriever, slice, k, recall })),
    latencyMs: Object.fromEntries(latency.stages.map(({ stage, p50Ms, p99Ms }) => [stage, { p50Ms, p99Ms }])),
  };
}
