/** Loss (or another metric) by training step or epoch, train and validation. */
import type { Figure } from "../figure.js";
import { axis, figure, needSome, rangeOf } from "./theme.js";
import { labelRoom, lineTraces, type Line } from "./lines.js";

/** One curve. */
export interface LearningSeries {
  readonly name: string; // for example "train", "validation"
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

/** Curves and options of the figure. */
export interface LearningCurveRecord {
  readonly series: readonly LearningSeries[];
  readonly metric: string; // for example "log loss"
  readonly unit?: string; // of x, default "step"
  readonly title?: string;
}

/** Learning curve. Curves whose name contains "validation" or "test" are dashed. */
export function learningCurve({ series, metric, unit = "step", title }: LearningCurveRecord): Figure {
  needSome("series", series);
  const lines = series.map((one): Line => ({ ...one, dash: /valid|test/i.test(one.name) ? "dash" : "solid" }));
  const steps = series.flatMap((one) => Array.from(one.x));
  const yRange = rangeOf(series.flatMap((one) => Array.from(one.y)));
  const { traces, labels } = lineTraces(lines, {
    hover: `${unit} %{x}: %{y:.4f}`,
    height: 270,
    yRange,
    markers: series.every((one) => one.x.length <= 20),
  });
  return figure(traces, {
    title: title ?? titleFor(series, metric, unit),
    height: 400,
    layout: {
      xaxis: axis(unit, { range: rangeOf(steps, 0.01) }),
      yaxis: axis(metric, { range: yRange }),
      annotations: labels,
      margin: { r: labelRoom(series) },
    },
  });
}

function titleFor(series: readonly LearningSeries[], metric: string, unit: string): string {
  const judged = series.find((one) => /valid|test/i.test(one.name)) ?? series[0]!;
  const values = Array.from(judged.y).filter(Number.isFinite);
  if (values.length < 2) return `${metric} by ${unit}`;
  return `${judged.name} ${metric} went from ${values[0]!.toFixed(3)} to ${(values.at(-1) as number).toFixed(3)}`;
}
