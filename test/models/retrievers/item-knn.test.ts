import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitItemKnn, scoreItemKnn, type ItemKnnConfig } from "../../../src/models/retrievers/item-knn.js";
import { byItem, byUser, holds, type Interactions } from "../../../src/models/retrievers/interactions.js";

const pairs = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 8 }), fc.integer({ min: 1, max: 3 })),
  { minLength: 1, maxLength: 60 },
);
const rowsOf = (list: readonly (readonly [number, number, number])[]): Interactions => ({
  userCount: 7,
  itemCount: 9,
  user: Int32Array.from(list, ([u]) => u),
  item: Int32Array.from(list, ([, i]) => i),
  weight: Float32Array.from(list, ([, , w]) => w),
});

/** The formulas with dense matrices and no cleverness. */
function naive(rows: Interactions, { similarity, neighbours, shrinkage, damping }: ItemKnnConfig): number[] {
  const taken = Array.from({ length: 7 }, () => new Array<number>(9).fill(0));
  rows.user.forEach((user, at) => (taken[user]![rows.item[at]!]! += rows.weight![at]!));
  const column = (i: number): number[] => taken.map((row) => row[i]!);
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  const dot = (i: number, j: number): number => sum(column(i).map((value, user) => value * taken[user]![j]!));
  const like = (i: number, j: number): number => {
    const denominator =
      similarity === "cosine" ? Math.sqrt(dot(i, i) * dot(j, j)) : sum(column(j)) * sum(column(i)) ** damping;
    return dot(i, j) === 0 ? 0 : Math.fround(dot(i, j) / (denominator + shrinkage));
  };
  const all = Array.from({ length: 9 }, (_, i) => i);
  const best = (score: (other: number) => number, self: number): Set<number> =>
    new Set(
      all
        .filter((other) => other !== self && score(other) > 0)
        .sort((a, b) => score(b) - score(a) || a - b)
        .slice(0, neighbours),
    );
  const keptBy = all.map((self) =>
    best((other) => (similarity === "cosine" ? like(self, other) : like(other, self)), self),
  );
  return taken.flatMap((row) =>
    all.map((i) =>
      sum(
        all.map((j) => {
          const kept = similarity === "cosine" ? keptBy[i]!.has(j) : keptBy[j]!.has(i);
          return kept ? row[j]! * like(i, j) : 0;
        }),
      ),
    ),
  );
}

describe("item-kNN", () => {
  it("is the naive loops over dense matrices, for both similarities", async () => {
    const everyone = Int32Array.of(0, 1, 2, 3, 4, 5, 6);
    await fc.assert(
      fc.asyncProperty(
        pairs,
        fc.constantFrom("cosine" as const, "conditional" as const),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(0, 2),
        async (list, similarity, neighbours, shrinkage) => {
          const rows = rowsOf(list);
          const config = { similarity, neighbours, shrinkage, damping: 0.5 };
          const scores = scoreItemKnn(await fitItemKnn(rows, config), everyone);
          naive(rows, config).forEach((expected, i) => expect(scores[i]).toBeCloseTo(expected, 5));
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("interactions", () => {
  it("by user and by item are each other's transpose, ascending, repeats summed", () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const rows = rowsOf(list);
        const [users, items] = [byUser(rows), byItem(rows)];
        const sums = new Map<string, number>();
        for (const [u, i, w] of list) sums.set(`${u}/${i}`, (sums.get(`${u}/${i}`) ?? 0) + w);
        expect(users.ids.length).toBe(sums.size);
        expect(items.ids.length).toBe(sums.size);
        for (let u = 0; u < 7; u++) {
          const row = [...users.ids.subarray(users.offsets[u], users.offsets[u + 1])];
          expect(row).toEqual([...new Set(row)].sort((a, b) => a - b));
          row.forEach((i, at) => {
            expect(users.weights[users.offsets[u]! + at]).toBe(sums.get(`${u}/${i}`));
            expect(holds(items, i, u)).toBe(true);
          });
          for (let i = 0; i < 9; i++) expect(holds(users, u, i)).toBe(sums.has(`${u}/${i}`));
        }
      }),
    );
  });
});
