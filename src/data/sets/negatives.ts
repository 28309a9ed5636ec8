/**
 * Negative samplers: for each positive (a row of user and video) some videos that the loss treats as not wanted, with the logarithm of the
 * probability with which each was drawn, so that a sampled softmax can be corrected for it (logQ: Bengio and Senécal, 2008; Yi et al.,
 * 2019). A draw is never the row's own positive or one of the row's `excluded` videos; its probability is the one under that condition.
 * Draws are hashes of (key, row, place), so a row's negatives do not depend on the other rows.
 */
import { hash32, uniform, uniformInt } from "../../random.js";

/** Negatives of some rows. */
export interface Negatives {
  readonly rows: number;
  readonly perRow: number;
  readonly video: Int32Array; // [rows, perRow]; -1 where the row has too few to draw from
  readonly logProbability: Float64Array; // [rows, perRow] of drawing that video at that place; 0 where the video is -1
}

/** The rows to draw for. `positive`: each row's video; `excluded`: further videos a row must not get (seen ones), without repeats. */
export interface NegativeRequest {
  readonly positive: Int32Array; // [rows]
  readonly perRow: number;
  readonly key: number;
  readonly excluded?: (row: number) => Int32Array;
}

/** A sampler over `videos` ids. */
export type SampleNegatives = (request: NegativeRequest) => Negatives;

/** Every video with the same probability. */
export function uniformNegatives(videos: number): SampleNegatives {
  return weightedNegatives(new Float64Array(videos).fill(1));
}

/** In proportion to popularity: (count + 1)^power; power ¾ after Mikolov et al. (2013), 0 is uniform. */
export function popularityNegatives(counts: Float64Array, power = 0.75): SampleNegatives {
  return weightedNegatives(counts.map((count) => (count + 1) ** power));
}

/**
 * In proportion to weights, by Walker's alias tables (Vose, 1991) and rejection of what is excluded.
 * @throws Error on weights that are negative or not finite, or all 0.
 */
export function weightedNegatives(weights: Float64Array): SampleNegatives {
  const bad = weights.findIndex((weight) => !(weight >= 0 && weight < Infinity));
  if (bad >= 0) throw new Error(`weight of video ${bad} is ${weights[bad]}; allowed: finite, 0 or more`);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0)) throw new Error("all weights are 0: nothing can be drawn");
  const probability = weights.map((weight) => weight / total);
  const alias = aliasTable(probability);
  return ({ positive, perRow, key, excluded }) => {
    const out = empty(positive.length, perRow);
    for (let row = 0; row < positive.length; row++) {
      const without = new Set([positive[row]!, ...(excluded?.(row) ?? [])]);
      let left = 1;
      for (const video of without) left -= probability[video] ?? 0;
      if (left < 1e-9) continue; // nothing is left, up to rounding
      for (let place = 0; place < perRow; place++) {
        let video = -1;
        for (let attempt = 0; attempt < 100_000 && (video < 0 || without.has(video)); attempt++)
          video = draw(alias, key, row, place, attempt);
        if (without.has(video)) continue;
        out.video[row * perRow + place] = video;
        out.logProbability[row * perRow + place] = Math.log(probability[video]! / left);
      }
    }
    return out;
  };
}

/**
 * The other positives of the batch, each once per row that has another positive (accidental hits are marked -1). `counts`: how often each
 * video is a positive in the training data; a place of the batch holds video v with probability counts[v] / sum.
 */
export function inBatchNegatives(counts: Float64Array): (positive: Int32Array) => Negatives {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return (positive) => {
    const rows = positive.length;
    const perRow = Math.max(0, rows - 1);
    const out = empty(rows, perRow);
    for (let row = 0; row < rows; row++) {
      for (let place = 0; place < perRow; place++) {
        const video = positive[place < row ? place : place + 1]!;
        if (video === positive[row]) continue;
        const count = counts[video] ?? 0;
        if (!(count > 0)) throw new Error(`video ${video} is in the batch but its count is ${count}; allowed: above 0`);
        out.video[row * perRow + place] = video;
        out.logProbability[row * perRow + place] = Math.log(count / total);
      }
    }
    return out;
  };
}

/**
 * Hard negatives: drawn without repeats from what an index retrieves for the row, first ranks `skip` left out (the very top are often
 * unobserved positives). Each eligible video is equally likely: probability 1 / eligible at every place.
 * @param retrieved best first, -1 pads. // [rows, width]
 */
export function hardNegatives(retrieved: Int32Array, width: number, skip = 0): SampleNegatives {
  return ({ positive, perRow, key, excluded }) => {
    const eligibleOf = eligibleReader(retrieved, width, skip, positive, excluded);
    const out = empty(positive.length, perRow);
    for (let row = 0; row < positive.length; row++) {
      const eligible = eligibleOf(row);
      const count = eligible.length;
      for (let place = 0; place < Math.min(perRow, count); place++) {
        const pick = place + uniformInt(count - place, key, row, place); // Fisher and Yates
        const video = eligible[pick]!;
        eligible[pick] = eligible[place]!;
        out.video[row * perRow + place] = video;
        out.logProbability[row * perRow + place] = -Math.log(count);
      }
    }
    return out;
  };
}

/**
 * How often `hardNegatives` is to draw each video for all rows together: the sum over rows of min(perRow, eligible) / eligible where
 * the video is eligible. A softmax that shares its negatives between rows uses it as the correction, independent of the row a video was
 * drawn for. // [videos]
 */
export function hardDrawRates(
  retrieved: Int32Array,
  width: number,
  skip: number,
  { positive, perRow, excluded }: Omit<NegativeRequest, "key">,
  videos: number,
): Float64Array {
  const eligibleOf = eligibleReader(retrieved, width, skip, positive, excluded);
  const rates = new Float64Array(videos);
  for (let row = 0; row < positive.length; row++) {
    const eligible = eligibleOf(row);
    const rate = Math.min(1, perRow / eligible.length);
    for (const video of eligible) rates[video]! += rate;
  }
  return rates;
}

/** The videos a row may get, in the order of their ranks; each call overwrites the previous result. */
function eligibleReader(
  retrieved: Int32Array,
  width: number,
  skip: number,
  positive: Int32Array,
  excluded: NegativeRequest["excluded"],
): (row: number) => Int32Array {
  if (retrieved.length !== positive.length * width)
    throw new Error(`retrieved has ${retrieved.length} videos; expected ${positive.length} rows × ${width}`);
  const eligible = new Int32Array(width);
  return (row) => {
    const without = new Set([positive[row]!, ...(excluded?.(row) ?? [])]);
    let count = 0;
    for (let rank = skip; rank < width; rank++) {
      const video = retrieved[row * width + rank]!;
      if (video >= 0 && !without.has(video)) eligible[count++] = video;
    }
    return eligible.subarray(0, count);
  };
}

interface AliasTable {
  readonly keep: Float64Array; // [videos] probability to keep the video
  readonly other: Int32Array; // [videos]
}

function aliasTable(probability: Float64Array): AliasTable {
  const n = probability.length;
  const keep = new Float64Array(n).fill(1);
  const other = Int32Array.from({ length: n }, (_, i) => i);
  const scaled = probability.map((p) => p * n);
  const [small, large]: [number[], number[]] = [[], []];
  scaled.forEach((p, i) => (p < 1 ? small : large).push(i));
  while (small.length > 0 && large.length > 0) {
    const [less, more] = [small.pop() as number, large[large.length - 1]!];
    keep[less] = scaled[less]!;
    other[less] = more;
    scaled[more] = scaled[more]! - (1 - scaled[less]!);
    if ((scaled[more] as number) < 1) small.push(large.pop() as number);
  }
  return { keep, other };
}

function draw({ keep, other }: AliasTable, key: number, row: number, place: number, attempt: number): number {
  const i = hash32(key, row, place, attempt, 0) % keep.length;
  return uniform(key, row, place, attempt, 1) < keep[i]! ? i : other[i]!;
}

function empty(rows: number, perRow: number): Negatives {
  return {
    rows,
    perRow,
    video: new Int32Array(rows * perRow).fill(-1),
    logProbability: new Float64Array(rows * perRow),
  };
}
