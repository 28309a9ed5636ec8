/** An arm as a job of a thread. */
import type { RunControl } from "../types.js";
import { playArm, type PlayedArm, type Trial } from "./arm.js";
import type { ArmSpec } from "./policies.js";
import type { Trained } from "./train.js";

/** Plays one arm; its argument and result are structured-cloneable. */
export function run(
  argument: { readonly trained: Trained; readonly spec: ArmSpec; readonly trial: Trial },
  control: RunControl,
): Promise<PlayedArm> {
  return playArm(argument.trained, argument.spec, argument.trial, control);
}
