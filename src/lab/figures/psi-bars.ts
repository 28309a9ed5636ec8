/** Which features drifted: population stability index (PSI) of each, largest first, against the usual thresholds. */
import type { Figure } from "../figure.js";
import { namesDown, noteAbove, rowBars, upright } from "./parts.js";
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
  const trace = {
    ...rowBars,
    x: shown.map((feature) => feature.psi),
    y: shown.map((feature) => escapeText(feature.name)),
    marker: { color: shown.map((feature) => colour(feature.psi)) },
    text: shown.map((feature) => feature.psi.toFixed(3)),
    hovertemplate: "%{y}: PSI %{x:.4f}<extra></extra>",
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
      yaxis: namesDown,
      shapes: [upright(thresholds.watch, palette.amber), upright(thresholds.alert, palette.orange)],
      // aligned away from each other: on a long axis the thresholds are close together
      annotations: [
        noteAbove(thresholds.watch, `watch ${thresholds.watch}`, { xanchor: "right" }),
        noteAbove(thresholds.alert, `alert ${thresholds.alert}`, { xanchor: "left" }),
      ],
      margin: { b: 56 },
    },
  });
}
