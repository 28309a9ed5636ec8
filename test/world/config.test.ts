import { describe, expect, it } from "vitest";
import { scales } from "../../src/types.js";
import { checkConfig, configFor, defaults, horizonUsers, horizonVideos, openWorld } from "../../src/world/index.js";
import type { WorldConfig } from "../../src/world/index.js";

const withChange = (change: object): WorldConfig => ({ ...defaults, ...change }) as WorldConfig;

describe("world config", () => {
  it("is sound at every scale", () => {
    for (const scale of scales) expect(checkConfig(configFor(scale)).creators).toBe(configFor(scale).videos / 20);
  });

  it.each([
    [{ users: 0 }, "users: 0; allowed: an integer in [1, 16777215]"],
    [{ users: 12.5 }, "users: 12.5; allowed: an integer in"],
    [{ mislabelled: -0.1 }, "mislabelled: -0.1; allowed: a number in [0, 1]"],
    [{ clickBase: NaN }, "clickBase: NaN; allowed: a number in [-20, 20]"],
    [{ tasteStrength: Infinity }, "tasteStrength: Infinity; allowed: a number in [0, 5]"],
    [{ budgetMs: "long" }, 'budgetMs: "long"; allowed: an integer in [1000, 86400000]'],
    [{ watchBait: undefined }, "watchBait: undefined; allowed: a number in [0, 20]"],
    [{ videos: 10 }, "slots: 10; allowed: at most the 7 videos of day 0"],
    [{ interestFull: 0.1 }, "interestFull: 0.1; allowed: above interestFrom, 0.15"],
    [{ watchBiat: 1 }, "unknown field: watchBiat; known: users, videos,"],
    [{ drift: [{ day: 26, kind: "concept", strength: 1 }] }, "drift: day 26; allowed: a day of the horizon, 0 … 25"],
    [
      { drift: [{ day: 3, kind: "sudden", strength: 1 }] },
      'drift.0.kind: "sudden"; allowed: an array of { day: an integer in [0, days + extraDays), kind: concept | covariate | prior',
    ],
    [{ drift: [{ day: 3, kind: "prior", strength: 2 }] }, "drift.0.strength: 2; allowed: an array of"],
  ])("refuses %j with the field, the value and what is allowed", (change, message) => {
    expect(() => openWorld(withChange(change), 1)).toThrow(message);
    expect(() => openWorld(withChange(change), 1)).toThrow("invalid world config");
  });

  it("names every bad field at once", () => {
    expect(() => checkConfig(withChange({ users: -1, slots: 0 }))).toThrow(/users: -1.*slots: 0/);
  });

  it("sizes columns for the horizon: log days at the given counts, extra days at the same rate", () => {
    const config = withChange({
      users: 1_000,
      videos: 1_000,
      days: 10,
      extraDays: 20,
      usersAtStart: 0.9,
      videosAtStart: 0.7,
    });
    expect(horizonUsers(config)).toBe(1_200);
    expect(horizonVideos(config)).toBe(1_600);
  });
});
