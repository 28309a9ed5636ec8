/**
 * A bandit in one file: LinUCB with disjoint linear models (Li, Chu, Langford & Schapire, 2010) whose arms are the topics of the
 * catalogue. Context x: bias, age band, region, language and device one-hot, and what is known of this user and topic so far.
 *
 *   score(topic) = θ'x + α √(x' A⁻¹ x),  θ = A⁻¹ b,  A = λI + Σ x x',  b = Σ x · click
 *
 * A page takes its videos in turn from the best `breadth` topics, uniformly at random among the topic's live videos that are not yet on the
 * page. Given the history the topics are certain, so the propensity of a video is 1 / (videos of its topic not yet on the page).
 */
import { keyOf, uniformInt } from "../../random.js";
import {
  ageBands,
  devices,
  languages,
  regions,
  type Catalogue,
  type Impressions,
  type Policy,
  type RequestBatch,
  type SlateBatch,
} from "../../types.js";
import { emptySlates, liveOn } from "../../serving/index.js";

/** Options of the bandit. */
export interface TopicBanditOptions {
  readonly catalogue: Catalogue;
  readonly seed: number;
  readonly slots: number;
  /** α, how many standard deviations of the estimate are added to it; 0: greedy. Default 0.3. */
  readonly alpha?: number;
  /** Topics per page. Default 2. */
  readonly breadth?: number;
  /** λ, ridge penalty. Default 1. */
  readonly ridge?: number;
  /** Name in the log. Default `topic-bandit`. */
  readonly name?: string;
}

const own = 1; // place of the user's own rate in x, after the bias
const width = 2 + ageBands.length + regions.length + languages.length + devices.length;

/** A policy that learns topics from the clicks of its own pages, batch by batch. Deterministic in (seed, requests, events). */
export function createTopicBandit(options: TopicBanditOptions): Policy {
  const { catalogue, seed, slots, alpha = 0.3, breadth = 2, ridge = 1, name = "topic-bandit" } = options;
  const topics = catalogue.topicNames.length;
  if (!(alpha >= 0)) throw new RangeError(`alpha: ${alpha}; allowed: 0 or more`);
  if (!(ridge > 0)) throw new RangeError(`ridge: ${ridge}; allowed: above 0`);
  if (!Number.isInteger(breadth) || breadth < 1 || breadth > topics)
    throw new RangeError(`breadth: ${breadth}; allowed: an integer in [1, ${topics}]`);
  const key = keyOf(seed, "topic bandit");
  const inverse = Array.from({ length: topics }, () => identity(width, 1 / ridge)); // A⁻¹ of each topic [width, width]
  const paid = Array.from({ length: topics }, () => new Float64Array(width)); // b
  const theta = Array.from({ length: topics }, () => new Float64Array(width)); // A⁻¹ b, refreshed after each batch
  const shown = new Float64Array(catalogue.users.count * topics);
  const clicked = new Float64Array(catalogue.users.count * topics);
  const byTopic: number[][] = Array.from({ length: topics }, () => []); // live videos of each topic
  const x = new Float64Array(width);
  const ax = new Float64Array(width);
  const score = new Float64Array(topics);

  /** Fills x: one 1 for the bias and for each label, and the user's smoothed click rate in the topic above the usual 0.1. */
  const look = (user: number, device: number, topic: number): void => {
    const at = user * topics + topic;
    x.fill(0);
    x[0] = 1;
    x[own] = 5 * ((clicked[at]! + 0.5) / (shown[at]! + 5) - 0.1);
    let place = own + 1;
    for (const [code, count] of [
      [catalogue.users.ageBand[user], ageBands.length],
      [catalogue.users.region[user], regions.length],
      [catalogue.users.language[user], languages.length],
      [device, devices.length],
    ] as const) {
      x[place + (code as number)] = 1;
      place += count;
    }
  };

  return {
    name,
    openDay(day): void {
      byTopic.forEach((list) => list.splice(0));
      for (let v = 0; v < liveOn(catalogue, day); v++) byTopic[catalogue.videos.topic[v]!]?.push(v);
    },
    recommend(requests: RequestBatch): SlateBatch {
      const slates = emptySlates(requests.count, slots);
      for (let row = 0; row < requests.count; row++) {
        const user = requests.user[row]!;
        for (let t = 0; t < topics; t++) {
          look(user, requests.device[row]!, t);
          score[t] = dot(theta[t] as Float64Array, x) + alpha * Math.sqrt(dot(x, times(inverse[t]!, x, ax)));
        }
        const order = Array.from(score.keys()).sort((a, b) => score[b]! - score[a]! || a - b);
        fill(slates, row, order, requests.request[row]!);
      }
      return slates;
    },
    apply(events: Impressions): void {
      for (let i = 0; i < events.count; i++) {
        const user = events.user[i]!;
        const topic = catalogue.videos.topic[events.video[i]!]!;
        look(user, events.device[i]!, topic);
        learn(inverse[topic]!, times(inverse[topic]!, x, ax), dot(x, ax));
        const b = paid[topic] as Float64Array;
        for (let d = 0; d < width; d++) b[d] = b[d]! + x[d]! * events.click[i]!;
        shown[user * topics + topic]! += 1;
        clicked[user * topics + topic]! += events.click[i]!;
      }
      for (let t = 0; t < topics; t++) times(inverse[t]!, paid[t] as Float64Array, theta[t] as Float64Array);
    },
  };

  /** Takes the best topics in turn; a topic without videos left is replaced by the next best. */
  function fill(slates: SlateBatch, row: number, order: readonly number[], request: number): void {
    const left = order.map((topic) => byTopic[topic]!.slice());
    let rank = 0;
    for (let k = 0; k < slots; k++) {
      let tries = 0;
      while (tries < breadth && left[rank % breadth]!.length === 0) {
        rank++;
        tries++;
      }
      const list = tries < breadth ? left[rank % breadth] : left.find((videos) => videos.length > 0);
      if (list === undefined) return;
      const at = uniformInt(list.length, key, request >>> 0, Math.floor(request / 4294967296), k);
      slates.video[row * slots + k] = list[at]!;
      slates.propensity[row * slots + k] = 1 / list.length;
      list[at] = list[list.length - 1]!;
      list.pop();
      rank++;
    }
  }
}

/** Sherman and Morrison (1950): A⁻¹ after A gains x x', given A⁻¹x and x'A⁻¹x. */
function learn(inverse: Float64Array, ax: Float64Array, xax: number): void {
  for (let i = 0; i < width; i++)
    for (let j = 0; j < width; j++) inverse[i * width + j] = inverse[i * width + j]! - (ax[i]! * ax[j]!) / (1 + xax);
}

function times(matrix: Float64Array, x: Float64Array, out: Float64Array): Float64Array {
  for (let i = 0; i < width; i++) {
    let sum = 0;
    for (let j = 0; j < width; j++) sum += matrix[i * width + j]! * x[j]!;
    out[i] = sum;
  }
  return out;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < width; i++) sum += a[i]! * b[i]!;
  return sum;
}

function identity(size: number, value: number): Float64Array {
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) matrix[i * size + i] = value;
  return matrix;
}
