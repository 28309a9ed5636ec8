/**
 * Topics: names, latent centroids (random unit vectors, so that some topics are neighbours), how much of each is uploaded
 * (Zipf), and how age band and region lean towards them (what makes metadata useful at cold start).
 */
import { ageBands, regions } from "../types.js";
import { hash32, normal } from "../random.js";
import type { WorldConfig } from "./config.js";
import type { Keyring } from "./keys.js";

const names = [
  "music", "gaming", "football", "cooking", "news", "comedy", "film", "technology", "fitness", "travel",
  "beauty", "cars", "science", "animals", "history", "crafts", "education", "finance", "anime", "gardening",
] as const;

/** Names of the topics: words for the first twenty, then `topic 21`, … */
export function topicNames(topics: number): readonly string[] {
  return Array.from({ length: topics }, (_, t) => names[t] ?? `topic ${t + 1}`);
}

/** Topic centroids: unit vectors. [topics, dim] */
export function centroids(topics: number, dim: number, key: number): Float64Array {
  const out = new Float64Array(topics * dim);
  for (let t = 0; t < topics; t++) {
    let squares = 0;
    for (let d = 0; d < dim; d++) {
      const x = normal(key, t, d);
      out[t * dim + d] = x;
      squares += x * x;
    }
    const length = Math.sqrt(squares);
    for (let d = 0; d < dim; d++) out[t * dim + d] = (out[t * dim + d] as number) / length;
  }
  return out;
}

/** Cumulative share of each topic among creators: Zipf with `topicSkew` over a shuffled order. [topics] */
export function supply(config: WorldConfig, keys: Keyring): Float64Array {
  const weights = new Float64Array(config.topics);
  const rank = ranks(config.topics, keys["creator/topic"]);
  for (let t = 0; t < config.topics; t++) weights[t] = Math.pow((rank[t] as number) + 1, -config.topicSkew);
  return cumulative(weights, 0, config.topics);
}

/** Cumulative share of each topic among taste modes, by segment: softmax of normal leanings. [ageBands, regions, topics] */
export function demand(config: WorldConfig, keys: Keyring): Float64Array {
  const { topics, metadataTaste } = config;
  const out = new Float64Array(ageBands.length * regions.length * topics);
  const weights = new Float64Array(topics);
  for (let age = 0; age < ageBands.length; age++)
    for (let region = 0; region < regions.length; region++) {
      for (let t = 0; t < topics; t++) {
        const leaning = normal(keys["topic/taste"], t, age, 0) + 0.7 * normal(keys["topic/taste"], t, region, 1);
        weights[t] = Math.exp(0.3 * normal(keys["topic/demand"], t) + metadataTaste * leaning);
      }
      out.set(cumulative(weights, 0, topics), (age * regions.length + region) * topics);
    }
  return out;
}

/** Index drawn by `u` in [0, 1) from `length` cumulative shares starting at `from`. */
export function pick(shares: Float64Array, from: number, length: number, u: number): number {
  for (let i = 0; i < length - 1; i++) if (u < (shares[from + i] as number)) return i;
  return length - 1;
}

/** Running sums of weights, scaled to end at 1. */
export function cumulative(weights: ArrayLike<number>, from: number, length: number): Float64Array {
  const out = new Float64Array(length);
  let total = 0;
  for (let i = 0; i < length; i++) {
    total += weights[from + i] as number;
    out[i] = total;
  }
  for (let i = 0; i < length; i++) out[i] = (out[i] as number) / total;
  return out;
}

/** Rank of each item in a hashed order. */
function ranks(n: number, key: number): Int32Array {
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => hash32(key, a, 77) - hash32(key, b, 77) || a - b);
  const rank = new Int32Array(n);
  order.forEach((item, place) => { rank[item] = place; });
  return rank;
}
