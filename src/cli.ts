#!/usr/bin/env node
/**
 * The command line: the list of verbs. stdout carries the answer (one JSON document with --json), stderr progress and faults.
 * Exit code 0 done, 1 failed, 2 usage error, 130 stopped by Ctrl-C.
 */
import { Command } from "commander";
import { compare } from "./commands/compare.js";
import { contract } from "./commands/contract.js";
import { evaluate } from "./commands/evaluate.js";
import { importOwn } from "./commands/import.js";
import { prepare } from "./commands/prepare.js";
import { publish } from "./commands/publish.js";
import { recommend } from "./commands/recommend.js";
import { report } from "./commands/report.js";
import { reproduce } from "./commands/reproduce.js";
import { runToEnd } from "./commands/run.js";
import { bench, doctor, notebooks } from "./commands/scripts.js";
import { simulate } from "./commands/simulate.js";
import { tourVerb } from "./commands/tour/tour.js";
import { train } from "./commands/train.js";
import { twins } from "./commands/twins.js";
import { validity } from "./commands/validity/validity.js";
import { artifacts } from "./index.js";

const program = new Command("stagecraft")
  .description("Build, serve, judge and break a whole industrial recommender on a simulated video platform.")
  .version(artifacts.version(), "-V, --version")
  .showHelpAfterError("(see --help)")
  .exitOverride();

const verbs = [
  ...[simulate, prepare, train, evaluate, compare, tourVerb],
  ...[validity, twins, publish, report],
  ...[importOwn, recommend, reproduce, contract],
  ...[notebooks, bench, doctor],
];
for (const add of verbs) add(program);

void runToEnd(() => program.parseAsync());
