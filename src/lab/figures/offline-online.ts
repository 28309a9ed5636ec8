/** Offline metric against online metric, one dot per policy, one panel per offline metric: does the offline order hold online? */
import type { Figure, Trace } from "../figure.js";
import { formatNumber } from "../text.js";
import { axis, colours, escapeText, figure, legendBelow, needSome, rangeOf, type Estimate } from "./theme.js";

/** One policy, measured both ways. */
export interface OfflineOnlinePoint {
  readonly policy: string;
  readonly offline: Readonly<Record<string, number>>; // by metric; a metric a policy lacks is left out of its panel
  readonly online: Estimate;
}

/** Policies, and the rank correlation of each offline metric with the online one. */
export interface OfflineOnline {
  readonly points: readonly OfflineOnlinePoint[];
  readonly online: { readonly label: string; readonly unit: string };
  readonly kendall?: Readonly<Record<string, number>>; // by offline metric
  readonly title?: string;
}

/** Panels in a row, at most three in one; the online axis is shared. */
export function offlineOnline({ points, online, kendall = {}, title }: OfflineOnline): Figure {
  needSome("points", points);
  const metrics = [...new Set(points.flatMap((point) => Object.keys(point.offline)))];
  needSome("offline metrics", metrics);
  const colour = colours(points.map((point) => point.policy));
  const columns = Math.min(3, metrics.length);
  const rows = Math.ceil(metrics.length / columns);
  const yRange = rangeOf(
    points.flatMap(({ online: value }) => [value.low, value.high, value.estimate]),
    0.1,
  );
  const traces: Trace[] = [];
  const layout: Record<string, unknown> = {};
  const annotations: Trace[] = [];
  metrics.forEach((metric, panel) => {
    const suffix = panel === 0 ? "" : String(panel + 1);
    const column = panel % columns;
    const row = Math.floor(panel / columns);
    const x0 = column / columns + (column === 0 ? 0 : 0.03);
    const x1 = (column + 1) / columns - (column === columns - 1 ? 0 : 0.03);
    const y1 = 1 - row / rows - (row === 0 ? 0 : 0.07);
    const y0 = 1 - (row + 1) / rows + (row === rows - 1 ? 0 : 0.09);
    const here = points.filter((point) => Number.isFinite(point.offline[metric]));
    for (const { policy, offline, online: value } of here) {
      traces.push({
        type: "scatter",
        mode: "markers",
        name: escapeText(policy),
        legendgroup: policy,
        showlegend:
          points.findIndex((point) => point.policy === policy) >= 0 &&
          !traces.some((trace) => trace["legendgroup"] === policy),
        x: [offline[metric]],
        y: [value.estimate],
        xaxis: `x${suffix}`,
        yaxis: `y${suffix}`,
        marker: { size: 11, color: colour.get(policy) },
        error_y: {
          type: "data",
          symmetric: false,
          array: [gap(value.high - value.estimate)],
          arrayminus: [gap(value.estimate - value.low)],
          thickness: 1.5,
          width: 4,
        },
        hovertemplate: `${escapeText(policy)}<br>${escapeText(metric)} %{x:.4f}<br>${escapeText(online.label)} %{y:.3f}<extra></extra>`,
      });
    }
    layout[`xaxis${suffix}`] = axis(metric, {
      domain: [x0, x1],
      anchor: `y${suffix}`,
      range: rangeOf(
        here.map((point) => point.offline[metric]!),
        0.15,
      ),
      nticks: 5,
    });
    layout[`yaxis${suffix}`] = axis(column === 0 ? online.unit : "", {
      domain: [y0, y1],
      anchor: `x${suffix}`,
      range: yRange,
      showticklabels: column === 0,
    });
    const tau = kendall[metric];
    if (tau !== undefined)
      annotations.push({
        xref: "paper",
        yref: "paper",
        x: x0,
        y: y1,
        xanchor: "left",
        yanchor: "bottom",
        showarrow: false,
        font: { size: 12 },
        text: Number.isFinite(tau) ? `Kendall τ = ${tau.toFixed(2)}` : "Kendall τ not defined",
      });
  });
  return figure(traces, {
    title: title ?? titleFor(metrics, points, online.label),
    subtitle: `one dot per policy; ${online.label.toLowerCase()} with 95 % intervals by user`,
    height: 190 + 270 * rows,
    above: 22,
    layout: { ...layout, annotations, legend: { ...legendBelow, y: rows === 1 ? -0.24 : -0.13 }, margin: { b: 110 } },
  });
}

function gap(value: number): number {
  return Number.isFinite(value) ? Math.max(0, value) : 0;
}

function titleFor(metrics: readonly string[], points: readonly OfflineOnlinePoint[], label: string): string {
  const winner = points.reduce((a, b) => (b.online.estimate > a.online.estimate ? b : a));
  return (
    `${winner.policy} wins online with ${formatNumber(winner.online.estimate)} in ${label.toLowerCase()}; ` +
    `${metrics.length === 1 ? "one offline metric" : `${metrics.length} offline metrics`} against it`
  );
}
