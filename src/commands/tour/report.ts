/** The tour's report: the results of each step with intervals, one section per step. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Estimate } from "../../lab/figures/index.js";
import {
  figures,
  formatInterval,
  formatNumber,
  formatPercent,
  formatSeconds,
  latestRun,
  scaleNotes,
  sideOf,
  table,
  withRun,
  writeReport,
  type Report,
  type ReportFigure,
  type ReportSection,
  type StepTiming,
  type Table,
} from "../../lab/index.js";
import { pairsIn, regretText } from "../../studies/offline-online.js";
import type { Scale } from "../../types.js";
import { answer, atlasBeside } from "./answer.js";
import type { TourRecord } from "./record.js";
import type { Answer } from "../run.js";

/** Writes the report of the last tour in `results` again (after a change of figures or words), as a run of its own. */
export async function rewriteReport(results: string): Promise<Answer> {
  const last = await latestRun("tour", results);
  if (last === undefined) throw new Error(`no tour in ${join(results, "tour")}; run: stagecraft tour`);
  const record = JSON.parse(await readFile(join(last, "record.json"), "utf8")) as TourRecord;
  return withRun("report", { tour: basename(last) }, { root: results }, async (run) => {
    const notebooks = existsSync(join(last, "notebooks")) ? `../../tour/${basename(last)}/notebooks` : undefined;
    await writeReport(run.dir, tourReport(record, [], notebooks, atlasBeside(run.finalDir)));
    const path = join(run.finalDir, "report.html");
    return { text: `Open ${path}`, json: { report: path, tour: last } };
  });
}

/** The report of a tour; `notebooks`: the folder of executed ones, `atlas`: the atlas's report, as seen from the report. */
export function tourReport(
  record: TourRecord,
  timings: readonly StepTiming[],
  notebooks?: string,
  atlas?: string,
): Report {
  const { facts, judged, online } = record;
  const minutes = Object.fromEntries(
    judged.arms.map(({ name, metrics }) => [name, metrics.metrics.watchMinutes.estimate]),
  );
  const share = judged.gaps.find(({ policy }) => policy === "learned")?.share;
  const gain = judged.comparisons.find(({ control, treatment }) => control === "popularity" && treatment === "learned")
    ?.comparison.metrics.watchMinutes.difference;
  const note = scaleNotes[record.scale as Scale];
  return {
    title: `Stagecraft tour: ${record.scale}, seed ${record.seed}`,
    lede:
      `The learned funnel gives ${two(minutes["learned"])} watch minutes per assigned user-day, popularity ` +
      `${two(minutes["popularity"])}, random ${two(minutes["random"])} and an oracle that knows the truth ${two(minutes["oracle"])}.` +
      (share ? ` It closes ${formatPercent(share.estimate, 0)} of the random-to-oracle gap.` : "") +
      (gain
        ? ` Against popularity that is ${formatInterval(gain)} minutes, ` +
          `an interval ${{ above: "above 0", below: "below 0", undecided: "that includes 0: undecided" }[sideOf(gain)]}.`
        : "") +
      (note ? ` ${note[0]!.toUpperCase()}${note.slice(1)}.` : ""),
    facts: [
      [
        "Log",
        `${formatNumber(facts.impressions)} impressions of ${formatNumber(record.users)} ` +
          `users and ${formatNumber(record.videos)} videos on ${record.days} days`,
      ],
      ["Click rate", formatPercent(facts.clicks / facts.impressions)],
      [
        "Online",
        `${formatNumber(online.users)} assigned users × ${online.days} days in each arm, the same users in twin worlds`,
      ],
      ["TensorFlow backend", record.backend],
      ...(timings.length > 0
        ? [["Time", formatSeconds(timings.reduce((sum, { seconds }) => sum + seconds, 0))] as const]
        : []),
    ],
    sections: [
      answer(record, notebooks, atlas),
      requirements(record),
      data(record),
      models(record),
      offlineSection(record),
      onlineSection(record),
      agreementSection(record),
      serving(record),
      driftSection(record),
      cold(record),
      ...(timings.length > 0 ? [times(timings)] : []),
    ],
    metrics: record.summary,
  };
}

/** Columns that are shares are read as percentages. */
const percents = (
  columns: readonly string[],
): readonly (string | { readonly key: string; readonly format: "percent" })[] =>
  columns.map((key) => (/CTR|return|share|regret/.test(key) ? { key, format: "percent" } : key));

/** The table that the tour ends with. */
export function offlineOnlineTable(record: TourRecord): Table {
  return table(
    record.offlineOnline.map((row) => ({
      policy: row.policy,
      AUC: row.auc,
      "NDCG@10 clicks": row.ndcgClick,
      "NDCG@10 watch": row.ndcgWatch,
      "recall@100": row.recall,
      CTR: row.ctr,
      "watch min/user-day": row.watchMinutes,
      "day-7 return": row.day7Return,
      "share of the gap": row.share,
    })),
    {
      name: "offline-online",
      caption: "Offline (later days of the log) against online (simulated, per assigned user-day)",
      columns: percents([
        "policy",
        "AUC",
        "NDCG@10 clicks",
        "NDCG@10 watch",
        "recall@100",
        "CTR",
        "watch min/user-day",
        "day-7 return",
        "share of the gap",
      ]),
    },
  );
}

function requirements({ capacity, funnel }: TourRecord): ReportSection {
  return {
    id: "requirements",
    heading: "1–2 Requirements and framing",
    prose: [
      "The load of the platform, as arithmetic that can be checked line by line. The goal is watch time " +
        "that makes users return; the label is watch time; the funnel narrows the catalogue to a page.",
    ],
    tables: [
      table(
        capacity.map(({ name, formula, value, unit }) => ({ name, formula, value, unit })),
        { caption: "Budgets" },
      ),
    ],
    figures: [
      figure(
        "funnel",
        figures.funnelStages({
          stages: [
            { name: "catalogue", count: funnel.catalogue },
            { name: "retrieved", count: funnel.retrieved },
            { name: "ranked", count: funnel.ranked },
            { name: "page", count: funnel.slate },
          ],
        }),
        "How many videos each stage passes on.",
      ),
    ],
  };
}

function data({ facts }: TourRecord): ReportSection {
  const rate = ({ impressions, clicks }: { impressions: readonly number[]; clicks: readonly number[] }): number[] =>
    impressions.map((n, i) => (n === 0 ? 0 : clicks[i]! / n));
  return {
    id: "data",
    heading: "3 Data",
    prose: [
      "The log was collected by a mixture of segment popularity, topic affinity and uniformly random " +
        "pages. On the random pages only the position can explain why a click is less likely further down.",
    ],
    figures: [
      figure(
        "position",
        figures.positionCurve({
          series: facts.byPosition.map((part) => ({
            name: part.pages === "all" ? "all pages" : "uniform pages",
            positions: part.impressions.map((_, i) => i),
            rate: rate(part),
          })),
        }),
        "CTR by position.",
      ),
      figure(
        "concentration",
        figures.popularityConcentration({ series: [{ name: "logging", byVideo: facts.impressionsByVideo }] }),
        "How unevenly impressions are distributed over videos.",
      ),
      figure(
        "watch-fraction",
        figures.watchFraction({ series: [{ name: "clicks", fractions: facts.watchFractions }] }),
        "How much of a clicked video is watched.",
      ),
    ],
  };
}

function models({ fits }: TourRecord): ReportSection {
  const curve = (name: string, fit: TourRecord["fits"]["ranker"]): ReportFigure => {
    const x = fit.curve.points.map((point) => point.examples);
    const validation = fit.curve.points.filter((point) => point.validationLoss !== undefined);
    return figure(
      `curve-${name}`,
      figures.learningCurve({
        metric: "loss",
        unit: "examples",
        title: `${name}: loss while training`,
        series: [
          { name: "train", x, y: fit.curve.points.map((point) => point.trainLoss) },
          {
            name: "validation",
            x: validation.map((p) => p.examples),
            y: validation.map((p) => p.validationLoss as number),
          },
        ],
      }),
      `${formatNumber(fit.rows)} training rows; the weights of the best validation ` +
        `are kept${fit.curve.stoppedEarly ? ", training stopped early" : ""}.`,
    );
  };
  return {
    id: "models",
    heading: "4 Models",
    prose: [
      "Two towers retrieve (in-batch sampled softmax with logQ correction), " +
        "a deep and cross network ranks (click, and watch time given a click).",
    ],
    figures: [curve("two-tower", fits.twoTower), curve("ranker", fits.ranker)],
  };
}

function offlineSection({ offline }: TourRecord): ReportSection {
  return {
    id: "offline",
    heading: "5a Offline evaluation",
    prose: [
      `Days ${offline.days.join(" and ")}, which no model has seen. All traffic is what the logging ` +
        `policy chose to show; the uniform slice is unbiased. 95 % intervals by bootstrap over users.`,
    ],
    tables: [
      table(
        offline.ranking.map((row) => ({
          policy: row.policy,
          slice: row.slice,
          AUC: row.click.auc,
          "log loss": row.policy === "random" ? null : row.click.logLoss,
          "calibration error": row.policy === "random" ? null : row.click.calibrationError,
          "NDCG@10 clicks": row.click.ndcg,
          "NDCG@10 watch": row.ndcgWatch,
        })),
        { name: "ranking", caption: "Ranking" },
      ),
      table(
        offline.retrieval.map((row) => ({
          retriever: row.retriever,
          slice: row.slice,
          [`recall@${row.k}`]: row.recall,
          queries: row.queries,
        })),
        { name: "retrieval", caption: "Retrieval over the videos live that day" },
      ),
    ],
    figures: [
      figure(
        "reliability",
        figures.reliability({
          models: [{ name: "learned", bins: offline.calibration.bins, error: offline.calibration.error }],
        }),
        "Predicted against observed click rate.",
      ),
    ],
  };
}

function onlineSection({ judged, activeShare }: TourRecord): ReportSection {
  const watch = { label: "Watch time", unit: "minutes per assigned user-day", better: "higher" as const };
  const shareOf = (name: string): Estimate | undefined => judged.gaps.find(({ policy }) => policy === name)?.share;
  return {
    id: "online",
    heading: "5d Online, simulated",
    prose: [
      "Every arm has the same users in its own copy of the world, with common random numbers. The " +
        "oracle maximises the true expected watch time of each page; it is greedy, not the best possible.",
    ],
    tables: [
      table(
        judged.arms.map(({ name, metrics: { metrics } }) => ({
          policy: name,
          "watch min/user-day": metrics.watchMinutes,
          "share of the gap": shareOf(name),
          CTR: metrics.ctr,
          "pages/visit": metrics.pagesPerVisit,
          "day-1 return": metrics.day1Return,
          "day-7 return": metrics.day7Return,
          "conversions/user-day": metrics.conversions,
          "revenue/user-day": metrics.revenue,
        })),
        {
          name: "arms",
          caption: "Online metrics with 95 % intervals by user",
          columns: percents([
            "policy",
            "watch min/user-day",
            "share of the gap",
            "CTR",
            "pages/visit",
            "day-1 return",
            "day-7 return",
            "conversions/user-day",
            "revenue/user-day",
          ]),
        },
      ),
      table(
        judged.comparisons.map(({ control, treatment, comparison: { metrics } }) => ({
          treatment,
          against: control,
          "watch min/user-day": metrics.watchMinutes.difference,
          MDE: metrics.watchMinutes.mde,
          CTR: metrics.ctr.difference,
          "day-1 return": metrics.day1Return.difference,
          "day-7 return": metrics.day7Return.difference,
          "revenue/user-day": metrics.revenue.difference,
        })),
        {
          name: "differences",
          caption: "Paired differences, and the smallest watch-time difference found with 80 % power (MDE)",
          columns: percents([
            "treatment",
            "against",
            "watch min/user-day",
            "MDE",
            "CTR",
            "day-1 return",
            "day-7 return",
            "revenue/user-day",
          ]),
        },
      ),
    ],
    figures: [
      figure(
        "arms",
        figures.arms({
          metric: watch,
          pairs: pairsIn(judged, "watchMinutes"),
          arms: judged.arms.map(({ name, metrics }) => ({
            policy: name,
            value: metrics.metrics.watchMinutes,
            ...(shareOf(name) ? { share: shareOf(name) as Estimate } : {}),
          })),
        }),
        "Watch time, and the share of the random-to-oracle gap closed.",
      ),
      figure(
        "retention",
        figures.retentionCurve({ arms: activeShare.map(({ arm, days }) => ({ name: arm, days })) }),
        "Share of assigned users active each day.",
      ),
    ],
  };
}

function agreementSection(record: TourRecord): ReportSection {
  const { agreement } = record;
  return {
    id: "agreement",
    heading: "5d Offline against online",
    prose: [
      "Each offline metric against the online truth, over the policies that have both. With so few policies " +
        "a rank correlation is coarse: look at which policy a metric would have picked, and what that costs.",
    ],
    tables: [
      offlineOnlineTable(record),
      table(
        agreement.map((row) => ({
          offline: row.offline,
          online: row.online,
          "Kendall τ": row.kendall,
          picks: row.offlineWinner,
          "best online": [row.onlineWinner, ...row.undecided].join(" or "),
          regret: regretText(row),
        })),
        {
          caption: 'Agreement. "a or b": their paired interval includes 0, so which is best online is undecided',
          columns: percents(["offline", "online", "Kendall τ", "picks", "best online", "regret"]),
        },
      ),
    ],
  };
}

function serving({ latency }: TourRecord): ReportSection {
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

function driftSection({ drift }: TourRecord): ReportSection {
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

function cold({ cold: report }: TourRecord): ReportSection {
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

function times(timings: readonly StepTiming[]): ReportSection {
  return {
    id: "times",
    heading: "Duration of each step",
    prose: [],
    tables: [table(timings.map(({ step, seconds, cpuSeconds }) => ({ step, seconds, "CPU seconds": cpuSeconds })))],
  };
}

function figure(name: string, made: ReportFigure["figure"], caption: string): ReportFigure {
  return { name, figure: made, caption };
}

function two(value: number | undefined): string {
  return value === undefined ? "–" : value.toFixed(2);
}
