/** How many times as many users an A/B test needs for the same interval: compared with twin worlds, and with the same test under CUPED. */
import type { Figure, Trace } from "../figure.js";
import { formatNumber } from "../text.js";
import { dots, panelAxes, panelNote } from "./parts.js";
import { axis, escapeText, figure, legendBelow, needSome, palette, type Estimate } from "./theme.js";

/** One metric of one pair of arms. A factor of Infinity: the twins are equal. */
export interface VarianceFactor {
  readonly label: string;
  readonly factors: Readonly<Record<string, Estimate>>; // by method, at least 0
}

/** Pairs of arms as panels, metrics as rows, methods as colours. */
export interface VarianceFactors {
  readonly panels: readonly { readonly name: string; readonly rows: readonly VarianceFactor[] }[];
  readonly title: string;
  readonly subtitle?: string;
}

const looks = [
  { colour: palette.blue, symbol: "circle" },
  { colour: palette.orange, symbol: "diamond" },
  { colour: palette.green, symbol: "square" },
] as const;

/** Dots and intervals on a logarithmic axis that all panels share; a triangle at the edge is a factor without bound. */
export function varianceFactors({ panels, title, subtitle }: VarianceFactors): Figure {
  needSome("panels", panels);
  panels.forEach(({ name, rows }) => needSome(`rows of ${name}`, rows));
  const methods = [...new Set(panels.flatMap(({ rows }) => rows.flatMap(({ factors }) => Object.keys(factors))))];
  const finite = panels
    .flatMap(({ rows }) =>
      rows.flatMap(({ factors }) => Object.values(factors).flatMap(({ estimate, high }) => [estimate, high])),
    )
    .filter((value) => Number.isFinite(value) && value > 0);
  const edge = 2 * Math.max(4, ...finite.map((value) => Math.min(value, 2_000)));
  const place = (value: number): number => Math.min(Math.max(value, 0.5), edge);
  const labels = [...new Set(panels.flatMap(({ rows }) => rows.map(({ label }) => label)))];
  const traces: Trace[] = [];
  const layout: Record<string, unknown> = {};
  const annotations: Trace[] = [];
  panels.forEach(({ name, rows }, panel) => {
    const axes = panelAxes(panel);
    const domain = [
      panel / panels.length + (panel === 0 ? 0 : 0.012),
      (panel + 1) / panels.length - (panel === panels.length - 1 ? 0 : 0.012),
    ];
    methods.forEach((method, m) => {
      const look = looks[m % looks.length]!;
      const here = rows.filter(({ factors }) => !Number.isNaN(factors[method]?.estimate ?? NaN));
      if (here.length === 0) return;
      const values = here.map(({ factors }) => factors[method]!);
      const end = (value: number, from: number): number => (Number.isNaN(value) ? place(from) : place(value));
      traces.push({
        ...dots,
        name: escapeText(method),
        legendgroup: method,
        showlegend: panel === 0,
        xaxis: axes.x,
        yaxis: axes.y,
        x: values.map(({ estimate }) => place(estimate)),
        y: here.map(({ label }) => escapeText(label)),
        error_x: {
          type: "data",
          symmetric: false,
          thickness: 2,
          width: 4,
          array: values.map(({ estimate, high }) => end(high, estimate) - place(estimate)),
          arrayminus: values.map(({ estimate, low }) => place(estimate) - end(low, estimate)),
        },
        marker: {
          size: 10,
          color: look.colour,
          symbol: values.map(({ estimate }) => (estimate > edge ? "triangle-right" : look.symbol)),
        },
        text: values.map(
          ({ estimate, low, high }) => `${formatNumber(estimate)} (${formatNumber(low)} to ${formatNumber(high)})`,
        ),
        hovertemplate: `${escapeText(name)}, %{y}<br>${escapeText(method)}: %{text}<extra></extra>`,
      });
    });
    layout[axes.xaxis] = axis(
      panel === Math.floor((panels.length - 1) / 2) ? "variance factor: times as many users" : "",
      {
        domain,
        anchor: axes.y,
        type: "log",
        range: [Math.log10(0.7), Math.log10(edge * 1.15)],
        tickvals: [1, 2, 10, 30, 100, 300, 1000, 3000].filter((tick) => tick * 1.3 <= edge),
        zeroline: false,
      },
    );
    layout[axes.yaxis] = {
      type: "category",
      categoryorder: "array",
      categoryarray: labels.map(escapeText).reverse(),
      anchor: axes.x,
      showticklabels: panel === 0,
      range: [-0.6, labels.length - 0.4],
    };
    annotations.push(panelNote(domain[0]!, 1, escapeText(name), 13));
  });
  return figure(traces, {
    title,
    ...(subtitle === undefined ? {} : { subtitle }),
    height: 250 + 34 * labels.length,
    above: 22,
    layout: { ...layout, annotations, legend: legendBelow, margin: { b: 96 } },
  });
}
