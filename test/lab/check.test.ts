import { afterEach, describe, expect, it, vi } from "vitest";
import { check, exercise, finding, sideOf } from "../../src/lab/check.js";

describe("check", () => {
  afterEach(() => void vi.restoreAllMocks());

  it("says that a value is within its range", () => {
    const said = vi.spyOn(console, "log").mockImplementation(() => undefined);
    check("CTR", 0.05, 0.03, 0.1);
    expect(said).toHaveBeenCalledWith("ok: CTR is 0.0500 (expected 0.0300 to 0.100)");
  });

  it("counts both ends as within", () => {
    vi.spyOn(console, "log").mockImplementation(() => undefined);
    expect(() => check("rows", 3, 3, 4)).not.toThrow();
    expect(() => check("rows", 4, 3, 4)).not.toThrow();
  });

  it.each([0.02, 0.11, NaN, -Infinity])("throws on %s, with label, value and range", (value) => {
    expect(() => check("CTR", value, 0.03, 0.1)).toThrow(/^CTR is .*; expected 0\.0300 to 0\.100$/);
  });

  it("takes ranges that are open to one side", () => {
    vi.spyOn(console, "log").mockImplementation(() => undefined);
    expect(() => check("gain", 12, 0)).not.toThrow();
    expect(() => check("gain", -1, 0)).toThrow("gain is -1; expected at least 0");
    expect(() => check("loss", 2, -Infinity, 1)).toThrow("loss is 2; expected at most 1");
  });
});

describe("finding", () => {
  afterEach(() => void vi.restoreAllMocks());
  const says = { above: "B gains.", below: "B loses." };

  it("prints the sentence that the interval bears out, and returns it", () => {
    const said = vi.spyOn(console, "log").mockImplementation(() => undefined);
    expect(finding("B minus A", { estimate: 0.2, low: 0.1, high: 0.3 }, says)).toBe("B gains.");
    expect(finding("B minus A", { estimate: 0.2, low: -0.1, high: 0.5 }, says)).toBe(
      "Undecided: the interval includes 0.",
    );
    expect(finding("B minus A", { estimate: -0.2, low: -0.3, high: -0.1 }, says)).toBe("B loses.");
    expect(finding("B over A", 1, { ...says, undecided: "Equal." }, 1)).toBe("Equal.");
    expect(said.mock.calls.flat()).toEqual([
      "found: B minus A is 0.200 [0.100, 0.300]. B gains.",
      "found: B minus A is 0.200 [-0.100, 0.500]. Undecided: the interval includes 0.",
      "found: B minus A is -0.200 [-0.300, -0.100]. B loses.",
      "found: B over A is 1. Equal.",
    ]);
  });

  it("compares with another threshold, or with a range within which nothing is decided", () => {
    expect(sideOf({ estimate: 1.2, low: 0.9, high: 1.5 }, 1)).toBe("undecided");
    expect(sideOf({ estimate: 1.2, low: 1.1, high: 1.3 }, 1)).toBe("above");
    expect([0.8, 0.9, 1, 1.1, 1.2].map((ratio) => sideOf(ratio, [0.9, 1.1]))).toEqual([
      "below",
      "undecided",
      "undecided",
      "undecided",
      "above",
    ]);
  });

  it("decides nothing from a number on the threshold, or from one that is not defined", () => {
    expect([0, NaN].map((value) => sideOf(value))).toEqual(["undecided", "undecided"]);
    expect(sideOf({ estimate: 1, low: NaN, high: NaN })).toBe("undecided");
  });
});

describe("exercise", () => {
  afterEach(() => void vi.restoreAllMocks());

  it("says what is open and what is expected while there is no answer", () => {
    const said = vi.spyOn(console, "log").mockImplementation(() => undefined);
    exercise("recall", undefined, 0.5);
    expect(said).toHaveBeenCalledWith("open: recall (expected at least 0.500)");
  });

  it("checks an answer, 0 too", () => {
    const said = vi.spyOn(console, "log").mockImplementation(() => undefined);
    exercise("recall", 0, 0, 1);
    expect(said).toHaveBeenCalledWith("ok: recall is 0 (expected 0 to 1)");
    expect(() => exercise("recall", 2, 0, 1)).toThrow("recall is 2; expected 0 to 1");
  });

  it("says why a known mistake is wrong, and does not give the right answer away", () => {
    const said = vi.spyOn(console, "log").mockImplementation(() => undefined);
    const ask = (answer?: number): void => exercise("GAUC", answer, 0.6, 0.62, { "all users weigh the same": 0.7 });
    ask();
    expect(said).toHaveBeenCalledWith("open: GAUC");
    expect(() => ask(0.7)).toThrow(/^GAUC is not 0\.7\d*: all users weigh the same$/);
    expect(() => ask(0.8)).toThrow(/^GAUC is not 0\.8\d*$/);
    ask(0.61);
    expect(said).toHaveBeenLastCalledWith("ok: GAUC is 0.610 (expected 0.600 to 0.620)");
  });
});
