/** A matrix of numbers as colours: features by day (PSI), topics by region, policies by metric. */
import type { Figure } from "../figure.js";
import { namesDown, needEach } from "./parts.js";
import { axis, escapeText, figure, needSome, palette } from "./theme.js";

/** Values by row and column; NaN is left blank. */
export interface Heat {
  readonly title: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly values: readonly ArrayLike<number>[]; // [rows][columns]
  readonly unit: string;
  readonly columnTitle?: string;
  readonly most?: number; // top of the colour scale; default: the largest value
}

/** Heat map from white to blue; with at most 150 cells the numbers are shown. */
export function heat({ title, rows, columns, values, unit, columnTitle = "", most }: Heat): Figure {
  needSome("rows", rows);
  needSome("columns", columns);
  needEach("the matrix", values.length, "row names", rows.length, "rows");
  values.forEach((row, r) => needEach(`row ${rows[r]}`, row.length, "columns", columns.length));
  const z = values.map((row) => Array.from(row, (value) => (Number.isFinite(value) ? value : null)));
  const top = most ?? Math.max(...z.flat().map((value) => value ?? -Infinity));
  const written = rows.length * columns.length <= 150;
  const trace = {
    type: "heatmap",
    x: columns.map(escapeText),
    y: rows.map(escapeText),
    z,
    zmin: Math.min(0, ...z.flat().map((value) => value ?? 0)),
    zmax: Number.isFinite(top) && top > 0 ? top : 1,
    colorscale: [
      [0, "#f7f9fb"],
      [0.5, "#8fc1de"],
      [1, palette.blue],
    ],
    xgap: 1,
    ygap: 1,
    colorbar: { title: { text: escapeText(unit), side: "right" }, thickness: 12, outlinewidth: 0 },
    ...(written
      ? {
          text: z.map((row) => row.map((value) => (value === null ? "" : String(Number(value.toPrecision(2)))))),
          texttemplate: "%{text}",
          textfont: { size: 11 },
        }
      : {}),
    hovertemplate: "%{y}, %{x}: %{z}<extra></extra>",
  };
  return figure([trace], {
    title,
    height: 150 + 28 * rows.length,
    layout: {
      xaxis: axis(columnTitle, { type: "category", showgrid: false }),
      yaxis: { ...namesDown, showgrid: false },
      margin: { b: 60 },
    },
  });
}
