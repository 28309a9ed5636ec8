/**
 * The chance of label 1 from a logit, one clamp for all families of rankers: σ(x) within [1e-7, 1 − 1e-7], so that it is in (0, 1)
 * in 32 bits, too, and a row that is wrong where the model was sure costs 16 in log loss, not everything.
 */
import type { OnnxGraph } from "../onnx/graph.js";

const least = 1e-7;

/** A probability off 0 and 1. */
export function clampedProbability(p: number): number {
  return p < least ? least : p > 1 - least ? 1 - least : p;
}

/** σ(logit), clamped. */
export function probabilityOf(logit: number): number {
  return clampedProbability(1 / (1 + Math.exp(-logit)));
}

/** The same in a graph. `name` of its constants. */
export function onnxProbability(graph: OnnxGraph, logit: string, name: string): string {
  const ends = [least, 1 - least].map((end) => graph.scalar(`${name}/limit ${end}`, end));
  return graph.op("Clip", [graph.op("Sigmoid", [logit]), ...ends]);
}
