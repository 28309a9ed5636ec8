import { describe, expect, it } from "vitest";
import { hash32, keyOf, normal, permutation, uniform } from "../src/random.js";

describe("random", () => {
  it("gives the same key for the same seed and name, and another for another name", () => {
    expect(keyOf(7, "click")).toBe(keyOf(7, "click"));
    expect(keyOf(7, "click")).not.toBe(keyOf(7, "watch"));
    expect(keyOf(8, "click")).not.toBe(keyOf(7, "click"));
  });

  it.each([0, 1, 2, 3, 4])("is uniform along argument %i, at several strides (chi-square, 256 cells)", (which) => {
    const key = keyOf(1, "uniformity");
    for (const stride of [1, 64, 4096, 1_000_003]) {
      const cells = new Float64Array(256);
      const n = 65_536;
      for (let i = 0; i < n; i++) {
        const args = [3, 5, 7, 11, 13];
        args[which] = i * stride;
        const [a, b, c, d, e] = args as [number, number, number, number, number];
        cells[Math.floor(uniform(key, a, b, c, d, e) * 256)]! += 1;
      }
      const expected = n / 256;
      const chi2 = cells.reduce((sum, seen) => sum + (seen - expected) ** 2 / expected, 0);
      // 255 degrees of freedom: mean 255, standard deviation 22.6; six of them either way
      expect(chi2).toBeGreaterThan(255 - 6 * 22.6);
      expect(chi2).toBeLessThan(255 + 6 * 22.6);
    }
  });

  it("gives independent draws to neighbours: serial correlation along each argument is within 5 standard errors of 0", () => {
    const key = keyOf(2, "independence");
    const n = 50_000;
    for (let which = 0; which < 5; which++) {
      let sum = 0;
      for (let i = 0; i < n; i++) {
        const at = (k: number): number => {
          const args = [1, 2, 3, 4, 5];
          args[which] = k;
          const [a, b, c, d, e] = args as [number, number, number, number, number];
          return uniform(key, a, b, c, d, e) - 0.5;
        };
        sum += at(i) * at(i + 1);
      }
      const correlation = sum / n / (1 / 12);
      expect(Math.abs(correlation)).toBeLessThan(5 / Math.sqrt(n));
    }
  });

  it("changes about half of the 32 bits when one input bit flips (avalanche)", () => {
    const key = keyOf(3, "avalanche");
    for (let bit = 0; bit < 32; bit++) {
      let flips = 0;
      for (let i = 0; i < 500; i++) {
        let x = hash32(key, i, 9, 9) ^ hash32(key, i ^ (1 << bit), 9, 9);
        for (; x !== 0; x &= x - 1) flips++;
      }
      expect(flips / 500).toBeGreaterThan(14.5);
      expect(flips / 500).toBeLessThan(17.5);
    }
  });

  it("draws normals with mean 0, variance 1 and normal tails", () => {
    const key = keyOf(4, "normal");
    const n = 100_000;
    let sum = 0;
    let squares = 0;
    let tail = 0;
    for (let i = 0; i < n; i++) {
      const x = normal(key, i);
      sum += x;
      squares += x * x;
      if (Math.abs(x) > 1.959964) tail++;
    }
    expect(Math.abs(sum / n)).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(squares / n - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(tail / n - 0.05)).toBeLessThan(5 * Math.sqrt((0.05 * 0.95) / n));
  });

  it("permutes: each index once, another key another order", () => {
    const order = permutation(1000, keyOf(5, "order"));
    expect([...order].sort((a, b) => a - b)).toEqual([...Array(1000).keys()]);
    expect(order).not.toEqual(permutation(1000, keyOf(6, "order")));
  });
});
