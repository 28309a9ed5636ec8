/** What `evaluate` draws: the curves of each model's probabilities, and a metric by slices of users; with the tables of both. */
import { meanBySlice, type ScoreReport, type UserSlices } from "../evaluation/index.js";
import { figures, table, type Report, type ReportFigure, type Table } from "../lab/index.js";
import type { OfflineReport } from "../pipeline/offline.js";

/** A model whose probabilities were judged. */
export interface ScoredModel {
  readonly name: string;
  readonly scores: ScoreReport;
}

/** A metric of each user under each model. */
export interface UserMetric {
  readonly label: string;
  readonly models: readonly {
    readonly name: string;
    readonly user: ArrayLike<number>;
    readonly values: ArrayLike<number>;
  }[];
}

/** The numbers that go with the curves; undefined without a model. */
export function scoreTable(models: readonly ScoredModel[], caption: string): Table | undefined {
  const rows = models.map(({ name, scores: { auc, gauc, leftOut, averagePrecision, ...scores } }) => ({
    model: name,
    AUC: auc,
    GAUC: gauc,
    "users of one class": leftOut,
    "average precision": averagePrecision,
    "normalised entropy": scores.normalisedEntropy,
    Brier: scores.brier,
    "best F1": scores.best.f1,
    threshold: scores.best.threshold,
    precision: scores.best.precision,
    recall: scores.best.recall,
  }));
  return rows.length === 0 ? undefined : table(rows, { name: "scores", caption });
}

/** One row for each policy and slice of the offline ranking. What a random order predicts is no probability. */
export function rankingRows({ ranking }: Pick<OfflineReport, "ranking">): readonly object[] {
  return ranking.map(({ policy, slice, click, ndcgWatch }) => ({
    policy,
    slice,
    AUC: click.auc,
    "log loss": policy === "random" ? null : click.logLoss,
    "calibration error": policy === "random" ? null : click.calibrationError,
    "NDCG@10 clicks": click.ndcg,
    "NDCG@10 watch": ndcgWatch,
  }));
}

/** The report page of an evaluation. */
export function evaluationReport(
  title: string,
  lede: string,
  tables: readonly Table[],
  models: readonly ScoredModel[],
  slices: readonly ReportFigure[],
): Report {
  const sections = [
    { id: "metrics", heading: "Metrics", prose: [], tables },
    { id: "scores", heading: "Scores over all thresholds", prose: [], figures: scoreFigures(models) },
    { id: "slices", heading: "Slices of users", prose: [], figures: slices },
  ];
  return {
    title,
    lede,
    facts: [],
    sections: sections.filter(({ tables = [], figures = [] }) => tables.length + figures.length > 0),
  };
}

function scoreFigures(models: readonly ScoredModel[]): readonly ReportFigure[] {
  if (models.length === 0) return [];
  const scored = models.map(({ name, scores }) => ({ name, ...scores }));
  const bins = models.map(({ name, scores: { calibration } }) => ({ name, ...calibration }));
  return [
    { name: "roc", figure: figures.rocCurves(scored), caption: "AUC is the area under a line." },
    {
      name: "precision-recall",
      figure: figures.precisionRecallCurves(scored),
      caption: "Average precision weights each precision by the recall that it adds.",
    },
    { name: "gain", figure: figures.gainCurves(scored), caption: "Equal scores share their clicks." },
    {
      name: "reliability",
      figure: figures.reliability({ models: bins }),
      caption: "Predicted against observed click rate, bins of equal mass.",
    },
  ];
}

/** A figure for each way to slice users in which at least two slices have somebody with a value. */
export function sliceFigures({ label, models }: UserMetric, ways: readonly UserSlices[]): readonly ReportFigure[] {
  return ways.flatMap((way) => {
    const arms = models.map(({ name, user, values }) => ({ policy: name, values: meanBySlice(user, values, way) }));
    const known = way.names.map((_, s) => s).filter((s) => arms.some(({ values }) => values[s] !== undefined));
    if (known.length < 2) return [];
    const { user, values } = models[0]!;
    const usersOf = (slice: number): number =>
      Array.from(user).filter((id, row) => way.code(id) === slice && !Number.isNaN(values[row])).length;
    const figure = figures.segmentDots({
      metric: { label, unit: `${label}, mean over users` },
      segments: known.map((s) => `${way.names[s]!} (${usersOf(s).toLocaleString("en")})`),
      arms: arms.map(({ policy, values }) => ({ policy, values: known.map((s) => values[s]) })),
      title: `${label} by ${way.by} (number of users)`,
    });
    const name = `${label} by ${way.by}`.toLowerCase().replace(/[^a-z0-9]+/g, "-");
    return [{ name, figure, caption: "Means over users who have a value, with 95 % intervals by user." }];
  });
}
