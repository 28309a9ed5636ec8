import { describe, expect, it } from "vitest";
import { auc } from "../../../src/evaluation/metrics/classification.js";
import type { LabelledRows } from "../../../src/models/contract/kinds.js";
import { ftrl, ftrlWeight, ftrlWeights, makeFtrl, updateFtrl } from "../../../src/models/rankers/ftrl.js";
import { hashRows } from "../../../src/models/rankers/hashing.js";
import { fitLogisticRegression, logisticRegression } from "../../../src/models/rankers/logistic-regression.js";
import { keyOf, normal, uniform } from "../../../src/random.js";
import { fakeImpressions, matrixOf, schemaOf } from "../../support/fake-rows.js";

/** Planted rows of ids, topics and noise. */
const made = fakeImpressions(1500, 1);
const labelledRows: LabelledRows = { features: made.features, label: made.click };

/** Rows of two numbers and one category whose weights are known. */
function convex(count: number) {
  const key = keyOf(1, "convex");
  const features = matrixOf(schemaOf({ kind: 3 }, ["a", "b"]), count, (i) => ({
    categories: [i % 3],
    numbers: [normal(key, i, 1), normal(key, i, 2)],
  }));
  const label = Uint8Array.from({ length: count }, (_, i) =>
    uniform(key, i, 3) <
    1 / (1 + Math.exp(-(0.3 + features.numbers[2 * i]! - 0.5 * features.numbers[2 * i + 1]! + (i % 3) / 2)))
      ? 1
      : 0,
  );
  return { features, label };
}

/** The minimum of Σ loss + ½ l2 Σ w² (intercept free) by Newton's method on dense columns. */
function newton(x: number[][], y: Uint8Array, l2: number): number[] {
  const n = x[0]!.length;
  let w = new Array<number>(n).fill(0);
  for (let step = 0; step < 30; step++) {
    const gradient = w.map((value, d) => (d === n - 1 ? 0 : l2 * value));
    const hessian = w.map((_, a) => w.map((__, b) => (a === b ? (a === n - 1 ? 1e-9 : l2) : 0)));
    x.forEach((row, i) => {
      const p = 1 / (1 + Math.exp(-row.reduce((sum, value, d) => sum + value * w[d]!, 0)));
      row.forEach((value, a) => {
        gradient[a]! += (p - y[i]!) * value;
        row.forEach((other, b) => (hessian[a]![b]! += p * (1 - p) * value * other));
      });
    });
    // Gauss–Jordan
    const augmented = hessian.map((row, i) => [...row, gradient[i]!]);
    for (let c = 0; c < n; c++) {
      const pivot = augmented[c]![c]!;
      for (let k = c; k <= n; k++) augmented[c]![k]! /= pivot;
      for (let r = 0; r < n; r++) {
        if (r === c) continue;
        const factor = augmented[r]![c]!;
        for (let k = c; k <= n; k++) augmented[r]![k]! -= factor * augmented[c]![k]!;
      }
    }
    w = w.map((value, d) => value - augmented[d]![n]!);
  }
  return w;
}

describe("logistic regression", () => {
  it("finds the minimum that Newton's method finds", async () => {
    const rows = convex(600);
    const l2 = 3;
    const model = await fitLogisticRegression(rows, {
      l2,
      epochs: 400,
      bits: 16,
      validationShare: 0,
      learningRate: 0.5,
      finalRate: 1e-4,
      patience: 500,
    });
    const hashed = hashRows(model.hashing, rows.features, undefined, 0, 600);
    const cells = [...new Set(hashed.cells)].sort((a, b) => a - b); // the intercept is the last
    expect(cells.length).toBe(6);
    const dense = Array.from({ length: 600 }, (_, i) => {
      const row = new Array<number>(6).fill(0);
      for (let a = 0; a < model.hashing.active; a++)
        row[cells.indexOf(hashed.cells[i * model.hashing.active + a]!)]! +=
          hashed.values[i * model.hashing.active + a]!;
      return row;
    });
    newton(dense, rows.label, l2).forEach((expected, d) =>
      expect(Math.abs(model.weights[cells[d]!]! - expected)).toBeLessThan(0.01),
    );
  });

  it("a cross finds what no sum of its parts can: taste equals topic", async () => {
    const test = fakeImpressions(4000, 9);
    const rows = fakeImpressions(20_000, 8);
    const train = { features: rows.features, label: rows.click };
    const options = { epochs: 5, bits: 16, seed: 1 };
    const plain = await fitLogisticRegression(train, options);
    const crossed = await fitLogisticRegression(train, { ...options, crosses: [["taste", "topic"]] });
    const area = (model: typeof plain): number => auc(test.click, logisticRegression.score(model, test.features));
    const best = auc(test.click, test.clickProbability);
    expect(area(crossed)).toBeGreaterThan(area(plain) + 0.04);
    expect(area(crossed)).toBeGreaterThan(best - 0.025);
  });

  it("a cross of a category and a number is a slope for each id", async () => {
    const key = keyOf(4, "slopes");
    const features = matrixOf(schemaOf({ side: 2 }, ["x"]), 4000, (i) => ({
      categories: [i % 2],
      numbers: [normal(key, i)],
    }));
    const label = Uint8Array.from({ length: 4000 }, (_, i) =>
      uniform(key, i, 1) < 1 / (1 + Math.exp(i % 2 === 0 ? -2 * features.numbers[i]! : 2 * features.numbers[i]!))
        ? 1
        : 0,
    );
    const fitted = async (crosses: "none" | [["x", "side"]]) =>
      logisticRegression.score(
        await fitLogisticRegression({ features, label }, { crosses, bits: 10, epochs: 5 }),
        features,
      );
    expect(auc(label, await fitted("none"))).toBeLessThan(0.6);
    expect(auc(label, await fitted([["x", "side"]]))).toBeGreaterThan(0.8);
  });

  it("an id never seen and a value beyond the cardinality score as the rest of the row does", async () => {
    const model = await fitLogisticRegression(labelledRows, { bits: 20, epochs: 1, seed: 1 });
    const row = matrixOf(labelledRows.features.schema, 2, (i) => ({
      categories: [199 + 5000 * i, 499 + 700 * i, 2, 2, 0],
      numbers: [0, 0, 0],
    }));
    expect(logisticRegression.score(model, row).every((p) => p > 0 && p < 1)).toBe(true);
  });
});

describe("FTRL-Proximal", () => {
  it("a step is the closed form: the minimum of its regularised linearised losses", () => {
    const features = matrixOf(schemaOf({}, ["a"]), 2, (i) => ({ categories: [], numbers: [i === 0 ? 1 : -1] })); // standardised: ±1
    const [alpha, beta, l1, l2] = [0.1, 1, 0.2, 0.5];
    const model = makeFtrl(features, { alpha, beta, l1, l2, bits: 8 });
    const cell = hashRows(model.hashing, features, undefined, 0, 1).cells[0]!;
    let [z, n, w, zb, nb, wb] = [0, 0, 0, 0, 0, 0];
    for (const [row, label] of [
      [0, 1],
      [1, 0],
      [0, 1],
      [0, 0],
      [1, 1],
    ] as const) {
      const x = row === 0 ? 1 : -1;
      const p = 1 / (1 + Math.exp(-(w * x + wb)));
      const step = (g: number, at: number, count: number, weight: number): [number, number] => [
        at + g - ((Math.sqrt(count + g * g) - Math.sqrt(count)) / alpha) * weight,
        count + g * g,
      ];
      [z, n] = step((p - label) * x, z, n, w);
      [zb, nb] = step(p - label, zb, nb, wb);
      w = Math.abs(z) <= l1 ? 0 : -(z - Math.sign(z) * l1) / ((beta + Math.sqrt(n)) / alpha + l2);
      wb = -zb / ((beta + Math.sqrt(nb)) / alpha);
      updateFtrl(model, { features, label: row === 0 ? [label, 0] : [0, label] }, undefined, row, row + 1);
      expect(ftrlWeight(model, cell)).toBeCloseTo(w, 5);
      expect(ftrlWeight(model, model.hashing.size - 1)).toBeCloseTo(wb, 5);
    }
  });

  it("with many passes it comes to what batch logistic regression finds", async () => {
    const rows = convex(2000);
    const online = await ftrl.fit(rows, { l1: 0, l2: 1e-3, alpha: 0.05, epochs: 30, bits: 16, seed: 1 });
    const batch = await fitLogisticRegression(rows, {
      l2: 1e-3,
      epochs: 60,
      bits: 16,
      validationShare: 0,
      finalRate: 0.01,
      patience: 500,
    });
    const [a, b] = [ftrl.score(online, rows.features), logisticRegression.score(batch, rows.features)];
    const gap = a.reduce((sum, p, i) => sum + Math.abs(p - b[i]!), 0) / a.length;
    expect(gap).toBeLessThan(0.01);
  });

  it("event by event it learns what one call over all events learns, and follows a world that turns", () => {
    const rows = convex(900);
    const [one, all] = [makeFtrl(rows.features, { bits: 10 }), makeFtrl(rows.features, { bits: 10 })];
    for (let row = 0; row < 900; row++) updateFtrl(one, rows, undefined, row, row + 1);
    const before = updateFtrl(all, rows);
    expect(ftrlWeights(one)).toEqual(ftrlWeights(all));
    const turned = { features: rows.features, label: rows.label.map((label) => 1 - label) };
    let after = Infinity;
    const shock = updateFtrl(all, turned, undefined, 0, 100);
    for (let pass = 0; pass < 8; pass++) after = updateFtrl(all, turned);
    expect(shock).toBeGreaterThan(before);
    expect(after).toBeLessThan(shock - 0.1);
  });

  it("l1 leaves most coordinates exactly 0", async () => {
    const dense = await ftrl.fit(labelledRows, { l1: 0, bits: 14, seed: 1 });
    const sparse = await ftrl.fit(labelledRows, { l1: 2, bits: 14, seed: 1 });
    const used = (weights: Float32Array): number => weights.filter((weight) => weight !== 0).length;
    expect(used(ftrlWeights(sparse))).toBeLessThan(0.2 * used(ftrlWeights(dense)));
    expect(used(ftrlWeights(sparse))).toBeGreaterThan(1);
  });
});
