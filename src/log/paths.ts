/** Where the files of a log are. */
import { join } from "node:path";
import type { Day } from "../types.js";

/** The folder of a day. */
export function dayFolder(dir: string, day: Day): string {
  return join(dir, `day=${String(day).padStart(3, "0")}`);
}

/** The file that holds a day. A day without it is not complete. */
export function dayPath(dir: string, day: Day): string {
  return join(dayFolder(dir, day), "impressions.parquet");
}

/** The file that holds a day's pools, where any were logged. */
export function poolsPath(dir: string, day: Day): string {
  return join(dayFolder(dir, day), "pools.parquet");
}
