/** Verbs that are scripts of their own: what is typed after the name is passed on as it stands. */
import { passOn } from "./run.js";
import type { Verb } from "./verb.js";

function scriptVerb(name: string, description: string, file: string): Verb {
  return (program) => {
    program
      .command(name)
      .description(description)
      .helpOption(false)
      .allowUnknownOption()
      .allowExcessArguments()
      .action(() => passOn(name, file));
  };
}

export const notebooks = scriptVerb(
  "notebooks",
  "run notebooks on the tslab kernel, and export them as pages, slides and PDF; see notebooks --help",
  "scripts/notebooks/run.mjs",
);

export const bench = scriptVerb(
  "bench",
  "benchmarks compared with peers from PyPI: [world|data|models|two-tower|dcn|gbdt|metrics|funnel|serve]",
  "bench/run.mjs",
);

export const doctor = scriptVerb("doctor", "what is installed, and how to repair what is not", "scripts/doctor.mjs");
