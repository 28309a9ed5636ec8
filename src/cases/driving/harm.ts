/** What detectors do in the simulated drive, each at a threshold of its own. */
import type { RunControl } from "../../types.js";
import type { Found, Truths } from "./coco.js";
import {
  begin,
  deathRisk,
  type Drive,
  driven,
  drawApproach,
  falseBrakes,
  type Lens,
  rate,
  seen,
  tuned,
  usualDrive,
  watch,
  type Watched,
} from "./drive.js";
import type { Rung } from "./ladder.js";
import { type Light, lights } from "./scenes.js";

/** Approaches that tune thresholds, that are free, and that are not. */
const counts = { tuning: 300, free: 200, blocked: 300 };
/** Share of free approaches in which a design may brake: its threshold is chosen so, on approaches of their own. */
export const mostFalse = 0.05;

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
  lens?: Lens,
): Promise<Driven> {
  const detectors = [...rungs.map(({ find }) => find), (_: Float32Array, truths: Truths): Found => told(truths)];
  const look = async (stage: string, count: number, inWay: boolean): Promise<Watched[]> => {
    const all: Watched[] = [];
    for (let n = 0; n < count; n++) {
      signal?.throwIfAborted();
      all.push(await watch(drawApproach(seed, stage, n, inWay), detectors, lens));
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
  /** Share of pictures in which a person is not found where it stands, by `metres`; NaN: nobody there. */
  readonly missed: readonly number[];
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

/** Share of each detector's collisions in some approaches, at thresholds that were tuned elsewhere. */
export function collisions(some: readonly Watched[], tuned: readonly Harm[]): readonly number[] {
  return tuned.map(
    ({ threshold }, d) => some.filter((one) => impactOf(one, d, threshold, usualDrive) > 0).length / some.length,
  );
}

/** What changes between one drive and another. */
export const whatIfs: readonly { readonly name: string; readonly how?: Partial<Drive>; readonly most?: number }[] = [
  { name: "as it is" },
  { name: "brakes 0.3 s later", how: { delay: 0.6 } },
  { name: "worn tyres", how: { dry: 5, wet: 3 } },
  { name: "twice the false brakes", most: 0.1 },
];
