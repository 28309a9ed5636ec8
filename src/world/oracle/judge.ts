/**
 * Exact expectations of one video for one viewer, given the state of the world at that moment: what `oracle` answers with.
 */
import { answered } from "../people/behaviour.js";
import type { BehaviourContext } from "../people/behaviour.js";
import { affinity, clickLogit, sigmoid } from "../choice/choice.js";
import type { Viewer } from "../choice/choice.js";
import { follows } from "../people/memory.js";
import { trait, traitWidth } from "../state.js";
import type { WorldState } from "../state.js";
import { enjoyment, watchLogit } from "../choice/watch.js";

/** What a greedy slate maximises. */
export type Goal = "click" | "watch" | "satisfaction";

/** The user in question. Videos whose original carries the question's number have been watched. */
export interface Judge {
  readonly state: WorldState;
  readonly viewer: Viewer;
  readonly context: BehaviourContext;
  readonly stamps: Int32Array;
  question: number;
}

/** Click logit given examination, the user's past included. */
export function fullLogit({ state, viewer, context, stamps, question }: Judge, v: number, a: number): number {
  let logit = clickLogit(state, viewer, v, a);
  if (stamps[state.videos.original[v]!] === question) logit -= state.config.rewatch;
  if (viewer.follows && follows(state, viewer.user, state.catalogue.videos.creator[v]!))
    logit += state.config.tasteStrength * state.config.followGain;
  if (state.behaviour === undefined) return logit;
  context.video = v;
  context.affinity = a;
  return answered(state.behaviour, "clickLogit", logit, context);
}

/** Mean watched fraction given a click. */
export function meanFraction({ state, viewer, context }: Judge, v: number, a: number): number {
  const mean = sigmoid(watchLogit(state, viewer, v, a));
  if (state.behaviour === undefined) return mean;
  context.video = v;
  context.affinity = a;
  return answered(state.behaviour, "watchMean", mean, context);
}

/** Enjoyment at the mean watched fraction. */
export function meanJoy({ state, context }: Judge, v: number, mean: number): number {
  const joy = enjoyment(state, v, mean);
  if (state.behaviour === undefined) return joy;
  context.video = v;
  context.fraction = mean;
  return answered(state.behaviour, "enjoyment", joy, context);
}

/** What a click on the video is worth. */
export function meanReward(judge: Judge, v: number, a: number, goal: Goal): number {
  if (goal === "click") return 1;
  const mean = meanFraction(judge, v, a);
  return goal === "watch" ? mean * judge.state.traits[v * traitWidth + trait.durationMs]! : meanJoy(judge, v, mean);
}

/** Expectation of one video for the viewer, given examination; if it cannot exceed `bar`, any number not above `bar`. */
export function valueOf(judge: Judge, v: number, goal: Goal, bar: number): number {
  const { state, viewer } = judge;
  const a = affinity(state, viewer, v);
  const p = sigmoid(fullLogit(judge, v, a));
  if (goal === "click") return p;
  if (goal === "watch") {
    const most = p * state.traits[v * traitWidth + trait.durationMs]!; // watched to the end
    return most <= bar ? most : most * meanFraction(judge, v, a);
  }
  return p * meanJoy(judge, v, meanFraction(judge, v, a));
}

/** The `out.length` best of the first `live` videos, ties by id. */
export function bestVideos(judge: Judge, live: number, goal: Goal, out: Int32Array, kept: Float32Array): void {
  const size = out.length;
  let filled = 0;
  let bar = -Infinity;
  for (let v = 0; v < live; v++) {
    const x = Math.fround(valueOf(judge, v, goal, bar));
    if (filled === size && x <= bar) continue;
    let k = filled < size ? filled++ : size - 1;
    for (; k > 0 && kept[k - 1]! < x; k--) {
      kept[k] = kept[k - 1]!;
      out[k] = out[k - 1]!;
    }
    kept[k] = x;
    out[k] = v;
    if (filled === size) bar = kept[size - 1]!;
  }
  for (let k = filled; k < size; k++) out[k] = -1;
}
