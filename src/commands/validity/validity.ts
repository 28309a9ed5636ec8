/** `stagecraft validity`: validity.html for people, validity.json for programs. */
import { Option } from "commander";
import { reportHtml, tableText, withRun } from "../../lab/index.js";
import type { Setting } from "../../pipeline/setting.js";
import { recoveryLimits, validity as studyValidity, type ValidityOptions } from "../../studies/validity/validity.js";
import type { RunControl } from "../../types.js";
import { keep, tablesOf } from "../keep.js";
import { integer, resultsDir, UsageError, type PlatformOptions } from "../options.js";
import type { Answer } from "../run.js";
import { platformVerb } from "../verb.js";
import { agreementTable, factTable, recoveryTable, validityReport, verdictTable } from "./card.js";

export const validity = platformVerb<PlatformOptions & { readonly worlds?: string }>({
  name: "validity",
  description:
    "is the world believable? stylised facts, parameter recovery, rank agreement, conclusions under perturbation: validity.html and .json",
  out: "results",
  options: [new Option("--worlds <integer>", "worlds of the recovery study (default: 20 at tiny, else 100)")],
  run(setting, control, typed) {
    const { least, most } = recoveryLimits;
    if (setting.behaviour !== undefined)
      throw new UsageError("--world-module cannot be used with validity: it changes the built-in users one by one");
    const worlds = typed.worlds === undefined ? undefined : integer("--worlds", typed.worlds, least, most);
    return validityVerb(setting, control, { results: resultsDir(typed), ...(worlds !== undefined && { worlds }) });
  },
});

/** Makes the card under `results/validity/<run>/`. */
async function validityVerb(
  setting: Setting,
  control: RunControl,
  options: ValidityOptions & { readonly results: string },
): Promise<Answer> {
  const { scale, seed, world } = setting;
  return withRun(
    "validity",
    { scale, seed, worlds: options.worlds ?? null, world },
    { root: options.results },
    async (run) => {
      const record = await run.step("validity", () => studyValidity(setting, options, control));
      const report = validityReport(record);
      await run.write("validity.html", reportHtml(report));
      await keep(run, tablesOf(report), record);
      const dir = run.finalDir;
      const text = [
        tableText(factTable(record.facts)),
        tableText(recoveryTable(record.recovery)),
        tableText(agreementTable(record.robustness)),
        tableText(verdictTable(record.robustness)),
        `Open ${dir}/validity.html`,
      ].join("\n\n");
      const { facts, recovery, robustness } = record;
      return {
        text,
        json: {
          run: dir,
          scale,
          seed,
          facts: facts.facts,
          parameters: recovery.parameters,
          agreement: robustness.agreement,
          judged: robustness.judged,
        },
      };
    },
  );
}
