/** One metric by segment and policy: do newcomers do as well as established users? */
import type { Figure } from "../figure.js";
import { axis, colours, escapeText, figure, legendBelow, needSome, rangeOf, type Estimate } from "./theme.js";

/** One policy's values, one per segment; undefined where the segment has nobody. */
export interface SegmentArm {
  readonly policy: string;
  readonly values: readonly (Estimate | undefined)[];
}

/** Segments by policies. */
export interface Segments {
  readonly metric: { readonly label: string; readonly unit: string };
  readonly segments: readonly string[];
  readonly arms: readonly SegmentArm[];
  readonly title?: string;
}

/** Dots with intervals, policies side by side within each segment. */
export function segmentDots({ metric, segments, arms, title }: Segments): Figure {
  needSome("segments", segments);
  needSome("arms", arms);
  const colour = colours(arms.map((arm) => arm.policy));
  const traces = arms.map(({ policy, values }, a) => {
    if (values.length !== segments.length)
      throw new RangeError(
        `lengths differ: ${policy} has ${values.length} values, there are ${segments.length} segments; they must be equal`,
      );
    const shift = arms.length === 1 ? 0 : (a / (arms.length - 1) - 0.5) * Math.min(0.5, 0.12 * arms.length);
    const present = values.flatMap((value, s) => (value && Number.isFinite(value.estimate) ? [{ value, s }] : []));
    return {
      type: "scatter",
      mode: "markers",
      name: escapeText(policy),
      x: present.map(({ s }) => s + shift),
      y: present.map(({ value }) => value.estimate),
      marker: { size: 10, color: colour.get(policy) },
      error_y: {
        type: "data",
        symmetric: false,
        array: present.map(({ value }) => spread(value.high - value.estimate)),
        arrayminus: present.map(({ value }) => spread(value.estimate - value.low)),
        thickness: 2,
        width: 4,
      },
      hovertemplate: `${escapeText(policy)}: %{y:.3f}<extra></extra>`,
    };
  });
  const yRange = rangeOf(
    arms.flatMap((arm) => arm.values.flatMap((value) => (value ? [value.low, value.high, value.estimate] : []))),
    0.08,
    true,
  );
  return figure(traces, {
    title: title ?? `${metric.label} by segment`,
    subtitle: "dots with 95 % intervals by user",
    height: 430,
    layout: {
      xaxis: {
        tickvals: segments.map((_, s) => s),
        ticktext: segments.map(escapeText),
        range: [-0.5, segments.length - 0.5],
        showgrid: false,
        zeroline: false,
      },
      yaxis: axis(metric.unit, { range: yRange }),
      legend: { ...legendBelow, y: -0.14 },
      margin: { b: 84 },
    },
  });
}

function spread(value: number): number {
  return Number.isFinite(value) ? Math.max(0, value) : 0;
}
