import { afterEach, describe, expect, it, vi } from "vitest";
import { check } from "../../src/lab/check.js";

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
