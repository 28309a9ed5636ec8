/** From one value to another in steps: what each stage loses between what is served and what could be. */
import type { Figure } from "../figure.js";
import { formatNumber } from "../text.js";
import { errorBars, namesDown, noteRight, rowBars } from "./parts.js";
import { axis, escapeText, figure, needSome, palette, rangeOf, type Estimate } from "./theme.js";

/** One waterfall; the steps add up to `to` less `from`. */
export interface Waterfall {
  readonly title: string;
  readonly unit: string;
  readonly from: { readonly name: string; readonly value: number };
  readonly to: { readonly name: string; readonly value: number };
  readonly steps: readonly { readonly name: string; readonly value: Estimate }[];
}

/** Bars that begin where the one before ended, with the steps' intervals; a step down is orange. @throws RangeError without steps */
export function waterfall({ title, unit, from, to, steps }: Waterfall): Figure {
  needSome("steps", steps);
  const starts = steps.map((_, i) => steps.slice(0, i).reduce((sum, { value }) => sum + value.estimate, from.value));
  const rows = [
    { name: from.name, base: 0, length: from.value, colour: palette.grey },
    ...steps.map(({ name, value }, i) => ({
      name,
      base: starts[i]!,
      length: value.estimate,
      colour: value.estimate < 0 ? palette.orange : palette.blue,
    })),
    { name: to.name, base: 0, length: to.value, colour: palette.green },
  ];
  const none = { estimate: 0, low: 0, high: 0 };
  const trace = {
    ...rowBars,
    x: rows.map(({ length }) => length),
    base: rows.map(({ base }) => base),
    y: rows.map(({ name }) => escapeText(name)),
    marker: { color: rows.map(({ colour }) => colour) },
    error_x: errorBars([none, ...steps.map(({ value }) => value), none], 1.5, 4),
    hovertemplate: "%{y}<extra></extra>",
  };
  return figure([trace], {
    title,
    subtitle: `${unit}; steps with 95 % intervals by user`,
    height: 170 + 44 * rows.length,
    layout: {
      xaxis: axis(unit, { range: rangeOf([0, ...rows.map(({ base, length }) => base + length)]), zeroline: true }),
      yaxis: namesDown,
      annotations: rows.map(({ name, length }, i) =>
        noteRight(
          escapeText(name),
          i > 0 && i <= steps.length && length > 0 ? `+${formatNumber(length)}` : formatNumber(length),
        ),
      ),
      margin: { r: 84, b: 56 },
    },
  });
}
