/** `stagecraft simulate`: steps 1 and 2, the log. */
import type { MakeOptions } from "../artifacts/index.js";
import type { Setting } from "../pipeline/setting.js";
import { simulateLog } from "../pipeline/simulate.js";
import type { RunControl } from "../types.js";
import { recomputeOf } from "./options.js";
import { madeOrLoaded, type Answer } from "./run.js";
import { platformVerb } from "./verb.js";

export const simulate = platformVerb({
  name: "simulate",
  description: "run the platform under the logging policy and write the log (one Parquet partition per day)",
  run: (setting, control, typed) => simulateVerb(setting, control, { remake: recomputeOf(typed) }),
});

/** Simulates the log, or loads it. */
async function simulateVerb(setting: Setting, control: RunControl, options: MakeOptions = {}): Promise<Answer> {
  const { artifact, dir, impressions, days } = await simulateLog(setting, control, options);
  const { id, made, manifest } = artifact;
  return {
    json: { log: dir, id, made, scale: setting.scale, seed: setting.seed, ...manifest.extra },
    text: `${madeOrLoaded(made)} ${impressions.toLocaleString("en")} impressions on ${days.length} days\n${dir}`,
  };
}
