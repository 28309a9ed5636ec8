/** The command line: all verbs and what they understand. */
import { Command } from "commander";
import { ab } from "./ab.js";
import { atlas } from "./atlas.js";
import { batch } from "./batch.js";
import { coldStart } from "./cold-start.js";
import { caseVerb } from "./case.js";
import { compare } from "./compare.js";
import { compress } from "./compress.js";
import { contract } from "./contract.js";
import { detectors } from "./detectors.js";
import { edge } from "./edge.js";
import { evaluate } from "./evaluate.js";
import { importOwn } from "./import.js";
import { resultsHelp, resultVerbs } from "./keep.js";
import { live } from "./live.js";
import { monitor } from "./monitor.js";
import { offPolicy } from "./off-policy.js";
import { prepare } from "./prepare.js";
import { publish } from "./publish.js";
import { recommend } from "./recommend.js";
import { score } from "./score.js";
import { registry } from "./registry.js";
import { report } from "./report.js";
import { regret } from "./regret.js";
import { reproduce } from "./reproduce.js";
import { answer } from "./run.js";
import { bench, doctor, notebooks } from "./scripts.js";
import { runs } from "./runs.js";
import { serve } from "./serve.js";
import { simulate } from "./simulate.js";
import { tourVerb } from "./tour/tour.js";
import { train } from "./train.js";
import { twins } from "./twins.js";
import { validity } from "./validity/validity.js";
import { whatIf } from "./what-if/what-if.js";
import { version } from "../artifacts/index.js";
import { printable } from "../lab/index.js";

const verbs = [
  ...[simulate, prepare, train, evaluate, compare, batch, serve, edge, tourVerb, atlas, regret, coldStart],
  ...[ab, live, monitor, detectors, registry, validity, twins, offPolicy, publish, report, runs],
  ...[importOwn, recommend, score, reproduce, contract],
  ...[notebooks, bench, doctor],
  ...[whatIf, compress, caseVerb],
];

/** The program; `run` runs what a verb does, after what was typed has been read. */
export function program(run = answer): Command {
  const command = new Command("stagecraft")
    .description("Build, serve, judge and break a whole industrial recommender on a simulated video platform.")
    .version(version(), "-V, --version")
    .showHelpAfterError("(see --help)")
    .configureOutput({ writeErr: (text) => void process.stderr.write(printable(text)) })
    .exitOverride();
  for (const add of verbs) add(command, run);
  for (const verb of command.commands)
    if (resultVerbs.includes(verb.name())) verb.addHelpText("after", resultsHelp(verb.name()));
  return command;
}
