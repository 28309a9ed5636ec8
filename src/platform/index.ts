/** The loop in which the world meets the system, its players, and the same loop as an environment with `reset` and `step`. */
export { playShard, runPlatform, type ClosedDay, type PlatformOptions, type Treatment } from "../platform.js";
export { assignPeople } from "./assignment.js";
export { crewPlayer } from "./crew.js";
export {
  environment,
  noRequests,
  slatesOf,
  type Environment,
  type EnvironmentOptions,
  type ResetInfo,
  type Step,
  type StepInfo,
} from "./environment.js";
export { playEpisode, type EpisodeDay } from "./episode.js";
export { herePlayer } from "./here-player.js";
export type { DayOfArm, Player } from "./player.js";
export { rewardNames, rewardOf, type Reward, type RewardName } from "./rewards.js";
export { routedPolicy, type Routes } from "./routed.js";
export { allShards, openDays, rounds, type Round } from "./rounds.js";
export {
  sessionEnvironment,
  type Request,
  type SessionEnvironment,
  type SessionInfo,
  type SessionStep,
} from "./session-environment.js";
export { outside, type Box, type BoxType, type Dict, type Space } from "./spaces.js";
export { takeTurns, type AssignedArm } from "./turns.js";
export {
  concatUserDays,
  emptyUserDays,
  filterUserDays,
  userDayColumns,
  userDaysOf,
  type VisitTimes,
} from "./user-days.js";
