/**
 * Off-policy estimates judged against the truth: logs of many worlds by two logging policies, targets graded by overlap, propensities that
 * are right and that are wrong. Worlds are jobs of processes and are kept, so a stopped study resumes.
 */
import type { Setting } from "../../pipeline/setting.js";
import { compiledUrl } from "../../platform/compiled.js";
import type { RunControl } from "../../types.js";
import { runParts, seedWorlds, wholeNumber } from "../run-study.js";
import { judgeEstimators, type JudgedEstimator } from "./judge.js";
import type { Logger, OffPolicyJob, OffPolicyRow } from "./world.js";

/** Sizes of a study. */
export interface OffPolicyOptions {
  readonly seeds?: number; // worlds, default 10: seed, seed + 1, …
  readonly logs?: number; // a world, default 5
  readonly users?: number; // assigned at most, default 300
  readonly logger?: Logger["name"]; // default: both
}

/** All estimates and what they are worth. */
export interface OffPolicyStudy {
  readonly plan: Required<Omit<OffPolicyOptions, "logger">>;
  readonly rows: readonly OffPolicyRow[];
  readonly judged: readonly JudgedEstimator[];
}

/** A checked plan. @throws RangeError naming the field, the value and what is allowed */
export function offPolicyPlan(options: OffPolicyOptions): OffPolicyStudy["plan"] {
  const { seeds = 10, logs = 5, users = 300 } = options;
  return {
    seeds: wholeNumber("seeds", seeds, 1, 1_000),
    logs: wholeNumber("logs", logs, 1, 10_000),
    users: wholeNumber("users", users, 24, 10_000_000),
  };
}

/** Plays or loads all worlds and judges the estimators. @throws RangeError as `offPolicyPlan` */
export async function studyOffPolicy(
  base: Setting,
  options: OffPolicyOptions = {},
  control: RunControl = {},
): Promise<OffPolicyStudy> {
  const { logger } = options;
  const plan = offPolicyPlan(options);
  const jobs = (logger ? [logger] : (["mixture", "funnel"] as const)).flatMap((of) =>
    seedWorlds(base, plan.seeds).map((setting): OffPolicyJob => ({
      setting,
      plan: { logger: of, users: plan.users, logs: plan.logs },
    })),
  );
  const rows = await runParts<readonly OffPolicyRow[]>(
    jobs.map((job) => ({
      label: `${job.plan.logger}, seed ${job.setting.seed}`,
      module: compiledUrl("world", import.meta.url).href,
      export: "offPolicyWorld",
      argument: job,
    })),
    { step: "logs", total: jobs.length * plan.logs, inner: "logs" },
    base.workers,
    control,
  );
  return { plan, rows: rows.flat(), judged: judgeEstimators(rows.flat()) };
}
