import { describe, expect, test } from "vitest";
import { segmentGaps } from "../../../src/evaluation/index.js";
import { keyOf, uniform } from "../../../src/random.js";

describe("gaps between segments", () => {
  const key = keyOf(3, "gaps");
  const users = Array.from({ length: 3000 }, (_, i) => i % 300);
  const segments = users.map((user) => (user < 60 ? 2 : 1));
  const values = users.map((_, i) => uniform(key, i) + (segments[i] === 2 ? -0.2 : 0));

  test("are the segment's mean less that of all others, and their interval holds the truth", () => {
    const [most, few] = segmentGaps(values, segments, users, { replicates: 300 });
    expect([most!.segment, few!.segment, most!.rows, few!.rows]).toEqual([1, 2, 2400, 600]);
    expect(few!.gap.estimate).toBeCloseTo(few!.mean.estimate - most!.mean.estimate, 12);
    expect(most!.gap.estimate).toBeCloseTo(-few!.gap.estimate, 12);
    expect(few!.gap.low).toBeLessThan(-0.2);
    expect(few!.gap.high).toBeGreaterThan(-0.2);
    expect(few!.gap.high).toBeLessThan(0);
  });

  test("leave out rows without a value, and have no gap where there is one segment", () => {
    const [only] = segmentGaps([1, NaN, 3], [5, 5, 5], [1, 2, 3]);
    expect(only).toMatchObject({ segment: 5, rows: 2, mean: { estimate: 2 }, gap: { estimate: NaN } });
    expect(segmentGaps([1, NaN], [1, 2], [1, 2]).map(({ segment }) => segment)).toEqual([1]);
  });
});
