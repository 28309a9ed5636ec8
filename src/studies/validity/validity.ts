/**
 * Is the world believable? Four answers, each with its numbers: stylised facts beside their published ranges, parameters
 * recovered from the log alone, the order of recommenders under other choice models, and the conclusions that a changed world
 * would overturn. Made or loaded part by part.
 */
import { modulesOf } from "../../pipeline/arms/registry.js";
import { codeHash, jsonText, makeOrLoad, writeFileAtomic } from "../../artifacts/index.js";
import { coverage, type Coverage } from "../../evaluation/index.js";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunControl, Scale } from "../../types.js";
import type { Setting } from "../../pipeline/setting.js";
import { simulateLog } from "../../pipeline/simulate.js";
import { gapHistogram, stylisedFacts, type StylisedFact } from "./facts.js";
import { playMany, recoverMany } from "./jobs.js";
import { measureLog } from "./log-measures.js";
import { perturbations, judgeRobustness, type Robustness } from "./robustness.js";
import { recoverySizes, type RecoveredWorld } from "./recover-world.js";
import { studyArms, type StudySizes } from "./study-world.js";

/** What the figures of the card need of the log. */
export interface FactColumns {
  readonly clicksByVideo: readonly number[];
  readonly uniformClickRate: readonly number[]; // [slots]
  readonly watchFractions: readonly number[]; // at most 20,000
  readonly requestsByHour: readonly number[]; // [24]
  readonly gaps: readonly number[]; // gapHistogram
  readonly returnByAge: readonly { readonly newcomers: number; readonly active: number }[]; // by days since joining
}

/** Facts of one log. */
export interface FactReport {
  readonly log: string; // artifact id
  readonly impressions: number;
  readonly facts: readonly StylisedFact[];
  readonly columns: FactColumns;
}

/** A recovered parameter over all worlds. */
export interface RecoveredParameter {
  readonly name: string;
  readonly coverage: Coverage;
  /** Whether 95 % intervals contain the truth in 90–99 of 100 worlds; with fewer worlds, whether that cannot be excluded. */
  readonly sound: boolean;
}

/** Recovery over small worlds. */
export interface RecoveryReport {
  readonly worlds: readonly RecoveredWorld[];
  readonly parameters: readonly RecoveredParameter[];
}

/** The whole card. */
export interface ValidityRecord {
  readonly scale: Scale;
  readonly seed: number;
  readonly facts: FactReport;
  readonly recovery: RecoveryReport;
  readonly robustness: Robustness;
}

/** What may be chosen. */
export interface ValidityOptions {
  readonly worlds?: number; // of the recovery study; default 20, at small and full 100
}

/** Sizes of the robustness study by scale. */
export const studySizes: Readonly<Record<Scale, StudySizes>> = {
  tiny: { users: 300, videos: 600, logDays: 8, playDays: 8, seeds: 1 },
  lesson: { users: 600, videos: 1_500, logDays: 12, playDays: 8, seeds: 1 },
  small: { users: 600, videos: 1_500, logDays: 12, playDays: 8, seeds: 3 },
  full: { users: 600, videos: 1_500, logDays: 12, playDays: 8, seeds: 10 },
  million: { users: 600, videos: 1_500, logDays: 12, playDays: 8, seeds: 10 },
};

/** Least and most worlds of the recovery study. */
export const recoveryLimits = { least: 5, most: 1_000 } as const;

/** Default number of recovery worlds of a scale. */
export function recoveryWorlds(scale: Scale): number {
  return scale === "tiny" || scale === "lesson" ? 20 : 100;
}

/** Makes or loads the record of the card. @throws RangeError for a number of worlds that is not whole and from 5 to 1,000 */
export async function validity(
  setting: Setting,
  options: ValidityOptions = {},
  control: RunControl = {},
): Promise<ValidityRecord> {
  const facts = await factReport(setting, control);
  const recovery = await recoveryReport(setting, options.worlds ?? recoveryWorlds(setting.scale), control);
  const robustness = await robustnessReport(setting, control);
  return { scale: setting.scale, seed: setting.seed, facts, recovery, robustness };
}

/** The stylised facts of the setting's log. */
export async function factReport(setting: Setting, control: RunControl = {}): Promise<FactReport> {
  const log = await simulateLog(setting, control);
  return part(setting, "facts", {}, [log.artifact.id], async () => {
    const measures = await measureLog(log, control);
    const { fraction } = measures.watches;
    const step = Math.max(1, Math.ceil(fraction.length / 20_000));
    return {
      log: log.artifact.id,
      impressions: measures.impressions,
      facts: stylisedFacts(measures),
      columns: {
        clicksByVideo: Array.from(measures.clicksByVideo).sort((a, b) => b - a),
        uniformClickRate: Array.from(measures.uniformClicks, (clicks, k) => clicks / measures.uniformImpressions[k]!),
        watchFractions: fraction.filter((_, i) => i % step === 0),
        requestsByHour: [...measures.requestsByHour],
        gaps: [...gapHistogram(measures.gapMinutes)],
        returnByAge: Array.from(measures.newcomersActiveByAge, (active, age) => ({
          active,
          newcomers: measures.newcomersByAge[age]!,
        })).filter(({ newcomers }) => newcomers >= 20),
      },
    };
  });
}

/** Parameters recovered in small worlds of their own (seeds from the setting's). */
export async function recoveryReport(
  setting: Setting,
  worlds: number,
  control: RunControl = {},
): Promise<RecoveryReport> {
  const { least, most } = recoveryLimits;
  if (!Number.isInteger(worlds) || worlds < least || worlds > most)
    throw new RangeError(`invalid worlds: ${worlds}; allowed: a whole number from ${least} to ${most}`);
  const { seed, workers } = setting;
  const seeds = Array.from({ length: worlds }, (_, i) => seed * 10_000 + i);
  const made = await part(setting, "recovery", { seed, worlds, world: setting.world, sizes: recoverySizes }, [], () =>
    recoverMany(setting.world, seeds, recoverySizes, workers, control),
  );
  return { worlds: made, parameters: parametersOf(made) };
}

/** Coverage of each parameter over worlds. */
export function parametersOf(worlds: readonly RecoveredWorld[]): readonly RecoveredParameter[] {
  return Object.keys(worlds[0]!.cases).map((name) => {
    const covered = coverage(worlds.map(({ cases }) => unbounded(cases[name]!)));
    const exact = worlds.length >= 100;
    return {
      name,
      coverage: covered,
      sound: exact ? covered.share >= 0.9 && covered.share <= 0.99 : covered.high >= 0.9 && covered.low <= 0.99,
    };
  });
}

/** Bounds without end are null in JSON. */
function unbounded(one: RecoveredWorld["cases"][string]): RecoveredWorld["cases"][string] {
  return { ...one, low: (one.low as number | null) ?? -Infinity, high: (one.high as number | null) ?? Infinity };
}

/** Rank agreement and perturbations. */
export async function robustnessReport(setting: Setting, control: RunControl = {}): Promise<Robustness> {
  const { seed, workers, scale } = setting;
  const sizes = studySizes[scale];
  return part(setting, "robustness", { seed, sizes, world: setting.world }, [], async () => {
    const seeds = Array.from({ length: sizes.seeds }, (_, i) => seed * 10_000 + i);
    const worlds = seeds.flatMap((own) =>
      perturbations(setting.world).map(({ name, change }) => ({ name, seed: own, base: setting.world, change, sizes })),
    );
    return judgeRobustness(await playMany(worlds, workers, control), seed);
  });
}

const recordFile = "record.json";

/** One part as an artifact of kind `validity`. What is returned has gone through JSON, made or loaded. */
async function part<T>(
  setting: Setting,
  name: string,
  config: object,
  inputs: readonly string[],
  make: () => Promise<T>,
): Promise<T> {
  const code = codeHash(import.meta.url, modulesOf(studyArms));
  const spec = { root: setting.datasets, kind: "validity", config: { part: name, ...config }, inputs, code };
  const artifact = await makeOrLoad(spec, async (dir) => {
    await writeFileAtomic(join(dir, recordFile), jsonText(await make()));
    return { part: name };
  });
  return JSON.parse(await readFile(join(artifact.dir, recordFile), "utf8")) as T;
}
