import { describe, expect, it } from "vitest";
import { judgeRanker, judgeRetriever, retrievalTask } from "../../../src/studies/benchmark/split-rows.js";
import type { OwnData, OwnSplit } from "../../../src/studies/benchmark/own-data.js";
import { byUser } from "../../../src/models/index.js";

/** Interactions as [user, item, part]; parts: 0 training, 1 validation, 2 test. */
function split(
  users: number,
  items: number,
  rows: readonly (readonly [number, number, 0 | 1 | 2])[],
): [OwnData, OwnSplit] {
  const [user, video] = [Int32Array.from(rows, ([u]) => u), Int32Array.from(rows, ([, item]) => item)];
  const own = {
    data: {
      interactions: { user, video },
      catalogue: { topicNames: ["unknown"], users: { count: users }, videos: { count: items } },
    },
  } as unknown as OwnData;
  const of = (part: number): Int32Array => Int32Array.from(rows.keys()).filter((row) => rows[row]![2] === part);
  return [own, { taken: { train: of(0), validation: of(1), test: of(2) } } as unknown as OwnSplit];
}

const rows = [
  [0, 0, 0],
  [0, 1, 1],
  [0, 2, 2],
  [0, 0, 2],
  [1, 3, 0],
  [1, 0, 2],
  [2, 4, 2],
  [3, 1, 0],
  [3, 1, 2],
] as const;

describe("retrievers on your own data", () => {
  it("are asked for users who have training rows and took something new; what was seen before is not wanted", () => {
    const task = retrievalTask(...split(4, 5, rows));
    expect([[...task.user], task.leftOut]).toEqual([[0, 1], 2]); // 2 has no training rows, 3 took nothing new
    expect([[...task.wanted.offsets], [...task.wanted.ids]]).toEqual([
      [0, 1, 2],
      [2, 0],
    ]);
    expect(retrievalTask(...split(4, 5, rows.slice(6)))).toMatchObject({ user: new Int32Array(0), leftOut: 2 });
  });

  it(
    "never get a point or a place for what was seen: an item of training or validation is left out even where " +
      "it scores best",
    async () => {
      const task = retrievalTask(...split(4, 5, rows));
      const liking = (...order: number[]) => ({
        itemCount: 5,
        score: (users: Int32Array) =>
          Float32Array.from({ length: 5 * users.length }, (_, cell) => -order.indexOf(cell % 5)),
      });
      // user 0 has seen 0 and 1: the first unseen item is 2, which is wanted; user 1 has seen 3, and wants 0
      const { metrics, users, beyond } = await judgeRetriever(liking(0, 1, 2, 3, 4), task, 1);
      expect(users).toBe(2);
      for (const name of ["NDCG@1", "recall@1", "hit rate@1", "MRR@1"]) expect(metrics[name]?.estimate, name).toBe(1);
      expect(metrics["coverage@1"]?.estimate).toBe(2 / 5);
      expect(beyond?.["popularity@1"]?.estimate).toBeCloseTo((0.2 + 0.6) / 2, 12); // rows 1, 2, 0, 1, 0: items 2 and 0
      const worse = await judgeRetriever(liking(3, 4, 0, 1, 2), task, 2); // user 0: 3, 4; user 1: 4, 0
      expect(worse.metrics["recall@2"]?.estimate).toBe(0.5);
      expect(worse.metrics["MRR@2"]?.estimate).toBe(0.25);
      expect(worse.metrics["NDCG@2"]?.estimate).toBeCloseTo(0.5 / Math.log2(3), 12);
    },
  );
});

describe("rankers on your own data", () => {
  const features = {
    schema: { categories: [], numbers: [] },
    count: 4,
    categories: new Int32Array(0),
    numbers: new Float32Array(0),
  };
  const scored = (...probabilities: number[]) => ({ score: () => Float32Array.from(probabilities) });

  it("have AUC, log loss and calibration error with replicates by user", () => {
    const { metrics, users } = judgeRanker(scored(0.9, 0.4, 0.6, 0.1), {
      features,
      label: Uint8Array.of(1, 1, 0, 0),
      user: Int32Array.of(5, 5, 6, 7),
    });
    expect(users).toBe(3);
    expect(metrics["AUC"]?.estimate).toBe(0.75);
    expect(metrics["log loss"]?.estimate).toBeCloseTo(
      -(Math.log(0.9) + Math.log(0.4) + Math.log(0.4) + Math.log(0.9)) / 4,
      6,
    );
    expect(metrics["AUC"]?.values.length).toBe(200);
  });

  it("are refused test rows of one label", () => {
    expect(() =>
      judgeRanker(scored(0.5, 0.5, 0.5, 0.5), { features, label: Uint8Array.of(1, 1, 1, 1), user: new Int32Array(4) }),
    ).toThrow("AUC is undefined: all 4 labels are 1");
  });
});

it("sparse rows of the wanted items are by place in the list of users, those of the seen by user id", () => {
  const task = retrievalTask(...split(4, 5, rows));
  expect(task.seen).toEqual(
    byUser({ userCount: 4, itemCount: 5, user: Int32Array.of(0, 0, 1, 3), item: Int32Array.of(0, 1, 3, 1) }),
  );
  expect(task.wanted.offsets.length).toBe(task.user.length + 1);
});
