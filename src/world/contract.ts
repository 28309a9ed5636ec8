/**
 * The contract of a world: what any world must keep, whether it is the built-in one, one with behaviours replaced, or one written
 * from scratch. A list of named checks for any test runner:
 *
 *   for (const check of worldContract((config, seed) => openWorld(config, seed, myBehaviour))) it(check.name, check.run);
 *
 * Each check opens worlds of its own and throws an Error with the fault, the value and what is allowed.
 */
import { configFor } from "./defaults.js";
import type { WorldConfig } from "./config.js";
import { leakChecks } from "./contract-leaks.js";
import { recordChecks } from "./contract-pages.js";
import { refusalChecks } from "./contract-refusals.js";
import { replayChecks } from "./contract-replay.js";
import { speedCheck } from "./contract-speed.js";
import { truthChecks } from "./contract-truth.js";
import type { Check, Contract, ContractOptions, OpenWorld } from "./contract-types.js";
import { openOracle } from "./oracle.js";

/** The world the contract plays where none is given. */
export function contractConfig(): WorldConfig {
  return { ...configFor("tiny"), users: 200, videos: 400, creators: 40, days: 3, extraDays: 2, slots: 6 };
}

/** The checks of a world, in reading order. */
export function worldContract(open: OpenWorld, options: ContractOptions = {}): readonly Check[] {
  const config = options.config ?? contractConfig();
  const hidden = options.hidden ?? {
    clickBase: config.clickBase - 1,
    watchBase: config.watchBase - 1,
    likeBase: config.likeBase + 1,
    visitSatisfaction: config.visitSatisfaction / 2,
  };
  const contract: Contract = {
    open,
    config,
    seed: options.seed ?? 11,
    oracle: options.oracle ?? openOracle,
    thread: options.thread,
    hidden,
    leastSpeed: options.leastSpeed ?? 30_000,
  };
  return [
    ...replayChecks(contract),
    ...recordChecks(contract),
    ...leakChecks(contract),
    ...truthChecks(contract),
    ...refusalChecks(contract),
    speedCheck(contract),
  ];
}
