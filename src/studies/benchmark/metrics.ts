/** What a model is judged by: each metric once, with what it is called and which way is better. */
import type { OnlineMetricName } from "../../evaluation/index.js";

/** What a metric is. */
export interface MetricLabel {
  readonly label: string;
  readonly better: "higher" | "lower";
}

/** Metrics of a model in a simulated world. `uniform`: on pages of uniformly random videos, which no policy has chosen. */
export const tradeOffMetrics = {
  auc: { label: "AUC", better: "higher" },
  logLoss: { label: "log loss", better: "lower" },
  calibrationError: { label: "calibration error", better: "lower" },
  ndcgWatch: { label: "NDCG@10 watch", better: "higher" },
  uniformAuc: { label: "AUC, uniform pages", better: "higher" },
  uniformLogLoss: { label: "log loss, uniform pages", better: "lower" },
  uniformNdcgWatch: { label: "NDCG@10 watch, uniform pages", better: "higher" },
  recall: { label: "recall@100", better: "higher" },
  uniformRecall: { label: "recall@100, uniform pages", better: "higher" },
  watchMinutes: { label: "watch min/user-day", better: "higher" },
  ctr: { label: "CTR", better: "higher" },
  day7Return: { label: "day-7 return", better: "higher" },
} as const satisfies Readonly<Record<string, MetricLabel>>;

/** Name of such a metric. */
export type TradeOffMetric = keyof typeof tradeOffMetrics;

/** Online metrics among them. */
export const onlineNames: readonly (TradeOffMetric & OnlineMetricName)[] = ["watchMinutes", "ctr", "day7Return"];

/** What a metric is called in tables; another's name is its label. */
export function metricLabel(name: string): string {
  return (tradeOffMetrics as Readonly<Record<string, MetricLabel>>)[name]?.label ?? name;
}
