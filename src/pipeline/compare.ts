/**
 * Step 5, online: arms on copies of the same end-of-day snapshot, and what can be concluded. Arms run in processes of their own, as
 * many at a time as there are workers; each arm's bytes depend on nothing but its inputs.
 */
import {
  armMetrics,
  compareArms,
  gapClosed,
  type ArmMetrics,
  type Comparison,
  type GapClosed,
} from "../evaluation/index.js";
import { compiledUrl } from "../platform/compiled.js";
import { oneBar, runJobs } from "../platform/jobs.js";
import type { RunControl } from "../types.js";
import type { Arm } from "./arms/arm.js";
import type { Trial } from "./arms/play.js";
import { playArm, type PlayedArm } from "./arms/played-arm.js";
import type { Trained } from "./train.js";

/** Arms judged on the same assigned users. */
export interface Judged {
  readonly arms: readonly { readonly name: string; readonly metrics: ArmMetrics }[];
  /** Share of the random-to-oracle gap closed, in watch minutes per assigned user-day; empty without both ends. */
  readonly gaps: readonly GapClosed[];
  /** Paired differences of neighbours in `pairs`: treatment minus control. */
  readonly comparisons: readonly {
    readonly control: string;
    readonly treatment: string;
    readonly comparison: Comparison;
  }[];
}

/** Plays (or loads) all arms of a trial. */
export async function playArms(
  trained: Trained,
  arms: readonly Arm[],
  trial: Trial,
  control: RunControl = {},
): Promise<PlayedArm[]> {
  const { workers } = trained.prepared.log.setting;
  const total = arms.length * trial.days;
  const progress = oneBar({ step: "arms", total, inner: "days" }, control.onProgress);
  if (workers === 1) {
    const played: PlayedArm[] = [];
    for (const arm of arms) {
      played.push(await playArm(trained, arm, trial, { ...control, onProgress: (...of) => progress(arm.name, ...of) }));
      progress(arm.name, "days", trial.days, trial.days);
    }
    return played;
  }
  // the longest first, so that no process is left alone with one at the end
  const isLong = ({ policy }: Arm): boolean => "module" in policy || policy.kind === "learned";
  const order = arms
    .map((arm, index) => ({ arm, index }))
    .sort((a, b) => Number(isLong(b.arm)) - Number(isLong(a.arm)));
  const jobs = order.map(({ arm }) => ({
    label: arm.name,
    module: compiledUrl("arms/played-arm", import.meta.url).href,
    export: "playArmJob",
    argument: { trained, arm, trial },
  }));
  const results = (await runJobs(jobs, { workers, control, progress })) as PlayedArm[];
  control.onProgress?.("arms", total, total);
  return arms.map((_, i) => results[order.findIndex(({ index }) => index === i)]!);
}

/** Pairs that the tour compares: each step of the ladder against the one before, and the two objectives. */
export const standardPairs: readonly (readonly [control: string, treatment: string])[] = [
  ["random", "popularity"],
  ["logging", "learned"],
  ["popularity", "learned"],
  ["popularity", "popularity-robust"],
  ["popularity-robust", "learned"],
  ["learned", "learned-ctr"],
  ["learned", "learned-fallback"],
];

/** Metrics, shares of the gap closed, and paired differences with 95 % intervals by user. */
export function judgeArms(played: readonly PlayedArm[], pairs = standardPairs): Judged {
  const of = (name: string): PlayedArm | undefined => played.find((arm) => arm.name === name);
  const random = of("random");
  const oracle = of("oracle");
  const byName = Object.fromEntries(played.map((arm) => [arm.name, arm.userDays]));
  const gaps = random && oracle ? gapClosed({ random: random.userDays, oracle: oracle.userDays }, byName) : [];
  const comparisons = pairs.flatMap(([control, treatment]) => {
    const [a, b] = [of(control), of(treatment)];
    return a && b ? [{ control, treatment, comparison: compareArms(a.userDays, b.userDays, { paired: true }) }] : [];
  });
  return { arms: played.map((arm) => ({ name: arm.name, metrics: armMetrics(arm.userDays) })), gaps, comparisons };
}
