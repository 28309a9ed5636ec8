/**
 * Which of two rankers do users click more, when both fill the same page? In team-draft interleaving (Radlinski, Kurup & Joachims, 2008) a
 * page is won by the ranker whose videos got more clicks:
 *
 *     preference = (pages won by the treatment + ½ ties) / pages with a click          (Chapelle, Joachims, Radlinski & Yue, 2012)
 *
 * ½: no preference. Each user sees both rankers, so that differences between users cancel. It counts clicks and nothing else: a ranker
 * that collects clicks and disappoints wins.
 */
import { groupBy, sumsBy } from "../order.js";
import type { Interval } from "../bootstrap.js";
import { sameLength } from "../checks.js";
import { studentQuantile } from "../student.js";
import { influence, standardErrorOf } from "./ab-test.js";

/** Clicks on each page by the ranker that put the video there. One row per page. */
export interface TeamClicks {
  readonly user: Int32Array; // [pages]
  readonly control: Int32Array; // [pages] clicks on the control's videos
  readonly treatment: Int32Array; // [pages]
}

/**
 * The preference for the treatment, with a t-interval by user (delta method: pages of a user are not independent). `units` are users with
 * a click. @throws RangeError if lengths differ or fewer than two users clicked
 */
export function preference(pages: TeamClicks, level = 0.95): Interval {
  const { user, control, treatment } = pages;
  sameLength({ user, control, treatment });
  const clicked = Int32Array.from(user.keys()).filter((page) => control[page]! + treatment[page]! > 0);
  const users = groupBy(clicked.map((page) => user[page]!));
  if (users.count < 2) throw new RangeError(`${users.count} users clicked; a standard error needs at least 2`);
  const won = Float64Array.from(clicked, (page) => (1 + Math.sign(treatment[page]! - control[page]!)) / 2);
  const sums = { numerator: sumsBy(users, won), denominator: sumsBy(users, new Float64Array(clicked.length).fill(1)) };
  const estimate = won.reduce((sum, share) => sum + share, 0) / won.length;
  const standardError = standardErrorOf(influence(sums));
  const half = standardError * studentQuantile((1 + level) / 2, users.count - 1);
  return { estimate, low: estimate - half, high: estimate + half, standardError, level, units: users.count };
}
