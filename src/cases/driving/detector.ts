/**
 * A one-stage detector without anchors (CenterNet, Zhou et al., 2019): each cell of 8 × 8 pixels says how likely the middle of a car, a
 * cyclist or a pedestrian is in it, where in the cell, and how large the box is. In: pictures [n, pixels]; out: [n, cells × 7] logits.
 */
import { keyOf } from "../../random.js";
import { adamState, stepAdam, type DenseParameter, zeros } from "../../models/network/training/adam.js";
import { fit } from "../../models/network/training/fit.js";
import { lossAndGradients } from "../../models/network/layers/layers.js";
import { tensorflow } from "../../models/network/tensor.js";
import type { Tensor } from "../../models/network/tensor-types.js";
import type { RunControl } from "../../types.js";
import { filter, type PictureNet } from "../picture-net.js";
import { tensorOps } from "../picture-ops.js";
import { iou, type Found } from "./coco.js";
import { paint, pixels, type Pictures } from "./pictures.js";
import { camera, drawScene, kinds, type Traffic } from "./scenes.js";

const { side } = camera;
const stride = 8;
const across = side / stride;
const cells = across * across;
const columns = kinds.length + 4; // heat of each kind, place in the cell (x, y), log of the size in cells (x, y)

/** Channels, size and stride of each convolution; a ReLU after all but the last. */
const layers = [
  [3, 16, 3, 2],
  [16, 32, 3, 2],
  [32, 32, 3, 1],
  [32, 64, 3, 2],
  [64, 64, 3, 1],
  [64, columns, 1, 1],
] as const;

/** The network before training: it says of each cell that hardly anything is there. */
export function detectorNet(name: string, seed: number): PictureNet {
  const weights = layers.flatMap(([from, to, size], layer): DenseParameter[] => [
    filter(`conv${layer}`, from, to, size, keyOf(seed, `driving/conv ${layer}`)),
    zeros(`conv${layer}/bias`, to),
  ]);
  weights.at(-1)!.values.fill(-3, 0, kinds.length);
  return {
    ...{ name, side, width: cells * columns, weights },
    forward(ops, x, w) {
      let h = ops.image(x);
      layers.forEach(([from, to, size, by], layer) => {
        h = ops.conv(h, w[2 * layer]!, w[2 * layer + 1]!, [from, to], size, by);
        if (layer < layers.length - 1) h = ops.relu(h);
      });
      return ops.flat(h, across, columns);
    },
  };
}

/** What a training sees. */
export interface Design {
  readonly name: string;
  readonly traffic: Traffic;
}

/** Trains on fresh scenes; `count` of them. */
export async function train(
  net: PictureNet,
  { traffic }: Design,
  { seed, count, stage = "training" }: { readonly seed: number; readonly count: number; readonly stage?: string },
  control: RunControl = {},
): Promise<PictureNet> {
  const states = net.weights.map(({ values }) => adamState(values));
  const learner = {
    ...{ name: net.name, examples: count, weights: net.weights.map(({ values }) => values) },
    step(batch: Int32Array, rate: number): number {
      const scenes = Array.from(batch, (n) => drawScene(seed, stage, n, traffic));
      const seen = paint(scenes);
      const wanted = targets(seen, scenes.length);
      const { loss, gradients } = lossAndGradients(net.weights, (...weights) =>
        lossOf(
          net.forward(tensorOps(side), tensorflow().tensor2d(seen.pictures, [scenes.length, pixels]), weights),
          wanted,
        ),
      );
      net.weights.forEach(({ values }, i) => stepAdam(values, gradients[i]!, states[i]!, rate));
      return loss;
    },
  };
  const usual = { epochs: 1, batchSize: 8, minBatches: 1, pointsPerEpoch: 8, patience: 1e6 };
  await fit(learner, { ...usual, seed, learningRate: 3e-3, finalRate: 0.03 }, control);
  return net;
}

interface Targets {
  readonly n: number;
  readonly heat: Float32Array; // [n × cells, kinds] 1 where a middle is, near it a bell, 0 elsewhere
  readonly weight: Float32Array; // [n × cells, kinds] below 1 near what is not asked
  readonly box: Float32Array; // [n × cells, 4]
  readonly boxWeight: Float32Array; // [n × cells, 1] 1 where a middle is
  readonly total: number; // truths
}

function targets({ truths }: Pictures, n: number): Targets {
  const [heat, weight] = [
    new Float32Array(n * cells * kinds.length),
    new Float32Array(n * cells * kinds.length).fill(1),
  ];
  const [box, boxWeight] = [new Float32Array(n * cells * 4), new Float32Array(n * cells)];
  let total = 0;
  truths.kind.forEach((kind, i) => {
    const [left, top, width, height] = truths.box.subarray(4 * i, 4 * i + 4) as unknown as [
      number,
      number,
      number,
      number,
    ];
    const [x, y] = [(left + width / 2) / stride, (top + height / 2) / stride];
    const [cx, cy] = [Math.min(across - 1, Math.floor(x)), Math.min(across - 1, Math.floor(y))];
    const [sx, sy] = [Math.max(0.4, width / stride / 6), Math.max(0.4, height / stride / 6)];
    for (let row = Math.max(0, cy - 3); row <= Math.min(across - 1, cy + 3); row++)
      for (let column = Math.max(0, cx - 3); column <= Math.min(across - 1, cx + 3); column++) {
        const at = truths.picture[i]! * cells + row * across + column;
        const bell = Math.exp(-0.5 * (((column - cx) / sx) ** 2 + ((row - cy) / sy) ** 2));
        const k = at * kinds.length + kind;
        if (truths.ignored[i] === 1)
          weight[k] = Math.min(weight[k]!, 1 - bell); // hardly seen: neither there nor not
        else heat[k] = Math.max(heat[k]!, bell);
      }
    if (truths.ignored[i] === 1) return;
    const at = truths.picture[i]! * cells + cy * across + cx;
    box.set([x - cx, y - cy, Math.log(width / stride), Math.log(height / stride)], at * 4);
    boxWeight[at] = 1;
    total += 1;
  });
  return { n, heat, weight, box, boxWeight, total: Math.max(1, total) };
}

/** Focal loss of the heat (exponents 2 and 4) and absolute errors of the box, for each truth. */
function lossOf(out: Tensor, { n, heat, weight, box, boxWeight, total }: Targets): Tensor {
  const tf = tensorflow();
  const rows = n * cells;
  const [logit, place] = tf.split(out.reshape([rows, columns]), [kinds.length, 4], 1) as [Tensor, Tensor];
  const shape: [number, number] = [rows, kinds.length];
  const [wanted, by] = [tf.tensor2d(heat, shape), tf.tensor2d(weight, shape)];
  const p = logit.sigmoid();
  const there = wanted.greaterEqual(0.9999).cast("float32");
  const found = there.mul(p.mul(-1).add(1).square()).mul(tf.softplus(logit.neg()));
  const absent = tf.scalar(1).sub(wanted).square().square().mul(tf.scalar(1).sub(there));
  const none = absent.mul(p.square()).mul(tf.softplus(logit));
  const errors = place
    .sub(tf.tensor2d(box, [rows, 4]))
    .abs()
    .mul(tf.tensor2d(boxWeight, [rows, 1]));
  return found.add(none).mul(by).sum().add(errors.sum()).div(total);
}

/** Scores below this are no detections; of overlapping ones of a kind only the best stays. */
const [leastScore, mostOverlap] = [0.02, 0.5];

/** Boxes from outputs. @param outputs [n, cells × 7] */
export function decode(outputs: Float32Array): Found {
  const all = { picture: [] as number[], kind: [] as number[], box: [] as number[], score: [] as number[] };
  for (let picture = 0; picture < outputs.length / (cells * columns); picture++)
    for (let kind = 0; kind < kinds.length; kind++) {
      const some: { score: number; box: number[] }[] = [];
      for (let cell = 0; cell < cells; cell++) {
        const at = (picture * cells + cell) * columns;
        const score = 1 / (1 + Math.exp(-outputs[at + kind]!));
        if (score < leastScore) continue;
        const [dx, dy, w, h] = Array.from(outputs.subarray(at + kinds.length, at + columns)) as [
          number,
          number,
          number,
          number,
        ];
        const [width, height] = [stride * Math.exp(Math.min(3, w)), stride * Math.exp(Math.min(3, h))];
        const x = stride * ((cell % across) + dx) - width / 2;
        const y = stride * (Math.floor(cell / across) + dy) - height / 2;
        some.push({ score, box: clipped(x, y, width, height) });
      }
      for (const { score, box } of best(some)) {
        all.picture.push(picture);
        all.kind.push(kind);
        all.box.push(...box);
        all.score.push(score);
      }
    }
  return {
    ...{ picture: Int32Array.from(all.picture), kind: Uint8Array.from(all.kind) },
    ...{ box: Float32Array.from(all.box), score: Float32Array.from(all.score) },
  };
}

/** By score, without those that overlap a better one. */
export function best<T extends { readonly score: number; readonly box: readonly number[] }>(
  some: readonly T[],
): readonly T[] {
  const kept: T[] = [];
  for (const one of [...some].sort((a, b) => b.score - a.score))
    if (kept.every(({ box }) => iou(box, one.box) < mostOverlap)) kept.push(one);
  return kept;
}

/** A box within the picture. */
function clipped(x: number, y: number, width: number, height: number): number[] {
  const [left, top] = [Math.max(0, x), Math.max(0, y)];
  return [left, top, Math.max(0.1, Math.min(side, x + width) - left), Math.max(0.1, Math.min(side, y + height) - top)];
}
