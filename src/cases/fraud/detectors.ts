/** The ladder: rules → LightGBM on what an account does → with whom it shares what → FTRL that learns each night. */
import { fitGbdt, ftrl, makeFtrl, predictGbdt, updateFtrl, type LabelledRows } from "../../models/index.js";
import { takeRows } from "../../data/index.js";
import type { FeatureMatrix, FeatureSchema } from "../../types.js";
import { features, type DayRows } from "./features.js";

/** How much an account looks like fraud; `learn` is called after each live day with rows whose labels became known. */
export interface Detector {
  score(rows: FeatureMatrix): ArrayLike<number>;
  learn?(known: LabelledRows): void | Promise<void>;
}

/** Rows of several days under labels. */
export interface Rung {
  readonly name: string;
  fit(train: LabelledRows, seed: number): Promise<Detector>;
}

const at = (name: string): number => features.findIndex((feature) => feature.name === name);

/** Points for each thing that people rarely do; as an analyst would write it. */
const rules: readonly (readonly [name: string, suspicious: (value: number) => boolean, points: number])[] = [
  ["pages", (pages) => pages > 40, 2],
  ["adClicks", (clicks) => clicks > 3, 2],
  ["clicksPerAd", (share) => share > 0.25, 1],
  ["dwellSeconds", (seconds) => seconds >= 0 && seconds < 3, 2],
  ["ageDays", (days) => days < 4, 0.5],
];

/** Rules with points. */
export const ruleDetector: Detector = {
  score: ({ count, numbers }) =>
    Float64Array.from({ length: count }, (_, row) =>
      rules.reduce((sum, [name, is, points]) => sum + (is(numbers[row * features.length + at(name)]!) ? points : 0), 0),
    ),
};

/** The columns that a detector may see. */
function columnsOf(rows: FeatureMatrix, chosen: readonly number[]): FeatureMatrix {
  const numbers = new Float32Array(rows.count * chosen.length);
  for (let row = 0; row < rows.count; row++)
    chosen.forEach((from, to) => (numbers[row * chosen.length + to] = rows.numbers[row * features.length + from]!));
  const schema = { categories: [], numbers: chosen.map((c) => rows.schema.numbers[c]!) };
  return { schema, count: rows.count, categories: new Int32Array(0), numbers };
}

const trees = { trees: 120, leaves: 15, threads: 1, patience: 120, validationShare: 0 };

async function fitTrees(train: LabelledRows, seed: number, chosen: readonly number[]): Promise<Detector> {
  const model = await fitGbdt({ ...train, features: columnsOf(train.features, chosen) }, { ...trees, seed });
  return { score: (rows) => predictGbdt(model, columnsOf(rows, chosen)) };
}

/** Each number as one of `bins` ids by the quantiles of the training rows: FTRL reads ids. */
function binner({ count, numbers }: FeatureMatrix, bins = 16): (rows: FeatureMatrix) => FeatureMatrix {
  const width = features.length;
  const edges = features.map((_, f) => {
    const sorted = Float64Array.from({ length: count }, (_, row) => numbers[row * width + f]!).sort();
    // half of the edges in the highest tenth, where fraud is
    const places = Array.from({ length: bins - 1 }, (_, b) =>
      b < bins / 2 ? (b * 0.9) / (bins / 2) : 0.9 + 0.1 * (b / bins),
    );
    return places.map((share) => sorted[Math.floor(share * (count - 1))]!);
  });
  const schema: FeatureSchema = { categories: features.map(({ name }) => ({ name, cardinality: bins })), numbers: [] };
  return (rows) => ({
    ...{ schema, count: rows.count, numbers: new Float32Array(0) },
    categories: Int32Array.from(rows.numbers, (value, i) => edges[i % width]!.filter((edge) => value > edge).length),
  });
}

const all = features.map((_, f) => f);

/** From the simplest up. */
export const rungs: readonly Rung[] = [
  { name: "rules", fit: async () => ruleDetector },
  {
    name: "GBDT on behaviour",
    fit: (train, seed) =>
      fitTrees(
        train,
        seed,
        all.filter((f) => !features[f]!.graph),
      ),
  },
  { name: "GBDT with the graph", fit: (train, seed) => fitTrees(train, seed, all) },
  {
    name: "FTRL, learns each night",
    async fit(train: LabelledRows): Promise<Detector> {
      const binned = binner(train.features);
      const ids = binned(train.features);
      const model = makeFtrl(ids, { alpha: 0.1, l1: 0.1, l2: 1, seed: -1 });
      for (let pass = 0; pass < 2; pass++) updateFtrl(model, { ...train, features: ids });
      return {
        score: (rows) => ftrl.score(model, binned(rows)),
        learn: (known) => void updateFtrl(model, { ...known, features: binned(known.features) }),
      };
    },
  },
  {
    name: "GBDT with the graph, refitted each night",
    async fit(train: LabelledRows, seed: number): Promise<Detector> {
      let [seen, inner] = [train, await fitTrees(train, seed, all)];
      return {
        score: (rows) => inner.score(rows),
        async learn(known) {
          if (known.features.count === 0) return;
          seen = joined([seen, known]);
          inner = await fitTrees(seen, seed, all);
        },
      };
    },
  },
];

/** Rows below each other. */
export function joined(parts: readonly LabelledRows[]): LabelledRows {
  const numbers = new Float32Array(parts.reduce((sum, { features: { numbers } }) => sum + numbers.length, 0));
  let filled = 0;
  for (const { features: part } of parts) {
    numbers.set(part.numbers.subarray(0, part.count * features.length), filled);
    filled += part.count * features.length;
  }
  const { schema } = parts[0]!.features;
  return {
    features: { schema, count: filled / features.length, categories: new Int32Array(0), numbers },
    label: Uint8Array.from(parts.flatMap(({ label }) => Array.from(label))),
  };
}

/** The rows of a day that have a label. */
export function labelledRows(rows: DayRows, labels: readonly (0 | 1 | undefined)[]): LabelledRows {
  const known = Int32Array.from(labels.keys()).filter((row) => labels[row] !== undefined);
  return { features: takeRows(rows.features, known), label: Uint8Array.from(known, (row) => labels[row]!) };
}
