/** Quality against cost: one point per model, the ladder from the simplest up as a line, one panel per cost and group of models. */
import type { Figure, Trace } from "../figure.js";
import { dots, endsOf, errorBars, guide, panelAxes } from "./parts.js";
import { axis, colours, escapeText, figure, needSome, palette, rangeOf, type Estimate } from "./theme.js";

/** One model. */
export interface TradeOffPoint {
  readonly name: string;
  readonly quality: Estimate; // low and high NaN: without an interval
  readonly cost: Estimate; // above 0
  /** false: not a step of the ladder (a custom model); default true. */
  readonly onLadder?: boolean;
}

/** One panel. Points are in the order of the ladder. */
export interface TradeOffPanel {
  readonly quality: string; // what it is, with its unit
  readonly cost: string;
  readonly points: readonly TradeOffPoint[];
}

/** Panels, two in a row; those of one row share their models and the quality axis. */
export interface TradeOff {
  readonly title: string;
  readonly subtitle?: string;
  readonly panels: readonly TradeOffPanel[];
  /** All models, in the order of their colours; default: each panel has its own. */
  readonly names?: readonly string[];
}

const plotWidth = 330; // pixels of a panel at the usual width, to keep labels apart
const plotHeight = 300;

/** Points with 95 % intervals over a logarithmic cost axis; up and to the left is better. */
export function tradeOff({ title, subtitle, panels, names }: TradeOff): Figure {
  needSome("panels", panels);
  const columns = Math.min(2, panels.length);
  const rows = Math.ceil(panels.length / columns);
  const traces: Trace[] = [];
  const annotations: Trace[] = [];
  const layout: Record<string, unknown> = {};
  panels.forEach(({ quality, cost, points }, panel) => {
    needSome(`points of ${cost}`, points);
    const wrong = points.find((point) => !(point.cost.estimate > 0));
    if (wrong !== undefined)
      throw new RangeError(
        `cost of ${wrong.name} is ${wrong.cost.estimate}; the axis is logarithmic, so it must be above 0`,
      );
    const { x, y, xaxis, yaxis } = panelAxes(panel);
    const [row, column] = [Math.floor(panel / columns), panel % columns];
    const [x0, x1] = [column === 0 ? 0 : 0.55, columns === 1 ? 1 : column === 0 ? 0.47 : 1];
    const [y0, y1] = [1 - (row + 1) / rows + (row === rows - 1 ? 0 : 0.07), 1 - row / rows - (row === 0 ? 0 : 0.05)];
    const colour = colours(names ?? points.map(({ name }) => name));
    const xRange = rangeOf(
      endsOf(points.map((point) => point.cost))
        .filter((value) => value > 0)
        .map(Math.log10),
      0.16,
    );
    const yRange = rangeOf(endsOf(points.map((point) => point.quality)), 0.14);
    const axes = { xaxis: x, yaxis: y };
    const ladder = points.filter(({ onLadder = true }) => onLadder);
    if (ladder.length > 1) {
      traces.push({
        ...guide,
        ...axes,
        x: ladder.map((point) => point.cost.estimate),
        y: ladder.map((point) => point.quality.estimate),
        line: { color: palette.grey, width: 1, dash: "dot" },
        showlegend: false,
      });
    }
    for (const { name, quality: q, cost: c, onLadder = true } of points) {
      traces.push({
        ...dots,
        name: escapeText(name),
        ...axes,
        x: [c.estimate],
        y: [q.estimate],
        marker: { size: 10, color: colour.get(name), symbol: onLadder ? "circle" : "diamond" },
        error_x: errorBars([c], 1.2, 3),
        error_y: errorBars([q], 1.2, 3),
        hovertemplate: `${escapeText(name)}<br>${escapeText(quality)} %{y:.4g}<br>${escapeText(cost)} %{x:.3g}<extra></extra>`,
      });
    }
    annotations.push(...labelsOf(points, colour, xRange, yRange).map((label) => ({ ...label, xref: x, yref: y })));
    layout[xaxis] = axis(cost, {
      type: "log",
      domain: [x0, x1],
      anchor: y,
      range: xRange,
      ...ticksOf(xRange),
    });
    layout[yaxis] = axis(quality, { domain: [y0, y1], anchor: x, range: yRange, nticks: 6 });
  });
  return figure(traces, {
    title,
    subtitle:
      subtitle ?? "up and to the left is better; the dotted line is the ladder from the simplest up; 95 % intervals",
    height: 130 + (plotHeight + 90) * rows,
    layout: { ...layout, annotations },
  });
}

/** Powers of ten, thinned to at most six; over less than two of them also their twos and fives. */
function ticksOf([low, high]: readonly [number, number]): {
  readonly tickvals: readonly number[];
  readonly ticktext: readonly string[];
} {
  const every = Math.ceil((high - low) / 5);
  const powers = Array.from(
    { length: Math.floor((Math.ceil(high) - Math.floor(low)) / every) + 1 },
    (_, i) => 10 ** (Math.floor(low) + i * every),
  );
  const tickvals = high - low < 2 ? powers.flatMap((power) => [power, 2 * power, 5 * power]) : powers;
  return { tickvals, ticktext: tickvals.map((value) => String(Number(value.toPrecision(1)))) };
}

/** Names right of their points, or left of those in the right third, moved apart where they would overlap. */
function labelsOf(
  points: readonly TradeOffPoint[],
  colour: ReadonlyMap<string, string>,
  [left, right]: readonly [number, number],
  [bottom, top]: readonly [number, number],
): readonly Trace[] {
  const placed = points
    .map((point) => {
      const x = ((Math.log10(point.cost.estimate) - left) / (right - left)) * plotWidth;
      const y = ((point.quality.estimate - bottom) / (top - bottom)) * plotHeight;
      const leftward = x > 0.62 * plotWidth;
      const width = 12 + 7 * point.name.length;
      return { ...point, leftward, from: leftward ? x - width : x, to: leftward ? x : x + width, y, at: y + 9 };
    })
    .sort((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1));
  for (let pass = 0; pass < 60; pass++) {
    for (const [i, lower] of placed.entries()) {
      for (const upper of placed.slice(i + 1)) {
        const missing = 15 - (upper.at - lower.at);
        if (missing <= 0 || lower.to < upper.from || upper.to < lower.from) continue;
        lower.at -= missing / 2;
        upper.at += missing / 2;
      }
    }
  }
  return placed.map(({ name, cost, quality, leftward, y, at }) => ({
    x: Math.log10(cost.estimate),
    y: quality.estimate,
    yshift: at - y,
    xshift: leftward ? -7 : 7,
    xanchor: leftward ? "right" : "left",
    showarrow: false,
    text: escapeText(name),
    font: { size: 12, color: colour.get(name) },
  }));
}
