import { describe, expect, it } from "vitest";
import { setting, timeSplitOf } from "../../src/pipeline/index.js";
import { worldFields } from "../../src/commands/options.js";

describe("setting", () => {
  it("derives every size from the scale", () => {
    expect(setting({ scale: "tiny" }).world).toMatchObject({ users: 300, videos: 1_000, days: 14 });
    expect(setting({ scale: "small" }).world).toMatchObject({ users: 5_000, videos: 20_000, days: 14 });
    expect(setting({ scale: "small" }).sizes.online).toEqual({ users: 1_500, days: 8, candidates: 200 });
  });

  it.each([
    [{ scale: "huge" as never }, "unknown scale: huge; allowed: tiny, lesson, small, full, million"],
    [{ seed: 1.5 }, "invalid seed: 1.5; allowed: an integer, 0 or more"],
    [{ seed: -1 }, "invalid seed: -1; allowed: an integer, 0 or more"],
    [{ workers: 0 }, "invalid workers: 0; allowed: an integer from 1 to 64"],
    [{ world: { tastStrength: 0 } as never }, "unknown world field: tastStrength; known: users, videos"],
    [{ world: { tasteStrength: -1 } }, /tasteStrength.*-1/],
    [{ world: { users: NaN } }, /users.*NaN/],
  ])("refuses %j with the value and what is allowed", (options, message) => {
    expect(() => setting(options)).toThrow(message);
  });

  it("reads world fields as JSON and refuses words of another form", () => {
    expect(worldFields(["tasteStrength=0", 'drift=[{"day":3,"kind":"concept","strength":0.5}]'])).toEqual({
      tasteStrength: 0,
      drift: [{ day: 3, kind: "concept", strength: 0.5 }],
    });
    expect(() => worldFields(["tasteStrength"])).toThrow("invalid --world: tasteStrength; allowed: field=value");
    expect(() => worldFields(["tasteStrength=much"])).toThrow("invalid --world: tasteStrength=much");
  });

  it("splits the days of the log in order of time", () => {
    const { train, validation, test } = timeSplitOf([...Array(14).keys()]);
    expect(test).toEqual([12, 13]);
    expect(validation).toEqual([11]);
    expect(Math.max(...train)).toBeLessThan(11);
  });
});
