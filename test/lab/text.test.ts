import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  escapeHtml,
  formatBytes,
  formatInterval,
  formatNumber,
  formatPercent,
  formatSeconds,
} from "../../src/lab/text.js";
import { jsonText } from "../../src/artifacts/json.js";

describe("text", () => {
  test("escapes everything that HTML could read as markup", () => {
    expect(escapeHtml(`<a href="x" title='y'>&`)).toBe("&#60;a href=&#34;x&#34; title=&#39;y&#39;&#62;&#38;");
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(escapeHtml(text)).not.toMatch(/[<>"']/);
      }),
    );
  });

  test("writes numbers a person can read", () => {
    expect(
      [1234567, 12345.6, 123.4, 6.7, 0.73124, 0.00123456, 0.0000012, -0.5, 0, NaN, Infinity].map(formatNumber),
    ).toEqual(["1,234,567", "12,346", "123", "6.70", "0.731", "0.00123", "1.20e-6", "-0.500", "0", "–", "–"]);
    expect([formatPercent(0.1234), formatPercent(1, 0), formatPercent(NaN)]).toEqual(["12.3 %", "100 %", "–"]);
    expect([0.04, 59.9, 59.96, 245, 3725].map(formatSeconds)).toEqual([
      "0.0 s",
      "59.9 s",
      "1 min 00 s",
      "4 min 05 s",
      "1 h 02 min",
    ]);
    expect([999, 1_400_000].map(formatBytes)).toEqual(["999 B", "1.4 MB"]);
  });

  test("writes an interval with the same decimals throughout, and without a range where there is none", () => {
    expect(formatInterval({ estimate: 3.12, low: 3, high: 3.2 })).toBe("3.12 [3.00, 3.20]");
    expect(formatInterval({ estimate: 0.0512, low: 0.0098, high: 0.1 })).toBe("0.051 [0.010, 0.100]");
    expect(formatInterval({ estimate: 2, low: NaN, high: NaN })).toBe("2");
  });

  test("writes JSON in which what is not defined is null, and typed arrays are arrays", () => {
    expect(JSON.parse(jsonText({ b: NaN, a: Float32Array.of(1, Infinity), m: new Map([["k", 1]]) }))).toEqual({
      b: null,
      a: [1, null],
      m: { k: 1 },
    });
  });
});
