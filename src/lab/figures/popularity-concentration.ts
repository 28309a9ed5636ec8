/** How much of the exposure goes to how few videos: a Lorenz curve from the most shown video on, with the Gini coefficient. */
import type { Figure } from "../figure.js";
import { formatPercent } from "../text.js";
import { labelRoom, lineTraces, type Line } from "./lines.js";
import { guide } from "./parts.js";
import { axis, figure, needSome } from "./theme.js";

/** Impressions (or minutes, clicks) of each video, in any order; zeros count. */
export interface Exposure {
  readonly name: string;
  readonly byVideo: ArrayLike<number>;
}

/** Exposure of one or more policies. */
export interface PopularityConcentration {
  readonly series: readonly Exposure[];
  readonly what?: string; // default "impressions"
  readonly title?: string;
}

/** A curve of at most 200 points: share of videos (most shown first) against share of exposure. */
export interface Concentration {
  readonly x: Float64Array; // share of videos, (0, 1]
  readonly y: Float64Array; // share of exposure, (0, 1]
  readonly gini: number; // 0 equal … towards 1
  readonly topShare: number; // exposure of the top 1 % of videos
}

/** Concentration figure, share of videos on a logarithmic axis so that the head can be seen. */
export function popularityConcentration({ series, what = "impressions", title }: PopularityConcentration): Figure {
  needSome("series", series);
  const curves = series.map((one) => ({ name: one.name, ...concentration(one.byVideo) }));
  const lines = curves.map(({ name, x, y, gini }): Line => ({ name: `${name} (Gini ${gini.toFixed(2)})`, x, y }));
  const { traces, labels } = lineTraces(lines, {
    hover: `top %{x:.2%} of videos: %{y:.1%} of ${what}`,
    height: 300,
    yRange: [0, 1.02],
    logX: true,
  });
  const first = curves[0]!;
  const lowest = Math.min(...curves.map(({ x }) => x[0]!));
  const equal = {
    ...guide,
    x: Array.from(first.x),
    y: Array.from(first.x),
    showlegend: false,
    name: "equal exposure",
  };
  return figure([equal, ...traces], {
    title: title ?? `${first.name}: the top 1 % of videos take ${formatPercent(first.topShare, 0)} of ${what}`,
    subtitle: "dashed: every video shown equally often",
    height: 430,
    layout: {
      xaxis: axis("share of videos, most shown first (log scale)", {
        type: "log",
        range: [Math.log10(lowest), 0],
        tickvals: [0.0001, 0.001, 0.01, 0.1, 1],
        ticktext: ["0.01 %", "0.1 %", "1 %", "10 %", "100 %"],
      }),
      yaxis: axis(`share of ${what}`, { range: [0, 1.02], tickformat: ".0%" }),
      annotations: labels,
      margin: { r: labelRoom(lines) },
    },
  });
}

/** The curve and its summaries. Throws if there is no exposure at all or a value is negative. */
export function concentration(byVideo: ArrayLike<number>): Concentration {
  const sorted = Float64Array.from(byVideo).sort().reverse();
  const total = sorted.reduce((sum, value) => sum + value, 0);
  if (!(total > 0) || (sorted.at(-1) as number) < 0)
    throw new RangeError(
      `exposure by video sums to ${total}, least ${sorted.at(-1)}; it must be at least 0 each and above 0 in total`,
    );
  const n = sorted.length;
  const points = Math.min(200, n);
  const wanted = new Set(
    Array.from({ length: points }, (_, i) => Math.max(1, Math.round(n ** (points === 1 ? 1 : i / (points - 1))))),
  );
  const x: number[] = [];
  const y: number[] = [];
  let sum = 0;
  let area = 0;
  let topShare = 0;
  const top = Math.max(1, Math.round(n / 100));
  for (let i = 0; i < n; i++) {
    const before = sum;
    sum += sorted[i]!;
    area += (before + sum) / 2 / total / n;
    if (i + 1 === top) topShare = sum / total;
    if (wanted.has(i + 1)) {
      x.push((i + 1) / n);
      y.push(sum / total);
    }
  }
  return { x: Float64Array.from(x), y: Float64Array.from(y), gini: 2 * area - 1, topShare };
}
