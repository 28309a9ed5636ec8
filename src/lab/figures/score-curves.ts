/** Models' scores over all thresholds: ROC, precision against recall, and gain by decile, each a line per model. */
import type { Figure } from "../figure.js";
import { guide } from "./parts.js";
import { axis, colours, escapeText, figure, legendBelow, needSome } from "./theme.js";

/** A line from x to y, both shares. */
interface CurveLine {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** One model's curves with the numbers of their legends. */
export interface ScoredModel {
  readonly name: string;
  readonly rate: number; // share of positives
  readonly auc: number;
  readonly averagePrecision: number;
  readonly roc: CurveLine;
  readonly precisionRecall: CurveLine;
  readonly gain: CurveLine;
}

/** Receiver operating characteristic: the area under a line is its AUC; on the diagonal a score says nothing. */
export function rocCurves(models: readonly ScoredModel[], event = "click"): Figure {
  const best = largest(models, ({ auc }) => auc);
  return curves(models, ({ roc }) => roc, {
    title: `${best.name}: a row with a ${event} scores above one without in ${(100 * best.auc).toFixed(1)} % of pairs`,
    subtitle: `ROC; the area under a line is its AUC, on the dashed line a score says nothing`,
    label: ({ auc }) => `AUC ${auc.toFixed(3)}`,
    x: `share of rows without a ${event} predicted positive (false-positive rate)`,
    y: `share of ${event}s found (recall)`,
    floor: [0, 1],
  });
}

/** Precision against recall: on the dashed line, the share of positives, a score says nothing. */
export function precisionRecallCurves(models: readonly ScoredModel[], event = "click"): Figure {
  const best = largest(models, ({ averagePrecision }) => averagePrecision);
  return curves(models, steady, {
    title: `${best.name}: average precision ${best.averagePrecision.toFixed(3)}, where random order has ${best.rate.toFixed(3)}`,
    subtitle: "each point is a threshold, from a recall of 2 % on; the dashed line is a random order",
    label: ({ averagePrecision }) => `AP ${averagePrecision.toFixed(3)}`,
    x: `share of ${event}s found (recall)`,
    y: `share that has a ${event} (precision)`,
    floor: [best.rate, best.rate],
    top: Math.min(1.01, 1.15 * Math.max(...models.flatMap((model) => [best.rate, ...steady(model).y]))),
  });
}

/** Gain by decile: how many of all positives are among the best-scored rows. */
export function gainCurves(models: readonly ScoredModel[], event = "click"): Figure {
  const first = ({ gain }: ScoredModel): number => gain.y[1]!;
  const best = largest(models, first);
  return curves(models, ({ gain }) => gain, {
    title: `${best.name}: the best-scored tenth of rows has ${(100 * first(best)).toFixed(0)} % of the ${event}s`,
    subtitle: "rows from the highest score down, by tenths; the dashed line is a random order",
    label: (model) => `${(10 * first(model)).toFixed(1)} × in the first tenth`,
    x: "share of rows, best scores first",
    y: `share of all ${event}s`,
    floor: [0, 1],
  });
}

/** From a recall of 2 % on: above it, a few rows decide. */
function steady({ precisionRecall: { x, y } }: ScoredModel): CurveLine {
  const from = x.findIndex((recall) => recall >= 0.02);
  return { x: x.slice(from), y: y.slice(from) };
}

interface CurveLook {
  readonly title: string;
  readonly subtitle: string;
  readonly label: (model: ScoredModel) => string;
  readonly x: string;
  readonly y: string;
  readonly floor: readonly [number, number]; // of a score that says nothing, at x = 0 and 1
  readonly top?: number; // of the y axis, default 1
}

function curves(models: readonly ScoredModel[], line: (model: ScoredModel) => CurveLine, look: CurveLook): Figure {
  const colour = colours(models.map(({ name }) => name));
  const traces = models.map((model) => ({
    type: "scatter",
    mode: "lines",
    name: `${escapeText(model.name)} (${look.label(model)})`,
    ...line(model),
    line: { color: colour.get(model.name), width: 2 },
    hovertemplate: `${escapeText(model.name)}<br>%{x:.3f} → %{y:.3f}<extra></extra>`,
  }));
  const nothing = { ...guide, name: "random order", x: [0, 1], y: look.floor };
  return figure([nothing, ...traces], {
    title: look.title,
    subtitle: look.subtitle,
    height: 500,
    layout: {
      xaxis: axis(look.x, { range: [0, 1] }),
      yaxis: axis(look.y, { range: [0, look.top ?? 1.01] }),
      legend: { ...legendBelow, y: -0.18 },
      margin: { b: 96 + 18 * Math.floor(models.length / 3) },
    },
  });
}

function largest(models: readonly ScoredModel[], of: (model: ScoredModel) => number): ScoredModel {
  needSome("models", models);
  return models.reduce((a, b) => (of(b) > of(a) ? b : a));
}
