/** A learning curve that grows while a model trains: in place in a notebook, elsewhere drawn once at the end (by `show`). */
import { display, displayId, inNotebook } from "./display.js";
import type { Figure } from "./figure.js";
import { learningCurve, type LearningSeries } from "./figures/learning-curve.js";
import { figureBundle } from "./show.js";

/** A curve to add points to. */
export interface LiveCurve {
  /** Adds a point to a series (created on first use) and redraws at most once per second. */
  add(series: string, x: number, y: number): void;
  /** Draws the last points and gives the figure. Throws if no point was added. */
  finish(): Figure;
}

/** Options of a live curve. */
export interface LiveCurveOptions {
  readonly metric: string; // for example "log loss"
  readonly unit?: string; // of x, default "step"
  readonly title?: string;
  readonly now?: () => number; // milliseconds, for tests
}

/** Opens a live curve. */
export function liveCurve(options: LiveCurveOptions): LiveCurve {
  const series = new Map<string, { x: number[]; y: number[] }>();
  const id = displayId("curve");
  const now = options.now ?? ((): number => performance.now());
  let drawn = -Infinity;
  const make = (): Figure =>
    learningCurve({
      series: [...series].map(([name, { x, y }]): LearningSeries => ({ name, x, y })),
      metric: options.metric,
      unit: options.unit,
      title: options.title,
    });
  const draw = (): void => {
    drawn = now();
    if (inNotebook()) display(figureBundle(make(), `${options.metric} while training`), id);
  };
  return {
    add(name, x, y) {
      const one = series.get(name) ?? { x: [], y: [] };
      series.set(name, one);
      one.x.push(x);
      one.y.push(y);
      if (now() - drawn >= 1000) draw();
    },
    finish() {
      const figure = make();
      draw();
      return figure;
    },
  };
}
