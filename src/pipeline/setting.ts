/**
 * A setting is all that decides the bytes of an experiment (world, seed, sizes, logging policy), and, separately, how
 * it is run (workers, folders). The scale sets all sizes; everything else is derived and may be overridden.
 */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { sha256OfFile } from "../artifacts/index.js";
import { type Sizes, sizes } from "../brief/index.js";
import type { AuctionConfig, LoggingConfig } from "../serving/index.js";
import { loggingDefaults } from "../serving/index.js";
import { defaultScale, type Scale, scales } from "../types.js";
import { type BehaviourModule, checkConfig, configFor, type WorldConfig } from "../world/index.js";

/** All settings of an experiment. */
export interface Setting {
  readonly scale: Scale;
  readonly sizes: Sizes;
  readonly seed: number;
  readonly world: WorldConfig;
  /** A file's function that replaces behaviours of the users. Its content decides bytes; its path does not. */
  readonly behaviour?: BehaviourModule & { readonly sha256: string };
  readonly logging: LoggingConfig;
  /** Positions of ads on a page and the minimum price of a click, where the world has campaigns. */
  readonly ads: AdPlacement;
  /** Threads; changes speed, never bytes. */
  readonly workers: number;
  /** Folder of artifacts; default: STAGECRAFT_DATASETS, or datasets/ in the project. */
  readonly datasets: string;
}

/** How a setting sells ads. */
export type AdPlacement = Pick<AuctionConfig, "adSlots" | "reserveMicros">;

/** One ad per page, below the first three videos. */
export const adDefaults: AdPlacement = { adSlots: [3], reserveMicros: 10_000 };

/** Options of a setting; the rest follows from the scale. */
export interface SettingOptions {
  readonly scale?: Scale;
  readonly seed?: number;
  readonly workers?: number;
  readonly datasets?: string;
  readonly world?: Partial<WorldConfig>;
  /** Path of a file that exports `behaviour(config)`. */
  readonly worldModule?: string;
  readonly logging?: Partial<LoggingConfig>;
  readonly ads?: Partial<AdPlacement>;
}

/** Folder of the project: where `datasets/` and `results/` are. */
export const projectRoot: string = fileURLToPath(new URL("../..", import.meta.url));

/**
 * A checked setting.
 * @throws RangeError naming the field, the value and what is allowed.
 * @example const s = setting({ scale: "tiny", seed: 7 });
 */
export function setting(options: SettingOptions = {}): Setting {
  const { scale = defaultScale, seed = 42, workers = 1 } = options;
  if (!scales.includes(scale)) throw new RangeError(`unknown scale: ${String(scale)}; allowed: ${scales.join(", ")}`);
  checkSeed(seed);
  if (!Number.isInteger(workers) || workers < 1 || workers > 64)
    throw new RangeError(`invalid workers: ${String(workers)}; allowed: an integer from 1 to 64`);
  const base = configFor(scale);
  for (const field of Object.keys(options.world ?? {})) {
    if (!Object.hasOwn(base, field))
      throw new RangeError(`unknown world field: ${field}; known: ${Object.keys(base).join(", ")}`);
  }
  const world = checkConfig({ ...base, ...options.world });
  return {
    scale,
    sizes: sizes(scale),
    seed,
    workers,
    world,
    ...(options.worldModule !== undefined && { behaviour: behaviourIn(resolve(options.worldModule)) }),
    logging: { ...loggingDefaults, ...options.logging, slots: world.slots },
    ads: { ...adDefaults, ...options.ads },
    datasets: resolve(options.datasets ?? process.env["STAGECRAFT_DATASETS"] ?? `${projectRoot}/datasets`),
  };
}

/** The same setting in another world: another seed, perhaps other fields; played in one thread, beside others. */
export function inWorld(base: Setting, seed: number, world: Partial<WorldConfig> = {}): Setting {
  checkSeed(seed);
  return { ...base, seed, workers: 1, world: checkConfig({ ...base.world, ...world }) };
}

function checkSeed(seed: number): void {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new RangeError(`invalid seed: ${String(seed)}; allowed: an integer, 0 or more`);
}

function behaviourIn(module: string): Setting["behaviour"] {
  try {
    return { module, export: "behaviour", sha256: sha256OfFile(module) };
  } catch (cause) {
    throw new RangeError(`no world module at ${module}; allowed: a file that exports behaviour(config)`, { cause });
  }
}
