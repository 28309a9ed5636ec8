/** DCN-v2 as one kind of ranker among others: the click head alone, fitted on any 0/1 label. */
import { checkLabelledRows, type LabelledRows, type RankerKind } from "../../contract/kinds.js";
import { fitRanker, predict, rankerDefaults, type Ranker, type RankerConfig } from "./dcn.js";
import type { RankerRows } from "../ranker-rows.js";
import { loadRanker, saveRanker } from "./files.js";

/** DCN-v2 under the contract of rankers; without watch times unless `watchWeight` is given with a model of one's own. */
export const dcn: RankerKind<Ranker, RankerConfig> = {
  kind: "ranker",
  defaults: { ...rankerDefaults, watchWeight: 0 },
  async fit(rows, { validation, ...options } = {}, control = {}) {
    checkLabelledRows(rows, "a ranker"); // under the names that its caller knows
    if (validation !== undefined) checkLabelledRows(validation, "a ranker's validation");
    return fitRanker(
      clicksOf(rows),
      { watchWeight: 0, ...options, ...(validation && { validation: clicksOf(validation) }) },
      control,
    );
  },
  score: (model, matrix) => predict(model, matrix).clickProbability,
  save: saveRanker,
  load: loadRanker,
};

/** The deep part alone: a feed-forward network on the same embeddings, to see what crosses are worth. Files as DCN-v2's. */
export const dnn: RankerKind<Ranker, RankerConfig> = withDefaults({ crossLayers: 0 });

/** DCN-v2 with mixtures of low-rank experts in place of full matrices. Files as DCN-v2's. */
export const dcnMix: RankerKind<Ranker, RankerConfig> = withDefaults({ crossRank: 16, crossExperts: 4 });

function withDefaults(changed: Partial<RankerConfig>): RankerKind<Ranker, RankerConfig> {
  return {
    ...dcn,
    defaults: { ...dcn.defaults, ...changed },
    fit: (rows, options = {}, control = {}) => dcn.fit(rows, { ...changed, ...options }, control),
  };
}

function clicksOf({ features, label, weight }: LabelledRows): RankerRows {
  return { features, click: label, watchMs: new Float32Array(features.count), ...(weight && { weight }) };
}
