/**
 * A small world under uniformly random pages, read twice at once: as a platform's log (counts of clicks) and as the truth (the oracle's
 * probability of each of those clicks, taken the moment before the page is shown). The same sums of both, so that what is
 * estimated from the one is defined by the other.
 */
import { tasteCounts, type PositionCounts, type TasteCounts } from "../../evaluation/index.js";
import { playShard } from "../../platform/shard.js";
import { createUniformPolicy } from "../../serving/uniform-policy.js";
import { shardCount, type Policy, type RunControl } from "../../types.js";
import { openOracle, openWorld, type Expected, type WorldConfig } from "../../world/index.js";

/** What the log of random pages says, and what was true of it. `fit` are pages of the first days, `held` of the later ones. */
export interface RandomPages {
  readonly positions: PositionCounts;
  /** Click-weighted mean examination by slot, Σ_pages p̄ e_u(k) / Σ_pages p̄. [slots] */
  readonly examination: Float64Array;
  readonly fit: TasteCounts;
  readonly held: TasteCounts;
  readonly fitTruth: TasteCounts;
  readonly heldTruth: TasteCounts;
  readonly impressions: number;
}

/** Plays all days of the world under uniform pages; the first `fitDays` days are for fitting. */
export async function randomPages(config: WorldConfig, seed: number, fitDays: number, control: RunControl = {}): Promise<RandomPages> {
  const world = openWorld(config, seed);
  const oracle = openOracle(world);
  const { slots, topics } = config;
  const users = world.catalogue.users.count;
  const uniform = createUniformPolicy({ catalogue: world.catalogue, seed, slots });
  const sums = { impressions: new Float64Array(users * slots), clicks: new Float64Array(users * slots), examined: new Float64Array(slots), weight: 0 };
  const [fit, held, fitTruth, heldTruth] = [0, 1, 2, 3].map(() => tasteCounts(users, topics)) as [TasteCounts, TasteCounts, TasteCounts, TasteCounts];
  const page: Expected = { clickProbability: new Float32Array(slots), watchMs: new Float32Array(slots), satisfaction: new Float32Array(slots) };
  let truth = new Float64Array(0); // true click probability of the batch's impressions
  let seen = 0;
  const policy: Policy = {
    name: "uniform",
    openDay: (day, yesterday) => uniform.openDay(day, yesterday),
    recommend(requests) {
      const slates = uniform.recommend(requests);
      if (slates instanceof Promise) throw new TypeError("uniform pages must come at once");
      truth = new Float64Array(requests.count * slots);
      for (let row = 0; row < requests.count; row++) {
        const user = requests.user[row]!;
        oracle.expected(user, slates.video.subarray(row * slots, (row + 1) * slots), { timeMs: requests.timeMs[row]!, device: requests.device[row]! }, page);
        const examined = oracle.examination(user);
        const mean = page.clickProbability.reduce((a, b) => a + b, 0) / slots;
        sums.weight += mean;
        for (let k = 0; k < slots; k++) {
          sums.examined[k] = sums.examined[k]! + mean * examined[k]!;
          truth[row * slots + k] = examined[k]! * page.clickProbability[k]!;
        }
      }
      return slates;
    },
    apply(events) {
      if (events.count !== truth.length) throw new RangeError(`random pages: ${events.count} impressions for ${truth.length} slots; allowed: full pages`);
      const [counts, truths] = events.day[0]! < fitDays ? [fit, fitTruth] : [held, heldTruth];
      for (let i = 0; i < events.count; i++) {
        const user = events.user[i]!;
        const slot = user * slots + events.position[i]!;
        sums.impressions[slot] = sums.impressions[slot]! + 1;
        sums.clicks[slot] = sums.clicks[slot]! + events.click[i]!;
        const cell = user * topics + world.catalogue.videos.topic[events.video[i]!]!;
        add(counts, cell, events.click[i]!);
        add(truths, cell, truth[i]!);
      }
      seen += events.count;
    },
  };
  for (let day = 0; day < config.days; day++) {
    control.signal?.throwIfAborted();
    world.openDay(day);
    await policy.openDay(day, undefined);
    for (let shard = 0; shard < shardCount; shard++) await playShard(world, shard, policy, { policy: "uniform", arm: "random" });
    world.closeDay();
  }
  return {
    positions: { users: Int32Array.from({ length: users }, (_, u) => u), slots, impressions: sums.impressions, clicks: sums.clicks },
    examination: sums.examined.map((x) => x / sums.weight),
    fit, held, fitTruth, heldTruth, impressions: seen,
  };
}

function add({ impressions, sum, squares }: TasteCounts, cell: number, y: number): void {
  impressions[cell] = impressions[cell]! + 1;
  sum[cell] = sum[cell]! + y;
  squares[cell] = squares[cell]! + y * y;
}
