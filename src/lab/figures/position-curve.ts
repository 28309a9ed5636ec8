/** Click-through rate by position on the page: position bias in the log. */
import type { Figure } from "../figure.js";
import { formatPercent } from "../text.js";
import { labelRoom, lineTraces } from "./lines.js";
import { axis, figure, needSome, rangeOf } from "./theme.js";

/** One line, for example all traffic or the uniformly random slice. */
export interface PositionSeries {
  readonly name: string;
  readonly positions: ArrayLike<number>; // 0-based
  readonly rate: ArrayLike<number>; // clicks / impressions
  readonly low?: ArrayLike<number>;
  readonly high?: ArrayLike<number>;
}

/** CTR by position. */
export interface PositionCurve {
  readonly series: readonly PositionSeries[];
  readonly title?: string;
}

/** Position curve; positions are shown from 1. The axis starts at 0. */
export function positionCurve({ series, title }: PositionCurve): Figure {
  needSome("series", series);
  series.forEach((one) => needSome(`positions of ${one.name}`, one.positions));
  const lines = series.map((one) => ({
    ...one,
    x: Array.from(one.positions, (position) => position + 1),
    y: one.rate,
  }));
  const yRange = rangeOf(
    series.flatMap((one) => [...Array.from(one.rate), ...Array.from(one.high ?? [])]),
    0.08,
    true,
  );
  const { traces, labels } = lineTraces(lines, { hover: "slot %{x}: %{y:.2%}", height: 290, yRange, markers: true });
  const first = series[0]!;
  const drop = first.rate[0]! / first.rate[first.rate.length - 1]!;
  return figure(traces, {
    title:
      title ??
      `${first.name}: CTR falls from ${formatPercent(first.rate[0]!)} in the first slot to ` +
        `${formatPercent(first.rate[first.rate.length - 1]!)} in the last${Number.isFinite(drop) ? ` (${drop.toFixed(1)} times)` : ""}`,
    height: 410,
    layout: {
      xaxis: axis("slot on the page", { dtick: 1, range: [0.8, Math.max(...lines.flatMap((line) => line.x)) + 0.2] }),
      yaxis: axis("clicks per impression", { range: yRange, tickformat: ".0%" }),
      annotations: labels,
      margin: { r: labelRoom(series) },
    },
  });
}
