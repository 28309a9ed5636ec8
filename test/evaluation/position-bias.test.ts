import { describe, expect, it } from "vitest";
import { relativeExamination } from "../../src/evaluation/position-bias.js";
import { uniform } from "../../src/random.js";

describe("examination from random pages", () => {
  it("is the click rate of a slot over that of the first", () => {
    const users = [7, 9];
    const impressions = [10, 10, 10, 30, 30, 30];
    const clicks = [4, 2, 1, 4, 3, 1]; // rates 8/40, 5/40, 2/40
    const { bySlot, mean } = relativeExamination({ users, slots: 3, impressions, clicks }, { replicates: 20 });
    expect(bySlot.map(({ estimate }) => estimate)).toEqual([expect.closeTo(5 / 8, 12), expect.closeTo(2 / 8, 12)]);
    expect(mean.estimate).toBeCloseTo(7 / 16, 12);
  });

  it("weighs users by how much they click, where they differ", () => {
    // one user examines everything and clicks a lot, the other only the first slot and clicks little
    const { bySlot } = relativeExamination(
      { users: [0, 1], slots: 2, impressions: [100, 100, 100, 100], clicks: [30, 30, 10, 0] },
      { replicates: 20 },
    );
    expect(bySlot[0]!.estimate).toBeCloseTo(0.75, 12); // not the plain mean, 0.5
  });

  it("holds the truth in about 95 of 100 draws", () => {
    let covered = 0;
    const [n, pages] = [60, 40];
    for (let draw = 0; draw < 200; draw++) {
      const [impressions, clicks] = [new Float64Array(n * 2).fill(pages), new Float64Array(n * 2)];
      for (let u = 0; u < n; u++)
        for (let page = 0; page < pages; page++)
          for (let k = 0; k < 2; k++) if (uniform(draw, u, page, k) < (k === 0 ? 0.2 : 0.12)) clicks[u * 2 + k]! += 1;
      const { low, high } = relativeExamination(
        { users: Array.from({ length: n }, (_, u) => u), slots: 2, impressions, clicks },
        { replicates: 200, seed: draw },
      ).bySlot[0]!;
      if (low <= 0.6 && high >= 0.6) covered++;
    }
    expect(covered).toBeGreaterThanOrEqual(180);
    expect(covered).toBeLessThanOrEqual(198);
  });

  it("refuses a page of one slot", () => {
    expect(() => relativeExamination({ users: [0], slots: 1, impressions: [1], clicks: [0] })).toThrow(
      "slots are 1; at least 2 are needed",
    );
  });
});
