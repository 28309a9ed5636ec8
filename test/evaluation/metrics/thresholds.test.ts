import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { auc } from "../../../src/evaluation/metrics/classification.js";
import {
  averagePrecision,
  bestF1,
  confusion,
  gainTable,
  prAucTrapezoid,
  scoreCurve,
} from "../../../src/evaluation/metrics/thresholds.js";
import { permutation } from "../../../src/random.js";
import { bothClasses, columnsOf } from "./rows.js";

describe("decisions at a threshold", () => {
  test("are worked by hand: a score equal to the threshold counts as positive", () => {
    expect(confusion([1, 0, 1, 0, 0], [0.9, 0.5, 0.2, 0.5, 0.1], 0.5)).toEqual({
      truePositives: 1,
      falsePositives: 2,
      falseNegatives: 1,
      trueNegatives: 1,
      precision: 1 / 3,
      recall: 1 / 2,
      f1: 2 / 5,
    });
  });

  test("say nothing of precision where nothing is called positive, nor of recall without positives", () => {
    expect(confusion([1, 0], [0.1, 0.2], 0.5)).toMatchObject({ precision: NaN, recall: 0, f1: 0 });
    expect(confusion([0, 0], [0.1, 0.2], 0.5)).toMatchObject({ precision: NaN, recall: NaN, f1: NaN });
  });

  test("have the largest F1 of all thresholds, at the highest of equals, which the table at it confirms", () => {
    fc.assert(
      fc.property(bothClasses, (rows) => {
        const { labels, scores, weights } = columnsOf(rows);
        const { threshold, ...best } = bestF1(scoreCurve(labels, scores, weights));
        expect(confusion(labels, scores, threshold, weights)).toEqual(best);
        for (const other of scores) {
          const { f1 } = confusion(labels, scores, other, weights);
          expect(other > threshold ? f1 < best.f1 : f1 <= best.f1).toBe(true);
        }
      }),
    );
  });

  test("refuse labels, scores, thresholds and lengths that are wrong", () => {
    expect(() => confusion([2], [0.5], 0.5)).toThrow("labels[0] is 2; labels must be 0 or 1");
    expect(() => confusion([1], [NaN], 0.5)).toThrow("scores[0] is NaN; it must be a finite number");
    expect(() => confusion([1], [0.5], NaN)).toThrow("threshold[0] is NaN; it must be a finite number");
    expect(() => confusion([1], [0.5, 0.1], 0.5)).toThrow("lengths differ: scores has 2 rows, labels has 1");
    expect(() => scoreCurve([1, 1], [0.5, 0.1])).toThrow("all 2 labels are 1; both 0 and 1 are needed");
    expect(() => scoreCurve([1, 0], [0.5, 0.1], [0, 1])).toThrow("the weights leave one class only");
  });
});

describe("curves over thresholds", () => {
  test("do not change under a monotone transform or another order of rows, and weights count as repeated rows", () => {
    fc.assert(
      fc.property(bothClasses, fc.nat(), (rows, seed) => {
        const { labels, scores, weights } = columnsOf(rows);
        const shuffled = columnsOf([...permutation(rows.length, seed)].map((i) => rows[i]!));
        const repeated = columnsOf(rows.flatMap((row) => Array.from({ length: row.weight }, () => row)));
        const areas = (of: ReturnType<typeof scoreCurve>): readonly number[] => [
          averagePrecision(of),
          prAucTrapezoid(of),
          ...gainTable(of, 4).positives,
        ];
        const here = areas(scoreCurve(labels, scores, weights));
        for (const same of [
          scoreCurve(shuffled.labels, shuffled.scores, shuffled.weights),
          scoreCurve(repeated.labels, repeated.scores),
          scoreCurve(
            labels,
            scores.map((score) => Math.exp(score / 7)),
            weights,
          ),
        ])
          areas(same).forEach((area, i) => expect(area).toBeCloseTo(here[i]!, 12));
      }),
    );
  });

  test("keep their bounds: perfect is 1, constant is the share of positives, the trapezoid of ROC is the AUC", () => {
    fc.assert(
      fc.property(bothClasses, (rows) => {
        const { labels, scores } = columnsOf(rows);
        const rate = labels.reduce((a, b) => a + b, 0) / labels.length;
        expect(averagePrecision(scoreCurve(labels, labels))).toBe(1);
        expect(
          averagePrecision(
            scoreCurve(
              labels,
              labels.map(() => 3),
            ),
          ),
        ).toBeCloseTo(rate, 14);
        const curve = scoreCurve(labels, scores);
        const area = averagePrecision(curve);
        expect(area > 0 && area <= 1 + 1e-12).toBe(true);
        let roc = 0;
        curve.thresholds.forEach((_, i) => {
          const width = curve.falsePositives[i]! - (i > 0 ? curve.falsePositives[i - 1]! : 0);
          roc += (width * (curve.truePositives[i]! + (i > 0 ? curve.truePositives[i - 1]! : 0))) / 2;
        });
        expect(roc / curve.positives / curve.negatives).toBeCloseTo(auc(labels, scores), 12);
      }),
    );
  });

  test("gain by bin is worked by hand, and a tie across a border is shared", () => {
    const gains = gainTable(scoreCurve([1, 1, 0, 0, 1, 0, 0, 0], [8, 7, 6, 5, 4, 3, 2, 1]), 4);
    expect([...gains.positives].map((share) => Math.round(3 * share))).toEqual([2, 2, 3, 3]);
    expect(gains.lift[0]).toBeCloseTo(8 / 3, 12); // a rate of 1 over one of 3/8
    expect([...gainTable(scoreCurve([1, 0, 1, 0], [5, 5, 5, 5]), 4).lift]).toEqual([1, 1, 1, 1]);
  });
});
