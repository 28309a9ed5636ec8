/**
 * An arm is a name and a policy that can be opened anywhere (this thread, a worker, a process): a built-in by its name with its config,
 * or a module with an export and a config. Plain data, so it is part of an artifact's identity as it stands.
 */
import type { LearnedFunnelConfig, LoggingConfig, PolicyModule, PopularityFunnelConfig } from "../../serving/index.js";
import type { Dcn, RankerRows } from "../../models/index.js";
import type { Day, Policy, RunControl } from "../../types.js";
import type { Goal, World } from "../../world/index.js";
import type { Past } from "./past.js";

/** The built-in policies and their configs. All but the oracle see only what a platform sees. */
export interface BuiltIns {
  /** Uniformly random pages. */
  readonly uniform: object;
  /** The policy that collected the log; default: as the log has it. */
  readonly logging: Partial<LoggingConfig>;
  /** The popularity funnel; `uniformPages` is a share of pages that are random. */
  readonly popularity: Partial<PopularityFunnelConfig> & { readonly uniformPages?: number };
  /** The learned funnel; `retrainEvery`: days between fits of the ranker on the arm's own log (absent: never). */
  readonly learned: Partial<LearnedFunnelConfig> & { readonly retrainEvery?: number };
  /** The learned funnel on each user's device, without a network; `syncEvery`: days between bundles (absent: the first one stays). */
  readonly edge: Partial<LearnedFunnelConfig> & { readonly syncEvery?: number };
  /** The learned funnel's `top` candidates of each user, ranked ahead at midnight every `everyDays` days (1), and looked up. */
  readonly batch: Partial<LearnedFunnelConfig> & { readonly everyDays?: number; readonly top?: number };
  /** A service at an address (see remote.ts). `play` tells one play from another: what it answers is not a function of the seed. */
  readonly remote: { readonly url: string; readonly play: string; readonly timeoutMs?: number };
  /** Videos of highest true expectation for this user now: the other end of what may be reached. */
  readonly oracle: { readonly goal: Goal };
  /** Without a model file, from one pass over the log: watch time per impression, for everybody alike … */
  readonly "watch-rate": object;
  /** … times what the user's own counts say of the topic … */
  readonly "topic-affinity": object;
  /** … or what recovered low-rank tastes say. */
  readonly "low-rank-tastes": object;
}
export type BuiltInName = keyof BuiltIns;

/** A built-in policy with its config. */
export type BuiltIn<Name extends BuiltInName = BuiltInName> = {
  readonly [N in Name]: { readonly kind: N } & BuiltIns[N];
}[Name];

/** An arm as plain data. The name stands in the log and in figures. */
export interface Arm<P = BuiltIn | PolicyModule> {
  readonly name: string;
  readonly policy: P;
}

/** An arm that only this thread can open: models in memory, a policy written in a notebook. */
export type LocalArm = Arm<BuiltIn | PolicyModule | { readonly open: OpenPolicy }>;

/** What a policy is opened with: a world at the log's end, and what is known of the time before. */
export interface ArmContext {
  readonly world: World;
  readonly seed: number; // of the policy's own draws
  readonly name: string;
  readonly past: Past;
  readonly logDir?: string; // where the arm's own days are written, if they are
  /** Hears of a day before its fit: the ranker that served, the day's rows, and, where a fit is due, its rows × passes. */
  readonly onRetrain?: (day: { readonly ranker: Dcn; readonly today: RankerRows; readonly rows?: number }) => void;
}

/** An opened policy with what must be closed after it. */
export interface OpenedPolicy {
  readonly policy: Policy;
  /** Step 7: called with each day just closed and written; the policy of tomorrow, or undefined to keep today's. */
  readonly retrain?: (day: Day, control: RunControl) => Promise<Policy | undefined>;
  /** Closes what is not the policy's own, such as its store. */
  readonly close?: () => void | Promise<void>;
  /** What is to be said of the play besides its numbers: pages that came late, events lost. */
  readonly remarks?: () => Readonly<Record<string, number>>;
}

/** Opens a policy. */
export type OpenPolicy = (context: ArmContext) => OpenedPolicy | Promise<OpenedPolicy>;

/** Opens a built-in policy. */
export type OpenBuiltIn<Name extends BuiltInName> = (
  choice: BuiltIn<Name>,
  context: ArmContext,
) => OpenedPolicy | Promise<OpenedPolicy>;

/**
 * The learned funnel that collects a log to judge other policies by: pages are drawn from a pool of 200, which a tenth of the requests
 * log. Measured at `lesson`, seeds 42–44: it costs 7 to 11 % of the watch minutes (at temperature .05: 3 %, at .2: 23 to 27 %).
 */
export const collectingArm: Arm<BuiltIn<"learned">> = {
  name: "learned-collect",
  policy: {
    kind: "learned",
    candidates: 400,
    objective: "watch",
    rerank: { pool: 200, depth: 400, temperature: 0.1, poolShare: 0.1 },
  },
};

/**
 * The arms of the tour: both ends, the data-collection policy, popularity as it stands and with at most ten votes of a user per day (click
 * farms fool the first, not the second), and the learned funnel with two objectives.
 */
export function tourArms(candidates: number): readonly Arm[] {
  return [
    { name: "random", policy: { kind: "uniform" } },
    { name: "logging", policy: { kind: "logging" } },
    { name: "popularity", policy: { kind: "popularity" } },
    { name: "popularity-robust", policy: { kind: "popularity", popularity: { votesADay: 10 } } },
    { name: "learned-ctr", policy: { kind: "learned", candidates, objective: "click" } },
    { name: "learned", policy: { kind: "learned", candidates, objective: "watch" } },
    {
      name: "learned-fallback",
      policy: { kind: "learned", candidates, objective: "watch", coldStart: "segment-popularity" },
    },
    { name: "oracle", policy: { kind: "oracle", goal: "watch" } },
  ];
}
