#!/usr/bin/env node
/**
 * The command line. stdout carries the answer (one JSON document with --json), stderr progress and faults.
 * Exit code 0 done, 1 failed, 2 usage error, 130 stopped by Ctrl-C.
 */
import { program } from "./commands/program.js";
import { runToEnd } from "./commands/run.js";

void runToEnd(() => program().parseAsync());
