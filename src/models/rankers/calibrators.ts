/**
 * Calibration: from a ranker's scores to honest probabilities, fitted on held-out rows. Takes scores and 0/1 labels; gives small
 * monotone functions, so that the order of rows (and AUC) stays, but for ties that isotonic steps make.
 *
 *     Platt:    p = σ(a · logit + b), maximum likelihood by Newton's method, with Platt's smoothed targets (Platt, 1999;
 *               Lin, Lin & Weng, 2007)
 *     isotonic: the non-decreasing step function of least squares, by pool-adjacent-violators (Ayer et al., 1955), linear between blocks
 */

/** A fitted calibrator; plain JSON. */
export type Calibrator = PlattCalibrator | IsotonicCalibrator;

/** σ(slope · logit + intercept). */
export interface PlattCalibrator {
  readonly kind: "platt";
  readonly slope: number;
  readonly intercept: number;
}

/** Linear between (scores[i], values[i]), flat beyond the ends. Both ascend. */
export interface IsotonicCalibrator {
  readonly kind: "isotonic";
  readonly scores: readonly number[];
  readonly values: readonly number[];
}

/** ln(p / (1 − p)), kept finite. */
export function logitOfProbability(p: number): number {
  const kept = Math.min(Math.max(p, 1e-12), 1 - 1e-12);
  return Math.log(kept / (1 - kept));
}

/**
 * Platt scaling of probabilities (taken as logits).
 * @throws Error on no rows, columns of other lengths, labels other than 0 and 1, one class only, probabilities outside [0, 1]
 */
export function fitPlatt(probabilities: ArrayLike<number>, labels: ArrayLike<number>): PlattCalibrator {
  const positives = check(probabilities, labels);
  const count = labels.length;
  const high = (positives + 1) / (positives + 2); // the targets of Platt's prior: finite also where the classes separate
  const low = 1 / (count - positives + 2);
  const logits = Float64Array.from(probabilities, logitOfProbability);
  let slope = 1;
  let intercept = 0;
  let loss = plattLoss(logits, labels, high, low, slope, intercept);
  for (let step = 0; step < 100; step++) {
    let ga = 0,
      gb = 0,
      aa = 1e-12,
      ab = 0,
      bb = 1e-12;
    for (let i = 0; i < count; i++) {
      const x = logits[i]!;
      const p = 1 / (1 + Math.exp(-(slope * x + intercept)));
      const error = p - (labels[i] === 1 ? high : low);
      const curvature = p * (1 - p);
      ga += error * x;
      gb += error;
      aa += curvature * x * x;
      ab += curvature * x;
      bb += curvature;
    }
    if (Math.abs(ga) + Math.abs(gb) < 1e-10 * count) break;
    const determinant = aa * bb - ab * ab;
    // all logits equal: only the intercept can be told
    const flat = determinant < 1e-12 * aa * bb;
    const da = flat ? 0 : -(bb * ga - ab * gb) / determinant;
    const db = flat ? -gb / bb : -(aa * gb - ab * ga) / determinant;
    let size = 1;
    for (; size > 1e-10; size /= 2) {
      const next = plattLoss(logits, labels, high, low, slope + size * da, intercept + size * db);
      if (next < loss + 1e-4 * size * (ga * da + gb * db)) {
        loss = next;
        break;
      }
    }
    if (size <= 1e-10) break;
    slope += size * da;
    intercept += size * db;
  }
  return { kind: "platt", slope, intercept };
}

/**
 * Isotonic regression of labels on scores (any monotone score); O(n log n). Rows of equal scores are one point. @throws as `fitPlatt`
 * does
 */
export function fitIsotonic(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  weights?: ArrayLike<number>,
): IsotonicCalibrator {
  check(scores, labels, false);
  if (weights !== undefined) checkWeights(weights, labels.length);
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => scores[a]! - scores[b]! || a - b,
  );
  const from: number[] = [],
    to: number[] = [],
    sums: number[] = [],
    sizes: number[] = [];
  let lastScore = NaN;
  for (const row of order) {
    const weight = weights?.[row] ?? 1;
    if (weight === 0) continue;
    if (scores[row] === lastScore) {
      sums[sums.length - 1]! += weight * labels[row]!;
      sizes[sizes.length - 1]! += weight;
    } else {
      merge(from, to, sums, sizes);
      lastScore = scores[row]!;
      from.push(lastScore);
      to.push(lastScore);
      sums.push(weight * labels[row]!);
      sizes.push(weight);
    }
  }
  merge(from, to, sums, sizes);
  const places: number[] = [];
  const values: number[] = [];
  from.forEach((start, b) => {
    for (const place of start === to[b] ? [start] : [start, to[b]!]) {
      places.push(place);
      values.push(sums[b]! / sizes[b]!);
    }
  });
  return { kind: "isotonic", scores: places, values };
}

/** Calibrated probabilities. */
export function calibrate(calibrator: Calibrator, scores: ArrayLike<number>): Float64Array {
  if (calibrator.kind === "platt") {
    const { slope, intercept } = calibrator;
    return Float64Array.from(scores, (p) => 1 / (1 + Math.exp(-(slope * logitOfProbability(p) + intercept))));
  }
  const { scores: places, values } = calibrator;
  return Float64Array.from(scores, (score) => {
    let low = 0;
    let high = places.length; // the first place ≥ score
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (places[middle]! < score) low = middle + 1;
      else high = middle;
    }
    if (low === places.length) return values[low - 1]!;
    if (low === 0 || places[low] === score) return values[low]!;
    const share = (score - places[low - 1]!) / (places[low]! - places[low - 1]!);
    return values[low - 1]! + share * (values[low]! - values[low - 1]!);
  });
}

/** Pools the last blocks while they violate the order. */
function merge(from: number[], to: number[], sums: number[], sizes: number[]): void {
  for (let b = sums.length - 1; b > 0 && sums[b - 1]! * sizes[b]! >= sums[b]! * sizes[b - 1]!; b--) {
    sums[b - 1]! += sums.pop()!;
    sizes[b - 1]! += sizes.pop()!;
    to[b - 1] = to.pop()!;
    from.pop();
  }
}

function plattLoss(
  logits: Float64Array,
  labels: ArrayLike<number>,
  high: number,
  low: number,
  slope: number,
  intercept: number,
): number {
  let loss = 0;
  for (let i = 0; i < logits.length; i++) {
    const z = slope * logits[i]! + intercept;
    const target = labels[i] === 1 ? high : low;
    loss += (z > 0 ? z : 0) - target * z + Math.log1p(Math.exp(-Math.abs(z)));
  }
  return loss;
}

function checkWeights(weights: ArrayLike<number>, count: number): void {
  if (weights.length !== count)
    throw new Error(`weights hold ${weights.length} values; expected ${count}, one per label`);
  let total = 0;
  for (let row = 0; row < count; row++) {
    if (!(weights[row]! >= 0 && weights[row]! < Infinity))
      throw new Error(`weight is ${weights[row]} in row ${row}; allowed: finite, 0 or more`);
    total += weights[row]!;
  }
  if (total === 0) throw new Error("weight is 0 in all rows; allowed: at least one above 0");
}

function check(scores: ArrayLike<number>, labels: ArrayLike<number>, probabilities = true): number {
  if (labels.length === 0) throw new Error("no rows to calibrate on: labels are empty; allowed: at least 2");
  if (scores.length !== labels.length)
    throw new Error(`scores hold ${scores.length} values; expected ${labels.length}, one per label`);
  let positives = 0;
  for (let i = 0; i < labels.length; i++) {
    const score = scores[i]!;
    if (probabilities ? !(score >= 0 && score <= 1) : !Number.isFinite(score))
      throw new Error(`score is ${score} in row ${i}; allowed: ${probabilities ? "0 to 1" : "finite numbers"}`);
    if (labels[i] !== 0 && labels[i] !== 1) throw new Error(`label is ${labels[i]} in row ${i}; allowed: 0, 1`);
    positives += labels[i]!;
  }
  if (positives === 0 || positives === labels.length)
    throw new Error(`label is ${positives === 0 ? 0 : 1} in all ${labels.length} rows; allowed: rows of both kinds`);
  return positives;
}
