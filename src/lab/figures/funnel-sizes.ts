/** How many videos each stage of the funnel passes on: from the whole catalogue to one page. */
import type { Figure } from "../figure.js";
import { formatNumber } from "../text.js";
import { namesDown, rowBars } from "./parts.js";
import { axis, escapeText, figure, needSome, palette } from "./theme.js";

/** One stage; `count` is what it passes on to the next. */
export interface FunnelStage {
  readonly name: string;
  readonly count: number;
  readonly note?: string; // for example "3.2 ms" or "two-tower + popular + fresh"
}

/** Stages from the catalogue to the page. */
export interface FunnelStages {
  readonly stages: readonly FunnelStage[];
  readonly title?: string;
}

/** Bars on a logarithmic axis. Throws on a count below 1. */
export function funnelStages({ stages, title }: FunnelStages): Figure {
  needSome("stages", stages);
  for (const { name, count } of stages)
    if (!(count >= 1)) throw new RangeError(`count of ${name} is ${count}; it must be at least 1`);
  const largest = Math.max(...stages.map((stage) => stage.count));
  const trace = {
    ...rowBars,
    x: stages.map((stage) => stage.count),
    y: stages.map((stage) => escapeText(stage.name)),
    marker: { color: palette.blue },
    text: stages.map(({ count, note }) =>
      escapeText(`${formatNumber(count)}${note === undefined ? "" : ` · ${note}`}`),
    ),
    hovertemplate: "%{y}: %{x:,}<extra></extra>",
  };
  const [first, last] = [stages[0]!, stages.at(-1) as FunnelStage];
  return figure([trace], {
    title: title ?? `Of ${formatNumber(first.count)} videos the funnel shows ${formatNumber(last.count)}`,
    height: 150 + 44 * stages.length,
    layout: {
      xaxis: axis("videos (log scale)", { type: "log", range: [0, Math.log10(largest) * 1.5 + 0.2], dtick: 1 }),
      yaxis: namesDown,
      margin: { b: 56 },
    },
  });
}
