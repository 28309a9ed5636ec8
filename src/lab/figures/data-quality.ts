/** Good data before complex models: quality over the volume of training data, one line per model, one panel per rate of wrong labels. */
import type { Figure, Trace } from "../figure.js";
import { formatPercent } from "../text.js";
import { labelRoom, lineTraces, type Line } from "./lines.js";
import { endsOf, panelAxes, panelNote } from "./parts.js";
import { axis, colours, figure, needSome, rangeOf, type Estimate } from "./theme.js";

/** One model at one rate of wrong labels. */
export interface DataQualityLine {
  readonly model: string;
  readonly noise: number; // share of labels flipped
  readonly points: readonly { readonly volume: number; readonly quality: Estimate }[]; // volume: share of the data, above 0
}

/** Lines and options of the figure. */
export interface DataQualityRecord {
  readonly title: string;
  readonly quality: string; // what it is, with its unit
  readonly lines: readonly DataQualityLine[];
}

/** Panels side by side with one quality axis; volumes are on a logarithmic axis. */
export function dataQuality({ title, quality, lines }: DataQualityRecord): Figure {
  needSome("lines", lines);
  lines.forEach((line) => needSome(`points of ${line.model}`, line.points));
  const rates = [...new Set(lines.map(({ noise }) => noise))].sort((a, b) => a - b);
  const colour = colours([...new Set(lines.map(({ model }) => model))]);
  const volumes = [...new Set(lines.flatMap(({ points }) => points.map(({ volume }) => volume)))].sort((a, b) => a - b);
  const yRange = rangeOf(endsOf(lines.flatMap(({ points }) => points.map((point) => point.quality))));
  const xRange = rangeOf(volumes.map(Math.log10), 0.1);
  const traces: Trace[] = [];
  const annotations: Trace[] = [];
  const layout: Record<string, unknown> = {};
  const gap = 0.04;
  const width = (1 - gap * (rates.length - 1)) / rates.length;
  rates.forEach((noise, panel) => {
    const { x, y, xaxis, yaxis } = panelAxes(panel);
    const here = lines
      .filter((line) => line.noise === noise)
      .map(({ model, points }): Line => ({
        name: model,
        colour: colour.get(model) as string,
        x: points.map(({ volume }) => volume),
        y: points.map((point) => point.quality.estimate),
        low: points.map((point) => point.quality.low),
        high: points.map((point) => point.quality.high),
      }));
    const drawn = lineTraces(here, {
      hover: `%{x} of the users, ${quality} %{y:.4f}`,
      height: 300,
      yRange,
      markers: true,
      logX: true,
    });
    traces.push(...drawn.traces.map((trace) => ({ ...trace, xaxis: x, yaxis: y })));
    if (panel === rates.length - 1) annotations.push(...drawn.labels.map((label) => ({ ...label, xref: x, yref: y })));
    const left = panel * (width + gap);
    annotations.push(panelNote(left, 1, noise === 0 ? "true labels" : `${formatPercent(noise, 0)} of labels wrong`));
    layout[xaxis] = axis("share of the users learned from", {
      type: "log",
      domain: [left, left + width],
      anchor: y,
      range: xRange,
      tickvals: volumes,
      ticktext: volumes.map((volume) => formatPercent(volume, 0)),
    });
    layout[yaxis] = axis(panel === 0 ? quality : "", {
      anchor: x,
      range: yRange,
      showticklabels: panel === 0,
    });
  });
  return figure(traces, {
    title,
    subtitle: "bands are 95 % intervals; evaluated on later days with true labels",
    height: 440,
    above: 22,
    layout: { ...layout, annotations, margin: { r: labelRoom(lines.map(({ model }) => ({ name: model }))) } },
  });
}
