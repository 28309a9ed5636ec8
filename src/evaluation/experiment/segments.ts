/**
 * For whom does it work? The effect in each segment of users (p-values adjusted, since somewhere one is below .05), and whether the
 * effects differ at all: Cochran's Q over segments, Σ (effect_s − mean)² / SE_s², the interaction test.
 *
 * A segment must be known before exposure. One that the treatment changes ("users who watched an hour") compares other people in each
 * arm, so its shares differ between arms; that is looked for and refused.
 */
import { sameLength } from "../checks.js";
import { chiSquareTail } from "../distributions.js";
import { differenceOf, type Difference, type DifferenceOptions, type MetricOfArm } from "./difference.js";
import { benjaminiHochberg, holm } from "./multiple.js";
import { pickUsers } from "./sequential.js";

/** One segment. */
export interface SegmentEffect extends Difference {
  readonly segment: string;
  readonly users: readonly [control: number, treatment: number];
  readonly holm: number; // adjusted p
  readonly benjaminiHochberg: number; // adjusted p
}

/** All of them. */
export interface SegmentEffects {
  readonly segments: readonly SegmentEffect[];
  readonly tooFew: readonly string[]; // fewer users in an arm than `least`, or no denominator
  /** No difference between segments, tested; p is NaN for fewer than two. */
  readonly interaction: { readonly chiSquare: number; readonly degrees: number; readonly pValue: number };
}

/** How to compare. */
export interface SegmentOptions extends DifferenceOptions {
  readonly least?: number; // users per arm and segment, default 30
}

/** More are a measurement, not a segment. */
const mostSegments = 50;

/**
 * The effect by segment.
 * @param segmentOf each user's segment, in the order of the arm's users
 * @throws RangeError on segments whose shares differ between arms (p < .001: they were measured after exposure, or the split is broken), on
 * more than 50, and as `differenceOf`
 */
export function effectBySegment(
  control: MetricOfArm,
  treatment: MetricOfArm,
  segmentOf: { readonly control: readonly string[]; readonly treatment: readonly string[] },
  options: SegmentOptions = {},
): SegmentEffects {
  const { least = 30, ...compare } = options;
  sameLength({ "users of control": control.numerator, segments: segmentOf.control });
  sameLength({ "users of treatment": treatment.numerator, segments: segmentOf.treatment });
  const names = [...new Set([...segmentOf.control, ...segmentOf.treatment])].sort();
  if (names.length > mostSegments)
    throw new RangeError(
      `there are ${names.length} segments; allowed: at most ${mostSegments} (make bands of a number)`,
    );
  const users = names.map((name) => {
    const count = (of: readonly string[]): number => of.filter((one) => one === name).length;
    return [count(segmentOf.control), count(segmentOf.treatment)] as const;
  });
  const touched = independence(users);
  if (touched < 0.001)
    throw new RangeError(
      `segments have other shares in treatment than in control (p ${touched < 1e-4 ? "< 0.0001" : `= ${touched.toPrecision(2)}`}); ` +
        "allowed: what was known of users before exposure",
    );
  const enough = names.map((_, s) => Math.min(...users[s]!) >= Math.max(2, least));
  const found = names.flatMap((segment, s) => {
    if (!enough[s]) return [];
    const part = (arm: MetricOfArm, of: readonly string[]): MetricOfArm =>
      pickUsers(arm, (user) => of[user] === segment);
    const [a, b] = [part(control, segmentOf.control), part(treatment, segmentOf.treatment)];
    return [{ segment, users: users[s]!, ...differenceOf(a, b, compare) }];
  });
  const p = found.map(({ pValue }) => (Number.isNaN(pValue) ? 1 : pValue));
  const [strict, mild] = [holm(p), benjaminiHochberg(p)];
  return {
    segments: found.map((one, i) => ({ ...one, holm: strict[i]!, benjaminiHochberg: mild[i]! })),
    tooFew: names.filter((_, s) => !enough[s]),
    interaction: homogeneity(
      found.map(({ difference }) => difference).filter(({ standardError }) => standardError > 0),
    ),
  };
}

function homogeneity(effects: readonly Difference["difference"][]): SegmentEffects["interaction"] {
  const weight = effects.map(({ standardError }) => standardError ** -2);
  const all = weight.reduce((sum, w) => sum + w, 0);
  const mean = effects.reduce((sum, { estimate }, i) => sum + (weight[i]! * estimate) / all, 0);
  const chiSquare = effects.reduce((sum, { estimate }, i) => sum + weight[i]! * (estimate - mean) ** 2, 0);
  const degrees = effects.length - 1;
  return { chiSquare, degrees, pValue: degrees < 1 ? NaN : chiSquareTail(chiSquare, degrees) };
}

/** p of equal shares of the rows in both columns (Pearson's chi-square; rows that expect fewer than five are taken together). */
export function independence(counts: readonly (readonly [number, number])[]): number {
  const total = [0, 1].map((arm) => counts.reduce((sum, row) => sum + row[arm]!, 0));
  const share = total.map((count) => count / (total[0]! + total[1]!));
  const isRare = ([a, b]: readonly [number, number]): boolean => (a + b) * Math.min(share[0]!, share[1]!) < 5;
  const rare = counts.filter(isRare).reduce(([a, b], row) => [a + row[0], b + row[1]] as const, [0, 0] as const);
  const rows = [...counts.filter((row) => !isRare(row)), ...(rare[0] + rare[1] > 0 ? [rare] : [])];
  if (rows.length < 2) return 1;
  const chiSquare = rows.reduce((sum, row) => {
    const expected = share.map((of) => of * (row[0] + row[1]));
    return sum + (row[0] - expected[0]!) ** 2 / expected[0]! + (row[1] - expected[1]!) ** 2 / expected[1]!;
  }, 0);
  return chiSquareTail(chiSquare, rows.length - 1);
}
