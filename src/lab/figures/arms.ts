/** One metric over policies: a dot, its interval, and the share of the random-to-oracle gap that it closes. */
import { leaderOf, type PairedLead } from "../../evaluation/index.js";
import type { Figure } from "../figure.js";
import { formatNumber } from "../text.js";
import { dots, endsOf, errorBars, namesDown, noteRight } from "./parts.js";
import { axis, colours, escapeText, figure, needSome, rangeOf, type Estimate } from "./theme.js";

/** One policy's value. */
export interface ArmValue {
  readonly policy: string;
  readonly value: Estimate;
  readonly share?: Estimate; // of the gap from random (0) to the oracle (1) closed
}

/** A metric over policies, drawn in the given order from the top. */
export interface Arms {
  readonly metric: { readonly label: string; readonly unit: string; readonly better: "higher" | "lower" };
  readonly arms: readonly ArmValue[];
  readonly by?: string; // what the intervals vary over, default "user"
  /** Paired differences in the metric: the title calls a lead a win only if its interval excludes 0. */
  readonly pairs?: readonly PairedLead[];
  readonly title?: string;
}

/** Dot-and-interval plot; the axis starts where the data do, since dots (unlike bars) need no zero. */
export function arms({ metric, arms: values, by = "user", pairs, title }: Arms): Figure {
  needSome("arms", values);
  const colour = colours(values.map((arm) => arm.policy));
  const shared = values.some((arm) => arm.share);
  const traces = values.map(({ policy, value }) => ({
    ...dots,
    name: escapeText(policy),
    x: [value.estimate],
    y: [escapeText(policy)],
    error_x: errorBars([value], 2, 5),
    marker: { size: 11, color: colour.get(policy) },
    hovertemplate:
      `${escapeText(policy)}: %{x:.4f}<br>95 % interval ` +
      `${formatNumber(value.low)} to ${formatNumber(value.high)}<extra></extra>`,
  }));
  const labels = values.map(({ policy, value, share }) => {
    const closed = share && Number.isFinite(share.estimate) ? ` · ${Math.round(100 * share.estimate)} %` : "";
    return noteRight(escapeText(policy), `<b>${formatNumber(value.estimate)}</b>${closed}`);
  });
  return figure(traces, {
    title: title ?? titleFor(metric, values, pairs),
    subtitle:
      `dots with 95 % intervals by ${by}; ${metric.better} is ` +
      `better${shared ? "; percentages: share of the random-to-oracle gap closed" : ""}`,
    height: 150 + 44 * values.length,
    layout: {
      xaxis: axis(metric.unit, { range: rangeOf(endsOf(values.map(({ value }) => value)), 0.08) }),
      yaxis: { ...namesDown, showgrid: true },
      annotations: labels,
      margin: { r: shared ? 124 : 84, b: 56 },
    },
  });
}

function titleFor(metric: Arms["metric"], values: readonly ArmValue[], pairs: Arms["pairs"]): string {
  const judged = values.filter((arm) => Number.isFinite(arm.value.estimate) && !/oracle/i.test(arm.policy));
  if (judged.length === 0) return `${metric.label} by policy`;
  const { best, undecided } = leaderOf(judged, pairs, metric.better);
  if (undecided.length > 0) return `${metric.label}: undecided between ${[best, ...undecided].join(" and ")}`;
  const { estimate } = judged.find(({ policy }) => policy === best)!.value;
  return `${metric.label}: ${best} does best, with ${formatNumber(estimate)} ${metric.unit}`;
}
