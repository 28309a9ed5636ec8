/** Worlds other than ours, one field or two apart, and the conclusions that are asked of each again. */
import type { OnlineMetricName } from "../../evaluation/index.js";
import type { WorldConfig } from "../../world/index.js";
import type { StudyArmName } from "./study-world.js";

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
