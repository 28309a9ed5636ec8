/** Small synthetic rows with a known truth, for tests of models. */
import { keyOf, normal, uniform, uniformInt } from "../../src/random.js";
import type { FeatureMatrix, FeatureSchema } from "../../src/types.js";

/** A schema of named categories with cardinalities, and named numbers. */
export function schemaOf(categories: Readonly<Record<string, number>>, numbers: readonly string[]): FeatureSchema {
  return {
    categories: Object.entries(categories).map(([name, cardinality]) => ({ name, cardinality })),
    numbers: numbers.map((name) => ({ name })),
  };
}

/** Rows from a function of the row number. */
export function matrixOf(
  schema: FeatureSchema,
  count: number,
  row: (i: number) => { categories: readonly number[]; numbers: readonly number[] },
): FeatureMatrix {
  const categories = new Int32Array(count * schema.categories.length);
  const numbers = new Float32Array(count * schema.numbers.length);
  for (let i = 0; i < count; i++) {
    const made = row(i);
    categories.set(made.categories, i * schema.categories.length);
    numbers.set(made.numbers, i * schema.numbers.length);
  }
  return { schema, count, categories, numbers };
}

/** The rows `from … to` of a matrix. */
export function sliceMatrix(matrix: FeatureMatrix, from: number, to: number): FeatureMatrix {
  const wide = matrix.schema.categories.length;
  const deep = matrix.schema.numbers.length;
  return {
    schema: matrix.schema,
    count: to - from,
    categories: matrix.categories.slice(from * wide, to * wide),
    numbers: matrix.numbers.slice(from * deep, to * deep),
  };
}

/** Impressions with the chance that made each click and the mean that made each watch time. */
export interface FakeImpressions {
  readonly features: FeatureMatrix;
  readonly click: Uint8Array;
  readonly watchMs: Int32Array;
  readonly clickProbability: Float64Array;
  readonly meanWatchMs: Float64Array;
}

/**
 * Clicks driven by whether the video's topic is the user's (a cross of two categories), a number and the position; watch time by
 * another number, exponential. Users and videos have ids that say nothing.
 */
export function fakeImpressions(count: number, seed: number, extraNumbers = 1, extraCategories = 0): FakeImpressions {
  const key = keyOf(seed, "fake impressions");
  const extras = Array.from({ length: extraNumbers }, (_, d) => `noise ${d}`);
  const more = Object.fromEntries(Array.from({ length: extraCategories }, (_, c) => [`label ${c}`, 10]));
  const schema = schemaOf({ user: 200, video: 500, taste: 6, topic: 6, position: 10, ...more }, [
    "affinity",
    "length",
    ...extras,
  ]);
  const click = new Uint8Array(count);
  const watchMs = new Int32Array(count);
  const clickProbability = new Float64Array(count);
  const meanWatchMs = new Float64Array(count);
  const features = matrixOf(schema, count, (i) => {
    const user = uniformInt(200, key, i, 1);
    const video = uniformInt(500, key, i, 2);
    const taste = user % 6;
    const topic = video % 6;
    const position = uniformInt(10, key, i, 3);
    const affinity = normal(key, i, 4);
    const length = normal(key, i, 5);
    clickProbability[i] = 1 / (1 + Math.exp(-(-2 + (taste === topic ? 2 : 0) + 0.8 * affinity - 0.15 * position)));
    meanWatchMs[i] = 20_000 * Math.exp(0.5 * length);
    click[i] = uniform(key, i, 6) < clickProbability[i]! ? 1 : 0;
    if (click[i]) watchMs[i] = Math.round(-Math.log(uniform(key, i, 7)) * meanWatchMs[i]!);
    const labels = Array.from({ length: extraCategories }, (_, c) => uniformInt(10, key, i, 100 + c));
    return {
      categories: [user, video, taste, topic, position, ...labels],
      numbers: [affinity, length, ...extras.map((_, d) => normal(key, i, 8 + d))],
    };
  });
  return { features, click, watchMs, clickProbability, meanWatchMs };
}

/** Positives of a planted retrieval world. */
export interface FakePositives {
  readonly query: FeatureMatrix;
  readonly candidates: FeatureMatrix;
  readonly video: Int32Array;
  /** Topic of each video; positives are of the user's topic. */
  readonly topicOf: (video: number) => number;
  readonly tasteOf: (user: number) => number;
}

/** Each user likes videos of one of `topics` topics; a video's chance within its topic falls as 1 / (1 + rank)^skew. */
export function fakePositives(
  count: number,
  seed: number,
  options: { users?: number; videos?: number; topics?: number; skew?: number } = {},
): FakePositives {
  const { users = 200, videos = 300, topics = 6, skew = 0.7 } = options;
  const key = keyOf(seed, "fake positives");
  const topicOf = (video: number): number => video % topics;
  const tasteOf = (user: number): number => user % topics;
  const perTopic = Math.floor(videos / topics);
  const cumulative = new Float64Array(perTopic);
  for (let rank = 0, sum = 0; rank < perTopic; rank++) cumulative[rank] = sum += 1 / (1 + rank) ** skew;
  const userOf = (i: number): number => uniformInt(users, key, i, 1);
  const query = matrixOf(schemaOf({ user: users, taste: topics }, ["hour"]), count, (i) => ({
    categories: [userOf(i), tasteOf(userOf(i))],
    numbers: [normal(key, i, 2)],
  }));
  const candidates = matrixOf(schemaOf({ video: videos, topic: topics }, ["length"]), videos, (v) => ({
    categories: [v, topicOf(v)],
    numbers: [normal(key, v, 3)],
  }));
  const video = Int32Array.from({ length: count }, (_, i) => {
    const target = uniform(key, i, 4) * cumulative[perTopic - 1]!;
    return cumulative.findIndex((c) => c >= target) * topics + tasteOf(userOf(i));
  });
  return { query, candidates, video, topicOf, tasteOf };
}

/** A copy with one value replaced. */
export function replaced<T extends Uint8Array | Int32Array | Float32Array>(values: T, at: number, value: number): T {
  const copy = values.slice() as T;
  copy[at] = value;
  return copy;
}
