/**
 * Topics: names, families, latent centroids, how much of each is uploaded (Zipf), and how strongly each age band and region prefers
 * them (this makes metadata useful at cold start).
 *
 *   centroid = √share · family + √(1 − share) · own      share = `familyShare`; family ⟂ own, both of length 1
 *
 * so a centroid has length 1, ⟨topic, its family⟩ = √share exactly, and two topics of one family have cosine `share` on average,
 * two of different families 0. At share 0 topics are unrelated random unit vectors.
 */
import { ageBands, regions } from "../../types.js";
import { hash32, normal } from "../../random.js";
import type { WorldConfig } from "../config.js";
import type { Keyring } from "../keys.js";

const names = [
  "music",
  "gaming",
  "football",
  "cooking",
  "news",
  "comedy",
  "film",
  "technology",
  "fitness",
  "travel",
  "beauty",
  "cars",
  "science",
  "animals",
  "history",
  "crafts",
  "education",
  "finance",
  "anime",
  "gardening",
] as const;

/**
 * Place of each named topic in the order in which families are cut: music, comedy, film, anime · gaming, football, fitness, cars ·
 * news, finance, history, education · technology, science, animals, gardening · cooking, travel, beauty, crafts.
 */
const kinship: readonly number[] = [0, 4, 5, 16, 8, 1, 2, 12, 6, 17, 18, 7, 13, 14, 10, 19, 11, 9, 3, 15];

/** Names of the topics: a list for the first twenty, then `topic 21`, … */
export function topicNames(topics: number): readonly string[] {
  return Array.from({ length: topics }, (_, t) => names[t] ?? `topic ${t + 1}`);
}

/** What families depend on. */
export type FamilyConfig = Pick<WorldConfig, "topics" | "topicFamilies" | "familyShare">;

/**
 * Family of a topic, in [0, topicFamilies): runs of related topics of (nearly) equal length. The platform may know which topics
 * are related, but not how much it says about tastes (`familyShare`).
 * @throws RangeError for an unknown topic.
 */
export function familyOf(config: FamilyConfig, topic: number): number {
  if (!(Number.isInteger(topic) && topic >= 0 && topic < config.topics))
    throw new RangeError(`unknown topic: ${topic}; allowed: an integer in [0, ${config.topics - 1}]`);
  const own = kinship[topic] ?? topic;
  let place = 0;
  for (let t = 0; t < config.topics; t++) if ((kinship[t] ?? t) < own) place++;
  return Math.floor((place * Math.min(config.topicFamilies, config.topics)) / config.topics);
}

/** Family of every topic. [topics] */
export function familiesOf(config: FamilyConfig): Uint8Array {
  return Uint8Array.from({ length: config.topics }, (_, t) => familyOf(config, t));
}

/** Topic centroids of a world, unit vectors. [topics, dim] */
export function topicCentroids(
  config: FamilyConfig,
  dim: number,
  keys: Pick<Keyring, "centroid" | "family">,
): Float64Array {
  const out = centroids(config.topics, dim, keys.centroid);
  if (config.familyShare === 0) return out;
  const families = familyCentroids(config, dim, keys);
  const [common, own] = [Math.sqrt(config.familyShare), Math.sqrt(1 - config.familyShare)];
  for (let t = 0; t < config.topics; t++) {
    const family = families.subarray(familyOf(config, t) * dim, (familyOf(config, t) + 1) * dim);
    const leaf = out.subarray(t * dim, (t + 1) * dim);
    removePart(leaf, family);
    for (let d = 0; d < dim; d++) leaf[d] = common * family[d]! + own * leaf[d]!;
  }
  return out;
}

/** Family centroids: unit vectors, the first `dim` of them at right angles to each other. [topicFamilies, dim] */
export function familyCentroids(config: FamilyConfig, dim: number, keys: Pick<Keyring, "family">): Float64Array {
  const out = centroids(config.topicFamilies, dim, keys.family);
  for (let f = 1; f < Math.min(config.topicFamilies, dim); f++)
    for (let g = 0; g < f; g++) removePart(out.subarray(f * dim, (f + 1) * dim), out.subarray(g * dim, (g + 1) * dim));
  return out;
}

/** Random unit vectors. [count, dim] */
export function centroids(count: number, dim: number, key: number): Float64Array {
  const out = new Float64Array(count * dim);
  for (let t = 0; t < count; t++) {
    let squares = 0;
    for (let d = 0; d < dim; d++) {
      const x = normal(key, t, d);
      out[t * dim + d] = x;
      squares += x * x;
    }
    const length = Math.sqrt(squares);
    for (let d = 0; d < dim; d++) out[t * dim + d] = out[t * dim + d]! / length;
  }
  return out;
}

/** Removes from `vector` its part along the unit vector `axis`, and scales it to length 1 (Gram and Schmidt). */
function removePart(vector: Float64Array, axis: Float64Array): void {
  let along = 0;
  for (let d = 0; d < vector.length; d++) along += vector[d]! * axis[d]!;
  let squares = 0;
  for (let d = 0; d < vector.length; d++) {
    const x = vector[d]! - along * axis[d]!;
    vector[d] = x;
    squares += x * x;
  }
  const length = Math.sqrt(squares);
  for (let d = 0; d < vector.length; d++) vector[d] = vector[d]! / length;
}

/** Cumulative share of each topic among creators: Zipf with `topicSkew` over a shuffled order. [topics] */
export function supply(config: WorldConfig, keys: Keyring): Float64Array {
  const weights = new Float64Array(config.topics);
  const rank = ranks(config.topics, keys["creator/topic"]);
  for (let t = 0; t < config.topics; t++) weights[t] = Math.pow(rank[t]! + 1, -config.topicSkew);
  return cumulative(weights, 0, config.topics);
}

/** Cumulative share of each topic among taste modes, by segment: softmax of normal preferences. [ageBands, regions, topics] */
export function demand(config: WorldConfig, keys: Keyring): Float64Array {
  const { topics, metadataTaste } = config;
  const out = new Float64Array(ageBands.length * regions.length * topics);
  const weights = new Float64Array(topics);
  // With families, a segment also prefers families: similar people like related topics, not only the same ones.
  const [common, own] = [Math.sqrt(config.familyShare), Math.sqrt(1 - config.familyShare)];
  const families = familiesOf(config);
  for (let age = 0; age < ageBands.length; age++)
    for (let region = 0; region < regions.length; region++) {
      for (let t = 0; t < topics; t++) {
        const leaf = normal(keys["topic/taste"], t, age, 0) + 0.7 * normal(keys["topic/taste"], t, region, 1);
        const f = families[t]!;
        const leaning =
          common === 0
            ? leaf
            : own * leaf + common * (normal(keys.family, f, age, 10) + 0.7 * normal(keys.family, f, region, 11));
        weights[t] = Math.exp(0.3 * normal(keys["topic/demand"], t) + metadataTaste * leaning);
      }
      out.set(cumulative(weights, 0, topics), (age * regions.length + region) * topics);
    }
  return out;
}

/** Index drawn by `u` in [0, 1) from `length` cumulative shares starting at `from`. */
export function pick(shares: Float64Array, from: number, length: number, u: number): number {
  for (let i = 0; i < length - 1; i++) if (u < shares[from + i]!) return i;
  return length - 1;
}

/** Running sums of weights, scaled to end at 1. */
export function cumulative(weights: ArrayLike<number>, from: number, length: number): Float64Array {
  const out = new Float64Array(length);
  let total = 0;
  for (let i = 0; i < length; i++) {
    total += weights[from + i]!;
    out[i] = total;
  }
  for (let i = 0; i < length; i++) out[i] = out[i]! / total;
  return out;
}

/** Rank of each item in a hashed order. */
function ranks(n: number, key: number): Int32Array {
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => hash32(key, a, 77) - hash32(key, b, 77) || a - b);
  const rank = new Int32Array(n);
  order.forEach((item, place) => {
    rank[item] = place;
  });
  return rank;
}
