/** Offline metrics against online truth, policy by policy: would the offline metric have picked the winner? */
import { agreement, type Agreement, type Interval } from "../evaluation/index.js";
import type { Judged } from "../pipeline/compare.js";
import type { OfflineReport } from "../pipeline/offline.js";

/** One policy, both ways. */
export interface OfflineOnlineRow {
  readonly policy: string;
  /** Click AUC of the score, all traffic. */
  readonly auc: number;
  /** NDCG@10 of clicks and of watch seconds on uniform pages. */
  readonly ndcgClick: number;
  readonly ndcgWatch: number;
  /** recall@100 of what feeds the policy with candidates, all traffic. */
  readonly recall: number;
  readonly ctr: Interval;
  readonly watchMinutes: Interval; // per assigned user-day
  readonly day7Return: Interval;
  /** Share of the random-to-oracle gap closed. */
  readonly share: Interval | undefined;
}

const retrieverOf: Readonly<Record<string, string>> = {
  random: "random",
  popularity: "popularity",
  "learned-ctr": "two-tower",
  learned: "two-tower",
};

/** The policies that have both an offline score and an arm. */
export function offlineOnlineRows(offline: OfflineReport, judged: Judged): readonly OfflineOnlineRow[] {
  return judged.arms.flatMap(({ name, metrics }): OfflineOnlineRow[] => {
    const all = offline.ranking.find((row) => row.policy === name && row.slice === "all");
    const uniform = offline.ranking.find((row) => row.policy === name && row.slice === "uniform");
    const recall = offline.retrieval.find((row) => row.retriever === retrieverOf[name] && row.slice === "all");
    if (!all || !uniform || !recall) return [];
    const { ctr, watchMinutes, day7Return } = metrics.metrics;
    return [
      {
        policy: name,
        auc: all.click.auc.estimate,
        ndcgClick: uniform.click.ndcg.estimate,
        ndcgWatch: uniform.ndcgWatch.estimate,
        recall: recall.recall.estimate,
        ctr,
        watchMinutes,
        day7Return,
        share: judged.gaps.find((gap) => gap.policy === name)?.share,
      },
    ];
  });
}

/** Rank agreement of each offline metric with each online one over those policies. */
export function offlineOnlineAgreement(rows: readonly OfflineOnlineRow[]): readonly Agreement[] {
  return agreement(
    rows.map((row) => ({
      policy: row.policy,
      offline: {
        AUC: row.auc,
        "NDCG@10 (clicks)": row.ndcgClick,
        "NDCG@10 (watch)": row.ndcgWatch,
        "recall@100": row.recall,
      },
      online: {
        "watch minutes": row.watchMinutes.estimate,
        CTR: row.ctr.estimate,
        "day-7 return": row.day7Return.estimate,
      },
    })),
  );
}
