/**
 * What satisfaction does to return, from the log alone: users are given a low or a high ad load by lot, which moves their
 * satisfaction and nothing else before it. Dose: the share of pages after which the user went on (a platform cannot see
 * satisfaction, but people stay longer where they are content). Outcome: the share of days with a visit.
 *
 * The estimand is the ratio of the two effects for these users. Twin worlds know it exactly: everybody with the low load against
 * everybody with the high one, same luck. For orientation, the twins also tell the effect on hidden satisfaction itself.
 */
import { armSums, waldSlope, type ArmSums, type Effect, type InstrumentGroup } from "../../evaluation/index.js";
import { filterUserDays, herePlayer, runPlatform } from "../../platform.js";
import { keyOf, uniform } from "../../random.js";
import { createUniformPolicy } from "../../serving/uniform-policy.js";
import type { RunControl, UserDays } from "../../types.js";
import { openOracle, openWorld, type WorldConfig } from "../../world/index.js";
import { withAdLoad } from "./ad-load.js";

/** Loads of the two groups, ads a page. */
export const adLoads = { low: 0, high: 4 } as const;

/** Days left out at the beginning: satisfaction starts at 0 for everybody and takes some pages to move. */
const warmDays = 2;

/** The experiment's estimates and the twins' truth. */
export interface RetentionSlope {
  readonly slope: Effect; // return a unit of continuation
  readonly returnEffect: Effect;
  readonly doseEffect: Effect;
  readonly firstStageF: number;
  readonly trueSlope: number;
  readonly trueReturnEffect: number;
  readonly trueDoseEffect: number;
  /** Hidden: effect of the load on mean satisfaction, and return a unit of it. */
  readonly satisfactionEffect: number;
  readonly returnPerSatisfaction: number;
}

/** Runs the lot and the two twins in worlds of one config and seed. */
export async function retentionSlope(config: WorldConfig, seed: number, control: RunControl = {}): Promise<RetentionSlope> {
  const key = keyOf(seed, "validity/ad-load");
  const high = (user: number): boolean => uniform(key, user) < 0.5;
  const lot = await play(config, seed, high, control);
  const off = await play(config, seed, () => false, control);
  const on = await play(config, seed, () => true, control);
  const group = (days: UserDays, keep: (user: number) => boolean): InstrumentGroup => groupOf(armSums(filterUserDays(days, (row) => keep(days.user[row]!))));
  const result = waldSlope(group(lot.days, (user) => !high(user)), group(lot.days, high));
  const truth = waldSlope(group(off.days, () => true), group(on.days, () => true));
  const satisfactionEffect = on.satisfaction - off.satisfaction;
  return {
    slope: result.slope, returnEffect: result.outcome, doseEffect: result.dose, firstStageF: result.firstStageF,
    trueSlope: truth.slope.estimate, trueReturnEffect: truth.outcome.estimate, trueDoseEffect: truth.dose.estimate,
    satisfactionEffect, returnPerSatisfaction: truth.outcome.estimate / satisfactionEffect,
  };
}

/** Outcome: days with a visit over assigned days. Dose: pages that were followed by another, over pages. */
function groupOf({ metrics }: ArmSums): InstrumentGroup {
  const { numerator: pages, denominator: visits } = metrics.pagesPerVisit;
  return { outcome: metrics.activeShare, dose: { numerator: pages.map((n, u) => n - visits[u]!), denominator: pages } };
}

async function play(config: WorldConfig, seed: number, high: (user: number) => boolean, control: RunControl): Promise<{ readonly days: UserDays; readonly satisfaction: number }> {
  const world = openWorld(config, seed);
  const { catalogue } = world;
  const uniformPages = createUniformPolicy({ catalogue, seed, slots: config.slots });
  const policy = withAdLoad({ policy: uniformPages, catalogue, seed, load: (user) => (high(user) ? adLoads.high : adLoads.low) });
  const [all] = await runPlatform({ world, arms: [{ name: "ads", player: herePlayer(world, policy, "ads") }], firstDay: 0, days: config.days, control: control.signal ? { signal: control.signal } : {} });
  const days = filterUserDays(all as UserDays, (row) => (all as UserDays).day[row]! >= warmDays);
  const oracle = openOracle(world);
  const users = [...new Set(days.user)];
  return { days, satisfaction: users.reduce((sum, user) => sum + oracle.satisfaction(user), 0) / users.length };
}
