/** How much of a clicked video people watch: the histogram that shows clickbait (a peak near 0) and satisfaction (a peak near 1). */
import type { Figure } from "../figure.js";
import { formatPercent } from "../text.js";
import { axis, colours, escapeText, figure, legendBelow, needSome } from "./theme.js";

/** Watched share of each click, in [0, 1] (values above 1 count as 1). */
export interface WatchFractionSeries {
  readonly name: string;
  readonly fractions: ArrayLike<number>;
}

/** One or more histograms. */
export interface WatchFraction {
  readonly series: readonly WatchFractionSeries[];
  readonly bins?: number; // default 20
  readonly title?: string;
}

/** Histograms as steps over equal bins, each summing to 100 % of its clicks. */
export function watchFraction({ series, bins = 20, title }: WatchFraction): Figure {
  needSome("series", series);
  const colour = colours(series.map((one) => one.name));
  const shares = series.map((one) => histogram(one, bins));
  const traces = series.map((one, s) => ({
    type: "bar",
    name: escapeText(one.name),
    x: Array.from({ length: bins }, (_, b) => (b + 0.5) / bins),
    y: Array.from(shares[s]!),
    width: 1 / bins,
    marker: {
      color: colour.get(one.name),
      opacity: series.length > 1 ? 0.55 : 0.85,
      line: { color: colour.get(one.name), width: 1 },
    },
    hovertemplate: "watched about %{x:.0%}: %{y:.1%} of clicks<extra></extra>",
    showlegend: series.length > 1,
  }));
  const first = series[0]!;
  const early = Array.from(first.fractions).filter((fraction) => fraction < 0.1).length / first.fractions.length;
  return figure(traces, {
    title: title ?? `${first.name}: ${formatPercent(early, 0)} of clicked videos are left within their first tenth`,
    height: 400,
    layout: {
      barmode: "overlay",
      bargap: 0,
      xaxis: axis("share of the video watched", { range: [0, 1], tickformat: ".0%" }),
      yaxis: axis("share of clicks", { tickformat: ".0%", rangemode: "tozero" }),
      legend: legendBelow,
      margin: { b: series.length > 1 ? 92 : 64 },
    },
  });
}

function histogram({ name, fractions }: WatchFractionSeries, bins: number): Float64Array {
  needSome(`fractions of ${name}`, fractions);
  const shares = new Float64Array(bins);
  for (let i = 0; i < fractions.length; i++) {
    const fraction = fractions[i]!;
    if (!(fraction >= 0)) throw new RangeError(`fractions[${i}] of ${name} is ${fraction}; it must be at least 0`);
    const bin = Math.min(bins - 1, Math.floor(fraction * bins));
    shares[bin] = shares[bin]! + 1 / fractions.length;
  }
  return shares;
}
