/** The whole case: a ladder of detectors, precision by kind, light and distance, and what each does in the simulated drive. */
import type { RunControl } from "../../types.js";
import type { CaseOptions } from "../case.js";
import { formsOf, openGraph, outputsOf, tails, type PictureNet } from "../picture-net.js";
import { fitBaselines } from "./baselines.js";
import { averagePrecision, type Boxes, type Found, type Precision, type Truths } from "./coco.js";
import { decode, detectorNet, train, type Design } from "./detector.js";
import {
  begin,
  deathRisk,
  type Drive,
  driven,
  drawApproach,
  falseBrakes,
  rate,
  seen,
  tuned,
  usualDrive,
  watch,
  type Watched,
} from "./drive.js";
import { paint, pixels, type Pictures } from "./pictures.js";
import {
  camera,
  distanceOf,
  drawScene,
  hardTraffic,
  kinds,
  lights,
  type Light,
  type Traffic,
  usualTraffic,
} from "./scenes.js";

/** Two trainings of one network: on the days as they are, or on what a car can hit. */
export const designs: Readonly<Record<"alike" | "first", Design>> = {
  alike: { name: "all objects alike", traffic: usualTraffic, weight: () => 1, boxes: 1 },
  first: {
    name: "who can be hit first",
    traffic: hardTraffic,
    weight: (kind, metres) => (kind > 0 && metres < 40 ? 2 : 0.5),
    boxes: 0.3,
  },
};

const sizes = { tiny: 24_000, lesson: 48_000, small: 96_000, full: 200_000, million: 400_000 } as const;
/** Scenes that the baselines learn from, test scenes, those in rain; approaches that tune, that are free and that are not. */
const [learned, tested, wet] = [1_500, 400, 200];
const counts = { tuning: 200, free: 200, blocked: 200 };
/** Metres: where a car at 30 km/h must see somebody, at 50, and beyond. */
export const ranges = [
  [0, 12],
  [12, 25],
  [25, 60],
] as const;
/** Share of free approaches in which a design may brake: its threshold is chosen so, on approaches of their own. */
export const mostFalse = 0.02;

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

/** Approaches as several detectors saw them. */
export interface Driven {
  readonly names: readonly string[];
  readonly tuning: readonly Watched[];
  readonly free: readonly Watched[];
  readonly blocked: readonly Watched[];
}

/** Who cannot be seen in time is hit by this one, too. */
const seesAll = "sees everything";

/** Lets detectors look at approaches; the last one is told the truth. */
export async function drive(
  seed: number,
  rungs: readonly Rung[],
  { signal }: RunControl = {},
  { tuning, free, blocked }: typeof counts = counts,
): Promise<Driven> {
  const detectors = [...rungs.map(({ find }) => find), (_: Float32Array, truths: Truths): Found => told(truths)];
  const look = async (stage: string, count: number, inWay: boolean): Promise<Watched[]> => {
    const all: Watched[] = [];
    for (let n = 0; n < count; n++) {
      signal?.throwIfAborted();
      all.push(await watch(drawApproach(seed, stage, n, inWay), detectors));
    }
    return all;
  };
  return {
    names: [...rungs.map(({ name }) => name), seesAll],
    tuning: await look("tuning", tuning, false),
    free: await look("free", free, false),
    blocked: await look("blocked", blocked, true),
  };
}

function told({ picture, kind, box, ignored }: Truths): Found {
  const asked = Int32Array.from(kind.keys()).filter((i) => ignored[i] === 0);
  return {
    ...{ picture: asked.map((i) => picture[i]!), kind: Uint8Array.from(asked, (i) => kind[i]!) },
    ...{ box: Float32Array.from({ length: 4 * asked.length }, (_, i) => box[4 * asked[i >> 2]! + (i & 3)]!) },
    score: new Float32Array(asked.length).fill(1),
  };
}

/** What a detector does in the drive. */
export interface Harm {
  readonly name: string;
  readonly threshold: number;
  readonly falseBrakes: number; // share of free approaches, other ones than those that tuned
  readonly collisions: number; // share of blocked approaches
  readonly deaths: number; // expected, of 1,000 blocked approaches, were all of them pedestrians
  readonly byLight: Readonly<Record<Light, number>>; // collisions
  readonly missed: readonly number[]; // share of pictures in which a person on the lane is not found, by 5 m from 5 m on; NaN: nobody there
}

/** Detectors in the drive, each at its own threshold. */
export function harm(driven: Driven, how: Drive = usualDrive, most = mostFalse): readonly Harm[] {
  return driven.names.map((name, d) => {
    const threshold = tuned(driven.tuning, d, most, how);
    const impacts = driven.blocked.map((one) => impactOf(one, d, threshold, how));
    const hit = (some: (one: Watched) => boolean): number => {
      const those = impacts.filter((_, i) => some(driven.blocked[i]!));
      return those.filter((impact) => impact > 0).length / those.length;
    };
    return {
      ...{ name, threshold, falseBrakes: falseBrakes(driven.free, d, threshold, how), collisions: hit(() => true) },
      deaths: (1000 * impacts.reduce((sum, impact) => sum + deathRisk(impact), 0)) / impacts.length,
      byLight: Object.fromEntries(
        lights.map((light) => [light, hit(({ approach }) => approach.light === light)]),
      ) as Harm["byLight"],
      missed: missedBy(driven.blocked, d, threshold),
    };
  });
}

const impactOf = (one: Watched, detector: number, threshold: number, how: Drive): number =>
  driven(one, one.found[detector]!, threshold, how).impact;

/** Lower ends of the ranges that misses are counted in, metres. */
export const metres = Array.from({ length: 9 }, (_, i) => 5 + 5 * i);

function missedBy(blocked: readonly Watched[], detector: number, threshold: number): readonly number[] {
  const [there, found] = [metres.map(() => 0), metres.map(() => 0)];
  for (const one of blocked) {
    if (one.approach.kind === "car") continue;
    const hits = seen(one, one.found[detector]!, threshold);
    for (let frame = 0; frame < one.frames; frame++) {
      const at = Math.floor((begin - (one.approach.closing * frame) / rate) / 5) - 1;
      if (one.obstacle[frame]! < 0 || at < 0 || at >= metres.length) continue;
      there[at]! += 1;
      found[at]! += hits[frame]!;
    }
  }
  return metres.map((_, at) => 1 - found[at]! / there[at]!);
}

/** What changes between one drive and another. */
export const whatIfs: readonly { readonly name: string; readonly how?: Partial<Drive>; readonly most?: number }[] = [
  { name: "as it is" },
  { name: "brakes 0.3 s later", how: { delay: 0.6 } },
  { name: "worn tyres", how: { dry: 5, wet: 3 } },
  { name: "five times the false brakes", most: 0.1 },
];

/** Hours of the bad day, and the first of them in which the camera hangs `tilt` pixels lower after a service. */
const [hours, fault, tilt] = [12, 6, 4] as const;

/** By hour: what is seen without a label, precision, and which hours alarm. The picture moves up, so that all seems farther away. */
export async function badDay(seed: number, find: Rung["find"]): Promise<readonly Record<string, number | boolean>[]> {
  const rows: { hour: number; edge: number; mAP: number }[] = [];
  for (let hour = 0; hour < hours; hour++) {
    const scenes = Array.from({ length: 60 }, (_, n) =>
      drawScene(seed, `hour ${hour}`, n, { ...usualTraffic, night: 0 }),
    );
    const { pictures, truths } = paint(scenes);
    const found = await find(hour < fault ? pictures : movedUp(pictures));
    const sure = Int32Array.from(found.score.keys()).filter((i) => found.score[i]! >= 0.3);
    const edge =
      sure.reduce((sum, i) => sum + found.box[4 * i + 1]! + found.box[4 * i + 3]!, 0) / Math.max(1, sure.length);
    const there = hour < fault ? truths : { ...truths, box: truths.box.map((x, i) => (i % 4 === 1 ? x - tilt : x)) };
    rows.push({ hour, edge, mAP: averagePrecision(there, found, { kinds: kinds.length }).ap });
  }
  const usual = rows.slice(0, fault).map(({ edge }) => edge);
  const mean = usual.reduce((sum, x) => sum + x, 0) / fault;
  const sd = Math.sqrt(usual.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (fault - 1));
  return rows.map(({ hour, edge, mAP }) => ({
    ...{ hour, "lower edges, row": edge, mAP, alarm: Math.abs(edge - mean) > 4 * sd },
  }));
}

/** Pictures whose rows are moved up; what comes in below repeats the last row. */
function movedUp(pictures: Float32Array): Float32Array {
  const row = camera.side * 3;
  const out = pictures.slice();
  for (let at = 0; at < out.length; at += pixels) {
    out.copyWithin(at, at + tilt * row, at + pixels);
    for (let below = tilt; below > 1; below--)
      out.copyWithin(at + pixels - (below - 1) * row, at + pixels - below * row, at + pixels - (below - 1) * row);
  }
  return out;
}

/** The same approaches with the camera tilted: boxes are where they were in the picture, less `tilt` rows. */
export function tilted(found: Driven): Driven {
  const moved = (one: Watched): Watched => ({
    ...one,
    found: one.found.map((of) => ({ ...of, box: of.box.map((x, i) => (i % 4 === 1 ? x - tilt : x)) })),
  });
  return { ...found, free: found.free.map(moved), blocked: found.blocked.map(moved) };
}

/** A served form: size, precision, and time of a picture on one thread of this machine, now. */
export interface FormRow {
  readonly form: string;
  readonly bytes: number;
  readonly ap: number;
  readonly ms: { readonly p50: number; readonly p99: number };
}

/** Both forms of a network. */
export async function timeForms(net: PictureNet, { usual }: TestSets): Promise<readonly FormRow[]> {
  const rows: FormRow[] = [];
  for (const [form, graph] of Object.entries(formsOf(net))) {
    const { run, close } = await openGraph(graph, net);
    const [outputs, ms] = [new Float32Array(usual.lights.length * net.width), [] as number[]];
    for (let i = 0; i < usual.lights.length; i++) {
      const began = performance.now();
      outputs.set(await run(usual.pictures.subarray(i * pixels, (i + 1) * pixels)), i * net.width);
      ms.push(performance.now() - began);
    }
    await close();
    const { ap } = averagePrecision(usual.truths, decode(outputs), { kinds: kinds.length });
    rows.push({ form, bytes: graph.length, ap, ms: tails(ms) });
  }
  return rows;
}

/** What one set of scenes and approaches showed. */
export interface StreetResult {
  readonly rungs: readonly (Judged & { readonly name: string; readonly deep: boolean })[];
  readonly harm: readonly Harm[];
  readonly whatIf: readonly { readonly name: string; readonly collisions: readonly number[] }[]; // of each in `harm`
  readonly hours: Awaited<ReturnType<typeof badDay>>;
  readonly tilted: readonly number[]; // collisions of each in `harm`, with thresholds of the upright camera
  readonly forms: readonly FormRow[]; // of the second design
}

/** All of one seed, as a part of the case. @public called by its name */
export async function streetPart(
  { scale, seed }: Pick<CaseOptions, "scale" | "seed">,
  control: RunControl,
): Promise<StreetResult> {
  const { onProgress, signal } = control;
  const names = Object.values(designs).map(({ name }) => name);
  const inner: RunControl = {
    ...(signal && { signal }),
    onProgress: (step, done, total) => onProgress?.("part", 0.4 * (Math.max(0, names.indexOf(step)) + done / total), 1),
  };
  const rungs = await climb(seed, scale, inner);
  const sets = testSets(seed);
  const judged = [];
  for (const { name, net, find } of rungs) judged.push({ name, deep: net !== undefined, ...(await judge(find, sets)) });
  const nets = rungs.filter(({ net }) => net);
  const approaches = await drive(seed, nets, control);
  return {
    ...{ rungs: judged, harm: harm(approaches) },
    whatIf: whatIfs.map(({ name, how, most }) => ({
      name,
      collisions: harm(approaches, { ...usualDrive, ...how }, most).map(({ collisions }) => collisions),
    })),
    hours: await badDay(seed, nets[1]!.find),
    tilted: harm(tilted(approaches)).map(({ collisions }) => collisions),
    forms: await timeForms(nets[1]!.net!, sets),
  };
}
