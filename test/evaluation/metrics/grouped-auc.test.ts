import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { auc } from "../../../src/evaluation/metrics/classification.js";
import { groupedAuc } from "../../../src/evaluation/metrics/grouped-auc.js";
import { bothClasses, columnsOf } from "./rows.js";

describe("AUC within users", () => {
  test("is worked by hand: users weighted by rows, one of a single class left out and counted", () => {
    const found = groupedAuc([1, 0, 1, 0, 0, 1, 1], [3, 1, 1, 2, 0, 5, 4], [7, 7, 2, 2, 2, 9, 9]);
    expect([...found.ids]).toEqual([2, 7, 9]);
    expect([...found.auc]).toEqual([0.5, 1, NaN]);
    expect(found).toMatchObject({ value: (3 * 0.5 + 2 * 1) / 5, leftOut: 1, leftOutRows: 2 });
    expect(groupedAuc([1, 0, 1, 0, 0], [3, 1, 1, 2, 0], [7, 7, 2, 2, 2], "equal").value).toBe(0.75);
  });

  test("is each user's own AUC, and the plain AUC where there is one user", () => {
    fc.assert(
      fc.property(bothClasses, (rows) => {
        const { labels, scores, users } = columnsOf(rows);
        const found = groupedAuc(labels, scores, users);
        found.ids.forEach((user, g) => {
          const own = columnsOf(rows.filter((row) => row.user === user));
          const single = !own.labels.includes(0) || !own.labels.includes(1);
          expect(found.rows[g]).toBe(own.labels.length);
          if (single) expect(found.auc[g]).toBeNaN();
          else expect(found.auc[g]).toBeCloseTo(auc(own.labels, own.scores), 12);
        });
        expect(
          groupedAuc(
            labels,
            scores,
            users.map(() => 4),
          ).value,
        ).toBeCloseTo(auc(labels, scores), 12);
      }),
    );
  });

  test("does not change if a user's scores are moved together, which the plain AUC does", () => {
    fc.assert(
      fc.property(bothClasses, (rows) => {
        const { labels, scores, users } = columnsOf(rows);
        const moved = scores.map((score, i) => score * 2 + 100 * users[i]!);
        expect(groupedAuc(labels, moved, users)).toEqual(groupedAuc(labels, scores, users));
      }),
    );
    expect(auc([1, 0, 1, 0], [101, 100, 1, 0])).toBeLessThan(
      groupedAuc([1, 0, 1, 0], [101, 100, 1, 0], [1, 1, 0, 0]).value,
    );
  });

  test("has no value where every user has one class, and refuses what is not a label", () => {
    expect(groupedAuc([1, 0], [1, 2], [1, 2])).toMatchObject({ value: NaN, leftOut: 2 });
    expect(() => groupedAuc([1, 3], [1, 2], [1, 2])).toThrow("labels[1] is 3; labels must be 0 or 1");
    expect(() => groupedAuc([1, 0], [1, 2], [1])).toThrow("lengths differ: groups has 1 rows, labels has 2");
  });
});
