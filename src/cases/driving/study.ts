/** The whole case for one set of streets. */
import type { RunControl } from "../../types.js";
import type { CaseOptions } from "../case.js";
import { formsOf, openGraph, tails, type PictureNet } from "../picture-net.js";
import { badDay, movedUp } from "./bad-day.js";
import { averagePrecision } from "./coco.js";
import { decode } from "./detector.js";
import { usualDrive } from "./drive.js";
import { collisions, drive, harm, type Harm, whatIfs } from "./harm.js";
import { climb, designs, judge, type Judged, testSets, type TestSets } from "./ladder.js";
import { pixels } from "./pictures.js";
import { kinds } from "./scenes.js";

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
  /** Collisions of each in `harm` in the first approaches, with the camera upright and hanging lower, at the upright one's thresholds. */
  readonly tilted: { readonly upright: readonly number[]; readonly lower: readonly number[] };
  readonly forms: readonly FormRow[]; // of the second design
}

/** Approaches that are driven again with the camera lower. */
const lowered = 100;

/** All of one seed, as a part of the case. @public called by its name */
export async function streetPart(
  { scale, seed }: Pick<CaseOptions, "scale" | "seed">,
  control: RunControl,
): Promise<StreetResult> {
  const { onProgress, signal } = control;
  const names = Object.values(designs).map(({ name }) => name);
  const inner: RunControl = {
    ...(signal && { signal }),
    onProgress(step, done, total) {
      const design = names.indexOf(step);
      if (design >= 0) onProgress?.("part", 0.35 * (design + done / total), 1); // the drive takes the rest
    },
  };
  const rungs = await climb(seed, scale, inner);
  const sets = testSets(seed);
  const judged = [];
  for (const { name, net, find } of rungs) judged.push({ name, deep: net !== undefined, ...(await judge(find, sets)) });
  const nets = rungs.filter(({ net }) => net);
  const approaches = await drive(seed, nets, control);
  const harms = harm(approaches);
  return {
    ...{ rungs: judged, harm: harms },
    whatIf: whatIfs.map(({ name, how, most }) => ({
      name,
      collisions: harm(approaches, { ...usualDrive, ...how }, most).map(({ collisions }) => collisions),
    })),
    hours: await badDay(seed, nets[1]!.find),
    tilted: {
      upright: collisions(approaches.blocked.slice(0, lowered), harms),
      lower: collisions(
        (await drive(seed, nets, control, { tuning: 0, free: 0, blocked: lowered }, movedUp)).blocked,
        harms,
      ),
    },
    forms: await timeForms(nets[1]!.net!, sets),
  };
}
