import { afterEach, describe, expect, it, vi } from "vitest";
import { check, exercise } from "../../src/lab/check.js";

describe("check", () => {
  afterEach(() => void vi.restoreAllMocks());

  it("says that a value is within its range", () => {
    const said = vi.spyOn(console, "log").mockImplementation(() => undefined);
    check("CTR", 0.05, 0.03, 0.1);
    expect(said).toHaveBeenCalledWith("ok: CTR is 0.05000 (expected 0.03000 to 0.1000)");
  });

  it("counts both ends as within", () => {
    vi.spyOn(console, "log").mockImplementation(() => undefined);
    expect(() => check("rows", 3, 3, 4)).not.toThrow();
    expect(() => check("rows", 4, 3, 4)).not.toThrow();
  });

  it.each([0.02, 0.11, NaN, -Infinity])("throws on %s, with label, value and range", (value) => {
    expect(() => check("CTR", value, 0.03, 0.1)).toThrow(/^CTR is .*; expected 0\.03000 to 0\.1000$/);
  });

  it("takes ranges that are open to one side", () => {
    vi.spyOn(console, "log").mockImplementation(() => undefined);
    expect(() => check("gain", 12, 0)).not.toThrow();
    expect(() => check("gain", -1, 0)).toThrow("gain is -1; expected at least 0");
    expect(() => check("loss", 2, -Infinity, 1)).toThrow("loss is 2; expected at most 1");
  });
});

describe("exercise", () => {
  afterEach(() => void vi.restoreAllMocks());

  it("says what is open and what is expected while there is no answer", () => {
    const said = vi.spyOn(console, "log").mockImplementation(() => undefined);
    exercise("recall", undefined, 0.5);
    expect(said).toHaveBeenCalledWith("open: recall (expected at least 0.5000)");
  });

  it("checks an answer, 0 too", () => {
    const said = vi.spyOn(console, "log").mockImplementation(() => undefined);
    exercise("recall", 0, 0, 1);
    expect(said).toHaveBeenCalledWith("ok: recall is 0 (expected 0 to 1)");
    expect(() => exercise("recall", 2, 0, 1)).toThrow("recall is 2; expected 0 to 1");
  });
});
