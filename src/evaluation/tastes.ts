/**
 * Tastes from randomised pages: the click utility of every user for every topic, recovered from counts alone, and how well.
 * Latent tastes are known only up to rotation; utilities and the subspace they span are not, so these are what is compared.
 *
 *   base      b_ut = r_u m_t / m                             user's rate (shrunk) times topic's rate
 *   taste     f_u ~ N(0, Σ), clicks_ut = n_ut (b_ut + f_ut) + noise
 *   Σ         by moments: products of residuals of *different* impressions have no noise in their mean
 *   utility   b_ut + E[f_ut | clicks], Σ cut to its `rank` largest eigenvalues: the linear (ridge) form of probabilistic
 *             matrix factorisation (Salakhutdinov & Mnih, 2008; best linear prediction: Robinson, 1991)
 */
import { eigenSymmetric, solvePositive } from "./symmetric.js";

/** Sums of a quantity over impressions, by user and topic: of clicks (0 or 1, so sum = squares), or of true click probabilities. */
export interface TasteCounts {
  readonly users: number;
  readonly topics: number;
  readonly impressions: Float64Array; // [users, topics]
  readonly sum: Float64Array; // [users, topics] Σ y
  readonly squares: Float64Array; // [users, topics] Σ y²
}

/** Counts of nothing yet. */
export function tasteCounts(users: number, topics: number): TasteCounts {
  const zeros = (): Float64Array => new Float64Array(users * topics);
  return { users, topics, impressions: zeros(), sum: zeros(), squares: zeros() };
}

/** Recovered tastes. */
export interface Tastes {
  readonly utility: Float64Array; // [users, topics] expected clicks per impression
  readonly base: Float64Array; // [users, topics] the part without taste
  readonly directions: Float64Array; // [rank, topics] orthonormal: main directions of taste over topics
  readonly variances: Float64Array; // [rank] of taste along them, at least 0
}

/** How to recover. */
export interface TasteOptions {
  readonly rank?: number; // default 6
  readonly userPrior?: number; // impressions' worth of the mean rate in a user's rate, default 50
}

/** Recovers utilities from clicks on randomised pages. @throws RangeError without a click, or for a rank outside 1 … topics */
export function recoverTastes(counts: TasteCounts, options: TasteOptions = {}): Tastes {
  const { users, topics, impressions, sum } = counts;
  const { rank = Math.min(6, topics), userPrior = 50 } = options;
  if (!Number.isInteger(rank) || rank < 1 || rank > topics)
    throw new RangeError(`rank is ${rank}; it must be a whole number from 1 to ${topics}`);
  const base = baseRates(counts, userPrior);
  const { values, vectors } = eigenSymmetric(tasteCovariance(counts, base), topics);
  const variances = Float64Array.from({ length: rank }, (_, k) => Math.max(0, values[k]!));
  const directions = vectors.slice(0, rank * topics);
  const loading = Float64Array.from(directions, (x, i) => x * Math.sqrt(variances[Math.floor(i / topics)]!)); // [rank, topics]
  const utility = Float64Array.from(base);
  const system = new Float64Array(rank * rank);
  const right = new Float64Array(rank);
  for (let u = 0; u < users; u++) {
    system.fill(0);
    right.fill(0);
    for (let t = 0; t < topics; t++) {
      const at = u * topics + t;
      const noise = base[at]! * (1 - base[at]!);
      const residual = (sum[at]! - impressions[at]! * base[at]!) / noise;
      const weight = impressions[at]! / noise;
      for (let i = 0; i < rank; i++) {
        const li = loading[i * topics + t]!;
        right[i] = right[i]! + li * residual;
        for (let j = 0; j <= i; j++)
          system[i * rank + j] = system[i * rank + j]! + weight * li * loading[j * topics + t]!;
      }
    }
    for (let i = 0; i < rank; i++) {
      for (let j = 0; j < i; j++) system[j * rank + i] = system[i * rank + j]!;
      system[i * rank + i] = system[i * rank + i]! + 1;
    }
    const place = solvePositive(system, right);
    for (let t = 0; t < topics; t++)
      for (let i = 0; i < rank; i++)
        utility[u * topics + t] = utility[u * topics + t]! + place[i]! * loading[i * topics + t]!;
  }
  return { utility, base, directions, variances };
}

/** User's shrunk rate times the topic's relative rate. [users, topics], within [1e-4, 0.95] */
export function baseRates({ users, topics, impressions, sum }: TasteCounts, userPrior: number): Float64Array {
  const [topicN, topicS] = [new Float64Array(topics), new Float64Array(topics)];
  for (let i = 0; i < users * topics; i++) {
    topicN[i % topics] = topicN[i % topics]! + impressions[i]!;
    topicS[i % topics] = topicS[i % topics]! + sum[i]!;
  }
  const clicks = topicS.reduce((a, b) => a + b, 0);
  const mean = clicks / topicN.reduce((a, b) => a + b, 0);
  if (!(clicks > 0)) throw new RangeError(`clicks sum to ${clicks}; tastes cannot be recovered without a click`);
  const out = new Float64Array(users * topics);
  for (let u = 0; u < users; u++) {
    let [n, s] = [userPrior, userPrior * mean];
    for (let t = 0; t < topics; t++) {
      n += impressions[u * topics + t]!;
      s += sum[u * topics + t]!;
    }
    for (let t = 0; t < topics; t++)
      out[u * topics + t] = Math.min(
        0.95,
        Math.max(1e-4, ((s / n) * ((topicS[t]! + 10 * mean) / (topicN[t]! + 10))) / mean),
      );
  }
  return out;
}

/** Covariance of tastes over topics by moments, without the noise of clicks: pairs of different impressions of a user. [topics, topics] */
export function tasteCovariance(
  { users, topics, impressions, sum, squares }: TasteCounts,
  base: Float64Array,
): Float64Array {
  const above = new Float64Array(topics * topics);
  const below = new Float64Array(topics * topics);
  const residual = new Float64Array(topics);
  for (let u = 0; u < users; u++) {
    for (let t = 0; t < topics; t++)
      residual[t] = sum[u * topics + t]! - impressions[u * topics + t]! * base[u * topics + t]!;
    for (let t = 0; t < topics; t++) {
      const at = u * topics + t;
      const [n, b] = [impressions[at]!, base[at]!];
      const own = squares[at]! - 2 * b * sum[at]! + n * b * b; // Σ (y − b)²
      above[t * topics + t] = above[t * topics + t]! + residual[t]! * residual[t]! - own;
      below[t * topics + t] = below[t * topics + t]! + n * (n - 1);
      for (let s = 0; s < t; s++) {
        above[t * topics + s] = above[t * topics + s]! + residual[t]! * residual[s]!;
        below[t * topics + s] = below[t * topics + s]! + n * impressions[u * topics + s]!;
      }
    }
  }
  const out = new Float64Array(topics * topics);
  for (let t = 0; t < topics; t++)
    for (let s = 0; s <= t; s++) {
      const value = below[t * topics + s]! > 0 ? above[t * topics + s]! / below[t * topics + s]! : 0;
      out[t * topics + s] = value;
      out[s * topics + t] = value;
    }
  return out;
}
