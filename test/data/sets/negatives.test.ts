import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  hardDrawRates,
  hardNegatives,
  inBatchNegatives,
  popularityNegatives,
  uniformNegatives,
  weightedNegatives,
  type Negatives,
} from "../../../src/data/sets/negatives.js";
import { splitByRatio, splitLeaveOneOut } from "../../../src/data/sets/row-split.js";

/** How often each video was drawn. */
function shares({ video }: Negatives, videos: number): number[] {
  const counts = new Array<number>(videos).fill(0);
  video.forEach((v) => v >= 0 && counts[v]!++);
  return counts.map((n) => n / video.length);
}

describe("negative samplers", () => {
  const positive = new Int32Array(2000).fill(1);
  it.each([
    ["uniform", uniformNegatives(4), [1 / 3, 0, 1 / 3, 1 / 3]],
    ["popularity", popularityNegatives(Float64Array.of(0, 100, 15, 80), 0.5), [1 / 14, 0, 4 / 14, 9 / 14]],
    ["weighted", weightedNegatives(Float64Array.of(0, 5, 1, 3)), [0, 0, 1 / 4, 3 / 4]],
  ])("(%s) draw with the probability they say, never the positive", (_, sample, expected) => {
    const drawn = sample({ positive, perRow: 10, key: 7 });
    shares(drawn, 4).forEach((share, v) => expect(Math.abs(share - expected[v]!)).toBeLessThan(0.015));
    drawn.video.forEach((video, i) => expect(drawn.logProbability[i]).toBeCloseTo(Math.log(expected[video]!), 12));
  });

  it("leave out what is excluded and renormalise; a row with nothing left gets -1", () => {
    const drawn = uniformNegatives(3)({
      positive: Int32Array.of(0, 0, 0),
      perRow: 4,
      key: 1,
      excluded: (row) => Int32Array.from([[], [2], [1, 2]][row]!),
    });
    expect([...drawn.video.subarray(4)]).toEqual([1, 1, 1, 1, -1, -1, -1, -1]);
    expect([...drawn.logProbability.subarray(4)].every((p) => Math.abs(p) < 1e-12)).toBe(true);
    expect(drawn.logProbability[0]).toBeCloseTo(Math.log(1 / 2), 12);
  });

  it("give a row the same negatives whatever rows stand after it", () => {
    const sample = uniformNegatives(50);
    const [long, short] = [
      sample({ positive, perRow: 3, key: 4 }),
      sample({ positive: positive.subarray(0, 5), perRow: 3, key: 4 }),
    ];
    expect(long.video.subarray(0, 15)).toEqual(short.video);
    expect(sample({ positive, perRow: 3, key: 5 }).video).not.toEqual(long.video);
  });

  it("in the batch are the other rows' positives, accidental hits left out", () => {
    const { video, logProbability, perRow } = inBatchNegatives(Float64Array.of(6, 3, 1))(Int32Array.of(0, 1, 0, 2));
    expect(perRow).toBe(3);
    expect([...video]).toEqual([1, -1, 2, 0, 0, 2, -1, 1, 2, 0, 1, 0]);
    expect(logProbability[0]).toBeCloseTo(Math.log(0.3), 12);
    expect(() => inBatchNegatives(Float64Array.of(6, 0))(Int32Array.of(0, 1))).toThrow(
      "video 1 is in the batch but its count is 0",
    );
  });

  it("that are hard come from what was retrieved, without repeats, the top left out", () => {
    const retrieved = Int32Array.of(9, 8, 7, 6, 5, /* */ 1, 2, 3, -1, -1);
    const drawn = hardNegatives(
      retrieved,
      5,
      1,
    )({
      positive: Int32Array.of(6, 1),
      perRow: 3,
      key: 3,
      excluded: (row) => (row === 1 ? Int32Array.of(2) : new Int32Array()),
    });
    expect([...drawn.video.subarray(0, 3)].sort()).toEqual([5, 7, 8]);
    expect([...drawn.video.subarray(3)]).toEqual([3, -1, -1]);
    expect([drawn.logProbability[0], drawn.logProbability[3]]).toEqual([-Math.log(3), -0]);
    expect(() => hardNegatives(retrieved, 4)({ positive: Int32Array.of(1), perRow: 1, key: 0 })).toThrow(
      "retrieved has 10 videos; expected 1 rows × 4",
    );
  });

  it("that are hard come as often as their rates say, whichever row they were drawn for", () => {
    const retrieved = Int32Array.of(0, 1, 2, 3, 4, /* */ 5, 3, 2, 1, -1, /* */ 1, 0, -1, -1, -1);
    const request = { positive: Int32Array.of(1, 4, 0), perRow: 2 };
    const rates = hardDrawRates(retrieved, 5, 1, request, 6);
    // row 2 has none left: the top, its positive, and nothing
    expect([...rates]).toEqual([0, 2 / 3, 2 / 3 + 2 / 3, 2 / 3 + 2 / 3, 2 / 3, 0]);
    const drawn = new Float64Array(6);
    const times = 5000;
    for (let key = 0; key < times; key++)
      for (const video of hardNegatives(retrieved, 5, 1)({ ...request, key }).video)
        if (video >= 0) drawn[video]! += 1 / times;
    drawn.forEach((rate, video) => expect(Math.abs(rate - rates[video]!)).toBeLessThan(0.03));
  });

  it("drawn in several ways and divided by the sum of their rates add up to all videos, as a softmax over samples must", () => {
    const retrieved = Int32Array.of(7, 6, 5, 4, /* */ 7, 3, 2, 6);
    const positive = Int32Array.of(0, 1);
    const rates = hardDrawRates(retrieved, 4, 0, { positive, perRow: 1 }, 8).map((rate) => rate + 3 / 8); // and three uniform draws
    const weight = (video: number): number => 2 ** video;
    let sum = 0;
    const times = 20_000;
    for (let key = 0; key < times; key++) {
      for (const video of hardNegatives(retrieved, 4)({ positive, perRow: 1, key }).video)
        sum += weight(video) / rates[video]! / times;
      for (const video of uniformNegatives(8)({ positive: Int32Array.of(-1), perRow: 3, key }).video)
        sum += weight(video) / rates[video]! / times;
    }
    expect(Math.abs(sum / 255 - 1)).toBeLessThan(0.02);
  });

  it("refuse weights that are no weights", () => {
    expect(() => weightedNegatives(Float64Array.of(1, NaN))).toThrow(
      "weight of video 1 is NaN; allowed: finite, 0 or more",
    );
    expect(() => weightedNegatives(Float64Array.of(0, 0))).toThrow("all weights are 0");
  });
});

describe("splits of rows", () => {
  const users = fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 80 }).map((list) => Int32Array.from(list));
  const all = (split: { train: Int32Array; validation: Int32Array; test: Int32Array }): number[] =>
    [...split.train, ...split.validation, ...split.test].sort((a, b) => a - b);

  it("by ratio put every row in one part, and each user's rows in the shares", () => {
    fc.assert(
      fc.property(users, fc.integer(), (user, key) => {
        const split = splitByRatio(user, { validation: 0.1, test: 0.2, key });
        expect(all(split)).toEqual([...user.keys()]);
        for (const id of new Set(user)) {
          const of = (part: Int32Array): number => part.filter((row) => user[row] === id).length;
          const n = user.filter((u) => u === id).length;
          const test = n >= 2 ? Math.max(1, Math.floor(0.2 * n + 1e-9)) : 0;
          expect(of(split.test)).toBe(test);
          expect(of(split.validation)).toBe(n - test >= 2 ? Math.max(1, Math.floor(0.1 * n + 1e-9)) : 0);
        }
      }),
    );
  });

  it("by ratio over all rows cut the whole, and another key cuts elsewhere", () => {
    const user = new Int32Array(100);
    const [a, b] = [1, 2].map((key) => splitByRatio(user, { validation: 0.1, test: 0.1, by: "all", key }));
    expect([a!.train.length, a!.validation.length, a!.test.length]).toEqual([80, 10, 10]);
    expect(a!.test).not.toEqual(b!.test);
    expect(() => splitByRatio(user, { validation: 0.5, test: 0.5, key: 1 })).toThrow(
      "validation 0.5 and test 0.5 leave nothing for training",
    );
    expect(() => splitByRatio(user, { validation: -1, test: 0.5, key: 1 })).toThrow("share of validation is -1");
  });

  it("that leave one out take each user's last two rows in time", () => {
    const split = splitLeaveOneOut(Int32Array.of(0, 1, 0, 0, 1, 0), Float64Array.of(9, 1, 3, 4, 2, 5));
    expect([[...split.train], [...split.validation], [...split.test]]).toEqual([[1, 2, 3, 4], [5], [0]]);
    expect(() => splitLeaveOneOut(Int32Array.of(1), Float64Array.of())).toThrow("time has 0 rows; user has 1");
  });
});
