/** What was judged, in the tour's report: offline, online, and the one against the other. */
import type { Estimate } from "../../lab/figures/index.js";
import { figures, table, type ReportSection, type Table } from "../../lab/index.js";
import { pairsIn, regretText } from "../../studies/offline-online.js";
import { rankingRows } from "../evaluate-report.js";
import type { TourRecord } from "./record.js";
import { figure, percents } from "./parts.js";

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

/** Step 5, from the log. */
export function offlineSection({ offline }: TourRecord): ReportSection {
  return {
    id: "offline",
    heading: "5a Offline evaluation",
    prose: [
      `Days ${offline.days.join(" and ")}, which no model has seen. All traffic is what the logging ` +
        `policy chose to show; the uniform slice is unbiased. 95 % intervals by bootstrap over users.`,
    ],
    tables: [
      table(rankingRows(offline), { name: "ranking", caption: "Ranking" }),
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

/** Step 5, in twin worlds. */
export function onlineSection({ judged, activeShare }: TourRecord): ReportSection {
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

/** Step 5, the one against the other. */
export function agreementSection(record: TourRecord): ReportSection {
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
