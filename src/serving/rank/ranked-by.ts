/** Any two fitted models of a 0/1 label as the ranker of the funnel: one of clicks, one of watch time (weighted logistic regression). */
import type { FittedRanker } from "../../models/ladder.js";
import { watchMsOfOdds } from "../../models/rankers/weighted-logistic.js";
import type { FeatureMatrix } from "../../types.js";
import type { Predict, Predictions } from "./rank.js";

/** A click's probability is taken to be at least this where a watch time is divided by it. */
const leastClick = 1e-6;

/**
 * Predictions of a model of the click label and of one fitted on `watchRows`, whose odds are the watch minutes of an impression:
 *
 *     clickProbability = P_click(1 | x);   watchMs = odds_watch(x) × 60,000 / clickProbability
 *
 * so that the watch objective, their product, is the second model's expectation, independent of the first. The logged `position` is a
 * feature of both fits and 0 in every served row (see the store's `rankRows`), as for the DCN.
 */
export function rankedBy(click: Pick<FittedRanker, "score">, watch: Pick<FittedRanker, "score">): Predict {
  return (features: FeatureMatrix): Predictions => {
    const clickProbability = click.score(features);
    const watchProbability = watch.score(features);
    if (clickProbability.length !== features.count || watchProbability.length !== features.count) {
      throw new Error(
        `ranker: ${clickProbability.length} clicks and ${watchProbability.length} ` +
          `watches predicted; expected ${features.count}, one per row`,
      );
    }
    return {
      clickProbability,
      watchMs: watchProbability.map(
        (probability, row) => watchMsOfOdds(probability) / Math.max(clickProbability[row]!, leastClick),
      ),
    };
  };
}
