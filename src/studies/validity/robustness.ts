/**
 * Two questions to the same worlds. Do recommenders keep their order under other models of choice (Kendall's τ, intervals by
 * resampling users)? And which conclusions hold, are undecided, or flip when the world is perturbed?
 *
 * The worlds are one field or two apart from ours, and the same conclusions are asked of each.
 */
import { combine, replicatesOf } from "../../evaluation/experiment/ab-test.js";
import {
  armSums,
  compareArms,
  intervalOf,
  kendallTau,
  type Interval,
  type OnlineMetricName,
  type Replicates,
} from "../../evaluation/index.js";
import { concatUserDays } from "../../platform/index.js";
import { type PlayedWorld, studyArmNames, type StudyArmName } from "./study-world.js";
import type { UserDays } from "../../types.js";
import type { WorldConfig } from "../../world/index.js";

/** What became of a conclusion in a world: the interval lies on the claimed side, on both, or on the other. */
export type Verdict = "holds" | "undecided" | "flips";

/** One conclusion in one world. */
export interface JudgedConclusion {
  readonly conclusion: string; // id
  readonly world: string;
  readonly verdict: Verdict;
  readonly difference: Interval; // treatment − control, paired by user
}

/** A recommender in a world of one choice model. */
export interface ModelArm {
  readonly policy: StudyArmName;
  readonly watchMinutes: Interval;
  readonly ctr: Interval;
  readonly activeShare: Interval;
}

/** Rank agreement of two choice models. */
export interface ModelAgreement {
  readonly metric: OnlineMetricName;
  readonly a: string;
  readonly b: string;
  readonly kendall: Interval;
}

/** All of it. */
export interface Robustness {
  readonly worlds: readonly string[];
  readonly seeds: readonly number[];
  readonly usersPerArm: number; // over all seeds of a world
  readonly models: readonly { readonly model: string; readonly arms: readonly ModelArm[] }[];
  readonly agreement: readonly ModelAgreement[];
  readonly conclusions: readonly Conclusion[];
  readonly judged: readonly JudgedConclusion[];
}

const agreementMetrics: readonly OnlineMetricName[] = ["watchMinutes", "ctr", "activeShare"];

/** Judges played worlds: all perturbations, each with the same seeds. */
export function judgeRobustness(played: readonly PlayedWorld[], seed: number): Robustness {
  const seeds = [...new Set(played.map((world) => world.seed))];
  const worlds = [...new Set(played.map((world) => world.name))];
  const arms = new Map(worlds.map((name) => [name, joinSeeds(played, name, seeds)]));
  const options = { seed, replicates: 500 };
  const judged = worlds.flatMap((world) =>
    conclusions.map((conclusion): JudgedConclusion => {
      const of = arms.get(world) as PlayedWorld["arms"];
      const { difference } = compareArms(of[conclusion.control], of[conclusion.treatment], { ...options, paired: true })
        .metrics[conclusion.metric];
      return { conclusion: conclusion.id, world, verdict: verdictOf(difference, conclusion.claim), difference };
    }),
  );
  const models = Object.entries(choiceWorlds).map(([model, world]) => {
    const of = arms.get(world) as PlayedWorld["arms"];
    return {
      model,
      replicates: studyArmNames.map((policy) => ({
        policy,
        users: armSums(of[policy]).users.length,
        metrics: replicatesOf(armSums(of[policy]), options),
      })),
    };
  });
  const agreement = agreementMetrics.flatMap((metric) =>
    pairsOf(models).map(([a, b]): ModelAgreement => {
      const [x, y] = [a, b].map(({ replicates }) => replicates.map(({ metrics }) => metrics[metric]));
      const kendall = intervalOf(kendallReplicates(x!, y!), a.replicates[0]!.users, options);
      return { metric, a: a.model, b: b.model, kendall };
    }),
  );
  return {
    worlds,
    seeds,
    usersPerArm: models[0]!.replicates[0]!.users,
    agreement,
    conclusions,
    judged,
    models: models.map(({ model, replicates }) => ({
      model,
      arms: replicates.map(({ policy, users, metrics }): ModelArm => ({
        policy,
        watchMinutes: intervalOf(metrics.watchMinutes, users, options),
        ctr: intervalOf(metrics.ctr, users, options),
        activeShare: intervalOf(metrics.activeShare, users, options),
      })),
    })),
  };
}

/** Where an interval of a difference stands to a claim. */
export function verdictOf(
  { low, high }: { readonly low: number; readonly high: number },
  claim: "higher" | "lower",
): Verdict {
  const sign = claim === "higher" ? 1 : -1;
  if (Math.min(sign * low, sign * high) > 0) return "holds";
  if (Math.max(sign * low, sign * high) < 0) return "flips";
  return "undecided";
}

/** τ of two lists of arms, replicate by replicate: one draw of users orders both. */
function kendallReplicates(x: readonly Replicates[], y: readonly Replicates[]): Replicates {
  const column = (list: readonly Replicates[], b: number): Float64Array =>
    Float64Array.from(list, ({ estimate, values }) => (b < 0 ? estimate : values[b]!));
  const places = { estimate: -1, values: x[0]!.values.map((_, b) => b) };
  return combine(places, places, (b) => kendallTau(column(x, b), column(y, b)));
}

/** Users of several seeds are different people: their ids are set apart. */
function joinSeeds(played: readonly PlayedWorld[], name: string, seeds: readonly number[]): PlayedWorld["arms"] {
  const worlds = played.filter((world) => world.name === name);
  const apart = (days: UserDays, seed: number): UserDays => ({
    ...days,
    user: days.user.map((user) => user + seeds.indexOf(seed) * 2 ** 24),
  });
  return Object.fromEntries(
    studyArmNames.map((policy) => [policy, concatUserDays(worlds.map(({ arms, seed }) => apart(arms[policy], seed)))]),
  ) as Record<StudyArmName, UserDays>;
}

function pairsOf<T>(items: readonly T[]): readonly (readonly [T, T])[] {
  return items.flatMap((a, i) => items.slice(i + 1).map((b) => [a, b] as const));
}

/** A changed world. */
export interface Perturbation {
  readonly name: string;
  readonly change: Partial<WorldConfig>;
}

/** The no-click mass at which the multinomial model gives about as many clicks a page as the position model does. */
export const comparableNoClickMass = 1;

/** Names of the worlds that differ in the choice model only, and the model of each. */
export const choiceWorlds = {
  position: "as it is",
  cascade: "choice: cascade",
  multinomial: "choice: multinomial",
} as const;

/** All worlds of the study, changes of `base`; the first is the world as it is. */
export function perturbations(base: WorldConfig): readonly Perturbation[] {
  return [
    { name: choiceWorlds.position, change: {} },
    { name: choiceWorlds.cascade, change: { choiceModel: "cascade" } },
    { name: choiceWorlds.multinomial, change: { choiceModel: "multinomial", noClickMass: comparableNoClickMass } },
    { name: "tastes × ½", change: { tasteStrength: base.tasteStrength / 2 } },
    { name: "tastes × 1½", change: { tasteStrength: 1.5 * base.tasteStrength } },
    { name: "no clickbait", change: { clickBait: 0, watchBait: 0, regret: 0 } },
    { name: "regret 0", change: { regret: 0 } },
    { name: "regret × 2", change: { regret: 2 * base.regret } },
    { name: "satiation 0", change: { topicSatiation: 0 } },
    { name: "satiation × 3", change: { topicSatiation: 3 * base.topicSatiation } },
    { name: "retention slope × ½", change: { visitSatisfaction: base.visitSatisfaction / 2 } },
    { name: "retention slope × 2", change: { visitSatisfaction: 2 * base.visitSatisfaction } },
    { name: "examination decay × ½", change: { examinationDecay: base.examinationDecay / 2 } },
    { name: "examination decay × 2", change: { examinationDecay: 2 * base.examinationDecay } },
    { name: "5 % bots", change: { botShare: 0.05 } },
  ];
}

/** A sentence that an experiment on this world would print: `treatment` is higher (or lower) than `control` in `metric`. */
export interface Conclusion {
  readonly id: string;
  readonly text: string;
  readonly control: StudyArmName;
  readonly treatment: StudyArmName;
  readonly metric: OnlineMetricName;
  readonly claim: "higher" | "lower";
}

type Compared = [id: string, text: string, control: StudyArmName, treatment: StudyArmName, metric: OnlineMetricName];
const conclude =
  (claim: Conclusion["claim"]) =>
  (...[id, text, control, treatment, metric]: Compared): Conclusion => {
    return { id, text, control, treatment, metric, claim };
  };
const [higher, lower] = [conclude("higher"), conclude("lower")];

/** The named conclusions. */
export const conclusions: readonly Conclusion[] = [
  higher("popularity", "popularity beats random pages on watch time", "uniform", "popularity", "watchMinutes"),
  higher("affinity", "topic affinity beats popularity on watch time", "popularity", "topic affinity", "watchMinutes"),
  higher("low-rank", "recovered tastes beat popularity on watch time", "popularity", "low-rank tastes", "watchMinutes"),
  higher("room", "the watch oracle leaves room above topic affinity", "topic affinity", "watch oracle", "watchMinutes"),
  higher("return", "personal pages bring users back more than random ones", "uniform", "topic affinity", "activeShare"),
  higher("clicks", "greed for clicks wins clicks", "watch oracle", "click oracle", "ctr"),
  lower("clicks-watch", "… and loses watch time", "watch oracle", "click oracle", "watchMinutes"),
  lower("clicks-return", "… and lowers day-7 return", "watch oracle", "click oracle", "day7Return"),
  lower("clicks-random", "… to fewer active users than random pages have", "uniform", "click oracle", "activeShare"),
];
