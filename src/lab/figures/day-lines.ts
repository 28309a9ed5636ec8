/** A metric day by day, one line per arm, with bands and marked days (a drift, a retraining). */
import type { Figure } from "../figure.js";
import { labelRoom, lineTraces, type Line } from "./lines.js";
import { endsOf, noteAbove, upright } from "./parts.js";
import { axis, figure, needSome, rangeOf, type Estimate } from "./theme.js";

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
  readonly along?: string; // what the days are, where they are no days: "metres"
  readonly bands?: string; // what intervals are over; default: by user
}

/** With more lines than this, bands hide each other. */
const mostBands = 3;

/** Lines by day; bands where there are at most three lines. */
export function dayLines(record: DayLines): Figure {
  const { metric, series, marks = [], title, share = false, along = "day", bands = "by user" } = record;
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
    series.flatMap((one) => one.days.flatMap(({ interval }) => (banded ? endsOf([interval]) : [interval.estimate]))),
    0.08,
  );
  const { traces, labels } = lineTraces(lines, {
    hover: `${along} %{x}: %{y${share ? ":.1%" : ":.3f"}}`,
    height: 300,
    yRange,
    markers: true,
  });
  const days = lines.flatMap((line) => Array.from(line.x));
  const span = Math.max(...days) - Math.min(...days);
  return figure(traces, {
    title: title ?? `${metric.label} by ${along}`,
    ...(banded ? { subtitle: `bands are 95 % intervals ${bands}` } : {}),
    height: 430,
    above: marks.length > 0 ? 16 : 0,
    layout: {
      xaxis: axis(along, {
        range: [Math.min(...days) - 0.3, Math.max(...days) + 0.3],
        tickformat: "d",
        dtick: Math.max(1, Math.ceil(span / 16)),
      }),
      yaxis: axis(metric.unit, { range: yRange, ...(share ? { tickformat: ".0%" } : {}) }),
      shapes: marks.map(({ day }) => upright(day)),
      annotations: [...labels, ...marks.map(({ day, label }) => noteAbove(day, label))],
      margin: { r: labelRoom(series) },
    },
  });
}
