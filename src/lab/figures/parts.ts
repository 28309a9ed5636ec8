/** Parts that several figures are made of: traces, axes, lines and notes beside the data, panels. */
import type { Trace } from "../figure.js";
import { escapeText, palette, type Estimate } from "./theme.js";

/** Dots without a line and without an entry in the legend. */
export const dots = { type: "scatter", mode: "markers", showlegend: false } as const;

/** A line that guides the eye and is no datum. */
export const guide = {
  type: "scatter",
  mode: "lines",
  line: { color: palette.grey, width: 1.5, dash: "dash" },
  hoverinfo: "skip",
} as const;

/** Bars from the left with their values written at their ends. */
export const rowBars = {
  type: "bar",
  orientation: "h",
  showlegend: false,
  textposition: "outside",
  cliponaxis: false,
} as const;

/** An axis of names, the first at the top. */
export const namesDown = { type: "category", autorange: "reversed" } as const;

/** A dashed line over the whole height at `x`. */
export function upright(x: number, colour: string = palette.grey, width = 1.5): Trace {
  return { type: "line", x0: x, x1: x, yref: "paper", y0: 0, y1: 1, line: { color: colour, width, dash: "dash" } };
}

/** A note above the plot at `x`. */
export function noteAbove(x: number, text: string, more: Trace = {}): Trace {
  const font = { size: 12 };
  return { x, yref: "paper", y: 1, yanchor: "bottom", showarrow: false, text: escapeText(text), font, ...more };
}

/** A note right of the plot at the height of the row `y`. */
export function noteRight(y: unknown, text: string, font: Trace = { size: 13 }): Trace {
  return { xref: "paper", x: 1.01, y, xanchor: "left", showarrow: false, font, text };
}

/** A panel's name at its upper left corner, in shares of the figure. */
export function panelNote(x: number, y: number, text: string, size = 12): Trace {
  const at = { xref: "paper", yref: "paper", x, y, xanchor: "left", yanchor: "bottom" };
  return { ...at, showarrow: false, font: { size }, text };
}

/** How Plotly calls the axes of the panel that is number `panel` from 0. */
export function panelAxes(panel: number): { x: string; y: string; xaxis: string; yaxis: string } {
  const suffix = panel === 0 ? "" : String(panel + 1);
  return { x: `x${suffix}`, y: `y${suffix}`, xaxis: `xaxis${suffix}`, yaxis: `yaxis${suffix}` };
}

/** Plotly's error bars of intervals; none at an end that is not defined. */
export function errorBars(values: readonly Estimate[], thickness = 2, width = 4): Trace {
  const gap = (value: number): number => (Number.isFinite(value) ? Math.max(0, value) : 0);
  return {
    type: "data",
    symmetric: false,
    array: values.map(({ estimate, high }) => gap(high - estimate)),
    arrayminus: values.map(({ estimate, low }) => gap(estimate - low)),
    thickness,
    width,
  };
}

/** All numbers of estimates, for the range of an axis. */
export function endsOf(values: readonly Estimate[]): number[] {
  return values.flatMap(({ estimate, low, high }) => [estimate, low, high]);
}

/** Throws unless there is one value for each. */
export function needEach(name: string, values: number, what: string, expected: number, unit = "values"): void {
  if (values !== expected)
    throw new RangeError(
      `lengths differ: ${name} has ${values} ${unit}, there are ${expected} ${what}; they must be equal`,
    );
}
