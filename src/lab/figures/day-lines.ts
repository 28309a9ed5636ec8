/** A metric day by day, one line per arm, with bands and marked days (a drift, a retraining). */
import type { Figure, Trace } from "../figure.js";
import { labelRoom, lineTraces, type Line } from "./lines.js";
import { axis, escapeText, figure, needSome, palette, rangeOf, type Estimate } from "./theme.js";

/** One arm by day, as evaluation's `dailyMetric` gives it. */
export interface DaySeries {
  readonly name: string;
  readonly days: readonly { readonly day: number; readonly interval: Estimate }[];
}

/** A metric over days. */
export interface DayLines {
  readonly metric: { readonly label: string; readonly unit: string };
  readonly series: readonly DaySeries[];
  readonly marks?: readonly { readonly day: number; readonly label: string }[];
  readonly title?: string;
  readonly share?: boolean; // values in [0, 1] drawn as percentages
}

/** With more lines than this, bands hide each other. */
const mostBands = 3;

/** Lines by day; bands where there are at most three lines. */
export function dayLines({ metric, series, marks = [], title, share = false }: DayLines): Figure {
  needSome("series", series);
  series.forEach((one) => needSome(`days of ${one.name}`, one.days));
  const banded = series.length <= mostBands;
  const lines = series.map(({ name, days }): Line => ({
    name,
    x: days.map(({ day }) => day),
    y: days.map(({ interval }) => interval.estimate),
    ...(banded
      ? { low: days.map(({ interval }) => interval.low), high: days.map(({ interval }) => interval.high) }
      : {}),
  }));
  const yRange = rangeOf(
    lines.flatMap((line) => [line.y, line.low ?? [], line.high ?? []].flatMap((column) => Array.from(column))),
    0.08,
  );
  const { traces, labels } = lineTraces(lines, {
    hover: `day %{x}: %{y${share ? ":.1%" : ":.3f"}}`,
    height: 300,
    yRange,
    markers: true,
  });
  const shapes = marks.map(({ day }) => ({
    type: "line",
    xref: "x",
    yref: "paper",
    x0: day,
    x1: day,
    y0: 0,
    y1: 1,
    line: { color: palette.grey, width: 1.5, dash: "dash" },
  }));
  const notes = marks.map(({ day, label }): Trace => ({
    x: day,
    yref: "paper",
    y: 1,
    yanchor: "bottom",
    showarrow: false,
    text: escapeText(label),
    font: { size: 12 },
  }));
  const days = lines.flatMap((line) => Array.from(line.x));
  const span = Math.max(...days) - Math.min(...days);
  return figure(traces, {
    title: title ?? `${metric.label} by day`,
    ...(banded ? { subtitle: "bands are 95 % intervals by user" } : {}),
    height: 430,
    above: marks.length > 0 ? 16 : 0,
    layout: {
      xaxis: axis("day", {
        range: [Math.min(...days) - 0.3, Math.max(...days) + 0.3],
        tickformat: "d",
        dtick: Math.max(1, Math.ceil(span / 16)),
      }),
      yaxis: axis(metric.unit, { range: yRange, ...(share ? { tickformat: ".0%" } : {}) }),
      shapes,
      annotations: [...labels, ...notes],
      margin: { r: labelRoom(series) },
    },
  });
}
