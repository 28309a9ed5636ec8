/**
 * The claims the workbench rests on, at `small`, on seeds that no model was tuned on. Slow tier: `npm test -- --nightly --only unit ladder`
 * (about four minutes a seed on two cores). What it measures is printed, so that a change of defaults can be noted with its numbers.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  evaluateOffline,
  judgeArms,
  playArms,
  prepareFeatures,
  setting,
  simulateLog,
  tourArms,
  trainModels,
  type Judged,
  type OfflineReport,
} from "../../src/pipeline/index.js";
import type { WorldConfig } from "../../src/world/index.js";

const scratch = mkdtempSync(join(tmpdir(), "stagecraft-ladder-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const seeds = (process.env["STAGECRAFT_SEEDS"] ?? "101,102,103,104,105").split(",").map(Number);

const uniformRecall: Record<string, number> = {};

async function measure(
  seed: number,
  world: Partial<WorldConfig>,
  oracle: boolean,
): Promise<{ judged: Judged; offline: OfflineReport }> {
  const chosen = setting({ scale: "small", seed, world, workers: 2, datasets: scratch });
  const trained = await trainModels(await prepareFeatures(await simulateLog(chosen)));
  const { users, days, candidates } = chosen.sizes.online;
  const wanted = ["random", "popularity", "popularity-robust", "learned", ...(oracle ? ["oracle"] : [])];
  const arms = tourArms(candidates).filter(({ name }) => wanted.includes(name));
  const judged = judgeArms(await playArms(trained, arms, { users, days }));
  const offline = await evaluateOffline(trained);
  for (const { name, metrics } of judged.arms) say(seed, `${name} ${text(metrics.metrics.watchMinutes)}`);
  for (const { policy, share } of judged.gaps) say(seed, `share of the gap closed: ${policy} ${text(share)}`);
  for (const { control, treatment, comparison } of judged.comparisons)
    say(seed, `${treatment} − ${control} ${text(comparison.metrics.watchMinutes.difference)}`);
  for (const { retriever, slice, recall } of offline.retrieval)
    say(seed, `recall@100 ${slice} ${retriever} ${text(recall)}`);
  return { judged, offline };
}

function say(seed: number, what: string): void {
  process.stdout.write(`seed ${seed}: ${what}\n`);
}

function text({ estimate, low, high }: { estimate: number; low: number; high: number }): string {
  return `${estimate.toFixed(4)} [${low.toFixed(4)}, ${high.toFixed(4)}]`;
}

function watchDifference(
  judged: Judged,
  control: string,
  treatment: string,
): { estimate: number; low: number; high: number } {
  return judged.comparisons.find((pair) => pair.control === control && pair.treatment === treatment)!.comparison.metrics
    .watchMinutes.difference;
}

describe("the ladder at small", () => {
  it.each(seeds)(
    "seed %i: the learned funnel beats popularity, popularity beats random, and two towers retrieve better than popularity",
    { timeout: 1_800_000 },
    async (seed) => {
      const { judged, offline } = await measure(seed, {}, true);
      expect(watchDifference(judged, "random", "popularity").low).toBeGreaterThan(0);
      expect(watchDifference(judged, "popularity", "learned").low).toBeGreaterThan(0);
      const recall = (retriever: string, slice: string): number =>
        offline.retrieval.find((row) => row.retriever === retriever && row.slice === slice)!.recall.estimate;
      const times = recall("two-tower", "all") / recall("popularity", "all");
      say(seed, `two-tower over popularity: ${times.toFixed(2)} times`); // a finding: twice on most seeds, 1.9 on some
      expect(times).toBeGreaterThan(1);
      for (const retriever of ["two-tower", "popularity"])
        uniformRecall[retriever] = (uniformRecall[retriever] ?? 0) + recall(retriever, "uniform") / seeds.length;
    },
  );

  it("on uniform pages, where one seed has about ten hits, two towers retrieve better than popularity over the seeds together", () => {
    const [towers, popularity] = [uniformRecall["two-tower"]!, uniformRecall["popularity"]!];
    say(
      seeds.length,
      `seeds together: recall@100 uniform two-tower ${towers.toFixed(4)}, popularity ${popularity.toFixed(4)}, ` +
        `${(towers / popularity).toFixed(2)} times`,
    );
    expect(towers / popularity).toBeGreaterThan(1); // how many times is a finding: 1.9 when it was measured first
  });

  // Bots are left out: with them the control cannot hold. They are users of another kind, whom user features tell apart; popularity takes
  // their clicks for people's, and even ten votes a day of theirs move it (CHANGELOG has the numbers with bots on).
  it.each(seeds.slice(0, 2))(
    "seed %i: without personal taste the learned funnel does not beat popularity (negative control)",
    { timeout: 1_800_000 },
    async (seed) => {
      const { judged } = await measure(seed, { tasteStrength: 0, botShare: 0 }, false);
      expect(watchDifference(judged, "random", "popularity").low).toBeGreaterThan(0);
      expect(watchDifference(judged, "popularity-robust", "learned").low).toBeLessThanOrEqual(0);
    },
  );
});
