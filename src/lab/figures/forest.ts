/** Several differences of the same rows side by side: one panel per measure, dots with intervals around 0. */
import type { Figure, Trace } from "../figure.js";
import { dots, endsOf, errorBars, namesDown, panelAxes } from "./parts.js";
import { axis, escapeText, figure, needSome, palette, rangeOf, type Estimate } from "./theme.js";

/** One measure of all rows. */
export interface ForestPanel {
  readonly label: string;
  readonly better: "higher" | "lower";
  readonly values: readonly (Estimate | undefined)[]; // [rows] shares: 0.05 is 5 %
}

/** Rows from the top down, panels from the left. */
export interface Forest {
  readonly title: string;
  readonly subtitle?: string;
  readonly rows: readonly string[];
  readonly panels: readonly ForestPanel[];
}

const looks = [
  { color: palette.grey, symbol: "circle" },
  { color: palette.green, symbol: "circle" },
  { color: palette.orange, symbol: "diamond" },
] as const;

/** Green is better, orange worse, grey undecided: the interval holds 0. Intervals without ends are undecided. */
export function forest({ title, subtitle, rows, panels }: Forest): Figure {
  needSome("rows", rows);
  needSome("panels", panels);
  const gap = 0.02;
  const width = (1 + gap) / panels.length;
  const layout: Record<string, unknown> = {};
  const traces = panels.flatMap(({ label, better, values }, p): Trace[] => {
    const { x, xaxis } = panelAxes(p);
    const shown = rows.flatMap((row, r) => (values[r] === undefined ? [] : [{ row, value: values[r] }]));
    const from = p * width;
    layout[xaxis] = axis(label, {
      ...{
        domain: [from, from + width - gap],
        tickformat: "+.1~%",
        nticks: 3,
        tickangle: 0,
        zeroline: true,
        zerolinewidth: 1.5,
      },
      zerolinecolor: palette.grey,
      range: rangeOf([0, ...endsOf(shown.map(({ value }) => value)).filter(Number.isFinite)]),
    });
    const sideOf = ({ low, high }: Estimate): number => (low > 0 ? 1 : high < 0 ? -1 : 0);
    return shown.map(({ row, value }) => {
      const side = sideOf(value) * (better === "higher" ? 1 : -1);
      return {
        ...dots,
        ...{ xaxis: x, x: [value.estimate], y: [escapeText(row)], error_x: errorBars([value], 2, 4) },
        marker: { size: 9, ...looks[side === 0 ? 0 : side > 0 ? 1 : 2]! },
        hovertemplate: `${escapeText(row)}<br>${escapeText(label)} %{x:+.2%}<extra></extra>`,
      };
    });
  });
  return figure(traces, {
    title,
    subtitle: subtitle ?? "95 % intervals; circles in green are better, diamonds in orange worse, grey undecided",
    height: 170 + 30 * rows.length,
    layout: {
      ...layout,
      yaxis: { ...namesDown, categoryorder: "array", categoryarray: rows.map(escapeText) },
    },
  });
}
