/**
 * Smaller, faster, equal? The funnel's ranker compressed in a dozen ways: bytes, operations, time, AUC, and what decides, simulated watch
 * minutes. Worlds are jobs, and every variant of a world is kept by what it is made of: a stopped study resumes.
 */
import { combine, overSeeds, tInterval } from "../../evaluation/index.js";
import { firstRows } from "../../data/features/matrix.js";
import type { Setting } from "../../pipeline/setting.js";
import { trainingSet } from "../../pipeline/train.js";
import { compiledUrl } from "../../platform/compiled.js";
import { openRanker } from "../../serving/index.js";
import type { RunControl } from "../../types.js";
import { openTrained } from "../benchmark/world-source.js";
import { readCell, type CompressCell } from "./cell.js";
import { chosen, judgeExpected, type Chosen, type CompressRow, type RankTime } from "./findings.js";
import type { Judged } from "../ab-audit/hypotheses.js";
import { runParts, seedWorlds, wholeNumber } from "../run-study.js";
import { variants as all } from "./variants.js";

/** The whole study. */
export interface Compression extends Chosen {
  readonly seeds: readonly number[];
  readonly rows: readonly CompressRow[];
  readonly hypotheses: readonly Judged[]; // of all variants alone
  readonly cells: readonly CompressCell[];
}

/** What is asked of a study; the rest follows from the setting. */
export interface CompressOptions {
  readonly seeds?: number; // worlds, default 3: seed, seed + 1, …
  readonly only?: readonly string[]; // variants beside the first; default: all
  readonly rounds?: number; // of timing, default 200
}

/** Measures or loads variants in several worlds and judges them. @throws RangeError naming the value and what is allowed */
export async function studyCompression(
  base: Setting,
  { seeds = 3, only, rounds = 200 }: CompressOptions = {},
  control: RunControl = {},
): Promise<Compression> {
  wholeNumber("seeds", seeds, 1, 1000);
  const unknown = only?.find((name) => !all.some((variant) => variant.name === name));
  if (unknown !== undefined)
    throw new RangeError(`unknown variant: ${unknown}; known: ${all.map(({ name }) => name).join(", ")}`);
  const variants = all.filter(({ name }, at) => at === 0 || (only?.includes(name) ?? true));
  const worlds = seedWorlds(base, seeds);
  const total = worlds.length * variants.length;
  const jobs = worlds.map((world) => ({
    label: `seed ${world.seed}`,
    module: compiledUrl("cell", import.meta.url).href,
    export: "compressWorld",
    argument: { setting: world, variants },
  }));
  const bar = { step: "variants", total, inner: "variants" };
  const dirs = await runParts<readonly string[]>(jobs, bar, base.workers, control);
  const cells = await Promise.all(dirs.map((ofWorld) => Promise.all(ofWorld.map(readCell))));
  const times = await timed(worlds[0]!, dirs[0]!, rounds, control);
  const rows = variants.map((variant, v): CompressRow => {
    const of = cells.map((world) => world[v]!);
    const mean = (value: (cell: CompressCell) => number): number =>
      of.reduce((sum, cell) => sum + value(cell), 0) / of.length;
    const { byUser, bySeed } = overSeeds(of.map((cell, w) => liftOf(cells[w]![0]!, cell)));
    const most = (value: (cell: CompressCell) => number): number => Math.max(...of.map(value));
    return {
      ...variant,
      bytes: Math.round(mean(({ bytes }) => bytes)),
      flops: mean(({ flops }) => flops),
      saturating: most(({ saturating }) => saturating),
      auc: tInterval(of.map(({ auc }) => auc)),
      aucLift: tInterval(of.map(({ auc }, w) => auc - cells[w]![0]!.auc)),
      watchMinutes: mean(({ watch }) => watch.estimate),
      lift: of.length > 1 ? bySeed : byUser,
      liftByUser: byUser,
      wasm: most(({ wasm }) => wasm),
      tfjs: most(({ tfjs }) => tfjs),
      time: times[v]!,
    };
  });
  return {
    seeds: worlds.map(({ seed }) => seed),
    rows,
    ...chosen(rows),
    hypotheses: variants.length === all.length ? judgeExpected(rows, cells) : [],
    cells: cells.flat(),
  };
}

function liftOf(base: CompressCell, cell: CompressCell): Parameters<typeof overSeeds>[0][number] {
  const [control, treatment] = [base, cell].map(({ watch: { estimate, values } }) => ({
    estimate,
    values: Float64Array.from(values),
  }));
  return { ...combine(control!, treatment!, (a, b) => 100 * (b / a - 1)), users: cell.users };
}

/** Time of ranking 1,000 rows of the test days, the variants in turns, so that what else the machine does meets all of them. */
async function timed(
  world: Setting,
  dirs: readonly string[],
  rounds: number,
  control: RunControl,
): Promise<readonly RankTime[]> {
  const { prepared } = await openTrained(world, control);
  const { features } = await trainingSet(prepared, prepared.split.test);
  const asked = firstRows(features, Math.min(1_000, features.count));
  const rankers = await Promise.all(dirs.map(openRanker));
  const ms = rankers.map(() => new Float64Array(rounds));
  const cpu = rankers.map(() => 0);
  for (let round = -10; round < rounds; round++) {
    control.signal?.throwIfAborted();
    for (const [v, { predict }] of rankers.entries()) {
      const [began, used] = [performance.now(), process.cpuUsage()];
      await predict(asked);
      if (round < 0) continue; // caches fill
      ms[v]![round] = performance.now() - began;
      const { user, system } = process.cpuUsage(used);
      cpu[v]! += (user + system) / 1_000 / rounds;
    }
    control.onProgress?.("timing", Math.max(0, round + 1), rounds);
  }
  for (const { close } of rankers) await close();
  return ms.map((values, v) => {
    values.sort();
    const at = (share: number): number => values[Math.min(rounds - 1, Math.floor(share * rounds))]!;
    return { p50: at(0.5), p99: at(0.99), cpuMs: cpu[v]! };
  });
}
