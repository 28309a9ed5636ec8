/**
 * What a network must beat. Both slide the same windows over a picture, one for each kind, distance and column, as large as the kind is
 * there: the first knows only how often something stood in a window, the second looks at gradients (HOG, Dalal and Triggs, 2005) and
 * colours with boosted trees.
 */
import { keyOf, uniformInt } from "../../random.js";
import { gbdt, type Gbdt, type LabelledRows } from "../../models/index.js";
import type { FeatureMatrix, FeatureSchema, RunControl } from "../../types.js";
import { iou, type Found, type Truths } from "./coco.js";
import { best } from "./detector.js";
import { paint, pixels, type Pictures } from "./pictures.js";
import { camera, drawScene, kinds, sizeOf, type Traffic } from "./scenes.js";

const { side, focal, horizon, height: eye } = camera;

interface Window {
  readonly kind: number;
  readonly box: readonly [number, number, number, number];
}

const distances = Array.from({ length: 9 }, (_, i) => 5.5 * 1.3 ** i);
const windows: readonly Window[] = kinds.flatMap((name, kind) =>
  distances.flatMap((z) => {
    const [width, height] = sizeOf[name].map((metres) => (metres * focal) / z) as [number, number];
    const foot = horizon + (focal * eye) / z;
    const step = Math.max(1, 0.4 * width);
    return Array.from({ length: Math.floor((side - width) / step) + 1 }, (_, i): Window => {
      return { kind, box: [i * step, foot - height, width, height] };
    });
  }),
);

/** Detections from a score for each window. @param scores [pictures, windows] */
function detections(scores: ArrayLike<number>, pictures: number, least: number): Found {
  const all: { picture: number; kind: number; score: number; box: readonly number[] }[] = [];
  for (let picture = 0; picture < pictures; picture++)
    for (let kind = 0; kind < kinds.length; kind++) {
      const some = windows.flatMap((window, w) => {
        const score = scores[picture * windows.length + w]!;
        return window.kind === kind && score >= least ? [{ picture, kind, score, box: window.box }] : [];
      });
      all.push(...best(some).slice(0, 20));
    }
  return {
    picture: Int32Array.from(all, ({ picture }) => picture),
    kind: Uint8Array.from(all, ({ kind }) => kind),
    box: Float32Array.from(all.flatMap(({ box }) => [...box])),
    score: Float32Array.from(all, ({ score }) => score),
  };
}

/** The largest overlap of each window with a truth of its kind, ignored ones included. [windows] of each picture */
function overlaps({ picture, kind, box }: Truths, pictures: number): readonly Float32Array[] {
  const out = Array.from({ length: pictures }, () => new Float32Array(windows.length));
  picture.forEach((p, i) => {
    const truth = box.subarray(4 * i, 4 * i + 4);
    windows.forEach((window, w) => {
      if (window.kind === kind[i]) out[p]![w] = Math.max(out[p]![w]!, iou(window.box, truth));
    });
  });
  return out;
}

/** Finds boxes in pictures. */
export type Finds = (pictures: Float32Array) => Promise<Found>;

/** Both, from the same scenes. @param count scenes that are learned from */
export async function fitBaselines(
  { seed, count, traffic }: { readonly seed: number; readonly count: number; readonly traffic: Traffic },
  control: RunControl = {},
): Promise<{ readonly places: Finds; readonly windows: Finds }> {
  const scenes = Array.from({ length: count }, (_, n) => drawScene(seed, "training", n, traffic));
  const seen = paint(scenes);
  const overlap = overlaps(seen.truths, count);
  const often = Float32Array.from(windows, (_, w) => overlap.filter((of) => of[w]! >= 0.5).length / count);
  const models: Gbdt[] = [];
  for (const kind of kinds.keys())
    models.push(
      await gbdt.fit(examples(seen, overlap, kind, seed), { trees: 60, leaves: 15, threads: 1, seed }, control),
    );
  return {
    async places(pictures) {
      const n = pictures.length / pixels;
      return detections(
        Float32Array.from({ length: n * windows.length }, (_, i) => often[i % windows.length]!),
        n,
        0.002,
      );
    },
    async windows(pictures) {
      const n = pictures.length / pixels;
      const scores = new Float32Array(n * windows.length);
      for (const [kind, model] of models.entries()) {
        const all = Int32Array.from({ length: n * windows.length }, (_, i) => i).filter(
          (i) => windows[i % windows.length]!.kind === kind,
        );
        const found = await gbdt.score(model, matrix(pictures, all));
        all.forEach((at, i) => (scores[at] = found[i]!));
      }
      return detections(scores, n, 0.02);
    },
  };
}

/** Windows on a truth, and of each picture ten that are not. */
function examples({ pictures }: Pictures, overlap: readonly Float32Array[], kind: number, seed: number): LabelledRows {
  const key = keyOf(seed, `driving/windows ${kind}`);
  const own = Int32Array.from(windows.keys()).filter((w) => windows[w]!.kind === kind);
  const [rows, label]: [number[], number[]] = [[], []];
  overlap.forEach((of, picture) => {
    const add = (w: number, is: number): void => void (rows.push(picture * windows.length + w), label.push(is));
    for (const w of own) if (of[w]! >= 0.55) add(w, 1);
    for (let i = 0; i < 10; i++) {
      const w = own[uniformInt(own.length, key, picture, i)]!;
      if (of[w]! < 0.3) add(w, 0);
    }
  });
  return { features: matrix(pictures, Int32Array.from(rows)), label: Uint8Array.from(label) };
}

/** Samples of a window across and down, a quarter of it on each side included; blocks of them; directions of gradients. */
const [wide, high, blocksX, blocksY, directions] = [8, 12, 2, 3, 6];
const width = blocksX * blocksY * (directions + 3) + 1;
const schema: FeatureSchema = {
  categories: [],
  numbers: Array.from({ length: width }, (_, i) => ({ name: `window ${i}` })),
};

/** Features of windows. @param rows picture × windows + window */
function matrix(pictures: Float32Array, rows: Int32Array): FeatureMatrix {
  const numbers = new Float32Array(rows.length * width);
  const grey = new Float32Array(wide * high);
  rows.forEach((row, i) => {
    const picture = Math.floor(row / windows.length);
    describe(
      pictures,
      picture * pixels,
      windows[row % windows.length]!.box,
      numbers.subarray(i * width, (i + 1) * width),
      grey,
    );
  });
  return { schema, count: rows.length, categories: new Int32Array(0), numbers };
}

function describe(
  from: Float32Array,
  at: number,
  [left, top, w, h]: Window["box"],
  out: Float32Array,
  grey: Float32Array,
): void {
  const block = (x: number, y: number): number =>
    Math.min(blocksX - 1, Math.floor((x * blocksX) / wide)) +
    blocksX * Math.min(blocksY - 1, Math.floor((y * blocksY) / high));
  const clamp = (value: number): number => Math.max(0, Math.min(side - 1, Math.floor(value)));
  const colours = blocksX * blocksY * directions;
  for (let y = 0; y < high; y++)
    for (let x = 0; x < wide; x++) {
      const column = clamp(left + w * (1.5 * ((x + 0.5) / wide) - 0.25));
      const place = at + 3 * (side * clamp(top + h * (1.5 * ((y + 0.5) / high) - 0.25)) + column);
      grey[y * wide + x] = (from[place]! + from[place + 1]! + from[place + 2]!) / 3;
      for (let c = 0; c < 3; c++) out[colours + 3 * block(x, y) + c]! += from[place + c]! / 16;
    }
  let energy = 1e-3;
  for (let y = 1; y < high - 1; y++)
    for (let x = 1; x < wide - 1; x++) {
      const dx = grey[y * wide + x + 1]! - grey[y * wide + x - 1]!;
      const dy = grey[(y + 1) * wide + x]! - grey[(y - 1) * wide + x]!;
      const size = Math.hypot(dx, dy);
      const direction = Math.floor((((Math.atan2(dy, dx) + Math.PI) % Math.PI) / Math.PI) * directions) % directions;
      out[directions * block(x, y) + direction]! += size;
      energy += size;
    }
  for (let i = 0; i < colours; i++) out[i]! /= energy;
  out[width - 1] = h;
}
