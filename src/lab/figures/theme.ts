/**
 * The common style of all figures: a palette that people with any colour vision can distinguish (Okabe & Ito, 2008, without
 * yellow), thin grids, a white background (legible in a dark notebook too), and one colour per policy everywhere.
 */
import type { Figure, Trace } from "../figure.js";

/** An estimate with its interval, as evaluation gives it. */
export interface Estimate {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/** Colours by role. */
export const palette = {
  blue: "#0072b2",
  orange: "#d55e00",
  green: "#009e73",
  purple: "#aa5599",
  sky: "#56b4e9",
  amber: "#d99000",
  grey: "#8a8f98",
  ink: "#23292f",
  grid: "#e6e8eb",
  paper: "#ffffff",
} as const;

const { blue, orange, green, purple, amber, sky } = palette;
const cycle: readonly string[] = [blue, orange, green, purple, amber, sky];
const known: readonly (readonly [RegExp, string])[] = [
  [/random|uniform/i, palette.grey],
  [/oracle/i, palette.ink],
  [/logging/i, palette.sky],
  [/popular/i, palette.amber],
  [/ctr|click/i, palette.orange],
  [/learned|funnel|dcn/i, palette.blue],
];

/** One colour per name, the same in every figure: known policies by what they are, others in turn. Distinct while colours last. */
export function colours(names: readonly string[]): ReadonlyMap<string, string> {
  const chosen = new Map<string, string>();
  const taken = new Set<string>();
  const take = (name: string, colour: string): void => {
    chosen.set(name, colour);
    taken.add(colour);
  };
  for (const name of names) {
    const colour = known.find(([pattern]) => pattern.test(name))?.[1];
    if (colour !== undefined && !taken.has(colour) && !chosen.has(name)) take(name, colour);
  }
  let turn = 0;
  for (const name of names) {
    if (chosen.has(name)) continue;
    take(name, cycle.find((colour) => !taken.has(colour)) ?? cycle[turn++ % cycle.length]!);
  }
  return new Map(names.map((name) => [name, chosen.get(name) as string]));
}

/** A transparent version of a colour, for bands. */
export function faded(colour: string, opacity: number): string {
  const part = (at: number): number => Number.parseInt(colour.slice(at, at + 2), 16);
  return `rgba(${part(1)},${part(3)},${part(5)},${opacity})`;
}

/** The parts of a figure other than its data. */
export interface Look {
  readonly title: string; // what the figure shows
  readonly subtitle?: string; // how to read it
  readonly height?: number; // pixels, default 420
  readonly above?: number; // pixels between title and plot, for notes there; default 0
  readonly layout?: Readonly<Record<string, unknown>>; // Plotly's, overrides the shared style
}

/** Applies the shared style to traces. Long titles are broken into lines of at most 78 characters. */
export function figure(data: readonly Trace[], look: Look): Figure {
  if (look.title === "") throw new RangeError("a figure has no title; it must say what the figure shows");
  const title = wrap(look.title, 78);
  const subtitle = look.subtitle === undefined ? [] : wrap(look.subtitle, 118);
  const several = title.length + subtitle.length > 1; // Plotly lifts the first of several lines by some pixels
  const titleHeight = (several ? 30 : 18) + 21 * title.length + 17 * subtitle.length;
  const { margin, ...layout } = look.layout ?? {};
  return {
    data,
    layout: {
      template,
      height: look.height ?? 420,
      autosize: true,
      // for alt texts, and the report, which sets titles in HTML
      meta: { title: look.title, subtitle: look.subtitle ?? "", above: look.above ?? 0 },
      title: {
        text: `<b>${title.join("<br>")}</b>${subtitle.map((line) => `<br><span style="font-size:12px">${line}</span>`).join("")}`,
        x: 0,
        xref: "container",
        xanchor: "left",
        pad: { l: 16, t: several ? 26 : 14 },
        y: 1,
        yref: "container",
        yanchor: "top",
      },
      margin: { l: 70, r: 28, t: titleHeight + 16 + (look.above ?? 0), b: 64, ...(margin as object | undefined) },
      ...layout,
    },
  };
}

/** A legend on one line below the plot, where direct labels would collide. */
export const legendBelow: Readonly<Record<string, unknown>> = {
  orientation: "h",
  x: 0,
  xanchor: "left",
  y: -0.2,
  yanchor: "top",
};

/** Horizontal axis with a title that says the unit. */
export function axis(title: string, more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return { title: { text: escapeText(title), standoff: 10 }, ...more };
}

/** Escapes a name: Plotly interprets some HTML in text. */
export function escapeText(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

/** Range of an axis around values, with a margin on both sides; includes 0 if asked. NaN is left out. */
export function rangeOf(values: readonly number[], room = 0.06, zero = false): [number, number] {
  let low = zero ? 0 : Infinity;
  let high = zero ? 0 : -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [0, 1];
  const span = high - low || Math.abs(high) || 1;
  return [zero && low >= 0 ? 0 : low - room * span, zero && high <= 0 ? 0 : high + room * span];
}

/** Throws unless there is something to draw. */
export function needSome(name: string, items: ArrayLike<unknown>): void {
  if (items.length === 0) throw new RangeError(`${name} is empty; a figure needs at least one`);
}

const thinAxis = {
  gridcolor: palette.grid,
  linecolor: palette.grid,
  zerolinecolor: palette.grid,
  ticks: "",
  automargin: true,
  title: { font: { size: 13 } },
} as const;
const template = {
  layout: {
    font: {
      family: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif",
      size: 13,
      color: palette.ink,
    },
    title: { font: { size: 16 } },
    paper_bgcolor: palette.paper,
    plot_bgcolor: palette.paper,
    colorway: cycle,
    hoverlabel: { font: { size: 12 } },
    xaxis: thinAxis,
    yaxis: thinAxis,
  },
} as const;

/** Breaks text into as few lines as possible, of about equal length. */
function wrap(text: string, most: number): string[] {
  const width = Math.min(most, Math.ceil(text.length / Math.ceil(text.length / most)) + 6);
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map(escapeText);
}
