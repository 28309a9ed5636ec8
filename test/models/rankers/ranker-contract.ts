/** The ranker under the contract of models. */
import { fitDcn, predictDcn, type FitDcnOptions, type Dcn } from "../../../src/models/rankers/dcn/dcn.js";
import { loadDcn, saveDcn } from "../../../src/models/rankers/dcn/files.js";
import { fakeImpressions, replaced, sliceMatrix } from "../../support/fake-rows.js";
import type { ModelUnderTest } from "../contract/contract.js";

const rows = fakeImpressions(1500, 1);
const options: FitDcnOptions = { epochs: 1, deep: [16, 8] };

export const rankerUnderTest: ModelUnderTest<Dcn> = {
  name: "the ranker",
  fit: (seed, control) => fitDcn(rows, { ...options, seed }, control),
  predict: (model, matrix) => {
    const { clickProbability, watchMs } = predictDcn(model, matrix);
    return Float32Array.from(
      { length: 2 * matrix.count },
      (_, i) => (i % 2 === 0 ? clickProbability : watchMs)[i >> 1]!,
    );
  },
  rows: fakeImpressions(50, 2).features,
  save: saveDcn,
  load: loadDcn,
  damaged: {
    "a set without rows": {
      fit: () => fitDcn({ features: sliceMatrix(rows.features, 0, 0), click: [], watchMs: [] }),
      message: "no rows to fit a ranker on: count is 0; allowed: at least 2",
    },
    "a set without clicks": {
      fit: () => fitDcn({ ...rows, click: new Uint8Array(1500) }),
      message: "click is 0 in all 1500 rows; allowed: rows of both kinds",
    },
    "a set of clicks alone": {
      fit: () => fitDcn({ ...rows, click: new Uint8Array(1500).fill(1) }),
      message: "click is 1 in all 1500 rows",
    },
    "a click of 2": {
      fit: () => fitDcn({ ...rows, click: replaced(rows.click, 7, 2) }),
      message: "click is 2 in row 7; allowed: 0, 1",
    },
    "a negative watch time": {
      fit: () => fitDcn({ ...rows, watchMs: replaced(rows.watchMs, 3, -5) }),
      message: "watchMs is -5 in row 3; allowed: finite, 0 or more",
    },
    "labels of another length": {
      fit: () => fitDcn({ ...rows, click: [0, 1] }),
      message: "click holds 2 values; expected 1500, one per row",
    },
    "NaN weights": {
      fit: () => fitDcn({ ...rows, weight: new Float32Array(1500).fill(NaN) }),
      message: "weight is NaN in row 0",
    },
    "NaN in a feature": {
      fit: () => fitDcn({ ...rows, features: { ...rows.features, numbers: replaced(rows.features.numbers, 5, NaN) } }),
      message: "number noise 0 is NaN in row 1; allowed: finite numbers",
    },
  },
};
