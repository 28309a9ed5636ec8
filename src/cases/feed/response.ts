/**
 * What people do, and how they feel: the truth. With the fit of a post to a user
 *
 *     fit = 0.6 interest + 0.5 tie + 0.5 quality + fresh(kind, age) − 0.25 (same topic so far) − 0.35 (same author so far)
 *
 * views, likes, comments, shares and hides are logistic in fit and outrage. Satisfaction is no reaction: fit pleases, outrage tires, harm
 * hurts, and outrage brings comments. Who was content returns: logit P(active) = own + gain × (moving mean of satisfaction).
 */
import { uniform } from "../../random.js";
import { reactions } from "./rank.js";

const halfLives = [48, 10, 24]; // hours, by kind of author
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** What decides a user's response to a post. */
export interface Meeting {
  readonly interest: number;
  readonly tie: number;
  readonly quality: number;
  readonly outrage: number;
  readonly harmful: boolean;
  readonly kind: number;
  readonly hours: number; // age
  readonly sameTopic: number; // seen in this session
  readonly sameAuthor: number;
}

/** How well a post fits. */
export function fitOf({ interest, tie, quality, kind, hours, sameTopic, sameAuthor }: Meeting): number {
  const fresh = 1.2 * (2 ** (-hours / halfLives[kind]!) - 0.5);
  return 0.6 * interest + 0.5 * tie + 0.5 * quality + fresh - 0.25 * sameTopic - 0.35 * sameAuthor;
}

/** P of each reaction, in the order of `reactions`; all but hiding need a view. */
export function reactionChances(meeting: Meeting): readonly number[] {
  const { outrage, harmful } = meeting;
  const fit = fitOf(meeting);
  const harm = harmful ? 1 : 0;
  return [
    sigmoid(-0.3 + 0.9 * fit + 0.6 * outrage),
    sigmoid(-1.6 + 0.9 * fit - 0.4 * outrage),
    sigmoid(-3 + 0.4 * fit + 1.1 * outrage),
    sigmoid(-3.4 + 0.5 * fit + 0.8 * outrage + 0.5 * harm),
    sigmoid(-4.2 - 0.7 * fit + 0.6 * outrage + harm),
  ];
}

/** Draws the reactions: the same user and post meet the same draws in every arm. Bits in the order of `reactions`. */
export function react(key: number, user: number, post: number, chances: readonly number[]): number {
  const viewed = uniform(key, user, post, 0) < chances[0]!;
  let bits = viewed ? 1 : 0;
  for (let k = 1; k < reactions.length; k++)
    if ((viewed || k === 4) && uniform(key, user, post, k) < chances[k]!) bits |= 1 << k;
  return bits;
}

/** How a post that was passed or viewed feels. */
export function satisfactionOf(meeting: Meeting, viewed: boolean): number {
  if (!viewed) return -0.1;
  return Math.min(1.5, 0.8 * fitOf(meeting)) - 0.6 * meeting.outrage - (meeting.harmful ? 1.5 : 0);
}

/** P of going on to the next post. */
export function stayChance(fit: number, outrage: number, viewed: boolean): number {
  return sigmoid(2.3 + (viewed ? 0.3 * Math.min(2, fit) + 0.25 * outrage : -0.2));
}
