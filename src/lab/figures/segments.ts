/** One metric by segment and policy: do newcomers do as well as established users? */
import type { Figure } from "../figure.js";
import { dots, endsOf, errorBars, needEach } from "./parts.js";
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
    needEach(policy, values.length, "segments", segments.length);
    const shift = arms.length === 1 ? 0 : (a / (arms.length - 1) - 0.5) * Math.min(0.5, 0.12 * arms.length);
    const present = values.flatMap((value, s) => (value && Number.isFinite(value.estimate) ? [{ value, s }] : []));
    return {
      ...dots,
      showlegend: true,
      name: escapeText(policy),
      x: present.map(({ s }) => s + shift),
      y: present.map(({ value }) => value.estimate),
      marker: { size: 10, color: colour.get(policy) },
      error_y: errorBars(present.map(({ value }) => value)),
      hovertemplate: `${escapeText(policy)}: %{y:.3f}<extra></extra>`,
    };
  });
  const yRange = rangeOf(endsOf(arms.flatMap((arm) => arm.values.filter((value) => value !== undefined))), 0.08, true);
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
