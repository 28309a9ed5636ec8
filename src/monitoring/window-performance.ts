/** Performance of parts of the current window: estimated without labels, realised where there are some, promised against kept. */
import { quoteName } from "../log/index.js";
import {
  estimatedPerformance,
  keptDrift,
  performanceReference,
  realisedPerformance,
  type Judged,
  type KeptDrift,
  type Performance,
} from "./drift/performance.js";
import {
  codeSql,
  type Described,
  type MonitorOptions,
  type OpenWindow,
  type Side,
  type Values,
} from "./window-table.js";

/** What is known of a part. */
export interface PartPerformance {
  /** Expected performance by the reference's calibration, and what it was where there are labels. */
  readonly estimated?: Performance;
  readonly realised?: Performance;
  readonly kept?: KeptDrift;
}

type Judging = (from: number, to: number) => PartPerformance;

/** Performance of a part of the current window, where there are probabilities, and labels in the reference. */
export async function judging(
  windows: Record<Side, OpenWindow>,
  read: (side: Side, columns: readonly Described[]) => Promise<readonly Values[]>,
  { probability, label, units = [] }: MonitorOptions,
): Promise<Judging> {
  if (probability === undefined) return () => ({});
  const of = async (side: Side): Promise<Judged> => {
    const number = (name: string): Described => ({ name, type: "number", sql: `CAST(${quoteName(name)} AS DOUBLE)` });
    const has = label !== undefined && windows[side].columns.has(label);
    const wanted = [number(probability), ...(has ? [number(label)] : [])];
    const [p, y] = await read(side, wanted);
    const codes =
      units[0] === undefined
        ? undefined
        : (await read(side, [{ name: units[0], type: "category", sql: codeSql(units[0]) }]))[0]!;
    const bad = p!.findIndex((value) => !(value >= 0 && value <= 1));
    if (bad >= 0)
      throw new RangeError(`column ${probability} of the ${side} window is ${p![bad]} in a row; allowed: from 0 to 1`);
    const odd = y?.find((value) => value !== 0 && value !== 1 && !Number.isNaN(value));
    if (odd !== undefined)
      throw new RangeError(`column ${label} of the ${side} window is ${odd} in a row; allowed: 0, 1, or empty`);
    return { probability: p!, label: y ?? new Float64Array(p!.length).fill(NaN), ...(codes && { unit: codes }) };
  };
  const labelled = ({ probability: p, label: y, unit: u }: Judged, from = 0, to = p.length): Judged => {
    const rows = Array.from({ length: to - from }, (_, at) => from + at).filter((row) => !Number.isNaN(y[row]!));
    const pick = (values: ArrayLike<number>): Float64Array => Float64Array.from(rows, (row) => values[row]!);
    return { probability: pick(p), label: pick(y), ...(u && { unit: pick(u) }) };
  };
  const [before, now] = [labelled(await of("reference")), await of("current")];
  const both = new Set(Array.from(before.label)).size === 2;
  const calibrator = both ? performanceReference(before) : undefined;
  return (from, to) => {
    const known = labelled(now, from, to);
    return {
      ...(calibrator && {
        estimated: estimatedPerformance(calibrator, (now.probability as Values).subarray(from, to)),
      }),
      ...(known.label.length > 0 && { realised: realisedPerformance(known) }),
      ...(known.label.length > 0 && before.label.length > 0 && { kept: keptDrift(before, known) }),
    };
  };
}
