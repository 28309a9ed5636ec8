import { describe, expect, it } from "vitest";
import { devices } from "../../../src/types.js";
import { farmCount, farmOf, payersOf, paysFarm } from "../../../src/world/people/farms.js";
import { botStyles } from "../../../src/world/state.js";
import { stateOf } from "../../../src/world/world.js";
import { smallWorld } from "../play.js";

const state = stateOf(smallWorld(6, { users: 4_000, botShare: 0.2, adToleranceSpread: 0.5 }));
const {
  catalogue: { users: open },
  users,
  keys,
  config,
} = state;

describe("accounts", () => {
  it("tolerate ads with mean 1, at least 0.1", () => {
    let sum = 0;
    for (const tolerance of users.adTolerance) {
      expect(tolerance).toBeGreaterThanOrEqual(Math.fround(0.1));
      sum += tolerance;
    }
    expect(sum / open.count).toBeCloseTo(1, 1);
    expect(Math.min(...users.adTolerance)).toBe(Math.fround(0.1));
  });

  it("are fraud at the stated share, all styles alike, old accounts and newcomers", () => {
    const counts = botStyles.map((_, i) => users.bot.filter((bot) => bot === i + 1).length);
    for (const n of counts) expect(Math.abs(n - 0.05 * open.count)).toBeLessThan(4 * Math.sqrt(0.05 * open.count));
    const bots = [...users.bot.keys()].filter((u) => users.bot[u] !== 0);
    const later = bots.filter((u) => open.joinDay[u]! > 0).length / bots.length;
    const laterOfAll = open.joinDay.filter((day) => day > 0).length / open.count;
    expect(Math.abs(later - laterOfAll)).toBeLessThan(0.06);
  });

  it("of a click farm are phones of its region, at its hour", () => {
    const farm = 1 + botStyles.indexOf("click-farm");
    const seen = new Set<number>();
    for (let u = 0; u < open.count; u++) {
      if (users.bot[u] !== farm) continue;
      const { id, region, minute } = farmOf(keys, u);
      seen.add(id);
      expect([open.region[u], open.device[u], users.peakMinute[u]]).toEqual([region, devices.indexOf("phone"), minute]);
    }
    expect(seen.size).toBe(farmCount);
  });
});

describe("payers of a farm", () => {
  it("are the creators whose videos it pushes, in the catalogue", () => {
    for (let farm = 0; farm < farmCount; farm++) {
      const payers = payersOf(config, keys, farm);
      expect(payers.length).toBeGreaterThan(0);
      expect(
        Array.from({ length: config.creators }, (_, creator) => creator).filter((creator) =>
          paysFarm(config, keys, farm, creator),
        ),
      ).toEqual(payers);
    }
  });
});
