/** The ladder of detectors, and their precision by kind, light and distance. */
import type { RunControl } from "../../types.js";
import type { CaseOptions } from "../case.js";
import { outputsOf, type PictureNet } from "../picture-net.js";
import { fitBaselines } from "./baselines.js";
import { averagePrecision, type Boxes, type Found, type Precision } from "./coco.js";
import { decode, detectorNet, train, type Design } from "./detector.js";
import { paint, type Pictures } from "./pictures.js";
import { distanceOf, drawScene, hardTraffic, kinds, type Light, usualTraffic } from "./scenes.js";

/** Two trainings of one network: on the streets as they are, or on those in which much can go wrong. */
export const designs: Readonly<Record<"usual" | "hard", Design>> = {
  usual: { name: "trained on usual streets", traffic: usualTraffic },
  hard: { name: "trained on hard streets", traffic: hardTraffic },
};

const sizes = { tiny: 30_000, lesson: 60_000, small: 120_000, full: 240_000, million: 480_000 } as const;
/** Scenes that the baselines learn from, test scenes, those in rain. */
const [learned, tested, wet] = [1_500, 400, 200];
/** Metres: where a car at 30 km/h must see somebody, at 50, and beyond. */
export const ranges = [
  [0, 12],
  [12, 25],
  [25, 60],
] as const;
/** Test scenes: the days as they are, and rain, which no training saw. */
export interface TestSets {
  readonly usual: Pictures & { readonly lights: readonly Light[] };
  readonly rain: Pictures;
}

/** Draws them. */
export function testSets(seed: number, count = tested): TestSets {
  const scenes = Array.from({ length: count }, (_, n) => drawScene(seed, "test", n, usualTraffic));
  const rainy = Array.from({ length: wet }, (_, n) =>
    drawScene(seed, "rain", n, { ...usualTraffic, rain: 1, night: 0 }),
  );
  return { usual: { ...paint(scenes), lights: scenes.map(({ light }) => light) }, rain: paint(rainy) };
}

/** A detector of the ladder. */
export interface Rung {
  readonly name: string;
  readonly net?: PictureNet;
  readonly find: (pictures: Float32Array) => Found | Promise<Found>;
}

/** Baselines, then the network under both designs. */
export async function climb(
  seed: number,
  scale: CaseOptions["scale"] = "tiny",
  control: RunControl = {},
): Promise<readonly Rung[]> {
  const baselines = await fitBaselines({ seed, count: learned, traffic: usualTraffic }, control);
  const rungs: Rung[] = [
    { name: "usual places", find: baselines.places },
    { name: "sliding windows", find: baselines.windows },
  ];
  for (const design of Object.values(designs)) {
    const net = await train(detectorNet(design.name, seed), design, { seed, count: sizes[scale] }, control);
    rungs.push({ name: design.name, net, find: (pictures) => decode(outputsOf(net, pictures)) });
  }
  return rungs;
}

/** Precision of a detector: all, by kind, light and distance. */
export interface Judged extends Pick<Precision, "ap" | "ap50" | "byKind"> {
  readonly byLight: Readonly<Record<Light, number>>;
  readonly byRange: readonly number[];
}

/** Judges a detector. */
export async function judge(find: Rung["find"], { usual, rain }: TestSets): Promise<Judged> {
  const found = await find(usual.pictures);
  const precision = (asked: (boxes: Boxes, i: number) => boolean): Precision =>
    averagePrecision(usual.truths, found, { kinds: kinds.length, asked });
  const inLight = (light: Light): number => precision(({ picture }, i) => usual.lights[picture[i]!] === light).ap;
  const { ap, ap50, byKind } = precision(() => true);
  const wet = averagePrecision(rain.truths, await find(rain.pictures), { kinds: kinds.length });
  return {
    ...{ ap, ap50, byKind, byLight: { day: inLight("day"), night: inLight("night"), rain: wet.ap } },
    byRange: ranges.map(([from, to]) => precision(({ box }, i) => inRange(distanceOf(box, 4 * i), from, to)).ap),
  };
}

const inRange = (metres: number, from: number, to: number): boolean => metres >= from && metres < to;
