/** `stagecraft report`: the report of the last tour, written again from its records. */
import { resultsDir } from "./options.js";
import { rewriteReport } from "./tour/report.js";
import { platformVerb } from "./verb.js";

export const report = platformVerb({
  name: "report",
  description: "write the report of the last tour again from its records",
  scale: "small",
  out: "results",
  run: (_setting, _control, typed) => rewriteReport(resultsDir(typed)),
});
