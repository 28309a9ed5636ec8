/** What each design of an experiment is wrong by, where arms interfere and where they do not. */
import type { Figure, Trace } from "../figure.js";
import { formatPercent } from "../text.js";
import { dots, endsOf, errorBars, panelAxes, panelNote } from "./parts.js";
import { axis, escapeText, figure, needSome, palette, rangeOf, type Estimate } from "./theme.js";

/** Panels of settings, rows of designs. Biases are shares of the control's value. */
export interface DesignBias {
  readonly panels: readonly {
    readonly name: string;
    readonly rows: readonly { readonly design: string; readonly bias: Estimate; readonly worlds?: readonly number[] }[];
  }[];
  readonly title: string;
}

/** Dots with intervals by world around 0, each world a small ring; green where the interval holds 0, orange where it does not. */
export function designBias({ panels, title }: DesignBias): Figure {
  needSome("panels", panels);
  const traces: Trace[] = [];
  const layout: Record<string, unknown> = {};
  const annotations: Trace[] = [];
  const gap = 0.06;
  panels.forEach(({ name, rows }, panel) => {
    needSome(`designs of ${name}`, rows);
    const axes = panelAxes(panel);
    const domain = [panel / panels.length + (panel && gap / 2), (panel + 1) / panels.length - gap / 2] as const;
    for (const { design, bias, worlds = [] } of rows) {
      const sound = bias.low <= 0 && bias.high >= 0;
      const label = escapeText(design);
      const place = { ...dots, xaxis: axes.x, yaxis: axes.y };
      const ring = { size: 6, color: "rgba(0,0,0,0)", line: { color: palette.grey, width: 1 } };
      if (worlds.length > 0)
        traces.push({ ...place, x: [...worlds], y: worlds.map(() => label), marker: ring, hoverinfo: "skip" });
      traces.push({
        ...place,
        x: [bias.estimate],
        y: [label],
        error_x: errorBars([bias], 2, 5),
        marker: {
          size: 10,
          color: sound ? palette.green : palette.orange,
          symbol: sound ? "circle" : "diamond",
        },
        hovertemplate:
          `${escapeText(name)}, ${label}: %{x:+.0%}<br>95 % interval by world ` +
          `${formatPercent(bias.low)} to ${formatPercent(bias.high)}<extra></extra>`,
      });
    }
    const ends = [0, ...endsOf(rows.map(({ bias }) => bias)), ...rows.flatMap(({ worlds = [] }) => worlds)];
    layout[axes.xaxis] = axis(panel === 0 ? "bias, share of the control" : "", {
      ...{ domain, anchor: axes.y, tickformat: "+.0%", nticks: 4, range: rangeOf(ends) },
      ...{ zeroline: true, zerolinecolor: palette.grey, zerolinewidth: 1.5 },
    });
    layout[axes.yaxis] = {
      ...{ type: "category", anchor: axes.x, showticklabels: panel === 0, range: [-0.6, rows.length - 0.4] },
      ...{ categoryorder: "array", categoryarray: rows.map(({ design }) => escapeText(design)).reverse() },
    };
    annotations.push(panelNote(domain[0], 1, escapeText(name), 13));
  });
  return figure(traces, {
    title,
    subtitle: "estimate less twin truth (all users treated less none); 95 % intervals by world, rings are worlds",
    height: 210 + 34 * Math.max(...panels.map(({ rows }) => rows.length)),
    above: 22,
    layout: { ...layout, annotations, margin: { b: 56 } },
  });
}
