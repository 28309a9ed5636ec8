/**
 * When users visit, how long they stay, and how a page changes their satisfaction.
 *
 *   visit a day   P = sigmoid(activity + β · satisfaction + weekend + season · sin(2π day / 365) + region shift);
 *                 1 on the day of joining, 0 once churned
 *   churn         P(never again) = churnBase · exp(−churnSlope · satisfaction), at the end of a day with a visit
 *   after a page  P(leave) = sigmoid(base − patience − slope · page); always when the time budget is spent or the day ends
 *   page          x = Σ enjoyment of what was watched, − irrelevance without a click, − irritation by ads; squashed x / (1 + |x|)
 *   satisfaction  moving average over pages, as of the last page; it affects visits from tomorrow on
 */
import { exponential, normal, uniform, uniformInt } from "../../random.js";
import { dayMs, devices } from "../../types.js";
import type { Day } from "../../types.js";
import { answered, newBehaviourContext } from "../people/behaviour.js";
import { sigmoid } from "./choice.js";
import type { WorldConfig } from "../config.js";
import { covariateShare, driftedDevice, regionShift } from "../drift.js";
import { botArrivalMs, botVisits } from "../people/fraud.js";
import type { WorldState } from "../state.js";

/** Most visits of a user per day. */
export const maxVisits = 3;

/** Logits of visiting that the calendar adds: days 5 and 6 of a week are the weekend, a year has 365 days. */
export function calendarLogit(config: WorldConfig, day: Day): number {
  const weekend = day % 7 >= 5 ? config.weekendVisits : 0;
  return config.seasonVisits === 0 ? weekend : weekend + config.seasonVisits * Math.sin((2 * Math.PI * day) / 365);
}

/** Probability that a user visits on a day. */
export function visitProbability(state: WorldState, user: number, day: Day): number {
  const { config, users, now, catalogue } = state;
  const joined = catalogue.users.joinDay[user]!;
  if (joined > day || now.churned[user] === 1) return 0;
  if (joined === day) return 1;
  const moved = config.drift.length > 0 ? regionShift(state, catalogue.users.region[user]!, day) : 0;
  const p = sigmoid(
    users.activity[user]! + config.visitSatisfaction * now.satisfaction[user]! + calendarLogit(config, day) + moved,
  );
  return state.behaviour?.visit
    ? answered(state.behaviour, "visit", p, {
        ...newBehaviourContext(),
        user,
        day,
        satisfaction: now.satisfaction[user]!,
      })
    : p;
}

/** Probability that a user leaves for good at the end of a day with a visit. */
export function churnProbability({ config, now }: WorldState, user: number): number {
  return Math.min(1, config.churnBase * Math.exp(-config.churnSlope * now.satisfaction[user]!));
}

/** The end of a day with a visit: some leave for good. */
export function churn(state: WorldState, user: number, day: Day): void {
  if (state.config.churnBase > 0 && uniform(state.keys.churn, user, day) < churnProbability(state, user))
    state.now.churned[user] = 1;
}

/** Between two visits of a day, satiation falls a little. */
export function recover({ config, now }: WorldState, user: number): void {
  if (config.visitKept === 1) return;
  for (let i = user * config.topics; i < (user + 1) * config.topics; i++)
    now.satiation[i] = now.satiation[i]! * config.visitKept;
}

/** Number of visits of a user on a day: 0 … maxVisits. */
export function visitsOf(state: WorldState, user: number, day: Day): number {
  if (isBot(state, user)) return botVisits(state, user, day);
  if (uniform(state.keys.visit, user, day) >= visitProbability(state, user, day)) return 0;
  let visits = 1;
  while (visits < maxVisits && uniform(state.keys["visit/later"], user, day, visits) < state.config.laterVisit)
    visits++;
  return visits;
}

/** Time at which a visit begins, in ms since midnight: around the user's preferred hour, wrapped into the day. */
export function arrivalMs(state: WorldState, user: number, day: Day, visit: number): number {
  if (isBot(state, user)) return botArrivalMs(state, user, day, visit);
  const peak = state.users.peakMinute[user]! * 60_000;
  const at = Math.floor(peak + 7_200_000 * normal(state.keys["visit/time"], user, day, visit));
  return ((at % dayMs) + dayMs) % dayMs;
}

/** Whether the account is a bot. */
export function isBot(state: WorldState, user: number): boolean {
  return state.users.bot[user]! > 0;
}

/** Device of a visit: the usual one, or another; covariate drift moves a share to one device. */
export function visitDevice(state: WorldState, user: number, day: Day, visit: number): number {
  const { keys, config, catalogue } = state;
  if (isBot(state, user)) return catalogue.users.device[user]!;
  const drifted = covariateShare(config, day);
  if (drifted > 0 && uniform(keys["drift/covariate"], user, day, visit) < drifted) return driftedDevice(state);
  if (uniform(keys["visit/device"], user, day, visit, 0) >= config.deviceSwitch) return catalogue.users.device[user]!;
  return uniformInt(devices.length, keys["visit/device"], user, day, visit, 1);
}

/** Time budget of a visit in ms: exponential around its mean. */
export function visitBudgetMs(state: WorldState, user: number, day: Day, visit: number): number {
  return Math.floor(state.config.budgetMs * exponential(state.keys["visit/budget"], user, day, visit));
}

/** What a page was worth, in (-1, 1). */
export function pageSatisfaction(irrelevance: number, joy: number, clicks: number, irritation = 0): number {
  const x = (clicks === 0 ? -irrelevance : joy) - irritation;
  return x / (1 + Math.abs(x));
}

/** Probability of leaving after a page. */
export function leaveProbability(state: WorldState, user: number, page: number): number {
  const { config, users } = state;
  return sigmoid(config.leaveBase - users.patience[user]! - config.leaveSatisfaction * page);
}
