/** Where the milliseconds of a request go, stage by stage, against the budget. */
import type { Figure } from "../figure.js";
import { dots, namesDown, noteAbove, upright } from "./parts.js";
import { axis, escapeText, figure, legendBelow, needSome, palette } from "./theme.js";

/** One stage of the funnel. */
export interface LatencyStage {
  readonly name: string;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly budgetMs?: number; // of p99
}

/** Stages in order, the measured total and the total budget. */
export interface LatencyStages {
  readonly stages: readonly LatencyStage[];
  readonly total: { readonly p50Ms: number; readonly p99Ms: number };
  readonly budgetMs?: number; // of the total's p99
  readonly title?: string;
}

const { blue, amber, green, purple, orange, sky, grey } = palette;
const stageColours: readonly string[] = [blue, amber, green, purple, orange, sky, grey];

/** Stacked bars for p50, p99 and the budget. Stages' p99 need not add up to the total's p99, which is marked by a diamond. */
export function latencyStages({ stages, total, budgetMs, title }: LatencyStages): Figure {
  needSome("stages", stages);
  const budgeted = stages.every((stage) => stage.budgetMs !== undefined);
  const rows = ["p50", "p99", ...(budgeted ? ["budget"] : [])];
  const bars = stages.map((stage, s) => {
    const values = [stage.p50Ms, stage.p99Ms, ...(budgeted ? [stage.budgetMs as number] : [])];
    return {
      type: "bar",
      orientation: "h",
      name: escapeText(stage.name),
      y: rows,
      x: values,
      marker: { color: stageColours[s % stageColours.length] },
      hovertemplate: `${escapeText(stage.name)} %{y}: %{x:.2f} ms<extra></extra>`,
    };
  });
  const measured = {
    ...dots,
    showlegend: true,
    name: "whole request, measured",
    y: ["p50", "p99"],
    x: [total.p50Ms, total.p99Ms],
    marker: { symbol: "diamond", size: 11, color: palette.ink, line: { color: palette.paper, width: 1 } },
    hovertemplate: "whole request %{y}: %{x:.2f} ms<extra></extra>",
    cliponaxis: false,
  };
  const stacked = rows.map((_, r) => bars.reduce((sum, bar) => sum + bar.x[r]!, 0));
  const values = [total.p50Ms, total.p99Ms].map((ms, r) => ({
    x: Math.max(ms, stacked[r]!),
    y: rows[r],
    xanchor: "left",
    xshift: 8,
    showarrow: false,
    text: `${ms.toFixed(1)} ms`,
  }));
  const longest = Math.max(total.p99Ms, budgetMs ?? 0, ...stacked);
  const limits = budgetMs === undefined ? [] : [budgetMs];
  return figure([...bars, measured], {
    title:
      title ??
      `A request takes ${total.p50Ms.toFixed(1)} ms in the median and ${total.p99Ms.toFixed(1)} ms at the 99th ` +
        `percentile${budgetMs === undefined ? "" : `, ${total.p99Ms <= budgetMs ? "within" : "above"} its ${budgetMs} ms`}`,
    subtitle: "bars stack the stages' own percentiles; the diamond is the whole request",
    height: 360,
    above: 16 * limits.length,
    layout: {
      barmode: "stack",
      xaxis: axis("milliseconds", { range: [0, longest * 1.12] }),
      yaxis: namesDown,
      shapes: limits.map((ms) => upright(ms, orange, 2)),
      annotations: [
        ...limits.map((ms) => noteAbove(ms, `budget ${ms} ms`, { font: { color: orange, size: 12 } })),
        ...values,
      ],
      legend: { ...legendBelow, y: -0.32, traceorder: "normal" },
      margin: { b: 100 },
    },
  });
}
