/** Coverage: how often intervals contain the truth, for each parameter, against the nominal level. */
import type { Figure } from "../figure.js";
import { formatPercent } from "../text.js";
import { dots, errorBars, namesDown, noteRight, upright } from "./parts.js";
import { axis, escapeText, faded, figure, needSome, palette } from "./theme.js";

/** One parameter: share of worlds whose interval held the truth, and an interval of that share. */
export interface CoveredParameter {
  readonly name: string;
  readonly covered: number;
  readonly worlds: number;
  readonly low: number;
  readonly high: number;
  readonly sound?: boolean; // default: the share lies within `from` … `to`
}

/** Parameters in order from the top; `from` … `to` counts as sound. */
export interface CoverageDots {
  readonly parameters: readonly CoveredParameter[];
  readonly from?: number; // default 0.90
  readonly to?: number; // default 0.99
  readonly title?: string;
  readonly subtitle?: string;
}

/** Dots of coverage with Wilson intervals, the sound band in green, 95 % dashed; a share outside the band is an orange diamond. */
export function coverageDots({ parameters, from = 0.9, to = 0.99, title, subtitle }: CoverageDots): Figure {
  needSome("parameters", parameters);
  const shares = parameters.map(({ covered, worlds }) => covered / worlds);
  const traces = parameters.map((parameter, i) => {
    const share = shares[i]!;
    const sound = parameter.sound ?? (share >= from && share <= to);
    return {
      ...dots,
      x: [share],
      y: [escapeText(parameter.name)],
      error_x: errorBars([{ estimate: share, low: parameter.low, high: parameter.high }], 2, 5),
      marker: { size: 10, color: sound ? palette.green : palette.orange, symbol: sound ? "circle" : "diamond" },
      hovertemplate: `${escapeText(parameter.name)}: ${parameter.covered} of ${parameter.worlds} worlds<extra></extra>`,
    };
  });
  const labels = parameters.map(({ name, covered, worlds }) =>
    noteRight(escapeText(name), `<b>${covered}</b> of ${worlds}`, { size: 12 }),
  );
  const lowest = Math.min(0.8, ...parameters.map(({ low }) => low));
  return figure(traces, {
    title:
      title ??
      `95 % intervals from the log hold the truth in ${formatPercent(shares.reduce((a, b) => a + b, 0) / shares.length, 0)} of cases`,
    subtitle:
      subtitle ??
      "share of worlds whose 95 % interval held the truth, with its own 95 % interval; green band: sound, dashed: 95 %",
    height: 150 + 30 * parameters.length,
    layout: {
      shapes: [
        {
          type: "rect",
          xref: "x",
          yref: "paper",
          x0: from,
          x1: to,
          y0: 0,
          y1: 1,
          line: { width: 0 },
          fillcolor: faded(palette.green, 0.13),
          layer: "below",
        },
        { ...upright(0.95), layer: "below" },
      ],
      xaxis: axis("coverage", { range: [lowest - 0.02, 1.01], tickformat: ".0%" }),
      yaxis: namesDown,
      annotations: labels,
      margin: { l: 220, r: 84, b: 56 },
    },
  });
}
