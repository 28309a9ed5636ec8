/** `stagecraft ab plan`: users and days that an experiment needs, and the lift that so many users find. */
import { daysNeeded, powerOf, smallestEffect, usersNeeded } from "../evaluation/index.js";
import { formatPercent, table, tableText } from "../lab/index.js";
import { numberBetween, UsageError } from "./options.js";
import type { Answer } from "./run.js";

/** What is typed. */
export interface PlanTyped {
  readonly mean: string;
  readonly deviation: string;
  readonly lift?: string;
  readonly users?: string;
  readonly daily?: string;
  readonly share: string;
  readonly power: string;
  readonly alpha: string;
}

/** The answer. @throws UsageError on a number out of range, or where nothing is asked */
export function planned(typed: PlanTyped): Answer {
  const mean = numberBetween("--mean", typed.mean, -Infinity);
  const variance = numberBetween("--deviation", typed.deviation, 0) ** 2;
  if (mean === 0) throw new UsageError("invalid --mean: 0; allowed: another number, as a lift is a share of it");
  const options = {
    treatmentShare: numberBetween("--share", typed.share, 0, 1),
    power: numberBetween("--power", typed.power, 0, 1),
    alpha: numberBetween("--alpha", typed.alpha, 0, 1),
  };
  const daily = typed.daily === undefined ? undefined : numberBetween("--daily", typed.daily, 0);
  const given = typed.users === undefined ? undefined : numberBetween("--users", typed.users, 3);
  const lift = typed.lift === undefined ? undefined : numberBetween("--lift", typed.lift, 0) / 100;
  if (lift === undefined && given === undefined && daily === undefined)
    throw new UsageError("neither --lift nor --users nor --daily is given; at least one is needed");
  const users = lift === undefined ? undefined : usersNeeded(variance, lift * Math.abs(mean), options);
  const sizes = [
    ...(given === undefined ? [] : [given]),
    ...(users === undefined ? [] : [users]),
    ...(daily === undefined ? [] : [7, 14, 28].map((days) => Math.round(days * daily))),
  ].filter((n) => n >= 4);
  const rows = [...new Set(sizes)]
    .sort((a, b) => a - b)
    .map((n) => ({
      users: n,
      ...(daily !== undefined && { days: daysNeeded(n, [daily]) }),
      "lift found": smallestEffect(variance, n, options) / Math.abs(mean),
      ...(lift !== undefined && { "power for the lift": powerOf(variance, lift * mean, n, options) }),
    }));
  const shares = ["lift found", "power for the lift"].map((key) => ({ key, format: "percent" as const }));
  const shown = Object.keys(rows[0] ?? {}).map((key) => shares.find((share) => share.key === key) ?? key);
  const caption =
    users === undefined
      ? "What so many users find"
      : `A lift of ${formatPercent(lift!)} needs ${users.toLocaleString("en")} users` +
        (daily === undefined ? "" : `, ${daysNeeded(users, [daily])} days`);
  const planTable = table(rows, { caption, columns: shown });
  return { json: { users: users ?? null, rows }, tables: { plan: planTable }, text: tableText(planTable) };
}
