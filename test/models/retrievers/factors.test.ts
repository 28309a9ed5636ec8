import { describe, expect, it } from "vitest";
import { alsDefaults, fitAls, halfStepAls, objectiveAls } from "../../../src/models/retrievers/als.js";
import { fitBpr, stepBpr } from "../../../src/models/retrievers/bpr.js";
import { makeFactors, scoreFactors } from "../../../src/models/retrievers/factors.js";
import { byUser } from "../../../src/models/retrievers/interactions.js";
import { plantedTastes } from "../../../src/models/contract/rows.js";

/** Gaussian elimination with partial pivoting. */
function solve(matrix: number[][], right: number[]): number[] {
  const n = right.length;
  const a = matrix.map((row, i) => [...row, right[i]!]);
  for (let c = 0; c < n; c++) {
    const pivot = a.slice(c).reduce((best, row, i) => (Math.abs(row[c]!) > Math.abs(a[best]![c]!) ? c + i : best), c);
    [a[c], a[pivot]] = [a[pivot]!, a[c]!];
    for (let r = 0; r < n; r++) {
      if (r === c) continue;
      const factor = a[r]![c]! / a[c]![c]!;
      for (let k = c; k <= n; k++) a[r]![k]! -= factor * a[c]![k]!;
    }
  }
  return a.map((row, i) => row[n]! / row[i]!);
}

describe("implicit ALS", () => {
  it("a half step with as many conjugate-gradient steps as dims solves the normal equations", () => {
    const rows = {
      ...plantedTastes(3),
      weight: Float32Array.from({ length: plantedTastes(3).user.length }, (_, i) => 1 + (i % 3)),
    };
    const history = byUser(rows);
    const dims = 5;
    const { users, items } = makeFactors(rows.userCount, rows.itemCount, dims, 0.5, 1, "test");
    const config = { dims, confidence: 3, regularisation: 0.7, steps: 8 };
    halfStepAls(users, items, history, config);
    for (const user of [0, 11, 59]) {
      const matrix = Array.from({ length: dims }, (_, a) =>
        Array.from({ length: dims }, (_, b) => (a === b ? config.regularisation : 0)),
      );
      const right = new Array<number>(dims).fill(0);
      for (let item = 0; item < rows.itemCount; item++) {
        let weight = 0;
        for (let at = history.offsets[user]!; at < history.offsets[user + 1]!; at++)
          if (history.ids[at] === item) weight = history.weights[at]!;
        const c = 1 + config.confidence * weight;
        const y = items.subarray(item * dims, (item + 1) * dims);
        for (let a = 0; a < dims; a++) {
          if (weight > 0) right[a]! += c * y[a]!;
          for (let b = 0; b < dims; b++) matrix[a]![b]! += c * y[a]! * y[b]!;
        }
      }
      solve(matrix, right).forEach((expected, d) => expect(users[user * dims + d]).toBeCloseTo(expected, 5));
    }
  });

  it("its objective is the sum over all pairs, written out", () => {
    const rows = plantedTastes(2);
    const history = byUser(rows);
    const { users, items } = makeFactors(rows.userCount, rows.itemCount, 3, 0.5, 2, "test");
    const config = { dims: 3, confidence: 4, regularisation: 0.3 };
    let expected = 0;
    for (const value of [...users, ...items]) expected += config.regularisation * value * value;
    for (let u = 0; u < rows.userCount; u++) {
      for (let i = 0; i < rows.itemCount; i++) {
        let score = 0;
        for (let d = 0; d < 3; d++) score += users[u * 3 + d]! * items[i * 3 + d]!;
        const at = history.ids.subarray(history.offsets[u], history.offsets[u + 1]).indexOf(i);
        const weight = at < 0 ? 0 : history.weights[history.offsets[u]! + at]!;
        expected += (1 + config.confidence * weight) * ((weight > 0 ? 1 : 0) - score) ** 2;
      }
    }
    expect(objectiveAls(users, items, history, config) / expected).toBeCloseTo(1, 10);
  });

  it("its objective falls with every epoch", async () => {
    const { curve } = await fitAls(plantedTastes(1), { ...alsDefaults, dims: 6, epochs: 8, regularisation: 1 });
    curve.points
      .slice(1)
      .forEach((point, i) => expect(point.trainLoss).toBeLessThanOrEqual(curve.points[i]!.trainLoss + 1e-6));
    expect(curve.points.at(-1)!.trainLoss).toBeLessThan(0.9 * curve.points[0]!.trainLoss);
  });
});

describe("BPR", () => {
  it("a step moves every parameter against the finite difference of its loss", () => {
    const start = makeFactors(2, 3, 4, 0.7, 5, "test");
    start.bias.set([0.3, -0.2, 0.5]);
    const [regularisation, biasRegularisation, rate] = [0.1, 0.2, 1e-2];
    const loss = (users: Float64Array, items: Float64Array, bias: Float64Array): number => {
      let x = bias[2]! - bias[0]!;
      let norms = 0;
      for (let d = 0; d < 4; d++) {
        x += users[4 + d]! * (items[8 + d]! - items[d]!);
        norms += users[4 + d]! ** 2 + items[8 + d]! ** 2 + items[d]! ** 2;
      }
      return (
        Math.log(1 + Math.exp(-x)) +
        (regularisation / 2) * norms +
        (biasRegularisation / 2) * (bias[2]! ** 2 + bias[0]! ** 2)
      );
    };
    const at = (): Float64Array[] => [start.users, start.items, start.bias].map((values) => Float64Array.from(values));
    const moved = { ...start, users: start.users.slice(), items: start.items.slice(), bias: start.bias.slice() };
    const told = stepBpr(moved, 1, 2, 0, rate, regularisation, biasRegularisation);
    const base = at() as [Float64Array, Float64Array, Float64Array];
    const plain = loss(...base) - loss(...base);
    expect(plain).toBe(0);
    let x = base[2][2]! - base[2][0]!;
    for (let d = 0; d < 4; d++) x += base[0][4 + d]! * (base[1][8 + d]! - base[1][d]!);
    expect(told).toBeCloseTo(Math.log(1 + Math.exp(-x)), 6);
    [moved.users, moved.items, moved.bias].forEach((values, which) => {
      values.forEach((value, i) => {
        const [up, down] = [at(), at()];
        up[which]![i]! += 1e-5;
        down[which]![i]! -= 1e-5;
        const gradient =
          (loss(...(up as [Float64Array, Float64Array, Float64Array])) -
            loss(...(down as [Float64Array, Float64Array, Float64Array]))) /
          2e-5;
        expect((base[which]![i]! - value) / rate).toBeCloseTo(gradient, 4);
      });
    });
  });

  it("with popular negatives a popular item of another taste falls behind", async () => {
    const rows = plantedTastes(1);
    const { factors, curve } = await fitBpr(rows, { dims: 8, epochs: 40, negatives: "popularity" });
    const scores = scoreFactors(factors, Int32Array.of(0));
    const mean = (keep: (item: number) => boolean): number => {
      const kept = [...scores].filter((_, item) => keep(item));
      return kept.reduce((a, b) => a + b, 0) / kept.length;
    };
    expect(mean((item) => item % 4 === 0)).toBeGreaterThan(mean((item) => item % 4 !== 0) + 0.5);
    expect(curve.points.at(-1)!.trainLoss).toBeLessThan(curve.points[0]!.trainLoss);
  });

  it("a user who took every item teaches nothing and ends", async () => {
    const rows = { userCount: 2, itemCount: 2, user: Int32Array.of(0, 0, 1), item: Int32Array.of(0, 1, 0) };
    const { factors } = await fitBpr(rows, { dims: 2, epochs: 2 });
    expect(factors.users.every(Number.isFinite)).toBe(true);
  });
});
