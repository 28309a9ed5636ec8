/** Figures of a trade-off: quality against cost, and quality over volume and label noise. */
import type { Interval } from "../../evaluation/index.js";
import { figures, type Figure } from "../../lab/index.js";
import type { BenchmarkRow } from "../../studies/benchmark/judge.js";
import { metricLabel } from "../../studies/benchmark/record.js";
import { families, type Family } from "../../studies/benchmark/model.js";

/** What a family is drawn by: minutes watched where it was played, else its first offline metric. */
export function mainMetric(rows: readonly BenchmarkRow[], family: Family): string {
  if (rows.every(({ metrics }) => metrics["watchMinutes"] !== undefined)) return "watchMinutes";
  return Object.keys(rows.find((row) => row.family === family)?.metrics ?? {})[0] ?? "auc";
}

/** One row of panels per family: CPU time of an answer, and of the fit. */
export function tradeOffFigure(
  rows: readonly BenchmarkRow[],
  title: string = "Quality of a model against its cost",
): Figure {
  const panels = families.flatMap((family) => {
    const own = rows.filter((row) => row.family === family);
    if (own.length === 0) return [];
    const metric = mainMetric(own, family);
    return (["cpuP99Ms", "cpuSeconds"] as const).map((cost) => ({
      quality: `${metricLabel(metric)} (${family}s)`,
      cost:
        cost === "cpuSeconds"
          ? "CPU seconds of the fit"
          : `CPU ms to ${family === "ranker" ? "rank" : "retrieve"} ${own[0]?.cost.candidates.toLocaleString("en")}, p99`,
      points: own.flatMap((row) => {
        const quality = row.metrics[metric];
        const [low, high] = row.cost.range[cost];
        // a count takes no time that a clock of microseconds can tell
        const above = (value: number): number => Math.max(value, 0.001);
        return quality === undefined
          ? []
          : [
              {
                name: row.model,
                quality: aroundMean(quality, row.differences[metric]),
                cost: { estimate: above(row.cost[cost]), low: above(low), high: above(high) },
                onLadder: !row.own,
              },
            ];
      }),
    }));
  });
  return figures.tradeOff({
    title,
    panels,
    subtitle:
      "up and to the left is better; the dotted line is the ladder from the simplest up; bars are 95 % intervals " +
      "of the paired difference to the ladder's first, and costs from the least to the most of the seeds",
  });
}

/**
 * The interval of the difference to the baseline, set around the model's own mean: worlds differ far more than models do, and all
 * models met the same.
 */
function aroundMean(
  { estimate }: Interval,
  difference: Interval | undefined,
): Pick<Interval, "estimate" | "low" | "high"> {
  if (difference === undefined) return { estimate, low: NaN, high: NaN };
  return {
    estimate,
    low: estimate + difference.low - difference.estimate,
    high: estimate + difference.high - difference.estimate,
  };
}

/** Lines over volume, one panel per noise rate. */
export function dataQualityFigure(
  rows: readonly BenchmarkRow[],
  title: string = "Good data before complex models",
): Figure {
  const metric = mainMetric(rows, "ranker");
  const noises = [...new Set(rows.map(({ quality }) => quality.noise))];
  const models = [...new Set(rows.map(({ model }) => model))];
  const lines = noises.flatMap((noise) =>
    models.map((model) => ({
      model,
      noise,
      points: rows
        .flatMap(({ model: name, quality, metrics }) => {
          const value = metrics[metric];
          return name === model && quality.noise === noise && value !== undefined
            ? [{ volume: quality.volume, quality: value }]
            : [];
        })
        .sort((a, b) => a.volume - b.volume),
    })),
  );
  return figures.dataQuality({ title, quality: metricLabel(metric), lines });
}
