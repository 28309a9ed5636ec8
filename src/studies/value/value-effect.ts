/**
 * What a value function does: the same multi-task ranker serves its expected watch time and its value under several weights, to the
 * same users with common random numbers, and the differences are paired by user. It is the effect that `fitValueWeights` can only guess
 * at from a log.
 */
import type { ValueWeights } from "../../models/index.js";
import type { RunControl } from "../../types.js";
import type { Trial } from "../../pipeline/arms/play.js";
import type { PlayedArm } from "../../pipeline/arms/played-arm.js";
import { judgeArms, playArms, type Judged } from "../../pipeline/compare.js";
import type { FittedModel, Trained } from "../../pipeline/train.js";
import { weighValue } from "./weigh-value.js";

/** The name of the arm that all others are compared with. */
export const watchArm = "watch";

/**
 * Plays the watch objective and one arm for each value function, and compares each with it.
 * @param trained with a multi-task ranker in the ranker's place @param weights by name of the arm
 * @throws Error where the ranker is another model, or an arm is called `watch`
 */
export async function valueEffect(
  trained: Trained,
  weights: Readonly<Record<string, ValueWeights>>,
  trial: Trial,
  control: RunControl = {},
): Promise<{ readonly arms: readonly PlayedArm[]; readonly judged: Judged }> {
  if (watchArm in weights)
    throw new Error(
      `an arm of weights is called ${watchArm}; allowed: other names, ${watchArm} is the arm they are compared with`,
    );
  const { candidates } = trained.prepared.log.setting.sizes.online;
  const play = (of: Trained, name: string, objective: "watch" | "value"): Promise<PlayedArm[]> =>
    playArms(of, [{ name, policy: { kind: "learned", candidates, objective } }], trial, control);
  const rankers: (readonly [string, FittedModel])[] = [];
  for (const [name, value] of Object.entries(weights)) rankers.push([name, await weighValue(trained, value)]);
  const arms = await play(trained, watchArm, "watch");
  for (const [name, ranker] of rankers) arms.push(...(await play({ ...trained, ranker }, name, "value")));
  const pairs = Object.keys(weights).map((name) => [watchArm, name] as const);
  return { arms, judged: judgeArms(arms, pairs) };
}
