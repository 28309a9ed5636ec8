import { describe, expect, it } from "vitest";
import { latentDim, maxModes } from "../../../src/world/state.js";
import { keyring } from "../../../src/world/keys.js";
import {
  centroids,
  familiesOf,
  familyCentroids,
  familyOf,
  topicCentroids,
  topicNames,
} from "../../../src/world/content/topics.js";
import { stateOf } from "../../../src/world/world.js";
import { small, smallWorld } from "../play.js";

const keys = keyring(5);
const config = { topics: 20, topicFamilies: 5, familyShare: 0.36 };

const cosine = (vectors: Float64Array, i: number, others: Float64Array, j: number): number => {
  let sum = 0;
  for (let d = 0; d < latentDim; d++) sum += vectors[i * latentDim + d]! * others[j * latentDim + d]!;
  return sum;
};

describe("topic families", () => {
  it("are runs of equal length that hold kindred topics", () => {
    const families = familiesOf(config);
    const members = (f: number): string[] => topicNames(20).filter((_, t) => families[t] === f);
    expect(members(0)).toEqual(["music", "comedy", "film", "anime"]);
    expect(members(4)).toEqual(["cooking", "travel", "beauty", "crafts"]);
    for (let f = 0; f < 5; f++) expect(members(f)).toHaveLength(4);
  });

  it("exist for any number of topics and families, none empty", () => {
    for (const topics of [2, 7, 20, 33])
      for (const topicFamilies of [1, 2, 5, 40]) {
        const found = new Set(familiesOf({ topics, topicFamilies, familyShare: 0 }));
        expect(found.size).toBe(Math.min(topics, topicFamilies));
        expect(Math.max(...found)).toBe(found.size - 1);
      }
    expect(() => familyOf(config, 20)).toThrow("unknown topic: 20; allowed: an integer in [0, 19]");
  });

  it("make centroids of length 1 that meet their family at the root of its share", () => {
    const leaves = topicCentroids(config, latentDim, keys);
    const families = familyCentroids(config, latentDim, keys);
    for (let t = 0; t < 20; t++) {
      expect(cosine(leaves, t, leaves, t)).toBeCloseTo(1, 12);
      expect(cosine(leaves, t, families, familyOf(config, t))).toBeCloseTo(0.6, 12);
    }
    for (let f = 0; f < 5; f++) for (let g = 0; g < f; g++) expect(cosine(families, f, families, g)).toBeCloseTo(0, 12);
  });

  it("bring siblings nearer than strangers, by the share on average", () => {
    let [kindred, strange, k, s] = [0, 0, 0, 0];
    for (let seed = 0; seed < 40; seed++) {
      const leaves = topicCentroids(config, latentDim, keyring(seed));
      for (let a = 0; a < 20; a++)
        for (let b = 0; b < a; b++) {
          if (familyOf(config, a) === familyOf(config, b))
            [kindred, k] = [kindred + cosine(leaves, a, leaves, b), k + 1];
          else [strange, s] = [strange + cosine(leaves, a, leaves, b), s + 1];
        }
    }
    expect(kindred / k).toBeCloseTo(0.36, 1);
    expect(Math.abs(strange / s)).toBeLessThan(0.03);
  });

  it("leave the topics alone at share 0", () => {
    expect(topicCentroids({ ...config, familyShare: 0 }, latentDim, keys)).toEqual(
      centroids(20, latentDim, keys.centroid),
    );
  });

  it("hold the interests of a user together", () => {
    const together = (familyShare: number): number => {
      const state = stateOf(smallWorld(3, { users: 2_000, familyShare }));
      const families = familiesOf(state.config);
      let same = 0;
      for (let u = 0; u < state.catalogue.users.count; u++)
        if (families[state.now.modeTopic[u * maxModes]!] === families[state.now.modeTopic[u * maxModes + 1]!]) same++;
      return same / state.catalogue.users.count;
    };
    expect(together(0)).toBeLessThan(0.35);
    expect(together(0.5)).toBeGreaterThan(together(0) + 0.15);
  });

  it("take most wrong labels to a sibling", () => {
    const {
      config: world,
      catalogue,
      traits,
    } = stateOf(smallWorld(4, { ...small, videos: 8_000, familyShare: 0.3, mislabelled: 0.1 }));
    const families = familiesOf(world);
    let [wrong, sibling] = [0, 0];
    for (let v = 0; v < catalogue.videos.count; v++) {
      const [said, is] = [catalogue.videos.topic[v]!, traits[v * 16 + 13]!];
      if (said === is) continue;
      wrong++;
      if (families[said] === families[is]) sibling++;
    }
    expect(wrong / catalogue.videos.count).toBeCloseTo(0.1, 1);
    expect(sibling / wrong).toBeGreaterThan(0.7); // 0.75, and some of the rest by chance
    expect(sibling / wrong).toBeLessThan(0.9);
  });
});
