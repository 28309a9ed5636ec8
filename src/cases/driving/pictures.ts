/** Scenes as pictures: painted from the farthest to the nearest, with what of each is seen, light, rain and the camera's noise. */
import { hash32, uniform } from "../../random.js";
import type { Boxes, Truths } from "./coco.js";
import { boxOf, camera, kinds, type Kind, type Scene, type Thing } from "./scenes.js";

const { side, horizon } = camera;
/** Values of a picture: rows from the top, red, green, blue, 0 … 1. */
export const pixels = side * side * 3;

/** Pictures with what is in them. */
export interface Pictures {
  readonly pictures: Float32Array; // [n, pixels]
  readonly truths: Truths & { readonly thing: Int32Array }; // [boxes] place in the scene's things
}

/** Of what is seen less, or is less high, nobody asks. */
const [leastSeen, leastHeight] = [0.35, 4];

type Rgb = readonly [number, number, number];
const scaled = ([r, g, b]: Rgb, by: number): Rgb => [r * by, g * by, b * by];

/** Paints scenes. */
export function paint(scenes: readonly Scene[]): Pictures {
  const pictures = new Float32Array(scenes.length * pixels);
  const all = {
    picture: [] as number[],
    kind: [] as number[],
    box: [] as number[],
    ignored: [] as number[],
    thing: [] as number[],
  };
  const owner = new Int16Array(side * side);
  scenes.forEach((scene, picture) => {
    const into = pictures.subarray(picture * pixels, (picture + 1) * pixels);
    background(scene, into);
    owner.fill(-1);
    const order = [...scene.things.keys()].sort((a, b) => scene.things[b]!.z - scene.things[a]!.z || a - b);
    const painted = new Map(order.map((i) => [i, paintThing(scene, i, into, owner)]));
    weather(scene, into);
    const left = new Int32Array(scene.things.length);
    for (const who of owner) if (who >= 0) left[who]! += 1;
    for (const [i, { what, ...of }] of scene.things.entries()) {
      const kind = kinds.indexOf(what as Kind);
      if (kind < 0) continue;
      const [begin, top, width, height] = boxOf(of, scene.turn);
      const [from, to] = [Math.max(0, begin), Math.min(side, begin + width)];
      if (to - from < 1) continue; // out of the picture
      const seen = left[i]! / Math.max(1, painted.get(i)!);
      const asked = seen >= leastSeen && height >= leastHeight && to - from >= width / 2;
      all.picture.push(picture);
      all.kind.push(kind);
      all.box.push(from, Math.max(0, top), to - from, Math.min(side, top + height) - Math.max(0, top));
      all.ignored.push(asked ? 0 : 1);
      all.thing.push(i);
    }
  });
  return {
    pictures,
    truths: {
      ...{ picture: Int32Array.from(all.picture), kind: Uint8Array.from(all.kind), box: Float32Array.from(all.box) },
      ...{ ignored: Uint8Array.from(all.ignored), thing: Int32Array.from(all.thing) },
    },
  };
}

/** Sky, houses, pavement, road and its middle line; at night the road is lit by the car's own lamps. */
function background({ light, turn, key }: Scene, into: Float32Array): void {
  const sky: Rgb = light === "night" ? [0.03, 0.04, 0.08] : light === "rain" ? [0.55, 0.58, 0.6] : [0.55, 0.7, 0.9];
  const middle = side / 2 + turn;
  const houses = Array.from({ length: side }, (_, x) => {
    const house = Math.floor((x - turn) / 9);
    const roof = horizon - 4 - 20 * uniform(key, house, 1) * Math.min(1, Math.abs(x - middle) / 24);
    return { house, roof, wall: 0.25 + 0.4 * uniform(key, house, 2) };
  });
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      let colour = sky;
      if (y < horizon) {
        const { house, roof, wall } = houses[x]!;
        if (y > roof) {
          const window = (x - turn) % 3 < 1 && y % 4 < 2 && uniform(key, house, 3, y) < 0.5;
          const lit = light === "night" ? (window ? 0.5 : 0.15 * wall) : wall * (window ? 0.5 : 1);
          colour = [lit, 0.92 * lit, 0.8 * lit];
        }
      } else {
        const z = (camera.focal * camera.height) / (y - horizon + 0.5);
        const across = ((x - middle) * z) / camera.focal;
        const road = across > -5.25 && across < 1.75;
        const line = Math.abs(across + 1.75) < 0.08 && z % 6 < 3;
        const grey = line ? 0.75 : road ? 0.32 : 0.47;
        colour = scaled([grey, grey, grey * 0.97], lamp(light, across, z));
      }
      into.set(colour, (y * side + x) * 3);
    }
}

/** Share of daylight on what stands there. */
function lamp(light: Scene["light"], x: number, z: number): number {
  if (light !== "night") return light === "rain" ? 0.8 : 1;
  const cone = Math.exp(-((x / (1.5 + 0.12 * z)) ** 2));
  return 0.1 + 0.9 * cone * Math.exp(-z / 16);
}

/** Paints one thing and its name; gives how many pixels it covers with nothing before it. */
function paintThing({ light, things, turn }: Scene, i: number, into: Float32Array, owner: Int16Array): number {
  const { what, x, z, width, height, tint } = things[i]!;
  const flat = what === "shadow";
  const [left, top, w, h] = flat ? flatBox(things[i]!, turn) : boxOf(things[i]!, turn);
  const lit = lamp(light, x, z);
  let count = 0;
  for (let row = Math.max(0, Math.floor(top)); row < Math.min(side, top + h); row++)
    for (let column = Math.max(0, Math.floor(left)); column < Math.min(side, left + w); column++) {
      // the pixel's middle, in shares of the box; a thing thinner than a pixel still has one
      const u = Math.min(1, Math.max(0, (column + 0.5 - left) / w));
      const v = Math.min(1, Math.max(0, (row + 0.5 - top) / h));
      const colour = flat ? undefined : part[what as Exclude<Thing["what"], "shadow">](u, v, tint, width / height);
      const at = row * side + column;
      if (flat) {
        if ((u - 0.5) ** 2 + (v - 0.5) ** 2 < 0.25) for (let c = 0; c < 3; c++) into[at * 3 + c]! *= 0.55;
        continue;
      }
      if (colour === undefined) continue;
      const glows = what === "car" && light !== "day" && v > 0.45 && v < 0.6 && (u < 0.16 || u > 0.84);
      into.set(glows ? [0.9, 0.1, 0.1] : scaled(colour, lit), at * 3);
      owner[at] = i;
      count++;
    }
  return count;
}

/** A patch on the road, as long as it is wide. */
function flatBox({ x, z, width }: Thing, turn: number): readonly [number, number, number, number] {
  const [far, near] = [z + width / 2, Math.max(2, z - width / 2)].map(
    (d) => horizon + (camera.focal * camera.height) / d,
  );
  const [left, , w] = boxOf({ x, z, width, height: 0 }, turn);
  return [left, far!, w, near! - far!];
}

type Part = (u: number, v: number, tint: Rgb, shape: number) => Rgb | undefined;
const dark: Rgb = [0.08, 0.08, 0.1];
const skin: Rgb = [0.8, 0.62, 0.5];
const round = (u: number, v: number, cu: number, cv: number, ru: number, rv: number): boolean =>
  ((u - cu) / ru) ** 2 + ((v - cv) / rv) ** 2 < 1;

/** Colours by place in the box, from its upper left corner; undefined: what is behind is seen. */
const part: Readonly<Record<Exclude<Thing["what"], "shadow">, Part>> = {
  car(u, v, tint) {
    if (v < 0.4) {
      if (Math.abs(u - 0.5) > 0.3 + 0.35 * v) return undefined;
      return v > 0.1 && Math.abs(u - 0.5) < 0.22 + 0.35 * v ? [0.15, 0.2, 0.25] : tint;
    }
    if (v > 0.82) return u < 0.2 || u > 0.8 ? dark : v < 0.9 ? scaled(tint, 0.4) : undefined;
    return v > 0.62 && v < 0.72 && Math.abs(u - 0.5) < 0.15 ? [0.9, 0.9, 0.8] : tint;
  },
  pedestrian(u, v, tint) {
    if (v < 0.15) return round(u, v, 0.5, 0.08, 0.22, 0.08) ? skin : undefined;
    if (v < 0.55) return Math.abs(u - 0.5) < 0.42 ? tint : undefined;
    return Math.abs(u - 0.5) > 0.05 + 0.12 * (v - 0.55) && Math.abs(u - 0.5) < 0.34
      ? scaled([tint[2], tint[0], tint[1]], 0.5)
      : undefined;
  },
  cyclist(u, v, tint) {
    if (v < 0.14) return round(u, v, 0.5, 0.08, 0.2, 0.07) ? skin : undefined;
    if (v < 0.5) return Math.abs(u - 0.5) < 0.4 ? tint : undefined;
    if (v < 0.56) return Math.abs(u - 0.5) < 0.5 ? dark : undefined; // handlebar
    if (v < 0.75 && Math.abs(u - 0.5) > 0.12) return Math.abs(u - 0.5) < 0.3 ? scaled(tint, 0.5) : undefined;
    return Math.abs(u - 0.5) < 0.12 ? dark : undefined; // the wheel, seen from the front
  },
  tree: (u, v, tint) =>
    v < 0.6 ? [0.15, 0.35 + tint[0] / 4, 0.12] : Math.abs(u - 0.5) < 0.3 ? [0.3, 0.22, 0.15] : undefined,
  pole: () => [0.45, 0.45, 0.48],
  bin: (_, v, tint) => (v < 0.12 ? dark : tint),
};

/** Rain veils what is far and draws streaks; every camera has noise, more of it at night. */
function weather({ light, key }: Scene, into: Float32Array): void {
  const grain = light === "night" ? 0.035 : 0.025;
  for (let y = 0; y < side; y++) {
    const z = y < horizon ? 60 : Math.min(60, (camera.focal * camera.height) / (y - horizon + 0.5));
    const veil = light === "rain" ? 0.55 * (1 - Math.exp(-z / 30)) : 0;
    for (let x = 0; x < side; x++) {
      const streak = light === "rain" && hash32(key, x, Math.floor((y + (hash32(key, x, 7) & 15)) / 9), 5) % 100 < 6;
      for (let c = 0; c < 3; c++) {
        const at = (y * side + x) * 3 + c;
        const hash = hash32(key, at, 11);
        const bell = ((hash & 255) + ((hash >>> 8) & 255) + ((hash >>> 16) & 255) + (hash >>> 24) - 510) / 147.8;
        const seen = into[at]! * (1 - veil) + 0.6 * veil + (streak ? 0.18 : 0) + grain * bell;
        into[at] = Math.max(0, Math.min(1, seen));
      }
    }
  }
}

const frames: readonly Rgb[] = [
  [0, 1, 1],
  [1, 0.85, 0],
  [1, 0, 1],
];

/** A copy of one picture with boxes around it: cars cyan, cyclists yellow, pedestrians magenta. */
export function boxed(
  pictures: Float32Array,
  picture: number,
  { picture: of, kind, box }: Boxes,
  shown: (i: number) => boolean,
): Float32Array {
  const out = pictures.slice(picture * pixels, (picture + 1) * pixels);
  of.forEach((p, i) => {
    if (p !== picture || !shown(i)) return;
    const [left, top, right, bottom] = [0, 1, 2, 3].map((k) => {
      const edge = k < 2 ? box[4 * i + k]! - 1 : box[4 * i + k - 2]! + box[4 * i + k]!;
      return Math.max(0, Math.min(side - 1, Math.round(edge)));
    }) as [number, number, number, number];
    for (let x = left; x <= right; x++) for (const y of [top, bottom]) out.set(frames[kind[i]!]!, (y * side + x) * 3);
    for (let y = top; y <= bottom; y++) for (const x of [left, right]) out.set(frames[kind[i]!]!, (y * side + x) * 3);
  });
  return out;
}
