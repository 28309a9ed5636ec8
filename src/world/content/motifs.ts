/**
 * What the topics of a thumbnail show: a palette and a motif for each named topic (a note, a ball, a plate, …). A motif is a signed
 * distance in its own coordinates, u to the right and v down, about -1 … 1: below 0 inside, above 0 outside (Hart, 1996).
 */

/** Background at the top and bottom, and the motif's colour; red, green, blue in 0 … 255. */
export interface Palette {
  readonly top: readonly [number, number, number];
  readonly bottom: readonly [number, number, number];
  readonly motif: readonly [number, number, number];
}

/** Signed distance from a motif. */
export type Motif = (u: number, v: number) => number;

const circle = (u: number, v: number, r: number): number => Math.sqrt(u * u + v * v) - r;
const box = (u: number, v: number, w: number, h: number): number => Math.max(Math.abs(u) - w, Math.abs(v) - h);
const ring = (u: number, v: number, r: number, thick: number): number => Math.abs(circle(u, v, r)) - thick;
/** A triangle that points up: tip at the origin, `slope` wide a unit down, to depth `h`. */
const peak = (u: number, v: number, slope: number, h: number): number =>
  Math.max((Math.abs(u) - slope * v) / Math.sqrt(1 + slope * slope), v - h);
/** A band along the line through the origin at slope `m`. */
const line = (u: number, v: number, m: number, thick: number): number =>
  Math.abs(v - m * u) / Math.sqrt(1 + m * m) - thick;
const { abs, min, max } = Math;

/** In the order of the topics' names. */
const motifs: readonly Motif[] = [
  // music: two notes under a beam
  (u, v) =>
    min(
      circle(u + 0.5, v - 0.6, 0.3),
      circle(u - 0.45, v - 0.45, 0.3),
      box(u + 0.28, v, 0.08, 0.6),
      box(u - 0.67, v + 0.15, 0.08, 0.6),
      max(line(u, v + 0.62, -0.16, 0.16), abs(u - 0.2) - 0.55),
    ),
  // gaming: a pad with a cross and buttons
  (u, v) =>
    max(
      min(box(u, v, 0.62, 0.42), circle(u + 0.62, v - 0.12, 0.42), circle(u - 0.62, v - 0.12, 0.42)),
      -min(
        box(u + 0.48, v, 0.22, 0.08),
        box(u + 0.48, v, 0.08, 0.22),
        circle(u - 0.35, v - 0.1, 0.11),
        circle(u - 0.62, v + 0.12, 0.11),
      ),
    ),
  // football: a ball with dark spots
  (u, v) =>
    max(
      circle(u, v, 0.9),
      -min(
        circle(u, v, 0.26),
        min(
          circle(u, v + 0.78, 0.2),
          circle(u + 0.74, v + 0.24, 0.2),
          circle(u - 0.74, v + 0.24, 0.2),
          circle(u + 0.46, v - 0.63, 0.2),
          circle(u - 0.46, v - 0.63, 0.2),
        ),
      ),
    ),
  // cooking: a plate between fork and knife
  (u, v) => min(ring(u, v, 0.62, 0.08), circle(u, v, 0.36), box(u + 0.95, v, 0.06, 0.75), box(u - 0.95, v, 0.08, 0.75)),
  // news: a picture and lines of text
  (u, v) =>
    min(
      box(u + 0.5, v + 0.35, 0.4, 0.4),
      box(u - 0.45, v + 0.6, 0.42, 0.1),
      box(u - 0.45, v + 0.1, 0.42, 0.1),
      box(u, v - 0.35, 0.9, 0.1),
      box(u + 0.15, v - 0.75, 0.75, 0.1),
    ),
  // comedy: a laughing face
  (u, v) =>
    min(
      ring(u, v, 0.9, 0.08),
      circle(u + 0.35, v + 0.25, 0.16),
      circle(u - 0.35, v + 0.25, 0.16),
      max(circle(u, v - 0.1, 0.55), 0.12 - v),
    ),
  // film: a strip with its holes
  (u, v) =>
    max(
      box(u, v, 0.95, 0.72),
      -min(box(u, v, 0.6, 0.4), max(abs(abs(v) - 0.57) - 0.08, abs(((u + 2.15) % 0.4) - 0.2) - 0.09)),
    ),
  // technology: a chip with its pins
  (u, v) =>
    max(
      min(
        box(u, v, 0.6, 0.6),
        max(box(u, v, 0.9, 0.55), abs(((v + 2) % 0.36) - 0.18) - 0.08),
        max(box(u, v, 0.55, 0.9), abs(((u + 2) % 0.36) - 0.18) - 0.08),
      ),
      -max(box(u, v, 0.36, 0.36), -box(u, v, 0.2, 0.2)),
    ),
  // fitness: a dumbbell
  (u, v) => min(box(u, v, 0.6, 0.1), box(abs(u) - 0.58, v, 0.13, 0.62), box(abs(u) - 0.84, v, 0.09, 0.4)),
  // travel: mountains and the sun
  (u, v) =>
    min(peak(u + 0.3, v + 0.45, 0.55, 1.2), peak(u - 0.5, v + 0.05, 0.6, 0.8), circle(u - 0.55, v + 0.65, 0.25)),
  // beauty: a flower of five petals
  (u, v) =>
    min(
      max(circle(u, v, 0.5 + 0.42 * abs(Math.cos(2.5 * Math.atan2(u, v)))), 0.28 - Math.sqrt(u * u + v * v)),
      circle(u, v, 0.17),
    ),
  // cars: a car from the side
  (u, v) =>
    max(
      min(
        box(u, v - 0.15, 0.95, 0.24),
        max(box(u + 0.05, v + 0.28, 0.55, 0.24), abs(u + 0.05) + 0.55 * (v + 0.28) * -1 - 0.6),
        circle(u + 0.52, v - 0.42, 0.24),
        circle(u - 0.52, v - 0.42, 0.24),
      ),
      -min(
        box(u + 0.3, v + 0.22, 0.17, 0.13),
        box(u - 0.17, v + 0.22, 0.17, 0.13),
        circle(u + 0.52, v - 0.42, 0.1),
        circle(u - 0.52, v - 0.42, 0.1),
      ),
    ),
  // science: an atom
  (u, v) =>
    min(
      circle(u, v, 0.2),
      abs(circle(u * 0.4, v, 0.38)) - 0.045,
      abs(circle(0.7 * u * 0.55 + 0.62 * v * 0.55, 0.95 * v - 0.85 * u, 0.5)) - 0.07,
    ),
  // animals: a paw
  (u, v) =>
    min(
      circle(u * 0.85, v - 0.38, 0.45),
      circle(u + 0.72, v + 0.12, 0.21),
      circle(u + 0.28, v + 0.58, 0.23),
      circle(u - 0.28, v + 0.58, 0.23),
      circle(u - 0.72, v + 0.12, 0.21),
    ),
  // history: a temple
  (u, v) =>
    min(
      peak(u, v + 0.92, 1.9, 0.5),
      box(u, v - 0.78, 0.95, 0.12),
      max(box(u, v - 0.12, 0.8, 0.5), abs(((u + 2.2) % 0.44) - 0.22) - 0.1),
    ),
  // crafts: rows of zigzag
  (u, v) => max(abs(((v + 0.55 * abs(((u + 4.25) % 0.7) - 0.35) + 4) % 0.55) - 0.27) - 0.12, box(u, v, 0.95, 0.85)),
  // education: a mortarboard
  (u, v) =>
    min(
      abs(u) * 0.55 + abs(v + 0.25) - 0.52,
      max(box(u, v - 0.3, 0.48, 0.28), -0.02 - v),
      box(u - 0.78, v - 0.2, 0.05, 0.42),
      circle(u - 0.78, v - 0.62, 0.12),
    ),
  // finance: columns that rise
  (u, v) =>
    min(
      box(u + 0.72, v - 0.62, 0.16, 0.25),
      box(u + 0.24, v - 0.45, 0.16, 0.42),
      box(u - 0.24, v - 0.22, 0.16, 0.65),
      box(u - 0.72, v, 0.16, 0.87),
    ),
  // anime: a star of five points
  (u, v) => {
    const a = abs((((Math.atan2(u, -v) / (2 * Math.PI)) * 5 + 10.5) % 1) - 0.5) * 2;
    return (Math.sqrt(u * u + v * v) - (0.95 - 0.55 * a)) * 0.7;
  },
  // gardening: a tulip
  (u, v) =>
    min(
      max(circle(u, v + 0.42, 0.46), -(v + 0.42 + 0.75 * abs(abs(u) - 0.23) + 0.28)),
      box(u, v - 0.45, 0.07, 0.5),
      max(circle(u - 0.3, v - 0.95, 0.55), -circle(u - 0.55, v - 0.75, 0.55)),
      max(circle(u + 0.3, v - 0.95, 0.55), -circle(u + 0.55, v - 0.75, 0.55)),
    ),
];

const hex = (code: string): [number, number, number] => [
  parseInt(code.slice(0, 2), 16),
  parseInt(code.slice(2, 4), 16),
  parseInt(code.slice(4, 6), 16),
];

/** In the order of the topics' names: top, bottom, motif. */
const palettes: readonly Palette[] = [
  "2b1055 7597de ff5fa2",
  "0b0f1e 24503a 39ff6a",
  "1f7a2e 45b455 ffffff",
  "f6d6a8 e0803a 8a2f12",
  "0d2b5e b51f2a ffffff",
  "ffe14a ff9a1f 3a1a00",
  "141414 5a4520 e8c65a",
  "0e2a38 128a9a 7ff5ff",
  "3a3f47 d8452e f4f4f4",
  "6fc7f5 f8c98a 2f6f5a",
  "fbd0dc e98bb0 b01f5a",
  "a8adb8 2a2d33 d81f1f",
  "0a1040 4b2f98 9fd0ff",
  "d7e8a0 8fb860 6a4020",
  "d9c49a 8f6f45 4a3218",
  "f3ead8 58b0a8 d84a7a",
  "1f5a48 12382e f0f0d8",
  "0f1b2e 1c4a3c 39d98a",
  "ff9ad5 7ac8ff ffffff",
  "bfe6f5 5aa03a e0456a",
].map((row) => {
  const [top = "", bottom = "", motif = ""] = row.split(" ");
  return { top: hex(top), bottom: hex(bottom), motif: hex(motif) };
});

/** Motif of a topic; those without a name borrow, in other colours. */
export function motifOf(topic: number): Motif {
  return motifs[topic % motifs.length]!;
}

/** Colours of a topic; without a name: hues a golden angle apart. */
export function paletteOf(topic: number): Palette {
  return (
    palettes[topic] ?? {
      top: hue(topic * 0.381966, 0.75),
      bottom: hue(topic * 0.381966 + 0.12, 0.35),
      motif: hue(topic * 0.381966 + 0.5, 1),
    }
  );
}

/** A saturated colour: hue in turns (any real), value in [0, 1]. */
export function hue(turns: number, value: number): [number, number, number] {
  const channel = (shift: number): number =>
    Math.round(255 * value * max(0, min(1, abs(((((turns + shift) % 1) + 1) % 1) * 6 - 3) - 1)));
  return [channel(0), channel(2 / 3), channel(1 / 3)];
}
