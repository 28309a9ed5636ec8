/** Lines with interval bands and their names at the right end: shared by the figures over days, steps and positions. */
import type { Trace } from "../figure.js";
import { colours, escapeText, faded } from "./theme.js";

/** A named line. `low` and `high`, where given, draw a band. NaN is a gap. */
export interface Line {
  readonly name: string;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  readonly low?: ArrayLike<number>;
  readonly high?: ArrayLike<number>;
  readonly dash?: "solid" | "dash" | "dot";
  readonly colour?: string;
}

/** How the lines are drawn. */
export interface LineStyle {
  readonly hover: string; // Plotly's template of a point, for example "day %{x}: %{y:.3f}"
  readonly markers?: boolean;
  readonly height: number; // of the plot area in pixels, to keep labels apart
  readonly yRange: readonly [number, number];
  readonly logX?: boolean;
}

/** Traces of bands and lines, and an annotation with its name at each line's end, moved apart where they would overlap. */
export function lineTraces(
  lines: readonly Line[],
  style: LineStyle,
): { traces: readonly Trace[]; labels: readonly Trace[] } {
  const colour = colours(lines.map((line) => line.name));
  const traces: Trace[] = [];
  for (const line of lines) {
    if (line.x.length !== line.y.length)
      throw new RangeError(
        `lengths differ: ${line.name} has ${line.x.length} x and ${line.y.length} y; they must be equal`,
      );
    const stroke = line.colour ?? (colour.get(line.name) as string);
    const x = Array.from(line.x);
    if (line.low && line.high) {
      const hidden = { x, mode: "lines", line: { width: 0 }, hoverinfo: "skip", showlegend: false, type: "scatter" };
      traces.push(
        { ...hidden, y: Array.from(line.low) },
        { ...hidden, y: Array.from(line.high), fill: "tonexty", fillcolor: faded(stroke, 0.16) },
      );
    }
    traces.push({
      type: "scatter",
      name: escapeText(line.name),
      x,
      y: Array.from(line.y),
      mode: style.markers === true ? "lines+markers" : "lines",
      line: { color: stroke, width: 2.2, dash: line.dash ?? "solid" },
      marker: { color: stroke, size: 6 },
      hovertemplate: `${escapeText(line.name)}<br>${style.hover}<extra></extra>`,
      showlegend: false,
    });
  }
  return { traces, labels: endLabels(lines, colour, style) };
}

/** Room needed right of the plot for the end labels, in pixels. */
export function labelRoom(lines: readonly { readonly name: string }[]): number {
  return 24 + 7.4 * Math.max(...lines.map((line) => line.name.length));
}

function endLabels(lines: readonly Line[], colour: ReadonlyMap<string, string>, style: LineStyle): readonly Trace[] {
  const [bottom, top] = style.yRange;
  const pixel = style.height / (top - bottom || 1);
  const ends = lines
    .flatMap((line) => {
      for (let i = line.x.length - 1; i >= 0; i--) {
        const y = line.y[i]!;
        if (Number.isFinite(y)) return [{ line, x: line.x[i]!, y, at: y * pixel }];
      }
      return [];
    })
    .sort((a, b) => a.at - b.at);
  const gap = 17;
  for (let pass = 0; pass < 50; pass++) {
    for (let i = 1; i < ends.length; i++) {
      const lower = ends[i - 1] as { at: number };
      const upper = ends[i] as { at: number };
      const missing = gap - (upper.at - lower.at);
      if (missing > 0) {
        lower.at -= missing / 2;
        upper.at += missing / 2;
      }
    }
  }
  return ends.map(({ line, x, y, at }) => ({
    x: style.logX === true ? Math.log10(x) : x,
    y,
    yshift: at - y * pixel,
    text: escapeText(line.name),
    showarrow: false,
    xanchor: "left",
    xshift: 8,
    font: { color: line.colour ?? colour.get(line.name), size: 13 },
  }));
}
