/** Sound models, and what makes of them models that break one promise each. */
import { als } from "../../../src/models/retrievers/als.js";
import type { LabelledRows } from "../../../src/models/contract/kinds.js";
import {
  rankerChoice,
  retrieverChoice,
  type FittedRanker,
  type FittedRetriever,
  type RankerChoice,
  type RetrieverChoice,
} from "../../../src/models/ladder.js";
import { logisticRegression } from "../../../src/models/rankers/logistic-regression.js";
import type { FeatureMatrix } from "../../../src/types.js";

/** A sound ranker. */
export const soundRanker: RankerChoice = rankerChoice("sound", logisticRegression);
/** Its settings for the contract's rows. */
export const rankerConfig = { epochs: 2, bits: 10 } as const;

/** A sound retriever. */
export const soundRetriever: RetrieverChoice = retrieverChoice("sound", als);
/** Its settings for the contract's rows. */
export const retrieverConfig = { dims: 6, epochs: 5, regularisation: 1 } as const;

/** The sound ranker that scores otherwise, loaded or not. */
export function scoring(score: (sound: FittedRanker["score"], features: FeatureMatrix) => Float32Array): RankerChoice {
  const change = (fitted: FittedRanker): FittedRanker => ({
    ...fitted,
    score: (features) => score(fitted.score, features),
  });
  return {
    ...soundRanker,
    fit: async (...all) => change(await soundRanker.fit(...all)),
    load: async (dir) => change(await soundRanker.load!(dir)),
  };
}

/** The sound ranker that fits otherwise. */
export function fitting(
  fit: (sound: RankerChoice["fit"], ...given: Parameters<RankerChoice["fit"]>) => Promise<FittedRanker>,
): RankerChoice {
  return { ...soundRanker, fit: (...given) => fit(soundRanker.fit, ...given) };
}

/** The sound retriever that scores otherwise, loaded or not. */
export function retrieving(
  score: (sound: FittedRetriever["score"], users: Int32Array, items: number) => Float32Array,
): RetrieverChoice {
  const change = (fitted: FittedRetriever): FittedRetriever => ({
    ...fitted,
    score: (users) => score(fitted.score, users, fitted.itemCount),
  });
  return {
    ...soundRetriever,
    fit: async (...all) => change(await soundRetriever.fit(...all)),
    load: async (dir) => change(await soundRetriever.load!(dir)),
  };
}

/** The sound retriever that fits otherwise. */
export function learning(
  fit: (sound: RetrieverChoice["fit"], ...given: Parameters<RetrieverChoice["fit"]>) => Promise<FittedRetriever>,
): RetrieverChoice {
  return { ...soundRetriever, fit: (...given) => fit(soundRetriever.fit, ...given) };
}

/** Rows with other labels. */
export function relabelled(rows: LabelledRows, label: (value: number, row: number) => number): LabelledRows {
  return { ...rows, label: Array.from(rows.label, label) };
}

/** A matrix with 0 where a number is not finite. */
export function mended(matrix: FeatureMatrix): FeatureMatrix {
  return { ...matrix, numbers: matrix.numbers.map((value) => (Number.isFinite(value) ? value : 0)) };
}
