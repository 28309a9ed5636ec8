/** A bad day: after a service the camera hangs lower, so that all stands higher in the picture and seems farther away. */
import { averagePrecision } from "./coco.js";
import type { Watched } from "./drive.js";
import type { Driven } from "./harm.js";
import type { Rung } from "./ladder.js";
import { paint, pixels } from "./pictures.js";
import { camera, drawScene, kinds, usualTraffic } from "./scenes.js";

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
