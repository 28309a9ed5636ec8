/**
 * The contract of a world: what any world must keep, be it the built-in one, one with behaviours replaced, or one written from
 * scratch. A list of named checks for any test runner:
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
import { openOracle, type Oracle } from "./oracle.js";
import type { SharedWorld, World } from "./world.js";

/** Opens a world: what a person's module exports. */
export type OpenWorld = (config: WorldConfig, seed: number) => World;

/** One promise of the contract. `run` throws when it is broken. */
export interface Check {
  readonly name: string;
  run(): void | Promise<void>;
}

/** What may be said of the contract's worlds. */
export interface ContractOptions {
  /** A small world with at least 3 days; default: 200 users, 400 videos. */
  readonly config?: WorldConfig;
  readonly seed?: number;
  /** The truth of a world; default `openOracle`, `false` leaves the checks of probabilities out (a world from scratch has none). */
  readonly oracle?: ((world: World) => Oracle) | false;
  /** Plays all shards of the open day in another thread and gives `digestShards` of them; absent: the check of threads is left out. */
  readonly thread?: (shared: SharedWorld) => Promise<readonly string[]>;
  /** Changes of hidden behaviour that must not show in the public record; they must change what users do. */
  readonly hidden?: Partial<WorldConfig>;
  /** Impressions a CPU second that a world must play at least; default 30,000 (the built-in one plays over 100,000 at this size). */
  readonly leastSpeed?: number;
}

/** What the checks are given. */
export interface Contract {
  readonly open: OpenWorld;
  readonly config: WorldConfig;
  readonly seed: number;
  readonly oracle: ((world: World) => Oracle) | false;
  readonly thread: ((shared: SharedWorld) => Promise<readonly string[]>) | undefined;
  readonly hidden: Partial<WorldConfig>;
  readonly leastSpeed: number;
}

/** The world the contract plays where none is given. */
export function contractConfig(): WorldConfig {
  return { ...configFor("tiny"), users: 200, videos: 400, creators: 40, days: 3, extraDays: 2, slots: 6 };
}

/** The checks of a world, in the order in which they are best read. */
export function worldContract(open: OpenWorld, options: ContractOptions = {}): readonly Check[] {
  const config = options.config ?? contractConfig();
  const hidden = options.hidden ?? { clickBase: config.clickBase - 1, watchBase: config.watchBase - 1, likeBase: config.likeBase + 1, visitSatisfaction: config.visitSatisfaction / 2 };
  const contract: Contract = { open, config, seed: options.seed ?? 11, oracle: options.oracle ?? openOracle, thread: options.thread, hidden, leastSpeed: options.leastSpeed ?? 30_000 };
  return [...replayChecks(contract), ...recordChecks(contract), ...leakChecks(contract), ...truthChecks(contract), ...refusalChecks(contract), speedCheck(contract)];
}
