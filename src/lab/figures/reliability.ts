/** Reliability diagram: predicted against observed probability, bins of equal mass (evaluation's `calibration`). */
import type { Figure } from "../figure.js";
import { guide } from "./parts.js";
import { axis, colours, escapeText, figure, legendBelow, needSome } from "./theme.js";

/** One model's reliability table. */
export interface ReliabilitySeries {
  readonly name: string;
  readonly bins: readonly { readonly count: number; readonly predicted: number; readonly observed: number }[];
  readonly error: number; // expected calibration error
}

/** Models side by side. */
export interface Reliability {
  readonly models: readonly ReliabilitySeries[];
  readonly event?: string; // what is predicted, default "click"
  readonly title?: string;
}

/** Points on the diagonal are calibrated; below it the model predicts too high. */
export function reliability({ models, event = "click", title }: Reliability): Figure {
  needSome("models", models);
  models.forEach((model) => needSome(`bins of ${model.name}`, model.bins));
  const colour = colours(models.map((model) => model.name));
  const top =
    1.06 * Math.max(...models.flatMap((model) => model.bins.flatMap((bin) => [bin.predicted, bin.observed])), 1e-9);
  const best = models.reduce((a, b) => (b.error < a.error ? b : a));
  const traces = models.map((model) => ({
    type: "scatter",
    mode: "lines+markers",
    name: `${escapeText(model.name)} (ECE ${model.error.toFixed(4)})`,
    x: model.bins.map((bin) => bin.predicted),
    y: model.bins.map((bin) => bin.observed),
    line: { color: colour.get(model.name), width: 1.5 },
    marker: { color: colour.get(model.name), size: 8 },
    customdata: model.bins.map((bin) => bin.count),
    hovertemplate: "predicted %{x:.3f}, observed %{y:.3f}<br>%{customdata:,} impressions<extra></extra>",
  }));
  const diagonal = { ...guide, name: "perfect calibration", x: [0, top], y: [0, top] };
  return figure([diagonal, ...traces], {
    title:
      title ??
      `${best.name}: predicted ${event} probabilities are off by ${(100 * best.error).toFixed(2)} points on average`,
    subtitle: "each point is one of the bins of equal size; below the line the model predicts too high",
    height: 500,
    layout: {
      xaxis: axis(`mean predicted ${event} probability`, { range: [0, top] }),
      yaxis: axis(`observed share of ${event}s`, { range: [0, top] }),
      legend: { ...legendBelow, y: -0.18 },
      margin: { b: 96 },
    },
  });
}
