/** What is expected of a release drill, written before its first run. */
import type { Hypothesis } from "../ab-audit/hypotheses.js";

export const releaseHypotheses: readonly Hypothesis[] = [
  expected("bad-champions", "bad promoted", 0, 0, "no bad model becomes the champion"),
  expected("good-champions", "good promoted", 7, 8, "at least seven of eight good models are promoted"),
  expected("offline", "bad at offline", 3, 8, "the offline gate alone catches three bad models or more"),
  expected(
    "skew",
    "skew at calibration",
    3,
    3,
    "calibration in the shadow catches scaling, swapped columns and the leak",
  ),
  expected("harmed", "bad at canary", 0, 2, "two bad models at most are shown to users"),
  expected("index", "stale index at canary", 1, 1, "one of these is the stale index: a ranker's gates do not see it"),
];

function expected(id: string, measure: string, from: number, to: number, sentence: string): Hypothesis {
  return { id, sentence, measure, allowed: [from, to], whole: false };
}
