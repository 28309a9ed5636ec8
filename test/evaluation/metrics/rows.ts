/** Rows for property tests of metrics: few distinct scores, so that there are ties. */
import fc from "fast-check";

export interface Row {
  readonly label: number;
  readonly score: number;
  readonly weight: number; // 1 … 3
  readonly user: number; // 0 … 4
}

/** Rows of which at least one is a positive and one a negative. */
export const bothClasses: fc.Arbitrary<Row[]> = fc
  .array(
    fc.record({
      label: fc.integer({ min: 0, max: 1 }),
      score: fc.integer({ min: -6, max: 6 }),
      weight: fc.integer({ min: 1, max: 3 }),
      user: fc.nat(4),
    }),
    { minLength: 2, maxLength: 40 },
  )
  .filter((rows) => rows.some(({ label }) => label === 1) && rows.some(({ label }) => label === 0));

/** The columns of rows. */
export function columnsOf(rows: readonly Row[]): Record<"labels" | "scores" | "weights" | "users", number[]> {
  return {
    labels: rows.map(({ label }) => label),
    scores: rows.map(({ score }) => score),
    weights: rows.map(({ weight }) => weight),
    users: rows.map(({ user }) => user),
  };
}
