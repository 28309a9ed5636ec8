/** Two values per row and the change between them: with and without, before and after, without and with a leak. */
import type { Figure } from "../figure.js";
import { formatNumber } from "../text.js";
import { dots, guide, namesDown, noteRight } from "./parts.js";
import { axis, escapeText, figure, legendBelow, needSome, palette, rangeOf } from "./theme.js";

/** One row. */
export interface Change {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Rows from the top, and the names of their two ends. */
export interface Changes {
  readonly title: string;
  readonly unit: string;
  readonly from: string; // name of the hollow end
  readonly to: string; // name of the filled end
  readonly rows: readonly Change[];
  readonly subtitle?: string;
}

const colourOf = { from: palette.orange, to: palette.blue } as const;

/** Dumbbells: a hollow dot, a filled one, a line between; the values are at the right. Dots need no zero. */
export function changes({ title, unit, from, to, rows, subtitle }: Changes): Figure {
  needSome("rows", rows);
  rows.forEach((row) => {
    if (!Number.isFinite(row.from) || !Number.isFinite(row.to))
      throw new RangeError(`${row.name} goes from ${row.from} to ${row.to}; both must be finite`);
  });
  const names = rows.map((row) => escapeText(row.name));
  const ways = rows.map((row, i) => ({
    ...guide,
    x: [row.from, row.to],
    y: [names[i], names[i]],
    line: { color: palette.grey, width: 2 },
    showlegend: false,
  }));
  const ends = [
    { end: "from", name: from, symbol: "circle-open" } as const,
    { end: "to", name: to, symbol: "circle" } as const,
  ].map(({ end, name, symbol }) => ({
    ...dots,
    showlegend: true,
    name: escapeText(name),
    x: rows.map((row) => row[end]),
    y: names,
    marker: { size: 11, symbol, color: colourOf[end], line: { width: 2.5, color: colourOf[end] } },
    hovertemplate: `%{y}, ${escapeText(name)}: %{x:.4f}<extra></extra>`,
  }));
  const labels = rows.map((row, i) =>
    noteRight(names[i], `${formatNumber(row.from)} → <b>${formatNumber(row.to)}</b>`),
  );
  const ranged = rows.flatMap((row) => [row.from, row.to]);
  return figure([...ways, ...ends], {
    title,
    subtitle,
    height: 190 + 40 * rows.length,
    layout: {
      xaxis: axis(unit, { range: rangeOf(ranged, 0.08) }),
      yaxis: { ...namesDown, showgrid: true },
      annotations: labels,
      margin: { r: 136, b: 92 },
      legend: { ...legendBelow, y: -0.26 - 0.5 / rows.length },
    },
  });
}
