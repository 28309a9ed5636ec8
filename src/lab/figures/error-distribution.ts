/** How wrong estimators are: the share of their estimates that is off by at most so much. */
import type { Figure } from "../figure.js";
import { labelRoom, lineTraces } from "./lines.js";
import { axis, figure, needSome } from "./theme.js";

/** One estimator's relative errors, ascending. Estimates that it refused are `asked - errors.length`. */
export interface EstimatorErrors {
  readonly name: string;
  readonly errors: readonly number[]; // |estimate − truth| / truth
  readonly asked: number;
}

/** Estimators side by side. */
export interface ErrorDistribution {
  readonly title: string;
  readonly subtitle?: string;
  readonly series: readonly EstimatorErrors[];
}

const ticks = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];

/** Cumulative shares of all that was asked: a line that ends below 1 has refused the rest. */
export function errorDistribution({ title, subtitle, series }: ErrorDistribution): Figure {
  needSome("series", series);
  const lines = series
    .filter(({ errors }) => errors.length > 0)
    .map(({ name, errors, asked }) => ({
      name,
      x: errors.map((error) => Math.max(error, 1e-3)),
      y: errors.map((_, i) => (i + 1) / asked),
    }));
  needSome("answered series", lines);
  const { traces, labels } = lineTraces(lines, {
    hover: "at most %{x:.1%} wrong: %{y:.0%}",
    height: 320,
    yRange: [0, 1.02],
    logX: true,
  });
  const most = Math.max(...lines.flatMap(({ x }) => x));
  return figure(traces, {
    title,
    subtitle: subtitle ?? "share of all that was asked; where a line ends, the rest was refused",
    height: 440,
    layout: {
      xaxis: axis("relative error", {
        type: "log",
        range: [-3, Math.log10(most * 1.1)],
        tickvals: ticks,
        tickformat: ".3~p",
      }),
      yaxis: axis("share of estimates", { range: [0, 1.02], tickformat: ".0%" }),
      annotations: labels,
      margin: { r: labelRoom(lines) },
    },
  });
}
