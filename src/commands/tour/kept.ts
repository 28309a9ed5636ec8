/** What keeps it running, in the tour's report: latency, drift, newcomers. */
import type { Estimate } from "../../lab/figures/index.js";
import { figures, formatInterval, formatNumber, formatPercent, table, type ReportSection } from "../../lab/index.js";
import type { TourRecord } from "./record.js";
import { figure, percents } from "./parts.js";

/** Step 6. */
export function serving({ latency }: TourRecord): ReportSection {
  const total = latency.stages.find(({ stage }) => stage === "total");
  const shown = ["retrieve", "features", "model", "rerank"].flatMap((name) =>
    latency.stages.filter(({ stage }) => stage === name),
  );
  return {
    id: "serving",
    heading: "6 Serving within the budget",
    prose: [
      `${formatNumber(latency.requests)} requests one at a time on one core, ${formatNumber(latency.candidates)} ` +
        `candidates of ${formatNumber(latency.catalogue)} live videos; the page has ${formatNumber(latency.targetMs)} ms.`,
    ],
    tables: [
      table(
        latency.stages.map(({ stage, p50Ms, p99Ms, budgetMs, withinBudget }) => ({
          stage,
          "p50 ms": p50Ms,
          "p99 ms": p99Ms,
          "budget ms": budgetMs,
          "within budget": withinBudget,
        })),
        { caption: "Latency per request" },
      ),
    ],
    figures: total
      ? [
          figure(
            "latency",
            figures.latencyStages({
              stages: shown.map(({ stage, p50Ms, p99Ms, budgetMs }) => ({
                name: stage,
                p50Ms,
                p99Ms,
                ...(budgetMs === undefined ? {} : { budgetMs }),
              })),
              total,
              budgetMs: latency.targetMs,
            }),
            "Stages against the budget.",
          ),
        ]
      : [],
  };
}

/** Step 7, a world that moves. */
export function driftSection({ drift }: TourRecord): ReportSection {
  const { watchMinutes } = drift.effectAfter.metrics;
  const marks = [{ day: drift.day, label: "drift" }];
  return {
    id: "drift",
    heading: "7 Drift and continued learning",
    prose: [
      `On day ${drift.day} a large share of all tastes jumps to other topics. Both arms ` +
        `start with the same models; one refits its ranker each night on its own log.`,
      `From the drift on, refitting is worth ${formatInterval(watchMinutes.difference)} minutes per assigned user-day ` +
        `(paired). ` +
        `A CUSUM on the frozen arm's daily CTR raises ` +
        (drift.alarmDay === undefined ? "no alarm." : `its first alarm on day ${drift.alarmDay}.`),
    ],
    figures: [
      figure(
        "drift-watch",
        figures.dayLines({
          metric: { label: "Watch time", unit: "minutes per assigned user-day" },
          series: drift.arms.map(({ name, watch }) => ({ name, days: watch })),
          marks,
        }),
        "Watch time by day.",
      ),
      figure(
        "drift-ctr",
        figures.dayLines({
          metric: { label: "CTR", unit: "clicks per impression" },
          series: drift.arms.map(({ name, ctr }) => ({ name, days: ctr })),
          marks,
        }),
        "CTR by day.",
      ),
      figure(
        "psi",
        figures.psiBars({ features: drift.psi.map(({ feature, psi }) => ({ name: feature, psi })), most: 15 }),
        "PSI of features and predictions of the frozen arm, days after against days before.",
      ),
    ],
    tables: [
      table(
        drift.psi.slice(0, 12).map(({ feature, psi, verdict }) => ({
          feature,
          PSI: psi,
          verdict,
          "PSI without drift": drift.psiQuiet.find((row) => row.feature === feature)?.psi,
        })),
        {
          caption:
            "The largest shifts, next to two halves of the days before: counts and ages also change without drift",
        },
      ),
    ],
  };
}

/** Step 7, newcomers. */
export function cold({ cold: report }: TourRecord): ReportSection {
  const arms = [...new Set(report.users.map(({ arm }) => arm))];
  const value = (arm: string, segment: string): Estimate | undefined =>
    report.users.find((row) => row.arm === arm && row.segment === segment)?.metrics.metrics.watchMinutes;
  const against = report.towersAgainstFallback?.metrics.watchMinutes.difference;
  return {
    id: "cold-start",
    heading: "8 Cold start",
    prose: [
      `Newcomers joined during the experiment; new videos were uploaded during it ` +
        `(${formatPercent(report.newVideoShare)} of the live ones on the last day).` +
        (against
          ? ` For newcomers, metadata towers against popularity in their segment: ` +
            `${formatInterval(against)} minutes per assigned user-day (paired).`
          : ""),
    ],
    tables: [
      table(
        report.videos.map(({ arm, videos, share, ctr, watchSecondsPerImpression }) => ({
          policy: arm,
          videos,
          "share of impressions": share,
          CTR: ctr,
          "watch s/impression": watchSecondsPerImpression,
        })),
        {
          caption: "New and old videos",
          columns: percents(["policy", "videos", "share of impressions", "CTR", "watch s/impression"]),
        },
      ),
    ],
    figures: [
      figure(
        "segments",
        figures.segmentDots({
          metric: { label: "Watch time", unit: "minutes per assigned user-day" },
          segments: ["newcomers", "established"],
          arms: arms.map((policy) => ({ policy, values: [value(policy, "newcomers"), value(policy, "established")] })),
        }),
        "Newcomers and established users.",
      ),
    ],
  };
}
