import { describe, expect, test } from "vitest";
import "../../src/models/network/tensor.js"; // its door finds a TensorFlow.js that danfo can load
import { frame, isFrame } from "../../src/lab/frame.js";
import { show } from "../../src/lab/show.js";

describe("frame", () => {
  test("is danfo's, made of records or of columns", () => {
    const made = frame([
      { policy: "random", minutes: 3.1 },
      { policy: "oracle", minutes: 9.4 },
    ]);
    expect(isFrame(made)).toBe(true);
    expect(made.shape).toEqual([2, 2]);
    expect(made.columns).toEqual(["policy", "minutes"]);
    expect(frame({ day: Int32Array.of(0, 1, 2) }).shape).toEqual([3, 1]);
  });

  test("is shown as a table", () => {
    let text = "";
    show(frame([{ policy: "random", minutes: 3.1 }]), { write: (part) => (text += part) });
    expect(text).toContain("random     3.10");
  });

  test("refuses to be large, empty or ragged", () => {
    expect(() => frame({ x: new Float64Array(10_001) })).toThrow(
      "a frame of 10001 rows is too large: danfo is for at most 10000",
    );
    expect(() => frame([])).toThrow("a frame needs at least 1 row");
    expect(() => frame({ a: [1, 2], b: [1] })).toThrow("lengths differ: b has 1 rows, a has 2");
    expect(isFrame({ data: [], layout: {} })).toBe(false);
  });
});
