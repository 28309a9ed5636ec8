/**
 * The simulated drive: a car comes near somebody on its lane, ten pictures a second; what its detector finds makes it brake or not. Braking
 * from v with delay r and deceleration a takes v r + v² / 2 a. The chance that a pedestrian dies of an impact at v km/h is
 * 1 / (1 + exp(6.9 − 0.090 v)) (Rosén and Sander, 2009).
 */
import { keyOf, uniform, uniformInt } from "../../random.js";
import type { Found, Truths } from "./coco.js";
import { paint } from "./pictures.js";
import {
  asideOf,
  distanceOf,
  drawScene,
  halfLane,
  type Kind,
  kinds,
  type Light,
  lights,
  type Scene,
  thing,
  usualTraffic,
} from "./scenes.js";

/** How the car drives and plans. */
export interface Drive {
  readonly speeds: readonly number[]; // km/h
  readonly lights: readonly number[]; // shares of day, night, rain
  readonly delay: number; // seconds from a picture to the brakes
  readonly dry: number; // deceleration, m/s²
  readonly wet: number;
}
export const usualDrive: Drive = { speeds: [30, 40, 50], lights: [0.5, 0.3, 0.2], delay: 0.3, dry: 7, wet: 4.5 };

/** Metres at which an approach begins. */
export const begin = 50;
/** Pictures a second. */
export const rate = 10;
/** Metres to each side in which a person or a car makes the planner brake, and how much earlier than it must. */
const [besidePerson, besideCar, early, extra] = [1.9, 1.2, 1.3, 3];

/** One approach: somebody is in the way, or nobody. */
export interface Approach {
  readonly kind: Kind | undefined; // who is in the way
  readonly speed: number; // km/h
  readonly light: Light;
  at(seconds: number): Scene;
  readonly closing: number; // m/s
}

/** Draws an approach. @param blocked whether somebody is in the way */
export function drawApproach(
  seed: number,
  stage: string,
  n: number,
  blocked: boolean,
  drive: Drive = usualDrive,
): Approach {
  const key = keyOf(seed, `driving/approach ${stage}`);
  const u = (what: number): number => uniform(key, n, what);
  const draw = u(0);
  const light = lights[draw < drive.lights[0]! ? 0 : draw < drive.lights[0]! + drive.lights[1]! ? 1 : 2]!;
  const around = drawScene(seed, `around ${stage}`, n, { ...usualTraffic, inLane: 0 });
  const free = around.things.filter(
    ({ what, x }) => !(kinds as readonly string[]).includes(what) || Math.abs(x) > halfLane + 0.6,
  );
  const speed = drive.speeds[uniformInt(drive.speeds.length, key, n, 1)]!;
  const v = speed / 3.6;
  const who = u(2);
  const kind: Kind | undefined = !blocked ? undefined : who < 0.6 ? "pedestrian" : who < 0.85 ? "cyclist" : "car";
  // a cyclist rides ahead at 4 m/s; a pedestrian crosses and would be before the car when it comes
  const closing = v - (kind === "cyclist" ? 4 : 0);
  const across = kind === "pedestrian" ? (u(3) < 0.5 ? -1 : 1) * (0.8 + u(4)) : 0;
  const meets = kind === "car" ? 0.6 * (u(5) - 0.5) : 1.6 * (u(5) - 0.5);
  const blocker = kind && thing(kind, 0, begin, [u(6), u(7), u(8)], 0.85 + 0.3 * u(9));
  const at = (seconds: number): Scene => ({
    ...around,
    ...{ light, key: keyOf(around.key, String(Math.round(seconds * rate))) },
    things: [
      ...free.map((one) => ({ ...one, z: one.z - v * seconds })).filter(({ z }) => z > 1.5),
      ...(blocker
        ? [{ ...blocker, z: begin - closing * seconds, x: meets + across * (seconds - begin / closing) }]
        : []),
    ],
  });
  return { kind, speed, light, at, closing };
}

/** Metres in which a car stops from km/h. */
export function stoppingDistance(
  speed: number,
  wet: boolean,
  { delay, dry, wet: slippery }: Drive = usualDrive,
): number {
  const v = speed / 3.6;
  return v * delay + v ** 2 / (2 * (wet ? slippery : dry));
}

/** The chance that a pedestrian dies of an impact at km/h. */
export function deathRisk(speed: number): number {
  return speed <= 0 ? 0 : 1 / (1 + Math.exp(6.9 - 0.09 * speed));
}

/** Finds boxes. The truths are for what knows them. */
export type Detector = (pictures: Float32Array, truths: Truths) => Found | Promise<Found>;

/** What happens to pictures before they are looked at. */
export type Lens = (pictures: Float32Array) => Float32Array;

/** What an approach's pictures hold: detections, and where the obstacle is. */
export interface Watched {
  readonly approach: Approach;
  readonly frames: number;
  readonly found: readonly Found[]; // of each detector
  readonly truths: Truths;
  readonly obstacle: Int32Array; // [frames] its place among the truths; −1: not to be seen
}

/** Looks at an approach with several detectors. */
export async function watch(
  approach: Approach,
  detectors: readonly Detector[],
  lens: Lens = (pictures) => pictures,
): Promise<Watched> {
  const frames = Math.floor(((begin - 1) / approach.closing) * rate);
  const scenes = Array.from({ length: frames }, (_, f) => approach.at(f / rate));
  const { pictures, truths } = paint(scenes);
  const obstacle = new Int32Array(frames).fill(-1);
  truths.picture.forEach((frame, i) => {
    const last = truths.thing[i] === scenes[frame]!.things.length - 1;
    if (approach.kind && last && truths.ignored[i] === 0) obstacle[frame] = i;
  });
  const found: Found[] = [];
  const through = lens(pictures);
  for (const detect of detectors) found.push(await detect(through, truths));
  return { approach, frames, found, truths, obstacle };
}

/** What came of an approach. */
export interface Outcome {
  readonly brakedAt: number; // seconds; NaN: never
  readonly impact: number; // km/h; 0: none
}

/** Drives: brakes fully when two of the last three pictures show somebody in the way nearer than is safe. */
export function driven(
  { approach, frames }: Watched,
  found: Found,
  threshold: number,
  drive: Drive = usualDrive,
): Outcome {
  const { speed, light, closing, kind } = approach;
  const wet = light === "rain";
  const needed = early * stoppingDistance(speed, wet, drive) + extra;
  const alarm = new Uint8Array(frames);
  found.picture.forEach((frame, i) => {
    if (found.score[i]! < threshold || distanceOf(found.box, 4 * i) > needed) return;
    if (Math.abs(asideOf(found.box, 4 * i)) <= (found.kind[i] === 0 ? besideCar : besidePerson)) alarm[frame] = 1;
  });
  const from = alarm.findIndex((on, f) => on === 1 && (alarm[f - 1] === 1 || alarm[f - 2] === 1));
  const brakedAt = from < 0 ? NaN : from / rate;
  if (kind === undefined) return { brakedAt, impact: 0 };
  if (from < 0) return { brakedAt, impact: 3.6 * closing };
  const left = begin - closing * (brakedAt + drive.delay);
  const after = closing ** 2 - 2 * (wet ? drive.wet : drive.dry) * Math.max(0, left);
  return { brakedAt, impact: left <= 0 ? 3.6 * closing : 3.6 * Math.sqrt(Math.max(0, after)) };
}

/** The lowest threshold at which at most a share of free approaches makes the car brake. */
export function tuned(free: readonly Watched[], detector: number, most: number, drive: Drive = usualDrive): number {
  const candidates = Array.from({ length: 49 }, (_, i) => 0.02 * (i + 1));
  return candidates.find((threshold) => falseBrakes(free, detector, threshold, drive) <= most) ?? 0.99;
}

/** Share of free approaches in which the car brakes. */
export function falseBrakes(
  free: readonly Watched[],
  detector: number,
  threshold: number,
  drive: Drive = usualDrive,
): number {
  const braked = free.filter((one) => !Number.isNaN(driven(one, one.found[detector]!, threshold, drive).brakedAt));
  return braked.length / free.length;
}

/** How far a distance may be off, as a factor, so that the planner still does what it should. */
const mostOff = 1.4;

/**
 * Whether the obstacle is found where it stands, by frame: as a person or as a car, its middle in the truth's box, three pixels around it
 * included, and at the right distance.
 */
export function seen({ truths, obstacle, frames }: Watched, found: Found, threshold: number): Uint8Array {
  const out = new Uint8Array(frames);
  found.picture.forEach((frame, i) => {
    const truth = obstacle[frame]!;
    if (truth < 0 || found.score[i]! < threshold || (found.kind[i] === 0) !== (truths.kind[truth] === 0)) return;
    const inside = [0, 1].every((axis) => {
      const [at, size] = [truths.box[4 * truth + axis]!, truths.box[4 * truth + 2 + axis]!];
      const middle = found.box[4 * i + axis]! + found.box[4 * i + 2 + axis]! / 2;
      return middle >= at - 3 && middle <= at + size + 3;
    });
    const off = distanceOf(found.box, 4 * i) / distanceOf(truths.box, 4 * truth);
    if (inside && off < mostOff && off > 1 / mostOff) out[frame] = 1;
  });
  return out;
}
