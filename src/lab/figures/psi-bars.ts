/** Which features drifted: population stability index (PSI) of each, largest first, against the usual thresholds. */
import type { Figure } from "../figure.js";
import { axis, escapeText, figure, needSome, palette } from "./theme.js";

/** One feature (or the prediction) between two windows. */
export interface FeaturePsi {
  readonly name: string;
  readonly psi: number;
}

/** PSI of features. */
export interface PsiBars {
  readonly features: readonly FeaturePsi[];
  readonly thresholds?: { readonly watch: number; readonly alert: number }; // default 0.1 and 0.25
  readonly most?: number; // bars shown, default 20
  readonly title?: string;
}

/** Bars sorted by PSI: grey is stable, amber to watch, orange an alert. Ties are in order of name. */
export function psiBars({ features, thresholds = { watch: 0.1, alert: 0.25 }, most = 20, title }: PsiBars): Figure {
  needSome("features", features);
  const sorted = [...features].sort((a, b) => b.psi - a.psi || (a.name < b.name ? -1 : 1));
  const shown = sorted.slice(0, most);
  const alerts = sorted.filter((feature) => feature.psi >= thresholds.alert).length;
  const colour = (psi: number): string =>
    psi >= thresholds.alert ? palette.orange : psi >= thresholds.watch ? palette.amber : palette.grey;
  const line = (x: number, stroke: string): Readonly<Record<string, unknown>> => ({
    type: "line",
    x0: x,
    x1: x,
    yref: "paper",
    y0: 0,
    y1: 1,
    line: { color: stroke, width: 1.5, dash: "dash" },
  });
  // the two notes are aligned away from each other: on a long axis the thresholds are close together
  const note = (x: number, text: string, xanchor: "left" | "right"): Readonly<Record<string, unknown>> => ({
    x,
    xanchor,
    yref: "paper",
    y: 1,
    yanchor: "bottom",
    showarrow: false,
    text,
    font: { size: 12 },
  });
  const trace = {
    type: "bar",
    orientation: "h",
    x: shown.map((feature) => feature.psi),
    y: shown.map((feature) => escapeText(feature.name)),
    marker: { color: shown.map((feature) => colour(feature.psi)) },
    text: shown.map((feature) => feature.psi.toFixed(3)),
    textposition: "outside",
    cliponaxis: false,
    hovertemplate: "%{y}: PSI %{x:.4f}<extra></extra>",
    showlegend: false,
  };
  return figure([trace], {
    title:
      title ??
      `${alerts} of ${features.length} features moved beyond ${thresholds.alert}; ${sorted[0]!.name} moved most`,
    subtitle: sorted.length > shown.length ? `the ${shown.length} largest of ${sorted.length}` : undefined,
    height: 160 + 26 * shown.length,
    above: 16,
    layout: {
      xaxis: axis("PSI between the two windows", {
        range: [0, 1.18 * Math.max(thresholds.alert, sorted[0]!.psi)],
      }),
      yaxis: { type: "category", autorange: "reversed" },
      shapes: [line(thresholds.watch, palette.amber), line(thresholds.alert, palette.orange)],
      annotations: [
        note(thresholds.watch, `watch ${thresholds.watch}`, "right"),
        note(thresholds.alert, `alert ${thresholds.alert}`, "left"),
      ],
      margin: { b: 56 },
    },
  });
}
