/** What a network must beat: small pixels, a colour histogram, and the network before training. Vectors of length 1. */
import { outputsOf } from "../picture-net.js";
import { dims, convNet } from "./networks.js";
import { pixels, side } from "./pictures.js";

/** Pictures in [n, pixels], vectors out [n, width]. */
export interface Encoder {
  readonly name: string;
  readonly width: number;
  readonly encode: (pictures: Float32Array) => Float32Array | Promise<Float32Array>;
}

/** From the simplest up. */
export function baselines(seed: number): readonly Encoder[] {
  const untrained = convNet(seed);
  return [
    { name: "pixels 8 × 8", width: 192, encode: (pictures) => byRow(pictures, 192, shrink) },
    { name: "colour histogram", width: 64, encode: (pictures) => byRow(pictures, 64, histogram) },
    { name: "untrained CNN", width: dims, encode: (pictures) => outputsOf(untrained, pictures) },
  ];
}

function byRow(
  pictures: Float32Array,
  width: number,
  describe: (picture: Float32Array, out: Float32Array) => void,
): Float32Array {
  const n = pictures.length / pixels;
  const out = new Float32Array(n * width);
  for (let i = 0; i < n; i++) {
    const row = out.subarray(i * width, (i + 1) * width);
    describe(pictures.subarray(i * pixels, (i + 1) * pixels), row);
    const length = Math.sqrt(row.reduce((sum, x) => sum + x * x, 1e-12));
    for (let d = 0; d < width; d++) row[d]! /= length;
  }
  return out;
}

/** Means of 4 × 4 pixels, less the mean of their channel. */
function shrink(picture: Float32Array, out: Float32Array): void {
  const mean = [0, 0, 0];
  for (let at = 0; at < pixels; at++) {
    const [x, y, c] = [Math.floor(at / 3) % side, Math.floor(at / 3 / side), at % 3];
    out[((y >> 2) * 8 + (x >> 2)) * 3 + c]! += picture[at]! / 16;
    mean[c]! += picture[at]! / (side * side);
  }
  for (let d = 0; d < out.length; d++) out[d]! -= mean[d % 3]!;
}

/** Square roots of the shares of 4 × 4 × 4 colours (Bhattacharyya's coefficient as an inner product). */
function histogram(picture: Float32Array, out: Float32Array): void {
  for (let at = 0; at < pixels; at += 3) {
    const bin = (c: number): number => Math.min(3, Math.floor(picture[at + c]! * 4));
    out[bin(0) * 16 + bin(1) * 4 + bin(2)]! += 1;
  }
  for (let d = 0; d < out.length; d++) out[d] = Math.sqrt(out[d]!);
}
