/**
 * What choices are worth, relative to the learned funnel with 200 candidates that ranks by expected watch time: found by
 * `studies.measureWorth` (`stagecraft what-if --measure`), kept here so that a design can be derived without playing anything.
 */

/** One arm against the control; 0.9 is a tenth less. */
export interface ArmWorth {
  readonly arm: string;
  readonly watchMinutes: number;
  readonly ctr: number;
  readonly day7Return: number;
  readonly revenue: number;
}

/** How the numbers were made. */
export const worthMadeBy =
  "`lesson`, seed 42, 800 users × 8 days, paired, 28 Nov 2026; one world: differences below 3 % say nothing";

/**
 * The arms. From 25 to 400 candidates nothing changes: at 8,000 videos the retriever has the good ones among its first. Conversions are
 * rare, so a difference of revenue is mostly noise.
 */
export const armWorths: readonly ArmWorth[] = [
  { arm: "25 candidates", watchMinutes: 0.992, ctr: 1.07, day7Return: 0.988, revenue: 1.739 },
  { arm: "50 candidates", watchMinutes: 1.0, ctr: 1.049, day7Return: 0.988, revenue: 1.536 },
  { arm: "100 candidates", watchMinutes: 1.011, ctr: 1.008, day7Return: 1.004, revenue: 1.575 },
  { arm: "400 candidates", watchMinutes: 0.986, ctr: 0.978, day7Return: 0.988, revenue: 1.467 },
  { arm: "label: click", watchMinutes: 0.231, ctr: 1.372, day7Return: 0.802, revenue: 1.589 },
  { arm: "oracle: watch", watchMinutes: 1.664, ctr: 1.541, day7Return: 1.067, revenue: 1.885 },
  { arm: "oracle: click", watchMinutes: 0.405, ctr: 2.362, day7Return: 0.723, revenue: 1.891 },
  { arm: "oracle: satisfaction", watchMinutes: 1.168, ctr: 1.622, day7Return: 1.095, revenue: 4.672 },
  { arm: "batch, once a day", watchMinutes: 0.896, ctr: 0.933, day7Return: 0.976, revenue: 1.243 },
  { arm: "popularity", watchMinutes: 0.708, ctr: 0.73, day7Return: 0.968, revenue: 1.323 },
  { arm: "popularity by segment", watchMinutes: 0.742, ctr: 0.765, day7Return: 0.968, revenue: 1.141 },
  { arm: "no fresh source", watchMinutes: 0.985, ctr: 0.973, day7Return: 0.988, revenue: 1.084 },
  { arm: "index rebuilt every 4 days", watchMinutes: 1.001, ctr: 1.005, day7Return: 0.98, revenue: 1.318 },
  { arm: "2 % random candidates", watchMinutes: 0.992, ctr: 0.989, day7Return: 0.996, revenue: 1.15 },
];

/** Watch minutes of an arm against the control. @throws RangeError for an arm that was not played */
export function worthOf(arm: string, metric: Exclude<keyof ArmWorth, "arm"> = "watchMinutes"): number {
  const found = armWorths.find((one) => one.arm === arm);
  if (found === undefined)
    throw new RangeError(`unknown arm: ${arm}; known: ${armWorths.map((one) => one.arm).join(", ")}`);
  return found[metric];
}
