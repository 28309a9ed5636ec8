/** A bad day: after a service the camera hangs lower, so that all stands two rows higher in the picture and seems farther away. */
import { alarmFrom, deviations } from "../odd-hours.js";
import { averagePrecision, type Found } from "./coco.js";
import type { Rung } from "./ladder.js";
import { paint, pixels } from "./pictures.js";
import { camera, distanceOf, drawScene, kinds, sizeOf, usualTraffic } from "./scenes.js";

/** Hours of the bad day, the first of them in which the camera hangs lower, and by how many rows. */
const [hours, fault, tilt] = [12, 6, 2] as const;
/** Scenes of an hour, and the score from which a detection is counted. */
const [scenesAnHour, sure] = [120, 0.3];

/** An hour: what needs no label, and precision, which does. */
interface Hour {
  readonly hour: number;
  readonly score: number; // mean of what is found
  /** A person's distance by the lower edge over that by the height: what a camera that points elsewhere pulls apart. Median. */
  readonly distances: number;
  readonly mAP: number;
}

/** By hour: what is seen without a label, precision, and which hours alarm. */
export async function badDay(seed: number, find: Rung["find"]): Promise<readonly Record<string, number | boolean>[]> {
  const rows: Hour[] = [];
  for (let hour = 0; hour < hours; hour++) {
    const scenes = Array.from({ length: scenesAnHour }, (_, n) =>
      drawScene(seed, `hour ${hour}`, n, { ...usualTraffic, night: 0 }),
    );
    const { pictures, truths } = paint(scenes);
    const found = await find(hour < fault ? pictures : movedUp(pictures));
    const there = hour < fault ? truths : { ...truths, box: truths.box.map((x, i) => (i % 4 === 1 ? x - tilt : x)) };
    const { ap } = averagePrecision(there, found, { kinds: kinds.length });
    rows.push({ hour, ...withoutLabels(found), mAP: ap });
  }
  const score = deviations(
    rows.map((row) => row.score),
    fault,
  );
  const apart = deviations(
    rows.map((row) => row.distances),
    fault,
  );
  return rows.map((row, hour) => ({
    ...{ hour, "mean score": row.score, "distance by edge over by height": row.distances, mAP: row.mAP },
    "score alarms": Math.abs(score[hour]!) > alarmFrom,
    "distances alarm": Math.abs(apart[hour]!) > alarmFrom,
  }));
}

function withoutLabels({ score, kind, box }: Found): Pick<Hour, "score" | "distances"> {
  const those = Int32Array.from(score.keys()).filter((i) => score[i]! >= sure);
  const apart = Float64Array.from(
    those.filter((i) => kind[i]! > 0),
    (i) => distanceOf(box, 4 * i) / ((sizeOf.pedestrian[1] * camera.focal) / box[4 * i + 3]!),
  ).sort();
  return {
    score: those.reduce((sum, i) => sum + score[i]!, 0) / Math.max(1, those.length),
    distances: apart[apart.length >> 1] ?? NaN,
  };
}

/** Pictures of the camera that hangs lower: rows move up, and what comes in below repeats the last row. */
export function movedUp(pictures: Float32Array): Float32Array {
  const row = camera.side * 3;
  const out = pictures.slice();
  for (let at = 0; at < out.length; at += pixels) {
    out.copyWithin(at, at + tilt * row, at + pixels);
    for (let below = 2; below <= tilt; below++)
      out.copyWithin(at + pixels - below * row, at + pixels - row, at + pixels);
  }
  return out;
}
