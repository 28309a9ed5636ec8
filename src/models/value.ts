/** The value of an impression: what a ranker of several predictions sorts by, in watch minutes. */
import type { Task } from "./multi-task-network.js";

/** What each predicted event is worth, in watch minutes; `watch` multiplies the minutes themselves. */
export type ValueWeights = Readonly<Record<Task, number>>;

/**
 * Default exchange rates. They are a statement of what the platform wants, not something learned: what matters is that users come back, which
 * no label of an impression says, so satisfaction stands in for it: watch time alone would pay for long videos that are watched out of inertia, so
 * likes and long watches add and hides take away (the reasoning of Zhao et al., 2019, and of surrogates: Athey et al., 2019). A click by itself is
 * worth nothing, or clickbait would pay. Check them against retention in an A/B test before trusting them.
 */
export const valueWeights: ValueWeights = { click: 0, longWatch: 0.5, watch: 1, like: 1, hide: -5, conversion: 1 };

/** Milliseconds in a minute. */
export const minuteMs = 60_000;

/** Value of each row in watch minutes. @param predictions chances, and `watch` in ms */
export function valueOf(predictions: Readonly<Record<Task, Float32Array>>, weights: ValueWeights = valueWeights): Float32Array {
  const value = new Float32Array(predictions.click.length);
  for (const [task, weight] of Object.entries(weights) as [Task, number][]) {
    const scale = task === "watch" ? weight / minuteMs : weight;
    if (scale === 0) continue;
    const column = predictions[task];
    for (let i = 0; i < value.length; i++) value[i]! += scale * column[i]!;
  }
  return value;
}
