/**
 * The contract of a world: what any world must keep, whether it is the built-in one, one with behaviours replaced, or one written
 * from scratch. A list of named checks for any test runner:
 *
 *   for (const check of worldContract((config, seed) => openWorld(config, seed, myBehaviour))) it(check.name, check.run);
 *
 * Each check opens worlds of its own and throws an Error with the fault, the value and what is allowed.
 */
import { configFor } from "../defaults.js";
import type { WorldConfig } from "../config.js";
import { digestDays } from "./play.js";
import { leakChecks } from "./leaks.js";
import { recordChecks } from "./pages.js";
import { refusalChecks } from "./refusals.js";
import { replayChecks } from "./replay.js";
import { truthChecks } from "./truth.js";
import type { Check, Contract, ContractOptions, OpenWorld } from "./types.js";
import { openOracle } from "../oracle/oracle.js";

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
  const contract: Contract = { seed: 11, oracle: openOracle, leastSpeed: 30_000, ...options, open, config, hidden };
  return [
    ...replayChecks(contract),
    ...recordChecks(contract),
    ...leakChecks(contract),
    ...truthChecks(contract),
    ...refusalChecks(contract),
    speedCheck(contract),
  ];
}

/**
 * A minimum speed, so that a slow world is reported before somebody waits for it: plays days until a quarter of a CPU
 * second has passed (the stand-in platform and the digests included), after one to warm up.
 */
function speedCheck({ open, config, seed, leastSpeed }: Contract): Check {
  return {
    name: `at least ${leastSpeed.toLocaleString("en")} impressions are played per CPU second`,
    run(): void {
      digestDays(open(config, seed), 0, 2);
      let impressions = 0;
      const start = process.cpuUsage();
      const seconds = (): number => {
        const { user, system } = process.cpuUsage(start);
        return (user + system) / 1e6;
      };
      for (let round = 0; seconds() < 0.25; round++) {
        const world = open(config, seed + round);
        digestDays(world, 0, 3, ({ count }) => {
          impressions += count * config.slots;
        });
      }
      const speed = impressions / seconds();
      if (!(speed >= leastSpeed))
        throw new Error(
          `${Math.round(speed).toLocaleString("en")} impressions per CPU second; allowed: at least ${leastSpeed.toLocaleString("en")}`,
        );
    },
  };
}
