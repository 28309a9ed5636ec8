/** Measured facts against published ranges, each on its own scale: the band is the range, the mark is the measured value. */
import type { Figure } from "../figure.js";
import { formatNumber } from "../text.js";
import { dots, noteRight } from "./parts.js";
import { axis, escapeText, faded, figure, needSome, palette } from "./theme.js";

/** One fact. `value` null: not measurable from the data. */
export interface RangedFact {
  readonly name: string;
  readonly value: number | null;
  readonly low: number;
  readonly high: number;
}

/** Facts in order from the top. */
export interface FactRanges {
  readonly facts: readonly RangedFact[];
  readonly title?: string;
}

/**
 * Bands from 0 to 1 (the published range, in any unit) with the measured value as a mark; far outside is drawn at the edge with
 * an arrow.
 */
export function factRanges({ facts, title }: FactRanges): Figure {
  needSome("facts", facts);
  const known = facts.filter((fact) => fact.value !== null);
  const inside = (fact: RangedFact): boolean =>
    fact.value !== null && fact.value >= fact.low && fact.value <= fact.high;
  const place = ({ value, low, high }: RangedFact): number =>
    Math.min(1.72, Math.max(-0.72, ((value as number) - low) / (high - low)));
  const symbolAt = (x: number): string => {
    if (Math.abs(x - 0.5) <= 1.2) return "diamond";
    return x > 0 ? "triangle-right" : "triangle-left";
  };
  const bands = facts.map((_, row) => ({
    type: "rect",
    xref: "x",
    yref: "y",
    x0: 0,
    x1: 1,
    y0: -row - 0.32,
    y1: -row + 0.32,
    line: { width: 0 },
    fillcolor: faded(palette.green, 0.16),
    layer: "below",
  }));
  const traces = ([true, false] as const).map((isIn) => {
    const some = known.filter((fact) => inside(fact) === isIn);
    return {
      ...dots,
      x: some.map(place),
      y: some.map((fact) => -facts.indexOf(fact)),
      marker: {
        size: 11,
        color: isIn ? palette.green : palette.orange,
        symbol: some.map((fact) => (isIn ? "circle" : symbolAt(place(fact)))),
      },
      text: some.map(
        (fact) =>
          `${escapeText(fact.name)}: ${formatNumber(fact.value as number)}, ` +
          `published ${formatNumber(fact.low)} to ${formatNumber(fact.high)}`,
      ),
      hovertemplate: "%{text}<extra></extra>",
    };
  });
  const notes = facts.map((fact, row) => {
    const measured = fact.value === null ? "too few" : String(Number(fact.value.toPrecision(3)));
    const color = fact.value === null ? palette.grey : inside(fact) ? palette.ink : palette.orange;
    return noteRight(-row, `<b>${measured}</b> · ${fact.low} to ${fact.high}`, { size: 12, color });
  });
  const count = known.filter(inside).length;
  return figure(traces, {
    title: title ?? `${count} of ${facts.length} stylised facts lie in their published range`,
    subtitle:
      "green band: published range, each fact on its own scale; circles lie " +
      "inside, diamonds outside, triangles far outside; right: measured · range",
    height: 150 + 30 * facts.length,
    layout: {
      shapes: bands,
      annotations: notes,
      margin: { l: 220, r: 150, b: 56 },
      xaxis: axis("from the low to the high end of the published range", {
        range: [-0.8, 1.8],
        showticklabels: false,
        showgrid: false,
        zeroline: false,
      }),
      yaxis: {
        range: [0.4 - facts.length, 0.6],
        tickvals: facts.map((_, row) => -row),
        ticktext: facts.map(({ name }) => escapeText(name)),
        showgrid: false,
        zeroline: false,
      },
    },
  });
}
