/** Types of the contract: a check, its options, and what each check is given. */
import type { WorldConfig } from "../config.js";
import type { Oracle } from "../oracle/oracle.js";
import type { SharedWorld, World } from "../world.js";

/** Opens a world: what a person's module exports. */
export type OpenWorld = (config: WorldConfig, seed: number) => World;

/** One promise of the contract. `run` throws when it is broken. */
export interface Check {
  readonly name: string;
  run(): void | Promise<void>;
}

/** Options of the contract's worlds. */
export interface ContractOptions {
  /** A small world with at least 3 days; default: 200 users, 400 videos. */
  readonly config?: WorldConfig;
  readonly seed?: number;
  /** The truth of a world; default `openOracle`, `false` leaves the checks of probabilities out (a custom world may have no oracle). */
  readonly oracle?: ((world: World) => Oracle) | false;
  /** Plays all shards of the open day in another thread and gives `digestShards` of them; absent: the check of threads is left out. */
  readonly thread?: (shared: SharedWorld) => Promise<readonly string[]>;
  /** Changes of hidden behaviour that must not show in the public record; they must change what users do. */
  readonly hidden?: Partial<WorldConfig>;
  /** Impressions per CPU second that a world must play at least; default 30,000 (the built-in one plays over 100,000 at this size). */
  readonly leastSpeed?: number;
}

/** What the checks are given: all options, and what opens a world. */
export type Contract = Required<Omit<ContractOptions, "thread">> &
  Pick<ContractOptions, "thread"> & { readonly open: OpenWorld };
