/** One user at one page, as `playPage` uses it: the input, the working arrays and the result. */
import type { Day } from "../../types.js";
import { newBehaviourContext } from "../people/behaviour.js";
import type { BehaviourContext } from "../people/behaviour.js";
import { newViewer } from "./choice.js";
import type { Viewer } from "./choice.js";
import { maxSlots, moodOf, newPageWeights } from "./page-choice.js";
import type { PageWeights } from "./page-choice.js";
import type { WorldState } from "../state.js";

/** Which user is at which page, and the result. Reused from page to page. */
export interface Moment {
  readonly day: Day;
  readonly shard: number;
  readonly viewer: Viewer; // filled by `look` before the page is played
  readonly context: BehaviourContext; // what replaced behaviours see
  user: number;
  page: number; // visit of the day × 64 + page of the visit: what draws depend on
  timeMs: number; // of the request, since midnight
  device: number;
  mood: number; // largest trend + shock of the day
  spentMs: number; // result: browsing, examining, watching
  worth: number; // result: page satisfaction, in (-1, 1)
  readonly weights: PageWeights;
  readonly clicked: Int32Array; // [maxSlots] slots clicked
  readonly fraction: Float64Array; // [maxSlots] watched fraction of each click
  readonly seen: Float64Array; // [1] slots looked at
}

/** A moment to be filled. */
export function newMoment(day: Day, shard: number, state?: WorldState): Moment {
  return {
    day,
    shard,
    viewer: newViewer(),
    context: newBehaviourContext(),
    user: -1,
    page: 0,
    timeMs: 0,
    device: 0,
    mood: state ? moodOf(state) : 0,
    spentMs: 0,
    worth: 0,
    weights: newPageWeights(),
    clicked: new Int32Array(maxSlots),
    fraction: new Float64Array(maxSlots),
    seen: new Float64Array(1),
  };
}
