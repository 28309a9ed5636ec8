/**
 * What is expected of a release drill. Rewritten once, before the runs on seeds from 1002 on: without the gate of parity, calibration let
 * swapped columns pass on seed 1001, and they became the champion.
 */
import type { Hypothesis } from "../ab-audit/hypotheses.js";

export const releaseHypotheses: readonly Hypothesis[] = [
  expected("bad-champions", "bad promoted", 0, 0, "no bad model becomes the champion"),
  expected("good-champions", "good promoted", 7, 8, "at least seven of eight good models are promoted"),
  expected("offline", "bad at offline", 3, 8, "the offline gate alone catches three bad models or more"),
  expected("skew", "skew at parity", 3, 3, "parity in the shadow catches scaling, swapped columns and the leak"),
  expected("harmed", "bad at canary", 0, 1, "one bad model at most is shown to users"),
];

function expected(id: string, measure: string, from: number, to: number, sentence: string): Hypothesis {
  return { id, sentence, measure, allowed: [from, to], whole: false };
}
