/** Offline metric against online metric, one dot per policy, one panel per offline metric: does the offline order hold online? */
import { leaderOf, type PairedLead } from "../../evaluation/index.js";
import type { Figure, Trace } from "../figure.js";
import { formatNumber } from "../text.js";
import { dots, endsOf, errorBars, panelAxes, panelNote } from "./parts.js";
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
  /** Paired differences in the online metric: the title calls a lead a win only if its interval excludes 0. */
  readonly pairs?: readonly PairedLead[];
  readonly title?: string;
}

/** Panels in a row, at most three in one; the online axis is shared. */
export function offlineOnline({ points, online, kendall = {}, pairs, title }: OfflineOnline): Figure {
  needSome("points", points);
  const metrics = [...new Set(points.flatMap((point) => Object.keys(point.offline)))];
  needSome("offline metrics", metrics);
  const colour = colours(points.map((point) => point.policy));
  const columns = metrics.length === 4 ? 4 : Math.min(3, metrics.length); // none alone in a second row
  const rows = Math.ceil(metrics.length / columns);
  const yRange = rangeOf(endsOf(points.map((point) => point.online)), 0.1);
  const traces: Trace[] = [];
  const layout: Record<string, unknown> = {};
  const annotations: Trace[] = [];
  metrics.forEach((metric, panel) => {
    const axes = panelAxes(panel);
    const column = panel % columns;
    const row = Math.floor(panel / columns);
    const x0 = column / columns + (column === 0 ? 0 : 0.03);
    const x1 = (column + 1) / columns - (column === columns - 1 ? 0 : 0.03);
    const y1 = 1 - row / rows - (row === 0 ? 0 : 0.07);
    const y0 = 1 - (row + 1) / rows + (row === rows - 1 ? 0 : 0.09);
    const here = points.filter((point) => Number.isFinite(point.offline[metric]));
    for (const { policy, offline, online: value } of here) {
      traces.push({
        ...dots,
        name: escapeText(policy),
        legendgroup: policy,
        showlegend: !traces.some((trace) => trace["legendgroup"] === policy),
        x: [offline[metric]],
        y: [value.estimate],
        xaxis: axes.x,
        yaxis: axes.y,
        marker: { size: 11, color: colour.get(policy) },
        error_y: errorBars([value], 1.5),
        hovertemplate: `${escapeText(policy)}<br>${escapeText(metric)} %{x:.4f}<br>${escapeText(online.label)} %{y:.3f}<extra></extra>`,
      });
    }
    layout[axes.xaxis] = axis(metric, {
      domain: [x0, x1],
      anchor: axes.y,
      range: rangeOf(
        here.map((point) => point.offline[metric]!),
        0.15,
      ),
      nticks: 5,
    });
    layout[axes.yaxis] = axis(column === 0 ? online.unit : "", {
      domain: [y0, y1],
      anchor: axes.x,
      range: yRange,
      showticklabels: column === 0,
    });
    const tau = kendall[metric];
    if (tau !== undefined)
      annotations.push(
        panelNote(x0, y1, Number.isFinite(tau) ? `Kendall τ = ${tau.toFixed(2)}` : "Kendall τ not defined"),
      );
  });
  return figure(traces, {
    title: title ?? titleFor(metrics, points, online.label, pairs),
    subtitle: `one dot per policy; ${online.label.toLowerCase()} with 95 % intervals by user`,
    height: 190 + 270 * rows,
    above: 22,
    layout: { ...layout, annotations, legend: { ...legendBelow, y: rows === 1 ? -0.24 : -0.13 }, margin: { b: 110 } },
  });
}

function titleFor(
  metrics: readonly string[],
  points: readonly OfflineOnlinePoint[],
  label: string,
  pairs: OfflineOnline["pairs"],
): string {
  const { best, undecided } = leaderOf(
    points.map(({ policy, online }) => ({ policy, value: online })),
    pairs,
  );
  const { estimate } = points.find(({ policy }) => policy === best)!.online;
  const result =
    undecided.length > 0
      ? `Undecided online between ${[best, ...undecided].join(" and ")}`
      : `${best} wins online with ${formatNumber(estimate)} in ${label.toLowerCase()}`;
  return `${result}; ${metrics.length === 1 ? "one offline metric" : `${metrics.length} offline metrics`} against it`;
}
