/** Trees on disk: `gbdt.txt` in LightGBM's own format (any LightGBM reads it) and `gbdt.json`, written last. */
import type { RankerKind } from "../../contract/kinds.js";
import { encodingFromJson } from "../../network/encoding.js";
import { fitGbdt, gbdtDefaults, predictGbdt, type Gbdt, type GbdtConfig } from "./gbdt.js";
import { gbdtFault } from "./library.js";
import { loadText, saveText, type ModelParts } from "../../network/training/model-files.js";

function partsOf({ config, schema, curve }: Gbdt): ModelParts {
  const none = {
    vocabularies: schema.categories.map(() => []),
    means: schema.numbers.map(() => 0),
    deviations: schema.numbers.map(() => 0),
  };
  // trees read ids and numbers as they are
  return { config, curve, encodings: { rows: { schema, config: { minCount: 0, clip: 0 }, ...none } } };
}

/** Gradient-boosted trees under the contract of rankers. */
export const gbdt: RankerKind<Gbdt, GbdtConfig> = {
  kind: "gbdt",
  engine: "lightgbm",
  fault: gbdtFault,
  defaults: gbdtDefaults,
  fit: fitGbdt,
  score: predictGbdt,
  save: (model, dir) => saveText(dir, "gbdt", partsOf(model), model.text),
  async load(dir) {
    const { card, text } = await loadText(dir, "gbdt");
    const { schema } = encodingFromJson(card.encodings.rows!);
    return { kind: "gbdt", config: card.config as unknown as GbdtConfig, schema, text, curve: card.curve };
  },
};
