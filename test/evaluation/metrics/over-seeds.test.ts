import { describe, expect, test } from "vitest";
import { difference, overSeeds, type OverSeeds, type SeedMetric } from "../../../src/evaluation/index.js";
import { meanReplicates } from "../../../src/evaluation/bootstrap.js";
import { keyOf, normal } from "../../../src/random.js";

/** A seed's mean over 200 users: users differ by `users`, the seed moves all by `seed`, the model by `shift`. */
function seedMetric(name: string, seed: number, spread: { users: number; seed: number }, shift: number): SeedMetric {
  const [world, model] = [keyOf(1, "world"), keyOf(1, name)];
  const values = Float64Array.from(
    { length: 200 },
    (_, user) => 5 + shift + spread.users * normal(world, user) + spread.seed * normal(model, seed),
  );
  const { replicates, units } = meanReplicates(
    values,
    values.map((_, user) => user),
    { replicates: 400 },
  );
  return { ...replicates, users: units };
}

const seeds = (name: string, spread: { users: number; seed: number }, shift: number): SeedMetric[] =>
  Array.from({ length: 5 }, (_, seed) => seedMetric(name, seed, spread, shift));

const differenceOverSeeds = (control: readonly SeedMetric[], treatment: readonly SeedMetric[]): OverSeeds =>
  overSeeds(treatment.map((one, s) => difference(control[s]!, one)));

describe("a metric over seeds", () => {
  test("of users who differ and seeds that do not varies by user alone, and the paired difference not at all", () => {
    const [one, other] = [seeds("one", { users: 1, seed: 0 }, 0), seeds("other", { users: 1, seed: 0 }, 0.2)];
    const mean = overSeeds(one);
    expect(mean.bySeed.standardError).toBeLessThan(1e-12);
    expect(mean.byUser.standardError).toBeGreaterThan(0.05);
    expect(mean.byUser.units).toBe(200);
    const { byUser, bySeed } = differenceOverSeeds(one, other);
    for (const interval of [byUser, bySeed]) {
      expect(interval.estimate).toBeCloseTo(0.2, 12);
      expect(interval.high - interval.low).toBeLessThan(1e-9);
    }
  });

  test("of seeds that differ and users who do not varies by seed alone: such a win by user may be none by seed", () => {
    const spread = { users: 0, seed: 0.5 };
    const { byUser, bySeed } = differenceOverSeeds(seeds("one", spread, 0), seeds("other", spread, 0.1));
    expect(byUser.high - byUser.low).toBeLessThan(1e-9);
    expect(bySeed.low < 0.1 && 0.1 < bySeed.high).toBe(true);
    expect(bySeed.low < 0 && 0 < bySeed.high).toBe(true);
  });

  test("has no interval by seed of one seed, none at all where a seed has no value, and needs a seed", () => {
    const [first] = seeds("one", { users: 1, seed: 1 }, 0);
    expect(overSeeds([first!]).bySeed).toMatchObject({ estimate: first!.estimate, low: NaN, units: 1 });
    expect(overSeeds([first!, { ...first!, estimate: NaN }]).byUser.low).toBeNaN();
    expect(() => overSeeds([])).toThrow("seeds is empty");
  });
});
