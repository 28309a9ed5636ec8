/** Rankers of a plain 0/1 label under the contract of models. */
import type { LabelledRows, RankerKind } from "../../src/models/contract.js";
import { fakeImpressions, replaced, sliceMatrix } from "../support/fake-rows.js";
import type { ModelUnderTest } from "./contract.js";

const made = fakeImpressions(1500, 1);
/** Planted rows. */
export const labelledRows: LabelledRows = { features: made.features, label: made.click };

/** One kind of ranker as the contract wants it. */
export function rankerUnderTest<Model, Config>(kind: RankerKind<Model, Config>, options: Partial<Config>, refused: Readonly<Record<string, readonly [Partial<Config>, string]>>, weights?: string): ModelUnderTest<Model> {
  const fit = (rows: LabelledRows, more: Partial<Config> = {}): Promise<Model> => kind.fit(rows, { ...options, ...more } as Partial<Config>);
  const features = made.features;
  return {
    name: kind.kind,
    file: kind.kind,
    ...(weights !== undefined && { weights }),
    fit: (seed, control) => kind.fit(labelledRows, { ...options, seed } as unknown as Partial<Config>, control),
    predict: (model, matrix) => kind.score(model, matrix),
    rows: fakeImpressions(50, 2).features,
    save: (model, dir) => kind.save(model, dir),
    load: (dir) => kind.load(dir),
    damaged: {
      "a set without rows": { fit: () => fit({ features: sliceMatrix(features, 0, 0), label: [] }), message: "count is 0; allowed: at least 2" },
      "one class alone": { fit: () => fit({ features, label: new Uint8Array(1500) }), message: "label is 0 in all 1500 rows; allowed: rows of both kinds" },
      "a label of 2": { fit: () => fit({ features, label: replaced(made.click, 7, 2) }), message: "label is 2 in row 7; allowed: 0, 1" },
      "labels of another length": { fit: () => fit({ features, label: [0, 1] }), message: "label holds 2 values; expected 1500, one a row" },
      "NaN weights": { fit: () => fit({ ...labelledRows, weight: new Float32Array(1500).fill(NaN) }), message: "weight is NaN in row 0" },
      "NaN in a feature": {
        fit: () => fit({ ...labelledRows, features: { ...features, numbers: replaced(features.numbers, 5, NaN) } }),
        message: "number noise 0 is NaN in row 1; allowed: finite numbers",
      },
      ...Object.fromEntries(Object.entries(refused).map(([name, [wrong, message]]) => [name, { fit: () => fit(labelledRows, wrong), message }])),
    },
  };
}
