/** What a learner sees of an ad that may be shown, and the log of those that were. */
import { emptyMatrix } from "../../data/index.js";
import type { LabelledRows } from "../../models/index.js";
import { regions, ageBands, devices, languages, type FeatureMatrix, type FeatureSchema } from "../../types.js";
import { dayMinutes, type AdRequest, type Market } from "./market.js";

/** Pairs that a linear model needs as features of their own: sparse, hashed. */
export const adCrosses: readonly (readonly [string, string])[] = [
  ["user", "topic"],
  ["age", "topic"],
  ["region", "topic"],
  ["device", "topic"],
  ["age", "campaign"],
  ["region", "campaign"],
];

/** Columns of a row; the last value of each of the user's is "not known". */
export function adSchema({ users, campaigns }: Market): FeatureSchema {
  const sizes = {
    ...{ user: users.count + 1, age: ageBands.length + 1, region: regions.length + 1, device: devices.length },
    ...{ language: languages.length + 1, hour: 24, topic: 255, campaign: campaigns.count },
  };
  return {
    categories: Object.entries(sizes).map(([name, cardinality]) => ({ name, cardinality })),
    numbers: [{ name: "daysLive" }, { name: "adsToday" }],
  };
}

/** Writes one row. `known` false: the stream of what is known of users has stopped. */
export function writeAdRow(
  { users, topic, from }: Market,
  into: FeatureMatrix,
  row: number,
  { user, minute, device }: AdRequest,
  campaign: number,
  adsToday: number,
  known = true,
): void {
  const person = known
    ? [user, users.ageBand[user]!, users.region[user]!, device, users.language[user]!]
    : [users.count, ageBands.length, regions.length, device, languages.length];
  const hour = Math.floor(minute / 60) % 24;
  into.categories.set([...person, hour, topic[campaign]!, campaign], row * into.schema.categories.length);
  into.numbers.set([minute / dayMinutes - Math.max(0, from[campaign]!), known ? Math.log1p(adsToday) : 0], row * 2);
}

/** Ads that were shown, in order of time, with what came of them. `probability`, the truth, is for judging only. */
export interface AdLog {
  readonly features: FeatureMatrix; // rows beyond `count` are free
  count: number;
  readonly user: Int32Array;
  readonly campaign: Int16Array;
  readonly minute: Float32Array;
  readonly click: Uint8Array;
  readonly delay: Float32Array; // minutes until the click arrives
  readonly predicted: Float64Array; // P(click) that the auction was run with; 1 for brands
  readonly probability: Float64Array;
  readonly paidMicros: Float64Array; // mean of what the ad pays, over clicks that may come
  readonly valueMicros: Float64Array; // mean of what the ad is worth to its campaign
  readonly hideMicros: Float64Array; // mean of what it costs the user, see money.ts
  readonly drawnMicros: Float64Array; // what its campaign gained: conversions that came minus what was charged
}

/** An empty log with room for `capacity` ads. */
export function emptyLog(schema: FeatureSchema, capacity: number): AdLog {
  const real = (): Float64Array => new Float64Array(capacity);
  return {
    features: emptyMatrix(schema, capacity),
    count: 0,
    user: new Int32Array(capacity),
    campaign: new Int16Array(capacity),
    minute: new Float32Array(capacity),
    click: new Uint8Array(capacity),
    delay: new Float32Array(capacity),
    ...{ predicted: real(), probability: real(), paidMicros: real(), valueMicros: real() },
    ...{ hideMicros: real(), drawnMicros: real() },
  };
}

/** Rows `from … to` of a log under their clicks. */
export function labelled({ features, click }: AdLog, from: number, to: number): LabelledRows {
  const [c, n] = [features.schema.categories.length, features.schema.numbers.length];
  const rows: FeatureMatrix = {
    schema: features.schema,
    count: to - from,
    categories: features.categories.subarray(from * c, to * c),
    numbers: features.numbers.subarray(from * n, to * n),
  };
  return { features: rows, label: click.subarray(from, to) };
}

/** First row of a day. */
export function dayStart({ minute, count }: AdLog, day: number): number {
  const at = minute.subarray(0, count).findIndex((m) => m >= day * dayMinutes);
  return at < 0 ? count : at;
}
