/** How long twins stay similar: the correlation of the same users in two copies of the world, by days of the experiment. */
import type { Figure } from "../figure.js";
import { labelRoom, lineTraces, type Line } from "./lines.js";
import { axis, colours, figure, needSome, type Estimate } from "./theme.js";

/** One pair of arms by horizon. */
export interface TwinCorrelationSeries {
  readonly name: string;
  readonly horizons: readonly { readonly days: number; readonly rho: Estimate; readonly otherDraws?: Estimate }[];
}

/** One metric over horizons. */
export interface TwinCorrelation {
  readonly metric: string;
  readonly series: readonly TwinCorrelationSeries[];
  readonly title: string;
}

/** Solid lines with bands: twins with common random numbers; dotted lines: with other random draws, so that only the users are shared. */
export function twinCorrelation({ metric, series, title }: TwinCorrelation): Figure {
  needSome("series", series);
  series.forEach((one) => needSome(`horizons of ${one.name}`, one.horizons));
  const colour = colours(series.map(({ name }) => name));
  const lines = series.flatMap(({ name, horizons }): Line[] => {
    const x = horizons.map(({ days }) => days);
    const inside = (value: number): number => Math.max(-0.25, Math.min(1, value));
    const same: Line = {
      name,
      x,
      colour: colour.get(name) as string,
      y: horizons.map(({ rho }) => rho.estimate),
      low: horizons.map(({ rho }) => inside(rho.low)),
      high: horizons.map(({ rho }) => inside(rho.high)),
    };
    const others = horizons.map(({ otherDraws }) => otherDraws?.estimate ?? NaN);
    return others.some(Number.isFinite)
      ? [same, { name: `${name}, other draws`, x, y: others, dash: "dot", colour: same.colour as string }]
      : [same];
  });
  const days = lines.flatMap((line) => Array.from(line.x));
  const yRange: [number, number] = [
    Math.min(
      0,
      ...lines.flatMap((line) => [...Array.from(line.low ?? []), ...Array.from(line.y)]).filter(Number.isFinite),
    ) - 0.03,
    1.05,
  ];
  const { traces, labels } = lineTraces(lines, {
    hover: "%{x} days: ρ = %{y:.2f}",
    height: 300,
    yRange,
    markers: true,
  });
  return figure(traces, {
    title,
    subtitle: `correlation of ${metric} between the same users in two copies of the world; bands are 95 % intervals by world`,
    height: 440,
    layout: {
      xaxis: axis("days of the experiment", {
        tickvals: [...new Set(days)],
        range: [Math.min(...days) - 0.3, Math.max(...days) + 0.3],
      }),
      yaxis: axis("correlation ρ", { range: yRange }),
      annotations: labels,
      margin: { r: labelRoom(lines) },
    },
  });
}
