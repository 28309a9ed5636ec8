/**
 * DeepFM (Guo et al., 2017): a factorisation machine (Rendle, 2010) and a deep network on the same embeddings. Takes rows of features with
 * 0/1 labels; gives probabilities. With w_f and v_f [k] of each category's value, and x_j (w_j, v_j) for each number:
 *
 *     p = σ(b + Σ_f w_f + ½ Σ_d [(Σ_f v_fd)² − Σ_f v_fd²] + deep([v_1 … v_F, numbers]))
 *
 * A table's row is (w, v), k + 1 wide for every field, so that any two fields meet: pairs never seen together have an inner product, too.
 */
import { keyOf, normal } from "../../random.js";
import type { FeatureMatrix } from "../../types.js";
import { checkSettings } from "../contract/inputs.js";
import { checkLabelledRows, type LabelledRows, type RankerKind } from "../contract/kinds.js";
import { glorot, zeros, type DenseParameter } from "../network/training/adam.js";
import { embeddingDefaults, inputBlock, type EmbeddingConfig, type InputBlock } from "../network/layers/embedding.js";
import {
  encodingDefaults,
  encodingToJson,
  fitEncoding,
  tableSizes,
  type Encoding,
  type EncodingConfig,
} from "../network/encoding.js";
import { eachLogits, featureLearner, type FeatureTask } from "../network/training/feature-learner.js";
import { fit, fitDefaults, type FitConfig, type LearningCurve } from "../network/training/fit.js";
import { linear, relu } from "../network/layers/layers.js";
import { logisticLoss } from "../network/layers/losses.js";
import { loadArrays, networkArrays, saveArrays } from "../network/training/model-files.js";
import type { Tensor, Tensor1D, Tensor2D } from "../network/tensor-types.js";
import { probabilityOf } from "./probability.js";

/** Settings of DeepFM; all JSON. */
export interface DeepFmConfig extends FitConfig, EncodingConfig {
  /** Dimensions k of the factors of each field. */
  readonly factors: number;
  /** Widths of the deep part; none leaves a factorisation machine. */
  readonly deep: readonly number[];
  readonly idRows: number;
  readonly idDropout: number;
  readonly idL2: number;
  readonly validationShare: number;
}

/** Defaults of DeepFM. */
export const deepFmDefaults: DeepFmConfig = {
  ...fitDefaults,
  ...encodingDefaults,
  factors: 8,
  deep: [64, 32],
  idRows: embeddingDefaults.idRows,
  idDropout: 0.1,
  idL2: 0,
  validationShare: 0.05,
};

/** A fitted DeepFM. `dense`: `numbers` [numbers, k + 1], `bias`, then the deep layers and its head. */
export interface DeepFm {
  readonly kind: "deepfm";
  readonly config: DeepFmConfig;
  readonly encoding: Encoding;
  readonly input: InputBlock;
  readonly dense: readonly DenseParameter[];
  readonly curve: LearningCurve;
}

type Labels = readonly [amounts: Float32Array, targets: Float32Array];

/** DeepFM under the contract of rankers. */
export const deepFm: RankerKind<DeepFm, DeepFmConfig> = {
  kind: "deepfm",
  engine: "tensorflow",
  defaults: deepFmDefaults,
  async fit(rows, { validation, ...options } = {}, control = {}) {
    const config: DeepFmConfig = { ...deepFmDefaults, ...options };
    checkSettings(config, { factors: { least: 1, whole: true } });
    checkLabelledRows(rows, "DeepFM");
    if (validation !== undefined) checkLabelledRows(validation, "DeepFM's validation");
    const encoding = fitEncoding(rows.features, config);
    const input = makeTables(encoding, config);
    const network = { encoding, input, dense: makeDense(input, config, rows) };
    const task: FeatureTask<LabelledRows, Labels> = {
      name: "deepfm",
      config: embeddingOf(config),
      logits: logitsOf(input, config),
      labels: labelsOf,
      loss: (logits, labels, gradient) => logisticLoss({ logits, gradient, from: 0, by: 1 }, ...labels),
      heads: (labels) => [labels],
      limits: [undefined],
      byRow: true,
    };
    const curve = await fit(featureLearner(network, task, rows, validation, config.validationShare), config, control);
    return { kind: "deepfm", config, ...network, curve };
  },
  score(model, matrix: FeatureMatrix) {
    const probabilities = new Float32Array(matrix.count);
    eachLogits(model, matrix, logitsOf(model.input, model.config), (logits, from, to) => {
      for (let row = from; row < to; row++) probabilities[row] = probabilityOf(logits[row - from]!);
    });
    return probabilities;
  },
  save: ({ config, encoding, input, dense, curve }, dir) =>
    saveArrays(
      dir,
      "deepfm",
      { config, curve, encodings: { deepfm: encodingToJson(encoding) } },
      networkArrays({ input, dense }),
    ),
  async load(dir) {
    const { fitted, network } = await loadArrays(dir, "deepfm");
    return { kind: "deepfm", ...fitted<DeepFmConfig>(), ...network("deepfm") };
  },
};

/** The network. @param x [n, F (k + 1) + numbers] @returns [n, 1] */
function logitsOf(
  { tables, numbers }: InputBlock,
  { factors, deep }: DeepFmConfig,
): FeatureTask<LabelledRows, Labels>["logits"] {
  const width = factors + 1;
  return (x: Tensor2D, parameters: readonly Tensor[]) => {
    const [n] = x.shape;
    const embedded = tables.length * width;
    const fields = x.slice([0, 0], [n, embedded]).reshape([n, tables.length, width]);
    let sum = fields.sum(1) as Tensor2D; // [n, k + 1]
    let squares = fields.square().sum(1) as Tensor2D;
    if (numbers > 0) {
      const values = x.slice([0, embedded], [n, numbers]);
      const vectors = parameters[0] as Tensor2D;
      sum = sum.add(values.matMul(vectors)) as Tensor2D;
      squares = squares.add(values.square().matMul(vectors.square() as Tensor2D)) as Tensor2D;
    }
    const pairs = sum.square().sub(squares).slice([0, 1], [n, factors]).sum(1, true).mul(0.5);
    const logit = sum.slice([0, 0], [n, 1]).add(pairs).add(parameters[1]!);
    if (deep.length === 0) return logit;
    let h = x;
    for (let layer = 0; layer <= deep.length; layer++) {
      h = linear(h, parameters[2 + 2 * layer] as Tensor2D, parameters[3 + 2 * layer] as Tensor1D);
      if (layer < deep.length) h = relu(h);
    }
    return logit.add(h);
  };
}

/** Tables of one width, near 0: first-order weights begin at 0. */
function makeTables(encoding: Encoding, { factors, seed }: DeepFmConfig): InputBlock {
  const dims = factors + 1;
  const tables = tableSizes(encoding).map((rows, c) => {
    const { name } = encoding.schema.categories[c]!;
    const key = keyOf(seed, `deepfm/${name}`);
    const values = Float32Array.from({ length: rows * dims }, (_, i) => (i % dims === 0 ? 0 : 0.05 * normal(key, i)));
    return { name, rows, dims, values };
  });
  return inputBlock(tables, encoding.means.length);
}

function makeDense({ width, numbers }: InputBlock, config: DeepFmConfig, { label }: LabelledRows): DenseParameter[] {
  const { factors, deep, seed } = config;
  const key = (name: string): number => keyOf(seed, `deepfm/${name}`);
  let positives = 0;
  for (let row = 0; row < label.length; row++) positives += label[row]!;
  const rate = positives / label.length;
  const vectors = glorot("numbers", Math.max(1, numbers), factors + 1, key("numbers"));
  vectors.values.forEach((value, i) => (vectors.values[i] = 0.1 * value));
  const dense = [vectors, { ...zeros("bias", 1), values: Float32Array.of(Math.log(rate / (1 - rate))) }];
  const widths = [width, ...deep, 1];
  if (deep.length > 0)
    for (let layer = 0; layer + 1 < widths.length; layer++)
      dense.push(
        glorot(`deep${layer}/weight`, widths[layer]!, widths[layer + 1]!, key(`deep${layer}`)),
        zeros(`deep${layer}/bias`, widths[layer + 1]!),
      );
  return dense;
}

const embeddingOf = (config: DeepFmConfig): FitConfig & EmbeddingConfig => ({
  ...config,
  dims: config.factors + 1,
  idDims: config.factors + 1,
});

function labelsOf(rows: LabelledRows, order: Int32Array | undefined, from: number, to: number): Labels {
  const [amounts, targets] = [new Float32Array(to - from), new Float32Array(to - from)];
  for (let i = 0; i < to - from; i++) {
    const row = order === undefined ? from + i : order[from + i]!;
    amounts[i] = (rows.weight?.[row] ?? 1) / (to - from);
    targets[i] = amounts[i]! * rows.label[row]!;
  }
  return [amounts, targets];
}
