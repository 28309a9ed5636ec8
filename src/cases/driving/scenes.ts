/**
 * Street scenes: what stands where, in metres. A camera at height h with focal length f (pixels) sees the point (x, z) of the road at
 *
 *     column = side / 2 + turn + f · x / z,   row = horizon + f · h / z
 *
 * so that a box's lower edge says how far away it stands. Stateless in (key, number): the same draw gives the same scene.
 */
import { keyOf, uniform, uniformInt } from "../../random.js";

/** The camera: pixels of a side, focal length and horizon in pixels, height in metres. */
export const camera = { side: 96, focal: 150, horizon: 32, height: 1.4 } as const;

/** What is looked for. */
export const kinds = ["car", "cyclist", "pedestrian"] as const;
export type Kind = (typeof kinds)[number];
/** Width and height in metres. */
export const sizeOf: Readonly<Record<Kind, readonly [number, number]>> = {
  ...{ car: [1.8, 1.5], cyclist: [0.7, 1.75], pedestrian: [0.6, 1.75] },
};

/** Light and weather; rain is held out of training. */
export const lights = ["day", "night", "rain"] as const;
export type Light = (typeof lights)[number];

/** What else stands or lies there, and is not looked for. */
export const clutter = ["tree", "pole", "bin", "shadow"] as const;

/** Something in the scene. x: metres to the right of the lane's middle, z: metres ahead. */
export interface Thing {
  readonly what: Kind | (typeof clutter)[number];
  readonly x: number;
  readonly z: number;
  readonly width: number;
  readonly height: number;
  readonly tint: readonly [number, number, number]; // 0 … 1
}

/** A scene. */
export interface Scene {
  readonly light: Light;
  readonly things: readonly Thing[];
  readonly turn: number; // pixels by which the road's end is off the middle
  readonly key: number; // of its noise
}

/** Shares of what scenes hold. */
export interface Traffic {
  readonly night: number; // share of scenes
  readonly rain: number;
  readonly people: number; // pedestrians and cyclists for each car
  readonly inLane: number; // share of these that are on the lane
}
/** The days as they are. */
export const usualTraffic: Traffic = { night: 0.25, rain: 0, people: 0.7, inLane: 0.15 };
/** Streets in which much can go wrong: as many nights as days, and half of the people on the lane. */
export const hardTraffic: Traffic = { night: 0.5, rain: 0, people: 2, inLane: 0.5 };

/** Metres to the side of the lane's middle that the car needs. */
export const halfLane = 1.75;
/** Distances that things stand at, metres. */
const [nearest, farthest] = [5, 50];

/** Draws a scene. @param stage what scenes are for, so that none of training is met again */
export function drawScene(seed: number, stage: string, n: number, { night, rain, people, inLane }: Traffic): Scene {
  const key = keyOf(seed, `driving/${stage}`);
  const u = (what: number, of = 0): number => uniform(key, n, what, of);
  const draw = u(0);
  const light: Light = draw < night ? "night" : draw < night + rain ? "rain" : "day";
  const things: Thing[] = [];
  const count = 2 + uniformInt(5, key, n, 1);
  for (let i = 1; i <= count; i++) {
    const v = (what: number): number => u(what, i);
    const person = v(2) < people / (1 + people);
    const kind: Kind = !person ? "car" : v(3) < 0.35 ? "cyclist" : "pedestrian";
    // depth by area of the road: twice as far, twice as many
    const z = nearest + (farthest - nearest) * Math.sqrt(v(4));
    const side = v(5) < 0.5 ? -1 : 1;
    const x = !person
      ? [0, -3.5, 3.6, -7.2][uniformInt(4, key, n, 6, i)]! + 0.5 * (v(7) - 0.5)
      : v(6) < inLane
        ? 2 * halfLane * (v(7) - 0.5)
        : side * (kind === "cyclist" ? 1.6 + 1.6 * v(7) : 2.4 + 4 * v(7));
    things.push(thing(kind, x, z, [v(8), v(9), v(10)], 0.85 + 0.3 * v(11)));
  }
  const others = 2 + uniformInt(5, key, n, 20);
  for (let i = 1; i <= others; i++) {
    const v = (what: number): number => u(20 + what, i);
    const what = clutter[uniformInt(clutter.length, key, n, 21, i)]!;
    const z = nearest + (farthest - nearest) * Math.sqrt(v(2));
    const aside = (v(3) < 0.5 ? -1 : 1) * (what === "bin" ? 2.3 + 2 * v(4) : 3 + 5 * v(4));
    const x = what === "shadow" ? 8 * (v(4) - 0.5) : aside;
    const [width, height] = {
      ...{ tree: [0.35, 4], pole: [0.18, 3.2], bin: [0.55, 1.1], shadow: [1 + 2 * v(5), 0] },
    }[what] as [number, number];
    things.push({ what, x, z, width, height: height * (0.8 + 0.4 * v(6)), tint: [0.2 + 0.3 * v(7), 0.25, 0.2] });
  }
  return { light, things, turn: 6 * (u(40) - 0.5), key: keyOf(key, `noise ${n}`) };
}

/** One of what is looked for, in clothes or paint of a colour. */
export function thing(what: Kind, x: number, z: number, tint: readonly number[], scale = 1): Thing {
  const [width, height] = sizeOf[what];
  return { what, x, z, width: width * scale, height: height * scale, tint: tint as unknown as Thing["tint"] };
}

/** Left, top, width and height in pixels of what stands there. */
export function boxOf(
  { x, z, width, height }: Pick<Thing, "x" | "z" | "width" | "height">,
  turn: number,
): readonly [number, number, number, number] {
  const { side, focal, horizon } = camera;
  const scale = focal / z;
  const foot = horizon + scale * camera.height;
  return [side / 2 + turn + scale * (x - width / 2), foot - scale * height, scale * width, scale * height];
}

/** Metres ahead of what a box stands on, by its lower edge; at the horizon or above: infinitely far. */
export function distanceOf(box: ArrayLike<number>, at = 0): number {
  const below = box[at + 1]! + box[at + 3]! - camera.horizon;
  return below > 0 ? (camera.focal * camera.height) / below : Infinity;
}

/** Metres to the right of the lane's middle, of a box at its distance. The planner does not know `turn`. */
export function asideOf(box: ArrayLike<number>, at = 0): number {
  return ((box[at]! + box[at + 2]! / 2 - camera.side / 2) * distanceOf(box, at)) / camera.focal;
}
