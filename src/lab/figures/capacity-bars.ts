/** Need against limit for each resource: how the back-of-the-envelope budget is spent. */
import type { Figure } from "../figure.js";
import { formatNumber, formatPercent } from "../text.js";
import { namesDown, rowBars, upright } from "./parts.js";
import { axis, escapeText, figure, needSome, palette } from "./theme.js";

/** One resource; need and limit in the same unit. */
export interface CapacityItem {
  readonly name: string;
  readonly need: number;
  readonly limit: number;
  readonly unit: string;
}

/** Resources against their limits. */
export interface CapacityBars {
  readonly items: readonly CapacityItem[];
  readonly title?: string;
}

/** Bars of need over limit; beyond 100 % they are orange. Throws on a limit that is not positive. */
export function capacityBars({ items, title }: CapacityBars): Figure {
  needSome("items", items);
  for (const { name, limit } of items)
    if (!(limit > 0)) throw new RangeError(`limit of ${name} is ${limit}; it must be above 0`);
  const shares = items.map(({ need, limit }) => need / limit);
  const longest = Math.max(1, ...shares);
  const over = items.filter((_, i) => shares[i]! > 1).map((item) => item.name);
  const trace = {
    ...rowBars,
    x: shares,
    y: items.map((item) => escapeText(item.name)),
    marker: { color: shares.map((share) => (share > 1 ? palette.orange : palette.blue)) },
    text: items.map(({ need, limit, unit }) => escapeText(`${formatNumber(need)} of ${formatNumber(limit)} ${unit}`)),
    hovertemplate: "%{y}: %{x:.1%} of the limit<extra></extra>",
  };
  const fullest = items[shares.indexOf(Math.max(...shares))]!;
  return figure([trace], {
    title:
      title ??
      (over.length > 0
        ? `Beyond the limit: ${over.join(", ")}`
        : `All within limits; ${fullest.name} is fullest at ${formatPercent(fullest.need / fullest.limit, 0)}`),
    height: 150 + 40 * items.length,
    layout: {
      xaxis: axis("share of the limit needed", { tickformat: ".0%", range: [0, longest * 1.45] }),
      yaxis: namesDown,
      shapes: [upright(1)],
      margin: { b: 56 },
    },
  });
}
