/**
 * What a bandit says of a topic for a user: an estimate of the click rate with room for what is not known yet.
 *
 *   per user and topic  mean = (clicks + k × rate of the topic) / (shown + k), k = 5
 *   ε-greedy            the mean; on a share ε of pages one random topic is ten times as good
 *   UCB                 mean + α √(2 ln(1 + shown to the user) × mean × (1 − mean) / (shown + k)) (Auer et al., 2002)
 *   Thompson            a draw of the normal that the Beta posterior is near to (Thompson, 1933; Chapelle & Li, 2011)
 *
 *   LinUCB              θ'x + α √(x' A⁻¹ x),  θ = A⁻¹ b,  A = λI + Σ x x',  b = Σ x · click
 *                       (Li, Chu, Langford & Schapire, 2010);
 *                       x: bias, age band, region, language and device one-hot, and this user's own rate in the topic
 */
import { keyOf, normal, uniform, uniformInt } from "../../random.js";
import { ageBands, devices, languages, regions, type Catalogue, type Impressions } from "../../types.js";

/** A bandit whose arms are topics. */
export interface TopicValues {
  /** Fills `out` with the value of each topic for a request. [topics] */
  values(user: number, device: number, request: number, out: Float64Array): void;
  learn(events: Impressions): void;
}

const strength = 5; // k, impressions
const [epsilon, alpha] = [0.1, 1];

/** A bandit with a posterior per user and topic, drawn to the topic's rate among those it serves. Deterministic in (seed, events). */
export function userTopicValues(
  catalogue: Catalogue,
  seed: number,
  kind: "epsilon-greedy" | "ucb" | "thompson",
): TopicValues {
  const topics = catalogue.topicNames.length;
  const key = keyOf(seed, `cold start/${kind}`);
  const [shown, clicked] = [new Map<number, Float64Array>(), new Map<number, Float64Array>()];
  const [allShown, allClicked] = [new Float64Array(topics).fill(20), new Float64Array(topics).fill(2)]; // one click in ten
  const of = (counts: Map<number, Float64Array>, user: number): Float64Array => {
    let found = counts.get(user);
    if (!found) counts.set(user, (found = new Float64Array(topics)));
    return found;
  };
  return {
    values(user, _, request, out): void {
      const [n, c] = [of(shown, user), of(clicked, user)];
      const total = n.reduce((sum, value) => sum + value, 0);
      const [low, high] = [request >>> 0, Math.floor(request / 4294967296)];
      for (let t = 0; t < topics; t++) {
        const mean = (c[t]! + (strength * allClicked[t]!) / allShown[t]!) / (n[t]! + strength);
        const deviation = Math.sqrt((mean * (1 - mean)) / (n[t]! + strength));
        if (kind === "ucb") out[t] = mean + alpha * deviation * Math.sqrt(2 * Math.log(1 + total));
        else if (kind === "thompson") out[t] = Math.max(0.001, mean + deviation * normal(key, low, high, t));
        else out[t] = mean;
      }
      if (kind === "epsilon-greedy" && uniform(key, low, high) < epsilon)
        out[uniformInt(topics, key, low, high, 1)]! *= 10;
    },
    learn(events): void {
      for (let i = 0; i < events.count; i++) {
        const topic = catalogue.videos.topic[events.video[i]!]!;
        const [n, c] = [of(shown, events.user[i]!), of(clicked, events.user[i]!)];
        n[topic]! += 1;
        c[topic]! += events.click[i]!;
        allShown[topic]! += 1;
        allClicked[topic]! += events.click[i]!;
      }
    },
  };
}

const own = 1; // place of the user's own rate in x, after the bias
const width = 2 + ageBands.length + regions.length + languages.length + devices.length;

/** Disjoint linear models, one per topic. @throws RangeError on `alpha` below 0 or `ridge` not above 0 */
export function linearTopicValues(
  catalogue: Catalogue,
  { alpha, ridge }: { readonly alpha: number; readonly ridge: number },
): TopicValues {
  if (!(alpha >= 0)) throw new RangeError(`alpha: ${alpha}; allowed: 0 or more`);
  if (!(ridge > 0)) throw new RangeError(`ridge: ${ridge}; allowed: above 0`);
  const topics = catalogue.topicNames.length;
  const inverse = Array.from({ length: topics }, () => identity(width, 1 / ridge)); // A⁻¹ of each topic [width, width]
  const paid = Array.from({ length: topics }, () => new Float64Array(width)); // b
  const theta = Array.from({ length: topics }, () => new Float64Array(width)); // A⁻¹ b, refreshed after each batch
  const shown = new Float64Array(catalogue.users.count * topics);
  const clicked = new Float64Array(catalogue.users.count * topics);
  const x = new Float64Array(width);
  const ax = new Float64Array(width);

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
    values(user, device, _, out): void {
      for (let t = 0; t < topics; t++) {
        look(user, device, t);
        out[t] = dot(theta[t] as Float64Array, x) + alpha * Math.sqrt(dot(x, times(inverse[t]!, x, ax)));
      }
    },
    learn(events): void {
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
