/**
 * The truth, for judging only: exact expectations of what a user would do with a video, given the state of the world at
 * that moment. Handed to experiments as an argument; no recommender that is to be judged may hold it.
 */
import type { Day } from "../types.js";
import { affinity, clickLogit, examination, look, newViewer, sigmoid } from "./choice.js";
import type { Viewer } from "./choice.js";
import { visitProbability } from "./session.js";
import { memoryLength, trait, traitWidth } from "./state.js";
import type { WorldState } from "./state.js";
import { enjoyment, watchLogit } from "./watch.js";
import { stateOf } from "./world.js";
import type { World } from "./world.js";

/** When and where a page is asked for. */
export interface RequestContext {
  readonly timeMs: number; // since midnight
  readonly device: number; // index into devices
}

/** Expectations per video, given that it is examined; multiply by `examination` for a position. Callers make the columns. */
export interface Expected {
  readonly clickProbability: Float32Array; // [videos] in [0, 1]
  readonly watchMs: Float32Array; // [videos] click probability × mean watch time
  readonly satisfaction: Float32Array; // [videos] click probability × mean enjoyment (before hides)
}

/** What a greedy slate maximises. */
export type Goal = "click" | "watch" | "satisfaction";

/** Answers about a world. */
export interface Oracle {
  /** Fills `out` for the first `count` of `videos` (default: all). */
  expected(user: number, videos: Int32Array, context: RequestContext, out: Expected, count?: number): void;
  /**
   * The `out.length` best of the first `live` videos for a goal, best first, ties by id; -1 pads. `scores`, if given,
   * receives their expectations (probability, ms, or enjoyment, per examined impression).
   */
  best(user: number, live: number, context: RequestContext, goal: Goal, out: Int32Array, scores?: Float32Array): void;
  /** P(examined) by position. [slots] */
  examination(user: number): Float64Array;
  /** P(the user visits on `day`), as things stand. */
  visitProbability(user: number, day: Day): number;
  /** Hidden satisfaction, in (-1, 1). */
  satisfaction(user: number): number;
  /** Mean over `users` of the expectation, without memory of what each has watched: ideal popularity. [live] */
  popularity(users: Int32Array, live: number, context: RequestContext, goal: Goal): Float64Array;
  /** Hidden facts of a video. */
  video(video: number): VideoTruth;
  /** Topics of a user's taste modes, strongest first. */
  tastes(user: number): readonly number[];
}

/** What the platform cannot see of a video. */
export interface VideoTruth {
  readonly topic: number; // true one
  readonly quality: number; // standard normal
  readonly looks: number; // standard normal, correlated with quality
  readonly clickbait: number; // in [0, 1]
}

/** Opens the truth of a world (also of an attached one). Answers follow the world's state as it moves. */
export function openOracle(world: World): Oracle {
  const state = stateOf(world);
  const viewer = newViewer();
  const stamps = new Int32Array(state.catalogue.videos.count); // videos the user remembers carry the number of the question
  let question = 0;

  const ask = (user: number, context: RequestContext): void => {
    if (!(user >= 0 && user < state.catalogue.users.count)) throw new RangeError(`unknown user: ${user}; allowed: 0 … ${state.catalogue.users.count - 1}`);
    look(state, viewer, user, context.device, context.timeMs);
    question++;
    const from = user * memoryLength;
    for (let i = from; i < from + memoryLength; i++) {
      const remembered = state.now.memory[i] as number;
      if (remembered > 0) stamps[remembered - 1] = question;
    }
  };

  return {
    expected(user, videos, context, out, count = videos.length): void {
      ask(user, context);
      const { config, traits } = state;
      for (let i = 0; i < count; i++) {
        const v = videos[i] as number;
        const a = affinity(state, viewer, v);
        const p = sigmoid(clickLogit(state, viewer, v, a) - (stamps[v] === question ? config.rewatch : 0));
        const mean = sigmoid(watchLogit(state, viewer, v, a));
        out.clickProbability[i] = p;
        out.watchMs[i] = p * mean * (traits[v * traitWidth + trait.durationMs] as number);
        out.satisfaction[i] = p * enjoyment(state, v, mean);
      }
    },
    best(user, live, context, goal, out, scores): void {
      ask(user, context);
      const kept = scores && scores.length >= out.length ? scores : new Float32Array(out.length);
      const size = out.length;
      let filled = 0;
      let bar = -Infinity;
      for (let v = 0; v < live; v++) {
        const x = Math.fround(valueOf(state, viewer, v, goal, stamps[v] === question, bar));
        if (filled === size && x <= bar) continue;
        let k = filled < size ? filled++ : size - 1;
        for (; k > 0 && (kept[k - 1] as number) < x; k--) {
          kept[k] = kept[k - 1] as number;
          out[k] = out[k - 1] as number;
        }
        kept[k] = x;
        out[k] = v;
        if (filled === size) bar = kept[size - 1] as number;
      }
      for (let k = filled; k < size; k++) out[k] = -1;
    },
    examination: (user) => examination(state, user, state.config.slots),
    visitProbability: (user, day) => visitProbability(state, user, day),
    satisfaction: (user) => state.now.satisfaction[user] as number,
    popularity(users, live, context, goal): Float64Array {
      const mean = new Float64Array(live);
      for (const user of users) {
        look(state, viewer, user, context.device, context.timeMs);
        for (let v = 0; v < live; v++) mean[v] = (mean[v] as number) + valueOf(state, viewer, v, goal, false, -Infinity);
      }
      for (let v = 0; v < live; v++) mean[v] = (mean[v] as number) / users.length;
      return mean;
    },
    video(video): VideoTruth {
      const at = video * traitWidth;
      const { traits } = state;
      return { topic: traits[at + trait.topic] as number, quality: traits[at + trait.quality] as number, looks: traits[at + trait.looks] as number, clickbait: traits[at + trait.bait] as number };
    },
    tastes: (user) => Array.from({ length: state.users.modeCount[user] as number }, (_, m) => state.now.modeTopic[user * 3 + m] as number),
  };
}

/** Expectation of one video for the viewer, given examination; where it cannot exceed `bar`, some number not above `bar`. */
function valueOf(state: WorldState, viewer: Viewer, v: number, goal: Goal, remembered: boolean, bar: number): number {
  const a = affinity(state, viewer, v);
  const p = sigmoid(clickLogit(state, viewer, v, a) - (remembered ? state.config.rewatch : 0));
  if (goal === "click") return p;
  if (goal === "watch") {
    const most = p * (state.traits[v * traitWidth + trait.durationMs] as number); // watched to the end
    return most <= bar ? most : most * sigmoid(watchLogit(state, viewer, v, a));
  }
  const mean = sigmoid(watchLogit(state, viewer, v, a));
  return p * enjoyment(state, v, mean);
}
