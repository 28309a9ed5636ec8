/** DCN-v2 as one kind of ranker among others: the click head alone, fitted on any 0/1 label. */
import { checkLabelledRows, type LabelledRows, type RankerKind, type RankerOutputs } from "../../contract/kinds.js";
import { fitDcn, predictDcn, dcnDefaults, type Dcn, type DcnConfig } from "./dcn.js";
import type { RankerRows } from "../ranker-rows.js";
import { exportDcn, loadDcn, saveDcn } from "./files.js";

/** DCN-v2 under the contract of rankers; without watch times unless `watchWeight` is given with your own model. */
export const dcn: RankerKind<Dcn, DcnConfig> = {
  kind: "ranker",
  engine: "tensorflow",
  defaults: { ...dcnDefaults, watchWeight: 0 },
  // chosen on MovieLens 100K. Split by time, seed 7, where counts stand beside the ids: the DNN's AUC is .715 with ids dropped at 0.1
  // and .723
  // at 0.6 (.699 and .677 without the counts)
  dataSettings: { epochs: 6 },
  idSettings: { idDropout: 0.1 },
  outputs: outputsWith({}),
  async fit(rows, { validation, ...options } = {}, control = {}) {
    checkLabelledRows(rows, "a ranker"); // under the names that its caller knows
    if (validation !== undefined) checkLabelledRows(validation, "a ranker's validation");
    return fitDcn(
      clicksOf(rows),
      { watchWeight: 0, ...options, ...(validation && { validation: clicksOf(validation) }) },
      control,
    );
  },
  score: (model, matrix) => predictDcn(model, matrix).clickProbability,
  save: saveDcn,
  load: loadDcn,
};

/** The deep part alone: a feed-forward network on the same embeddings, to see what crosses are worth. Files as DCN-v2's. */
export const dnn: RankerKind<Dcn, DcnConfig> = withDefaults({ crossLayers: 0 });

/** DCN-v2 with mixtures of low-rank experts in place of full matrices. Files as DCN-v2's. */
export const dcnMix: RankerKind<Dcn, DcnConfig> = withDefaults({ crossRank: 16, crossExperts: 4 });

function withDefaults(changed: Partial<DcnConfig>): RankerKind<Dcn, DcnConfig> {
  return {
    ...dcn,
    defaults: { ...dcn.defaults, ...changed },
    outputs: outputsWith(changed),
    fit: (rows, options = {}, control = {}) => dcn.fit(rows, { ...changed, ...options }, control),
  };
}

/** Clicks and watch times at once, served from the graph. */
function outputsWith(changed: Partial<DcnConfig>): RankerOutputs {
  return {
    objective: "watch",
    async fit(rows, options, control) {
      const model = await fitDcn(rows, { ...changed, ...options }, control);
      return { export: (dir) => exportDcn(model, dir) };
    },
  };
}

function clicksOf({ features, label, weight }: LabelledRows): RankerRows {
  return { features, click: label, watchMs: new Float32Array(features.count), ...(weight && { weight }) };
}
