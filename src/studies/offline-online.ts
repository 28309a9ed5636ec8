/** Offline metrics against online truth, policy by policy: would the offline metric have picked the winner? */
import { agreement, leaderOf, type Agreement, type Interval, type PairedLead } from "../evaluation/index.js";
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

const onlineMetrics = { "watch minutes": "watchMinutes", CTR: "ctr", "day-7 return": "day7Return" } as const;

/** An agreement, and whether the pick loses: `undecided` are the policies whose difference from the winner includes 0. */
export type DecidedAgreement = Agreement & { readonly undecided: readonly string[] };

/** The paired differences of the arms in one online metric. */
export function pairsIn(judged: Judged, metric: "watchMinutes" | "ctr" | "day7Return"): readonly PairedLead[] {
  return judged.comparisons.map(({ control, treatment, comparison }) => ({
    control,
    treatment,
    difference: comparison.metrics[metric].difference,
  }));
}

/** The pick in words: its regret in per cent, or that the arms do not decide whether it loses anything. */
export function regretText({ offlineWinner, onlineWinner, picksWinner, regret, undecided }: DecidedAgreement): string {
  if (picksWinner) return "none";
  const open = [onlineWinner, ...undecided];
  const settled = offlineWinner.split(" = ").some((policy) => !open.includes(policy));
  return settled ? `${(100 * regret).toFixed(0)} %` : "undecided";
}

/** Rank agreement of each offline metric with each online one over those policies. */
export function offlineOnlineAgreement(rows: readonly OfflineOnlineRow[], judged: Judged): readonly DecidedAgreement[] {
  const undecidedIn = Object.fromEntries(
    Object.entries(onlineMetrics).map(([name, metric]) => [
      name,
      leaderOf(
        rows.map((row) => ({ policy: row.policy, value: row[metric] })),
        pairsIn(judged, metric),
      ).undecided,
    ]),
  );
  const all = agreement(
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
  return all.map((one) => ({ ...one, undecided: undecidedIn[one.online]! }));
}
