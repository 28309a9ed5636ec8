/**
 * The monitors that are judged, as data. Each looks at the reference days once and then at every further day, in the light of the last few,
 * and is in alarm or not. A report is judged with whole users and whole days exchanged; its opponents take rows as independent.
 */
import {
  alarmsOf,
  carriedOn,
  chiSquare,
  detect,
  judgeColumns,
  psiOfCounts,
  type BinnedColumn,
  type StreamConfig,
} from "../../monitoring/index.js";
import { holm } from "../../evaluation/index.js";
import { groups, type DayCounts, type Facet } from "./days.js";

/** Days of one world: those without drift that a monitor may learn from, and those it watches. */
export interface Watched {
  readonly facets: readonly Facet[];
  readonly width: number;
  readonly reference: readonly DayCounts[];
  readonly days: readonly DayCounts[];
}

/** Days of the window that is compared with the reference. */
export const trailing = 4;

/** A monitor: for each watched day whether it is in alarm. */
export interface Monitor {
  readonly name: string;
  readonly alarms: (seen: Watched) => readonly boolean[];
}

const fixed = { draws: 199, key: 1 };

/** All of them. */
export const monitors: readonly Monitor[] = [
  { name: "control limits on CTR", alarms: (seen) => watched(seen, clickRate, "limits") },
  { name: "CUSUM on CTR", alarms: (seen) => watched(seen, clickRate, "cusum") },
  { name: "CUSUM on misses", alarms: (seen) => watched(seen, missRate, "cusum") },
  { name: "Page–Hinkley on misses", alarms: (seen) => streamed(seen, { kind: "page-hinkley" }) },
  { name: "DDM on misses", alarms: (seen) => streamed(seen, { kind: "ddm" }) },
  { name: "ADWIN on misses", alarms: (seen) => streamed(seen, { kind: "adwin" }) },
  {
    name: "PSI > 0.1, any input",
    alarms: (seen) => compared(seen, "inputs", (columns) => columns.some(({ counts }) => psiOfCounts(counts) > 0.1)),
  },
  {
    name: "chi-square 5 %, rows independent",
    alarms: (seen) =>
      compared(seen, "inputs", (columns) =>
        holm(columns.map((one) => chiSquare(one.counts).pValue)).some((p) => p <= 0.05),
      ),
  },
  {
    name: "report on inputs",
    alarms: (seen) =>
      compared(seen, "inputs", (columns) => judgeColumns(columns, fixed).some(({ state }) => state === "drift")),
  },
  {
    name: "report on responses",
    alarms: (seen) =>
      compared(seen, "response", (columns) => judgeColumns(columns, fixed).some(({ adjustedP }) => adjustedP <= 0.01)),
  },
];

/** The facets of a stage as columns: the days up to `last` (of the watched) against the reference. */
export function columnsAt(
  { facets, width, reference, days }: Watched,
  last: number,
  wanted: (facet: Facet) => boolean,
): readonly BinnedColumn[] {
  const current = days.slice(Math.max(0, last - trailing + 1), last + 1);
  const half = reference.length >> 1;
  const stretch = stretchOf(reference.length, half, last);
  const units = reference.length + current.length;
  return facets.filter(wanted).map(({ stage, feature, segments, from }): BinnedColumn => {
    const [strata, bins] = stage === "response" ? [segments.length, 2] : [1, segments.length];
    const size = strata * bins;
    const sides = (of: (counts: Uint16Array, day: number, into: Float64Array) => void, length: number) =>
      [reference, current].map((side, s) => {
        const into = new Float64Array(length);
        side.forEach(({ counts }, day) => of(counts, s * reference.length + day, into));
        return into;
      }) as [Float64Array, Float64Array];
    const by = (count: number, unitOf: (group: number, day: number) => number) => {
      const [before, after] = sides((counts, day, into) => {
        for (let group = 0; group < groups; group++)
          for (let at = 0; at < size; at++) into[unitOf(group, day) * size + at]! += counts[group * width + from + at]!;
      }, count * size);
      return { units: count, strata, bins, reference: before, current: after };
    };
    const byDay = by(units, (_, day) => day);
    const part = (from: number, to: number): Float64Array => {
      const sum = new Float64Array(size);
      for (let at = from * size; at < to * size; at++) sum[at % size]! += byDay.reference[at]!;
      return sum;
    };
    return {
      feature: `${stage}: ${feature}`,
      kind: "category",
      counts: by(1, () => 0),
      clusters: [by(groups, (group) => group), byDay],
      usual:
        stage === "response"
          ? 0
          : carriedOn({ reference: part(0, half), current: part(half, reference.length) }, stretch),
      ...{ ks: NaN, wasserstein: NaN, referenceMean: NaN, currentMean: NaN },
    };
  });
}

/** How much further the window before the end of a watched day is from the reference than the reference's halves are apart, squared. */
function stretchOf(days: number, half: number, last: number): number {
  const away = days / 2 + last + 1 - Math.min(trailing, last + 1) / 2;
  return Math.max(1, (2 * away) / days, away / half) ** 2;
}

function compared(
  seen: Watched,
  what: "inputs" | "response",
  alarm: (columns: readonly BinnedColumn[]) => boolean,
): readonly boolean[] {
  const wanted = ({ stage }: Facet): boolean => (stage === "response") === (what === "response");
  return seen.days.map((_, last) => alarm(columnsAt(seen, last, wanted)));
}

function watched(
  seen: Watched,
  metric: (seen: Watched, day: DayCounts) => number,
  kind: "cusum" | "limits",
): readonly boolean[] {
  const values = [...seen.reference, ...seen.days].map((day) => metric(seen, day));
  const { statistic } = detect(values, seen.reference.length, { kind });
  return Array.from(statistic, (value) => Math.abs(value) > (kind === "cusum" ? 5 : 3));
}

function streamed({ reference, days }: Watched, config: StreamConfig): readonly boolean[] {
  const values = [...reference, ...days].flatMap(({ misses }) => Array.from(misses));
  const alarms = alarmsOf(values, config);
  let to = reference.reduce((sum, { misses }) => sum + misses.length, 0);
  return days.map(({ misses }) => {
    const from = to;
    to += misses.length;
    return alarms.some((at) => at >= from && at < to);
  });
}

function clickRate({ facets, width }: Watched, { counts }: DayCounts): number {
  const { from, segments } = facets.find(({ stage }) => stage === "response")!;
  let [shown, clicked] = [0, 0];
  for (let group = 0; group < groups; group++)
    for (let at = 0; at < 2 * segments.length; at++) {
      const rows = counts[group * width + from + at]!;
      shown += rows;
      clicked += (at % 2) * rows;
    }
  return shown > 0 ? clicked / shown : 0;
}

function missRate(_: Watched, { misses }: DayCounts): number {
  return misses.reduce((sum, miss) => sum + miss, 0) / Math.max(1, misses.length);
}
