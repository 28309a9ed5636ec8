/** Pictures as a figure. */
import type { Figure } from "../lab/index.js";

/** Pictures side by side, as a figure. @param rows pictures of each row, [n, side × side × 3] @param names of the rows */
export function contactSheet(
  title: string,
  side: number,
  rows: readonly Float32Array[],
  names: readonly string[],
): Figure {
  const [pixels, gap] = [side * side * 3, Math.ceil(side / 12)];
  const data = rows.flatMap((row, r) =>
    Array.from({ length: row.length / pixels }, (_, column) => {
      const at = (y: number, x: number): number => (column * side * side + y * side + x) * 3;
      const line = (y: number): number[][] =>
        Array.from({ length: side }, (__, x) =>
          Array.from(row.subarray(at(y, x), at(y, x) + 3), (v) => Math.round(255 * v)),
        );
      const z = Array.from({ length: side }, (__, y) => line(y));
      return { type: "image", z, x0: column * (side + gap), y0: r * (side + gap), hoverinfo: "skip" };
    }),
  );
  const ticks = names.map((_, r) => r * (side + gap) + side / 2);
  const yaxis = { tickvals: ticks, ticktext: names, autorange: "reversed", showgrid: false, zeroline: false };
  return {
    data,
    layout: {
      ...{
        title: { text: title },
        height: 90 + Math.max(75, 1.5 * side) * rows.length,
        margin: { l: 90, r: 20, t: 50, b: 10 },
      },
      ...{ yaxis, xaxis: { visible: false, constrain: "domain" } },
    },
  };
}
