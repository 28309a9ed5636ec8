/**
 * When users come, how long they stay, and what a page leaves behind.
 *
 *   visit a day   P = sigmoid(activity + β · satisfaction); 1 on the day of joining
 *   after a page  P(leave) = sigmoid(base − patience − slope · page); always when the time budget is spent or the day ends
 *   page          x = Σ enjoyment of what was watched, − irrelevance without a click; squashed x / (1 + |x|)
 *   satisfaction  moving average over pages, as of the last page; what it does to visits shows tomorrow
 */
import { exponential, normal, uniform, uniformInt } from "../random.js";
import { dayMs, devices } from "../types.js";
import type { Day } from "../types.js";
import { sigmoid } from "./choice.js";
import { covariateShare, driftedDevice } from "./drift.js";
import type { WorldState } from "./state.js";

/** Most visits a user makes a day. */
export const maxVisits = 3;

/** Probability that a user whose account exists visits on a day. */
export function visitProbability(state: WorldState, user: number, day: Day): number {
  const { config, users, now, catalogue } = state;
  const joined = catalogue.users.joinDay[user] as number;
  if (joined > day) return 0;
  if (joined === day) return 1;
  return sigmoid((users.activity[user] as number) + config.visitSatisfaction * (now.satisfaction[user] as number));
}

/** Number of visits of a user on a day: 0 … maxVisits. */
export function visitsOf(state: WorldState, user: number, day: Day): number {
  if (uniform(state.keys.visit, user, day) >= visitProbability(state, user, day)) return 0;
  let visits = 1;
  while (visits < maxVisits && uniform(state.keys["visit/later"], user, day, visits) < state.config.laterVisit) visits++;
  return visits;
}

/** Time at which a visit wants to begin, in ms since midnight: around the user's preferred hour, wrapped into the day. */
export function arrivalMs(state: WorldState, user: number, day: Day, visit: number): number {
  const peak = (state.users.peakMinute[user] as number) * 60_000;
  const at = Math.floor(peak + 7_200_000 * normal(state.keys["visit/time"], user, day, visit));
  return ((at % dayMs) + dayMs) % dayMs;
}

/** Device of a visit: the usual one, or another; covariate drift moves a share to one device. */
export function visitDevice(state: WorldState, user: number, day: Day, visit: number): number {
  const { keys, config, catalogue } = state;
  const drifted = covariateShare(config, day);
  if (drifted > 0 && uniform(keys["drift/covariate"], user, day, visit) < drifted) return driftedDevice(state);
  if (uniform(keys["visit/device"], user, day, visit, 0) >= config.deviceSwitch) return catalogue.users.device[user] as number;
  return uniformInt(devices.length, keys["visit/device"], user, day, visit, 1);
}

/** Time budget of a visit in ms: exponential around its mean. */
export function visitBudgetMs(state: WorldState, user: number, day: Day, visit: number): number {
  return Math.floor(state.config.budgetMs * exponential(state.keys["visit/budget"], user, day, visit));
}

/** What a page was worth, in (-1, 1). */
export function pageSatisfaction(irrelevance: number, joy: number, clicks: number): number {
  const x = clicks === 0 ? -irrelevance : joy;
  return x / (1 + Math.abs(x));
}

/** Probability of leaving after a page. */
export function leaveProbability(state: WorldState, user: number, page: number): number {
  const { config, users } = state;
  return sigmoid(config.leaveBase - (users.patience[user] as number) - config.leaveSatisfaction * page);
}
