/**
 * A small world under uniformly random pages, read twice at once: as a platform's log (counts of clicks) and as the truth (the oracle's
 * probability of each of those clicks, taken the moment before the page is shown). The same sums of both, so that what is
 * estimated from the one is defined by the other.
 */
import { tasteCounts, type PositionCounts, type TasteCounts } from "../../evaluation/index.js";
import { allShards, atOnce, openDays, rounds } from "../../platform/rounds.js";
import { createUniformPolicy } from "../../serving/uniform-policy.js";
import type { RunControl } from "../../types.js";
import { emptyExpected, openOracle, openWorld, type WorldConfig } from "../../world/index.js";

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
export function randomPages(config: WorldConfig, seed: number, fitDays: number, control: RunControl = {}): RandomPages {
  const world = openWorld(config, seed);
  const oracle = openOracle(world);
  const { slots, topics } = config;
  const users = world.catalogue.users.count;
  const uniform = createUniformPolicy({ catalogue: world.catalogue, seed, slots });
  const examined = Array.from({ length: users }, (_, user) => oracle.examination(user));
  const [impressions, clicks] = [new Float64Array(users * slots), new Float64Array(users * slots)];
  const weighted = new Float64Array(slots);
  const [fit, held] = [tasteCounts(users, topics), tasteCounts(users, topics)];
  const [fitTruth, heldTruth] = [tasteCounts(users, topics), tasteCounts(users, topics)];
  const page = emptyExpected(slots);
  let weight = 0;
  let seen = 0;
  for (const day of openDays(world, 0, config.days)) {
    control.signal?.throwIfAborted();
    void uniform.openDay(day, undefined);
    const [counts, truths] = day < fitDays ? [fit, fitTruth] : [held, heldTruth];
    for (const { requests, respond } of rounds(world, allShards)) {
      const slates = atOnce(uniform.recommend(requests));
      const truth = new Float64Array(requests.count * slots); // true click probability of each impression
      for (let row = 0; row < requests.count; row++) {
        const user = requests.user[row]!;
        const context = { timeMs: requests.timeMs[row]!, device: requests.device[row]! };
        oracle.expected(user, slates.video.subarray(row * slots, (row + 1) * slots), context, page);
        const mean = page.clickProbability.reduce((a, b) => a + b, 0) / slots;
        weight += mean;
        for (let k = 0; k < slots; k++) {
          weighted[k] = weighted[k]! + mean * examined[user]![k]!;
          truth[row * slots + k] = examined[user]![k]! * page.clickProbability[k]!;
        }
      }
      const { click } = respond(slates);
      for (let i = 0; i < slates.count * slots; i++) {
        const user = requests.user[Math.floor(i / slots)]!;
        const slot = user * slots + (i % slots);
        impressions[slot] = impressions[slot]! + 1;
        clicks[slot] = clicks[slot]! + click[i]!;
        const cell = user * topics + world.catalogue.videos.topic[slates.video[i]!]!;
        add(counts, cell, click[i]!);
        add(truths, cell, truth[i]!);
      }
      seen += slates.count * slots;
    }
  }
  return {
    positions: { users: Int32Array.from({ length: users }, (_, u) => u), slots, impressions, clicks },
    examination: weighted.map((x) => x / weight),
    fit,
    held,
    fitTruth,
    heldTruth,
    impressions: seen,
  };
}

function add({ impressions, sum, squares }: TasteCounts, cell: number, y: number): void {
  impressions[cell] = impressions[cell]! + 1;
  sum[cell] = sum[cell]! + y;
  squares[cell] = squares[cell]! + y * y;
}
