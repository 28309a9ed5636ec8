/** `stagecraft prepare`: step 3, features. */
import { prepareFeatures } from "../pipeline/prepare.js";
import { simulateLog } from "../pipeline/simulate.js";
import { dayRange, madeOrLoaded } from "./run.js";
import { platformVerb } from "./verb.js";

export const prepare = platformVerb({
  name: "prepare",
  description: "point-in-time features of the log",
  async run(setting, control) {
    const { artifact, split } = await prepareFeatures(await simulateLog(setting, control), control);
    const { dir, id, made } = artifact;
    const days = `train days ${dayRange(split.train)}, validation ${dayRange(split.validation)}, test ${dayRange(split.test)}`;
    return { json: { features: dir, id, made, split }, text: `${madeOrLoaded(made)} features; ${days}\n${dir}` };
  },
});
