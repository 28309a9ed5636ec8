/** What every policy of the platform must hold, whatever it recommends. Run it with `policyContract(name, open)`. */
import { describe, expect, it } from "vitest";
import { candidateSources, policyComponents } from "../../src/types.js";
import type { Catalogue, Policy } from "../../src/types.js";
import { fakeCatalogue, fakeRequests, manyRequests, openThrough, pageOf } from "./fakes.js";

export interface ContractPolicy {
  readonly catalogue: Catalogue;
  readonly seed: number;
  readonly slots: number;
}

/** `open` makes a fresh policy that explores enough for every alternative of a small catalogue to be met. */
export function policyContract(name: string, open: (options: ContractPolicy) => Policy | Promise<Policy>): void {
  const catalogue = fakeCatalogue({ liveAtStart: 30 });
  const users = [0, 3, 4, 7, 11, 19];

  describe(`the policy contract, ${name}`, () => {
    it("gives the same bytes for the same seed", async () => {
      const [first, second] = [
        await open({ catalogue, seed: 1, slots: 6 }),
        await open({ catalogue, seed: 1, slots: 6 }),
      ];
      await openThrough(first, catalogue, 2);
      await openThrough(second, catalogue, 2);
      expect(await first.recommend(fakeRequests(2, users))).toEqual(await second.recommend(fakeRequests(2, users)));
    });

    it("gives other pages for another seed", async () => {
      const [first, second] = [
        await open({ catalogue, seed: 1, slots: 6 }),
        await open({ catalogue, seed: 2, slots: 6 }),
      ];
      await openThrough(first, catalogue, 2);
      await openThrough(second, catalogue, 2);
      const requests = manyRequests(2, 3, 40);
      expect((await first.recommend(requests)).video).not.toEqual((await second.recommend(requests)).video);
    });

    it("answers a batch as it answers each request alone", async () => {
      const policy = await open({ catalogue, seed: 3, slots: 5 });
      await openThrough(policy, catalogue, 2);
      const batch = await policy.recommend(fakeRequests(2, users));
      for (const [row, user] of users.entries()) {
        const alone = await policy.recommend(fakeRequests(2, [user]));
        expect(pageOf(alone, 0)).toEqual(pageOf(batch, row));
        const propensities = Array.from(batch.propensity.subarray(row * 5, row * 5 + 5));
        for (const [position, propensity] of propensities.entries())
          expect(alone.propensity[position]).toBeCloseTo(propensity, 12);
        expect(alone.component[0]).toBe(batch.component[row]);
      }
    });

    it("shows only live videos, none twice on a page, with propensities in (0, 1] and known codes", async () => {
      for (const day of [0, 1, 2]) {
        const policy = await open({ catalogue, seed: 4, slots: 8 });
        await openThrough(policy, catalogue, day);
        const slates = await policy.recommend(manyRequests(day, 5, 60));
        expect([slates.count, slates.slots, slates.video.length, slates.propensity.length]).toEqual([60, 8, 480, 480]);
        for (let row = 0; row < slates.count; row++) {
          const shown = pageOf(slates, row).filter((video) => video >= 0);
          expect(new Set(shown).size).toBe(shown.length);
          expect(Math.max(...shown)).toBeLessThan(catalogue.liveVideos[day]!);
          expect(slates.component[row]).toBeLessThan(policyComponents.length);
        }
        expect(slates.propensity.every((propensity) => propensity > 0 && propensity <= 1)).toBe(true);
        expect(slates.source.every((source) => source < candidateSources.length)).toBe(true);
      }
    });

    it("pads with -1 when a page has more slots than there are videos", async () => {
      const few = fakeCatalogue({ videos: 3, topics: 2, creators: 3 });
      const policy = await open({ catalogue: few, seed: 5, slots: 5 });
      await openThrough(policy, few, 1, 40);
      const slates = await policy.recommend(fakeRequests(1, [2, 9]));
      for (let row = 0; row < 2; row++) {
        const page = pageOf(slates, row);
        const shown = page.filter((video) => video >= 0);
        expect(shown.length).toBeLessThanOrEqual(3);
        expect(page.slice(shown.length)).toEqual(new Array(5 - shown.length).fill(-1)); // the gap is at the end
        expect(
          slates.propensity.slice(row * 5 + shown.length, row * 5 + 5).every((propensity) => propensity === 1),
        ).toBe(true);
      }
    });

    it("logs the propensity of the first position that its pages really have", async () => {
      const few = fakeCatalogue({ videos: 7, topics: 3, creators: 7 });
      const policy = await open({ catalogue: few, seed: 6, slots: 3 });
      await openThrough(policy, few, 1, 60);
      const pages = 8_000;
      const slates = await policy.recommend(manyRequests(1, 1, pages));
      const shown = new Float64Array(7);
      const logged = new Float64Array(7);
      for (let row = 0; row < pages; row++) {
        const video = slates.video[row * 3]!;
        shown[video] = shown[video]! + 1;
        logged[video] = slates.propensity[row * 3]!;
      }
      expect(logged.reduce((sum, propensity) => sum + propensity, 0)).toBeCloseTo(1, 6); // every alternative was met
      for (let video = 0; video < 7; video++) {
        const propensity = logged[video]!;
        const standardError = Math.sqrt((propensity * (1 - propensity)) / pages);
        expect(Math.abs(shown[video]! / pages - propensity)).toBeLessThanOrEqual(4.5 * standardError + 1e-12);
      }
    });

    it("refuses requests of a day that is not open, naming both days", async () => {
      const policy = await open({ catalogue, seed: 7, slots: 4 });
      await openThrough(policy, catalogue, 1);
      await expect((async () => policy.recommend(fakeRequests(2, [1])))()).rejects.toThrow(/day 2.*open day is 1/);
    });
  });
}
