/** The verdict on each conclusion in each world: holds, undecided, or flips. */
import type { Figure } from "../figure.js";
import { namesDown, needEach } from "./parts.js";
import { axis, escapeText, figure, needSome, palette } from "./theme.js";

/** Verdicts by conclusion (rows) and world (columns). */
export interface VerdictGrid {
  readonly conclusions: readonly string[];
  readonly worlds: readonly string[];
  readonly verdicts: readonly (readonly ("holds" | "undecided" | "flips")[])[]; // [conclusions][worlds]
  readonly title?: string;
}

const looks = {
  holds: { code: 0, colour: "#cfe8df", sign: "✓" },
  undecided: { code: 1, colour: "#e6e8eb", sign: "?" },
  flips: { code: 2, colour: palette.orange, sign: "✗" },
} as const;

/** Grid of marks, readable without colour too. */
export function verdictGrid({ conclusions, worlds, verdicts, title }: VerdictGrid): Figure {
  needSome("conclusions", conclusions);
  needSome("worlds", worlds);
  verdicts.forEach((row, r) => needEach(conclusions[r]!, row.length, "worlds", worlds.length, "verdicts"));
  const all = verdicts.flat();
  const count = (verdict: keyof typeof looks): number => all.filter((one) => one === verdict).length;
  const trace = {
    type: "heatmap",
    x: worlds.map(escapeText),
    y: conclusions.map(escapeText),
    z: verdicts.map((row) => row.map((verdict) => looks[verdict].code)),
    zmin: -0.5,
    zmax: 2.5,
    showscale: false,
    xgap: 2,
    ygap: 2,
    colorscale: Object.values(looks).flatMap(({ code, colour }) => [
      [code / 3, colour],
      [(code + 1) / 3, colour],
    ]),
    text: verdicts.map((row) => row.map((verdict) => looks[verdict].sign)),
    texttemplate: "%{text}",
    textfont: { size: 14 },
    customdata: verdicts.map((row) => [...row]),
    hovertemplate: "%{y}<br>%{x}: %{customdata}<extra></extra>",
  };
  return figure([trace], {
    title:
      title ??
      `${count("holds")} of ${all.length} judgements hold, ${count("undecided")} are undecided, ${count("flips")} flip`,
    subtitle: "✓ the interval lies on the claimed side, ? it includes 0, ✗ it lies on the other side",
    height: 260 + 34 * conclusions.length,
    layout: {
      xaxis: axis("world", { type: "category", showgrid: false, tickangle: -40 }),
      yaxis: { ...namesDown, showgrid: false },
      margin: { l: 330, b: 150 },
    },
  });
}
