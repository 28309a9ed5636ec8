/**
 * The page with the largest expected sum of a reward, exactly, under each choice model. p_v = sigmoid(l_v), w_v = exp(l_v), r_v the reward
 * of a click; slots may stay empty where every further video would lower the sum.
 *
 *   position     Σ e_k p_k r_k with falling e: the largest p·r first (rearrangement inequality)
 *   cascade      Σ reach_k p_k r_k, reach falling by f_v = c − (c − c')p_v: on any page it is best to sort by p r / (1 − f)
 *                (exchange argument),
 *                so the best of all pages is found by a dynamic programme over videos in that order (Kempe and Mahdian, 2008)
 *   multinomial  Σ e w r / (M + Σ e w): a ratio, solved by Dinkelbach's iteration (1967): for a value x,
 *                take the largest w (r − x) first
 *
 * Ties by id.
 */
import { sigmoid } from "../choice/choice.js";
import type { WorldConfig } from "../config.js";

/** Fills `out` with the best page (-1 pads) and returns its expected reward. `logit` and `reward` are by video. */
export function bestOf(
  config: WorldConfig,
  examined: Float64Array,
  logit: Float64Array,
  reward: Float64Array,
  out: Int32Array,
): number {
  out.fill(-1);
  if (config.choiceModel === "cascade") return bestCascade(config, logit, reward, out);
  if (config.choiceModel === "multinomial") return bestMultinomial(config, examined, logit, reward, out);
  const value = logit.map((l, v) => sigmoid(l) * reward[v]!);
  fillTop(value, out);
  let sum = 0;
  out.forEach((v, k) => {
    if (v >= 0) sum += examined[k]! * value[v]!;
  });
  return sum;
}

/** The videos with the largest positive values, best first. */
function fillTop(value: Float64Array, out: Int32Array): void {
  const size = out.length;
  let filled = 0;
  for (let v = 0; v < value.length; v++) {
    const x = value[v]!;
    if (!(x > 0) || (filled === size && x <= value[out[size - 1]!]!)) continue;
    let k = filled < size ? filled++ : size - 1;
    for (; k > 0 && value[out[k - 1]!]! < x; k--) out[k] = out[k - 1]!;
    out[k] = v;
  }
  out.fill(-1, filled);
}

/** W[i][k]: best of the last i videos in ratio order with k slots left. Only useful videos (positive reward) are considered. */
function bestCascade(
  { cascadeContinue, cascadeAfterClick }: WorldConfig,
  logit: Float64Array,
  reward: Float64Array,
  out: Int32Array,
): number {
  const p = logit.map(sigmoid);
  const go = p.map((x) => cascadeContinue - (cascadeContinue - cascadeAfterClick) * x);
  const ratio = p.map((x, v) => (x * reward[v]!) / Math.max(1e-300, 1 - go[v]!));
  const order = Int32Array.from(p.keys()).filter((v) => p[v]! * reward[v]! > 0);
  order.sort((a, b) => ratio[b]! - ratio[a]! || a - b);
  const slots = out.length;
  const n = order.length;
  let next = new Float64Array(slots + 1);
  let here = new Float64Array(slots + 1);
  const taken = new Uint8Array(n * (slots + 1));
  for (let i = n - 1; i >= 0; i--) {
    const v = order[i]!;
    here[0] = 0;
    for (let k = 1; k <= slots; k++) {
      const take = p[v]! * reward[v]! + go[v]! * next[k - 1]!;
      const leave = next[k]!;
      here[k] = Math.max(take, leave);
      if (take > leave) taken[i * (slots + 1) + k] = 1;
    }
    [here, next] = [next, here];
  }
  let left = slots;
  for (let i = 0; i < n && left > 0; i++) if (taken[i * (slots + 1) + left] === 1) out[slots - left--] = order[i]!;
  return next[slots]!;
}

function bestMultinomial(
  { noClickMass }: WorldConfig,
  examined: Float64Array,
  logit: Float64Array,
  reward: Float64Array,
  out: Int32Array,
): number {
  const top = logit.reduce((most, l) => Math.max(most, l), 0);
  const weight = logit.map((l) => Math.exp(l - top));
  let x = 0;
  for (let round = 0; round < 100; round++) {
    fillTop(
      weight.map((w, v) => w * (reward[v]! - x)),
      out,
    );
    let gain = 0;
    let mass = noClickMass * Math.exp(-top);
    out.forEach((v, k) => {
      if (v < 0) return;
      const w = examined[k]! * weight[v]!;
      gain += w * reward[v]!;
      mass += w;
    });
    const next = mass > 0 ? gain / mass : 0;
    if (!(next > x)) break;
    x = next;
  }
  return x;
}
