/** A platform that learns on: an online and an offline metric by day, with the days of change, alarms and new models. */
import type { Figure, Trace } from "../figure.js";
import { dots, noteAbove, panelAxes, panelNote, upright } from "./parts.js";
import { axis, escapeText, figure, legendBelow, needSome, palette, rangeOf } from "./theme.js";

/** Days; null is a gap. */
export interface LearningDays {
  readonly title: string;
  readonly days: readonly number[];
  readonly panels: readonly { readonly label: string; readonly values: readonly (number | null)[] }[]; // two or more
  readonly marks: readonly { readonly day: number; readonly label: string }[]; // days of change
  /** Days with a sign, drawn in the first panel, for example new models and alarms. */
  readonly signs: readonly { readonly name: string; readonly days: readonly number[] }[];
}

const looks = [
  { symbol: "triangle-up", color: palette.green },
  { symbol: "x", color: palette.orange },
  { symbol: "triangle-down-open", color: palette.grey },
] as const;

/** Panels one above the other, days in common. */
export function learningDays({ title, days, panels, marks, signs }: LearningDays): Figure {
  needSome("days", days);
  needSome("panels", panels);
  const traces: Trace[] = [];
  const layout: Record<string, unknown> = {};
  const annotations: Trace[] = marks.map(({ day, label }) => noteAbove(day, label));
  const height = 1 / panels.length;
  panels.forEach(({ label, values }, panel) => {
    const { y, yaxis } = panelAxes(panel);
    const known = values.filter((value) => value !== null);
    const range = rangeOf(known.length > 0 ? known : [0, 1], panel === 0 ? 0.2 : 0.08);
    const top = 1 - panel * height;
    layout[yaxis] = axis("", { domain: [top - height + 0.04, top - (panel === 0 ? 0.05 : 0.08)], range });
    annotations.push(panelNote(0, top - (panel === 0 ? 0.05 : 0.08), escapeText(label)));
    traces.push({
      ...{ type: "scatter", mode: "lines+markers", showlegend: false, xaxis: "x", yaxis: y },
      ...{ x: days, y: values, line: { color: palette.blue, width: 2 }, marker: { size: 4, color: palette.blue } },
      hovertemplate: `day %{x}: %{y:.3g}<extra></extra>`,
    });
    if (panel === 0)
      signs.forEach(({ name, days: on }, s) => {
        traces.push({
          ...{ ...dots, showlegend: on.length > 0, name: escapeText(name), xaxis: "x", yaxis: "y" },
          ...{ x: on, y: on.map(() => range[0] + (0.04 + 0.05 * s) * (range[1] - range[0])) },
          marker: { size: 9, ...looks[s % looks.length] },
          hovertemplate: `day %{x}: ${escapeText(name)}<extra></extra>`,
        });
      });
  });
  const x = axis("day", { tickformat: "d", range: [Math.min(...days) - 0.5, Math.max(...days) + 0.5] });
  return figure(traces, {
    title,
    height: 160 + 170 * panels.length,
    above: marks.length > 0 ? 16 : 0,
    layout: {
      ...layout,
      xaxis: { ...x, anchor: panelAxes(panels.length - 1).y },
      legend: legendBelow,
      shapes: marks.map(({ day }) => upright(day)),
      annotations,
    },
  });
}
