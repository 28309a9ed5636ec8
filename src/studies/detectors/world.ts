/** One world of the study, watched by every monitor. */
import type { RunControl } from "../../types.js";
import { causeOf, type Cause } from "./cause.js";
import { monitors, type Watched } from "./monitors.js";
import { playedWorld, type DetectorJob } from "./played.js";

/** What monitors said of a case: by monitor and watched day; and the cause named at the first alarm of a report. */
export interface JudgedCase {
  readonly name: string;
  readonly alarms: readonly (readonly boolean[])[]; // [monitors][days]
  readonly cause?: Cause;
}

/** Plays or loads a world, and lets every monitor watch it; its first case is quiet. @public called by its name, as a job */
export async function detectorWorld(job: DetectorJob, control: RunControl = {}): Promise<readonly JudgedCase[]> {
  const { played, ...world } = await playedWorld(job, control);
  const of = (c: number): Watched => ({ ...world, days: played[c]! });
  return job.cases.map(({ name, event }, c) => {
    const alarms = monitors.map((monitor) => monitor.alarms(of(c)));
    return { name, alarms, ...(event && causeOf(of(c), of(0), event, alarms)) };
  });
}
