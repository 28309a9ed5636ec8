/**
 * Which feature, segment and stage explain most of an alarm: the facet whose shift is furthest beyond what exchanging whole users, and
 * whole days, gives, and beyond its own movement within the reference, in standard deviations of these exchanges. The segment is the one
 * that moved most, in deviations of a count. The plan says which facet is right; the quiet twin, which segment.
 */
import { permutedChiSquare, type UnitCounts } from "../../monitoring/index.js";
import type { DriftEvent } from "../../world/index.js";
import { groups, type Facet } from "./days.js";
import { columnsAt, monitors, trailing, type Watched } from "./monitors.js";

/** What an alarm named, and whether it is so. */
export interface Cause {
  readonly named: string; // stage: feature
  readonly segment: string;
  readonly truth: string;
  readonly right: boolean;
  readonly segmentRight: boolean;
}

/** The facet that a drift moves first. */
export function planted({ kind, of }: DriftEvent): Pick<Facet, "stage" | "feature"> {
  if (kind === "covariate") return { stage: "arrivals", feature: of ?? "device" };
  return { stage: "response", feature: kind === "prior" ? "topic" : "taste" };
}

/** The cause named at the first alarm of a report from the drift's day on; nothing without an alarm. */
export function causeOf(
  seen: Watched,
  twin: Watched,
  event: DriftEvent,
  alarms: readonly (readonly boolean[])[],
): { readonly cause?: Cause } {
  const reports = monitors.flatMap(({ name }, m) => (name.startsWith("report") ? [alarms[m]!] : []));
  const day = seen.days.findIndex((_, at) => at >= event.day && reports.some((report) => report[at]));
  if (day < 0) return {};
  const half = seen.reference.length >> 1;
  const before: Watched = { ...seen, reference: seen.reference.slice(0, half), days: seen.reference.slice(half) };
  const own = columnsAt(before, half - 1, () => true);
  // chi-square grows with rows (about 5/4 as many) and with the square of the distance in days
  const stretch = 1.25 * ((half + day + 1 - trailing / 2) / (1.5 * half - trailing / 2)) ** 2;
  const beyond = columnsAt(seen, day, () => true).map(({ clusters }, facet) =>
    Math.min(
      ...clusters.map((counts, kind) => {
        const { mean, spread, excess } = exchanged(counts);
        return spread > 0 && mean > 0 ? (excess - stretch * exchanged(own[facet]!.clusters[kind]!).excess) / spread : 0;
      }),
    ),
  );
  const top = seen.facets[beyond.indexOf(Math.max(...beyond))]!;
  const truth = planted(event);
  const right = top.stage === truth.stage && top.feature === truth.feature;
  const window = seen.days.slice(0, day + 1);
  const segment = moved(top, sums(seen, top, window), sums(seen, top, seen.reference));
  const real = moved(top, sums(seen, top, seen.days.slice(event.day)), sums(twin, top, twin.days.slice(event.day)));
  return {
    cause: {
      named: `${top.stage}: ${top.feature}`,
      segment: top.segments[segment]!,
      truth: `${truth.stage}: ${truth.feature}`,
      right,
      segmentRight: right && segment === real,
    },
  };
}

/** Chi-square beyond what exchanges give on average, and their spread. */
function exchanged(counts: UnitCounts): { readonly mean: number; readonly spread: number; readonly excess: number } {
  const { observed, draws } = permutedChiSquare(counts, 199, 1);
  const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length;
  const spread = Math.sqrt(draws.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws.length);
  return { mean, spread, excess: Math.max(0, observed - mean) };
}

/** The segment that moved most: of shares, or of clicks among impressions, in standard deviations. */
function moved({ stage, segments }: Facet, after: Float64Array, before: Float64Array): number {
  const total = (counts: Float64Array): number => counts.reduce((sum, count) => sum + count, 0);
  const far = segments.map((_, segment) => {
    const pair = (counts: Float64Array): [hits: number, rows: number] =>
      stage === "response"
        ? [counts[2 * segment + 1]!, counts[2 * segment]! + counts[2 * segment + 1]!]
        : [counts[segment]!, total(counts)];
    const [[a, n], [b, m]] = [pair(after), pair(before)];
    const share = (a + b + 1) / (n + m + 2);
    return (
      Math.abs(a / Math.max(1, n) - b / Math.max(1, m)) / Math.sqrt(share * (1 - share) * (1 / (n + 1) + 1 / (m + 1)))
    );
  });
  return far.indexOf(Math.max(...far));
}

function sums({ width }: Watched, { stage, segments, from }: Facet, days: Watched["days"]): Float64Array {
  const size = segments.length * (stage === "response" ? 2 : 1);
  const all = new Float64Array(size);
  for (const { counts } of days)
    for (let group = 0; group < groups; group++)
      for (let at = 0; at < size; at++) all[at]! += counts[group * width + from + at]!;
  return all;
}
