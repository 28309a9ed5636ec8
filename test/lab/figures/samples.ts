import type { Figure } from "../../../src/lab/figure.js";
import * as figures from "../../../src/lab/figures/index.js";
import { keyOf, uniform } from "../../../src/random.js";

const around = (estimate: number, half: number): figures.Estimate => ({
  estimate,
  low: estimate - half,
  high: estimate + half,
});
const key = keyOf(1, "figures");
const days = (from: number, slope: number): figures.DaySeries["days"] =>
  Array.from({ length: 10 }, (_, d) => ({
    day: 14 + d,
    interval: around(from + slope * d + 0.02 * uniform(key, d, Math.round(from * 100)), 0.015),
  }));

/** One example of every figure, sized like real results. */
export const samples: Readonly<Record<string, Figure>> = {
  "fact-ranges": figures.factRanges({
    facts: [
      { name: "Popularity concentration", value: 0.39, low: 0.5, high: 0.9 },
      { name: "Click rate of a feed", value: 0.066, low: 0.02, high: 0.1 },
      { name: "Daily rhythm", value: 200, low: 3, high: 60 },
      { name: "Return curve of newcomers", value: null, low: 1, high: 3 },
    ],
  }),
  changes: figures.changes({
    title: "logQ moves recall by retriever",
    unit: "recall@100",
    from: "without",
    to: "with logQ",
    rows: [
      { name: "all traffic", from: 0.41, to: 0.47 },
      { name: "uniform slice", from: 0.08, to: 0.19 },
    ],
  }),
  "coverage-dots": figures.coverageDots({
    parameters: [
      { name: "examination of slot 2", covered: 95, worlds: 100, low: 0.888, high: 0.978 },
      { name: "tastes, correlation of utilities", covered: 81, worlds: 100, low: 0.722, high: 0.875 },
    ],
  }),
  forest: figures.forest({
    title: "Asking helps newcomers",
    rows: ["three topics asked", "exploration slot"],
    panels: [
      { label: "newcomers: regret", better: "lower", values: [around(-0.09, 0.02), around(0.01, 0.02)] },
      { label: "established: minutes", better: "higher", values: [around(0, 0.01), undefined] },
    ],
  }),
  "design-bias": figures.designBias({
    title: "What each design is wrong by",
    panels: [
      {
        name: "budgets run out",
        rows: [
          { design: "user-split", bias: { estimate: 0.56, low: 0.4, high: 0.7 }, worlds: [0.5, 0.62] },
          { design: "switchback", bias: { estimate: 0.01, low: -0.04, high: 0.06 } },
        ],
      },
    ],
  }),
  "verdict-grid": figures.verdictGrid({
    conclusions: ["popularity beats random pages on watch time", "greed for clicks lowers day-7 return"],
    worlds: ["as it is", "regret 0", "5 % bots"],
    verdicts: [
      ["holds", "holds", "flips"],
      ["holds", "undecided", "holds"],
    ],
  }),
  "learning-curve": figures.learningCurve({
    metric: "log loss",
    unit: "step",
    series: [
      {
        name: "train",
        x: Array.from({ length: 60 }, (_, i) => 50 * i),
        y: Array.from({ length: 60 }, (_, i) => 0.42 + 0.28 * Math.exp(-i / 9) + 0.01 * uniform(key, i)),
      },
      {
        name: "validation",
        x: [0, 500, 1000, 1500, 2000, 2500, 2950],
        y: [0.69, 0.53, 0.47, 0.452, 0.446, 0.443, 0.442],
      },
    ],
  }),
  "score-curves": figures.precisionRecallCurves(
    ["learned", "popularity"].map((name, m) => ({
      name,
      rate: 0.06,
      auc: 0.71 - 0.1 * m,
      averagePrecision: 0.12 - 0.04 * m,
      roc: { x: [0, 0.3, 1], y: [0, 0.6 - 0.1 * m, 1] },
      precisionRecall: { x: [0.001, 0.1, 0.5, 1], y: [1, 0.2 - 0.05 * m, 0.1, 0.06] },
      gain: { x: [0, 0.1, 1], y: [0, 0.25 - 0.1 * m, 1] },
    })),
  ),
  reliability: figures.reliability({
    models: [
      {
        name: "DCN-v2",
        error: 0.0042,
        bins: Array.from({ length: 10 }, (_, b) => ({
          count: 12_000,
          predicted: 0.02 + 0.03 * b,
          observed: 0.018 + 0.031 * b,
        })),
      },
      {
        name: "popularity",
        error: 0.031,
        bins: Array.from({ length: 10 }, (_, b) => ({
          count: 12_000,
          predicted: 0.02 + 0.03 * b,
          observed: 0.05 + 0.02 * b,
        })),
      },
    ],
  }),
  arms: figures.arms({
    metric: { label: "Watch time", unit: "minutes per assigned user-day", better: "higher" },
    arms: [
      { policy: "random", value: around(3.12, 0.11), share: around(0, 0) },
      { policy: "logging", value: around(4.4, 0.12), share: around(0.2, 0.02) },
      { policy: "popularity", value: around(4.91, 0.14), share: around(0.28, 0.02) },
      { policy: "learned funnel", value: around(6.7, 0.17), share: around(0.57, 0.03) },
      { policy: "oracle", value: around(9.4, 0.2), share: around(1, 0) },
    ],
  }),
  lifts: figures.lifts({
    control: "popularity",
    treatment: "CTR-only funnel",
    metrics: [
      { label: "CTR", better: "higher", lift: around(0.182, 0.012) },
      { label: "Watch time", better: "higher", lift: around(0.021, 0.03) },
      { label: "Day-1 return", better: "higher", lift: around(-0.041, 0.014) },
      { label: "Day-7 return", better: "higher", lift: around(-0.072, 0.031) },
      { label: "Hides", better: "lower", lift: around(0.21, 0.06) },
      { label: "Revenue", better: "higher", lift: around(0.01, 0.09) },
    ],
  }),
  "offline-online": figures.offlineOnline({
    online: { label: "Watch time", unit: "minutes per assigned user-day" },
    kendall: { AUC: 0.33, "NDCG@10": 0.67, "recall@100": 1 },
    points: [
      { policy: "random", offline: { AUC: 0.5, "NDCG@10": 0.31, "recall@100": 0.005 }, online: around(3.1, 0.1) },
      { policy: "popularity", offline: { AUC: 0.61, "NDCG@10": 0.42, "recall@100": 0.06 }, online: around(4.9, 0.14) },
      {
        policy: "CTR-only funnel",
        offline: { AUC: 0.74, "NDCG@10": 0.5, "recall@100": 0.14 },
        online: around(5.6, 0.15),
      },
      {
        policy: "learned funnel",
        offline: { AUC: 0.72, "NDCG@10": 0.52, "recall@100": 0.15 },
        online: around(6.7, 0.16),
      },
    ],
  }),
  atlas: figures.atlas({
    title: "AUC orders 31 % of the policies' decided pairs wrongly in watch minutes",
    subtitle: "a dot is a policy; thin lines join policies that the truth does not tell apart",
    metrics: ["AUC", "NDCG@10"],
    goals: [
      { name: "watch minutes", undecided: [["rank by gbdt", "rank by dcn"]] },
      { name: "day-7 return", undecided: [["rank by gbdt", "popularity"]] },
    ],
    points: [
      ["random", "baseline", 0.5, 0.31, -40],
      ["popularity", "popularity", 0.61, 0.42, 60],
      ["rank by gbdt", "ranker", 0.74, 0.5, 95],
      ["rank by dcn", "ranker", 0.75, 0.49, 98],
      ["clicks by dcn", "clicks", 0.75, 0.44, 5],
    ].map(([policy, family, auc, ndcg, lift]) => ({
      policy: policy as string,
      family: family as string,
      metrics: { AUC: auc as number, ...(policy !== "popularity" && { "NDCG@10": ndcg as number }) },
      goals: { "watch minutes": around(lift as number, 6), "day-7 return": around((lift as number) / 10, 2) },
    })),
  }),
  "retention-curve": figures.retentionCurve({
    arms: [
      { name: "random", days: days(0.6, -0.02) },
      { name: "popularity", days: days(0.62, -0.012) },
      { name: "learned funnel", days: days(0.63, -0.003) },
    ],
  }),
  "learning-days": figures.learningDays({
    title: "Learning on, every night",
    days: [7, 8, 9, 10, 11, 12],
    panels: [
      { label: "online: watch minutes per user and day", values: [2.1, 2.4, 2.2, 1.4, 1.8, 2.3] },
      { label: "offline: AUC of the day's clicks, as predicted", values: [null, 0.66, 0.65, 0.58, 0.61, 0.64] },
    ],
    marks: [{ day: 10, label: "sudden" }],
    signs: [
      { name: "new model", days: [7, 11] },
      { name: "alarm", days: [10] },
      { name: "refused by its gate", days: [9] },
    ],
  }),
  "day-lines": figures.dayLines({
    metric: { label: "Watch time", unit: "minutes per assigned user-day" },
    title: "Without retraining the drift of day 18 costs a fifth of watch time; daily retraining wins it back",
    marks: [{ day: 18, label: "drift" }],
    series: [
      { name: "trained once", days: days(0.8, -0.03) },
      { name: "retrained daily", days: days(0.82, -0.002) },
    ],
  }),
  "error-distribution": figures.errorDistribution({
    title: "Half of the estimates of IPS are within 8 %",
    series: [
      { name: "IPS", errors: [0.01, 0.04, 0.08, 0.2, 0.6], asked: 8 },
      { name: "direct method", errors: [0.05, 0.06, 0.06, 0.07, 0.1, 0.12, 0.15, 0.2], asked: 8 },
    ],
  }),
  "position-curve": figures.positionCurve({
    series: [
      { name: "all traffic", positions: [0, 1, 2, 3, 4, 5], rate: [0.21, 0.16, 0.13, 0.105, 0.09, 0.08] },
      {
        name: "uniform slice",
        positions: [0, 1, 2, 3, 4, 5],
        rate: [0.12, 0.09, 0.075, 0.06, 0.052, 0.046],
        low: [0.11, 0.08, 0.066, 0.052, 0.044, 0.039],
        high: [0.13, 0.1, 0.084, 0.068, 0.06, 0.053],
      },
    ],
  }),
  "popularity-concentration": figures.popularityConcentration({
    series: [
      {
        name: "popularity",
        byVideo: Float64Array.from({ length: 20_000 }, (_, i) => Math.floor(200_000 / (i + 1) ** 1.2)),
      },
      {
        name: "learned funnel",
        byVideo: Float64Array.from({ length: 20_000 }, (_, i) => Math.floor(20_000 / (i + 1) ** 0.7)),
      },
    ],
  }),
  "watch-fraction": figures.watchFraction({
    series: [
      { name: "clickbait", fractions: Float64Array.from({ length: 4000 }, (_, i) => uniform(key, i, 1) ** 2.6) },
      { name: "other videos", fractions: Float64Array.from({ length: 4000 }, (_, i) => 1 - uniform(key, i, 2) ** 2) },
    ],
  }),
  "latency-stages": figures.latencyStages({
    stages: [
      { name: "features", p50Ms: 0.9, p99Ms: 2.2, budgetMs: 10 },
      { name: "retrieve", p50Ms: 1.6, p99Ms: 3.9, budgetMs: 20 },
      { name: "rank", p50Ms: 5.2, p99Ms: 9.4, budgetMs: 50 },
      { name: "re-rank", p50Ms: 0.8, p99Ms: 1.7, budgetMs: 20 },
    ],
    total: { p50Ms: 8.7, p99Ms: 14.9 },
    budgetMs: 100,
  }),
  "psi-bars": figures.psiBars({
    features: [
      { name: "user_topic_affinity", psi: 0.41 },
      { name: "video_ctr_7d", psi: 0.22 },
      { name: "video_age_days", psi: 0.12 },
      { name: "user_watch_minutes_7d", psi: 0.06 },
      { name: "hour_of_day", psi: 0.004 },
      { name: "device", psi: 0.002 },
      { name: "prediction: click", psi: 0.31 },
    ],
  }),
  segments: figures.segmentDots({
    metric: { label: "Watch time", unit: "minutes per assigned user-day" },
    segments: ["newcomers", "established"],
    arms: [
      { policy: "random", values: [around(2.6, 0.3), around(3.2, 0.12)] },
      { policy: "popularity", values: [around(4.6, 0.4), around(4.9, 0.15)] },
      { policy: "learned funnel", values: [around(4.8, 0.4), around(6.9, 0.18)] },
      { policy: "oracle", values: [undefined, around(9.2, 0.2)] },
    ],
  }),
  heat: figures.heat({
    title: "Topic affinity moved first; the prediction followed a day later",
    unit: "PSI",
    columnTitle: "day",
    most: 0.5,
    rows: ["user_topic_affinity", "video_ctr_7d", "prediction: click"],
    columns: ["15", "16", "17", "18", "19", "20"],
    values: [
      [0.01, 0.02, 0.02, 0.31, 0.42, 0.4],
      [0.01, 0.01, 0.02, 0.08, 0.19, 0.24],
      [0.01, 0.01, 0.01, 0.04, 0.22, NaN],
    ],
  }),
  "capacity-bars": figures.capacityBars({
    items: [
      { name: "requests at the peak", need: 1900, limit: 4000, unit: "requests/s" },
      { name: "index memory", need: 5.4, limit: 16, unit: "GB" },
      { name: "ranking time", need: 9.4, limit: 50, unit: "ms" },
      { name: "event log", need: 2.4, limit: 2, unit: "TB/month" },
    ],
  }),
  waterfall: figures.waterfall({
    title: "Retrieval loses most",
    unit: "watch minutes per page",
    from: { name: "served", value: 2.1 },
    to: { name: "oracle", value: 4.4 },
    steps: [
      { name: "retrieval", value: { estimate: 1.6, low: 1.3, high: 1.9 } },
      { name: "ranking", value: { estimate: 0.8, low: 0.6, high: 1 } },
      { name: "re-ranking", value: { estimate: -0.1, low: -0.2, high: 0.1 } },
    ],
  }),
  "funnel-sizes": figures.funnelStages({
    stages: [
      { name: "catalogue", count: 20_000 },
      { name: "retrieve", count: 200, note: "two-tower, popular, fresh" },
      { name: "rank", count: 60, note: "DCN-v2" },
      { name: "re-rank", count: 6, note: "MMR, creator caps, exploration" },
    ],
  }),
  "variance-factors": figures.varianceFactors({
    title: "Twin worlds need far fewer users than an A/B test, most of all for arms that are near",
    panels: [
      {
        name: "near: another MMR λ",
        rows: [
          {
            label: "Watch time",
            factors: { "twin worlds": { estimate: 22, low: 17, high: 34 }, CUPED: around(1.2, 0.1) },
          },
          {
            label: "Visits",
            factors: { "twin worlds": { estimate: Infinity, low: 300, high: Infinity }, CUPED: around(1.4, 0.2) },
          },
        ],
      },
      {
        name: "far: uniform → popularity",
        rows: [
          {
            label: "Watch time",
            factors: { "twin worlds": around(3.2, 0.6), CUPED: { estimate: 1.4, low: NaN, high: NaN } },
          },
        ],
      },
    ],
  }),
  "twin-correlation": figures.twinCorrelation({
    metric: "watch minutes",
    title: "Near arms stay alike for two weeks, far arms never were",
    series: [
      {
        name: "another MMR λ",
        horizons: [1, 3, 7, 14].map((n) => ({
          days: n,
          rho: around(1 - 0.007 * n, 0.02),
          otherDraws: around(0.3 + 0.02 * n, 0.1),
        })),
      },
      { name: "uniform → popularity", horizons: [1, 3, 7, 14].map((n) => ({ days: n, rho: around(0.36, 0.1) })) },
    ],
  }),
  "trade-off": figures.tradeOff({
    title: "A model of crosses gives most and costs five times as much to ask",
    panels: ["CPU ms to rank 1,000 candidates, p99", "CPU seconds of the fit"].map((cost, c) => ({
      quality: "watch min/user-day",
      cost,
      points: [
        { name: "logistic-regression", quality: around(5.2, 0.3), cost: around(1.2 + c, 0.2) },
        { name: "gbdt", quality: around(6.1, 0.3), cost: around(3.9 + 20 * c, 0.5) },
        { name: "dcn", quality: around(6.3, 0.35), cost: around(6.5 + 100 * c, 0.4) },
        { name: "mine", quality: { estimate: 5.9, low: NaN, high: NaN }, cost: around(0.9, 0.1), onLadder: false },
      ],
    })),
  }),
  "data-quality": figures.dataQuality({
    title: "A simple model on all the data beats a deep one on a tenth of it",
    quality: "AUC",
    lines: [0, 0.2, 0.4].flatMap((noise) =>
      ["logistic-regression", "gbdt", "dcn"].map((model, m) => ({
        model,
        noise,
        points: [0.1, 0.3, 1].map((volume) => ({
          volume,
          quality: around(0.72 + 0.02 * m + 0.03 * Math.log10(volume) - 0.15 * noise, 0.006),
        })),
      })),
    ),
  }),
};
