/** Trees on disk: `gbdt.txt` in LightGBM's own format (any LightGBM reads it) and `gbdt.json`, written last. */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { hashOf, sha256, writeFileAtomic } from "../../../artifacts/index.js";
import type { RankerKind } from "../../contract/kinds.js";
import { encodingFromJson } from "../../network/encoding.js";
import { fitGbdt, gbdtDefaults, predictGbdt, type Gbdt, type GbdtConfig } from "./gbdt.js";
import { gbdtFault } from "./library.js";
import { readCard, saveCard, type ModelCard } from "../../network/weights.js";

/** The id of trees and all that stands in `gbdt.json`. */
export function gbdtCard({ config, schema, text, curve }: Gbdt): ModelCard {
  const none = {
    vocabularies: schema.categories.map(() => []),
    means: schema.numbers.map(() => 0),
    deviations: schema.numbers.map(() => 0),
  };
  const body = {
    format: 1 as const,
    kind: "gbdt",
    config: { ...config },
    encodings: { rows: { schema, config: { minCount: 0, clip: 0 }, ...none } }, // trees read ids and numbers as they are
    curve,
    extra: {},
    arrays: [],
    sha256: sha256(text),
  };
  return { ...body, id: hashOf(body) };
}

/** Writes `gbdt.txt` and `gbdt.json`; gives the id. */
export async function saveGbdt(model: Gbdt, dir: string): Promise<string> {
  const card = gbdtCard(model);
  await rm(join(dir, "gbdt.json"), { force: true });
  await writeFileAtomic(join(dir, "gbdt.txt"), model.text);
  await saveCard(dir, "gbdt", card);
  return card.id;
}

/** Loads what `saveGbdt` wrote; it predicts the same bits. @throws Error when it is missing, damaged or another kind of model */
export async function loadGbdt(dir: string): Promise<Gbdt> {
  const card = await readCard(dir, "gbdt", "gbdt");
  const path = join(dir, "gbdt.txt");
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new Error(`no weights at ${path}: train the model again`, { cause });
  });
  const sum = sha256(text);
  if (sum !== card.sha256)
    throw new Error(
      `damaged weights ${path}: sha256 is ${sum}, expected ${card.sha256}; delete the model and train again`,
    );
  return {
    kind: "gbdt",
    config: card.config as unknown as GbdtConfig,
    schema: encodingFromJson(card.encodings.rows!).schema,
    text,
    curve: card.curve,
  };
}

/** Gradient-boosted trees under the contract of rankers. */
export const gbdt: RankerKind<Gbdt, GbdtConfig> = {
  kind: "gbdt",
  engine: "lightgbm",
  fault: gbdtFault,
  defaults: gbdtDefaults,
  fit: fitGbdt,
  score: predictGbdt,
  save: saveGbdt,
  load: loadGbdt,
};
