/** Tables and the figure of the case's page, over sets of streets. */
import { tInterval, type Interval } from "../../evaluation/index.js";
import { figures, table, type Figure, type Table } from "../../lab/index.js";
import { stoppingDistance } from "./drive.js";
import { metres, type Harm } from "./harm.js";
import { designs, ranges } from "./ladder.js";
import { kinds, lights } from "./scenes.js";
import type { StreetResult } from "./study.js";

type Rung = StreetResult["rungs"][number];

/** A detector's precision. */
export const rung = ({ rungs }: StreetResult, name: string): Rung => rungs.find((one) => one.name === name)!;
/** What a detector did in the drive. */
export const drove = ({ harm }: StreetResult, name: string): Harm => harm.find((one) => one.name === name)!;

/** mAP of each detector, and by kind. */
export function precisionTable(all: readonly StreetResult[]): Table {
  return byDetector(all, "precision-of-detectors", "Intervals over sets of streets; by kind: mAP", (over) => ({
    mAP: over(({ ap }) => ap),
    ...Object.fromEntries(kinds.map((kind, k) => [kind, over(({ byKind }) => byKind[k]!)])),
  }));
}

/** mAP by light. */
export function lightTable(all: readonly StreetResult[]): Table {
  return byDetector(all, "precision-by-light", "mAP by light", (over) =>
    Object.fromEntries(lights.map((light) => [light, over(({ byLight }) => byLight[light])])),
  );
}

/** mAP by metres ahead. */
export function distanceTable(all: readonly StreetResult[]): Table {
  return byDetector(all, "precision-by-distance", "mAP by metres ahead", (over) =>
    Object.fromEntries(ranges.map(([from, to], r) => [`${from}–${to} m`, over(({ byRange }) => byRange[r]!)])),
  );
}

function byDetector(
  all: readonly StreetResult[],
  name: string,
  caption: string,
  columns: (over: (of: (one: Rung) => number) => Interval) => Readonly<Record<string, Interval>>,
): Table {
  const rows = all[0]!.rungs.map(({ name: detector }) => ({
    detector,
    ...columns((of) => tInterval(all.map((one) => of(rung(one, detector))))),
  }));
  return table(rows, { name, caption });
}

/** What each detector does in the drive, and its collisions by light. */
export function harmTables(all: readonly StreetResult[]): readonly Table[] {
  const rows = (columns: (over: (of: (one: Harm) => number) => Interval) => Readonly<Record<string, Interval>>) =>
    all[0]!.harm.map(({ name: detector }) => ({
      detector,
      ...columns((of) => tInterval(all.map((one) => of(drove(one, detector))))),
    }));
  return [
    table(
      rows((over) => ({
        ...{ "brakes for nothing": over((one) => one.falseBrakes), collisions: over((one) => one.collisions) },
        "deaths per 1,000": over(({ deaths }) => deaths),
      })),
      { name: "collisions", caption: "Shares of approaches, intervals over sets of streets" },
    ),
    table(
      rows((over) => Object.fromEntries(lights.map((light) => [light, over(({ byLight }) => byLight[light])]))),
      { name: "collisions-by-light", caption: "Collisions by light" },
    ),
  ];
}

/** Misses by distance. @returns a line for each design */
export function missedFigure(all: readonly { readonly harm: readonly Harm[] }[]): Figure {
  return figures.dayLines({
    ...{
      title: "Who is missed, and where a car must stop",
      along: "metres ahead",
      share: true,
      bands: "over sets of streets",
    },
    metric: { label: "Missed", unit: "share of pictures" },
    series: Object.values(designs)
      .map(({ name }) => name)
      .map((name) => ({
        name,
        days: metres.flatMap((from, at) => {
          const values = all
            .map(({ harm }) => harm.find((one) => one.name === name)!.missed[at]!)
            .filter(Number.isFinite);
          return values.length === 0 ? [] : [{ day: from + 2.5, interval: tInterval(values) }];
        }),
      })),
    marks: [30, 50].map((speed) => ({ day: stoppingDistance(speed, false), label: `${speed} km/h` })),
  });
}
