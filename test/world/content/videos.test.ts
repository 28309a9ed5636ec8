import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { latentDim, trait, traitWidth } from "../../../src/world/state.js";
import type { WorldState } from "../../../src/world/state.js";
import { uploadsOn, uploadWeekdays } from "../../../src/world/content/uploads.js";
import { stateOf } from "../../../src/world/world.js";
import type { WorldConfig } from "../../../src/world/index.js";
import { small, smallWorld } from "../play.js";

const off: Partial<WorldConfig> = { familyShare: 0, uploadRhythm: 0, nearDuplicates: 0, botShare: 0 };
const make = (seed: number, changes: Partial<WorldConfig> = {}): WorldState =>
  stateOf(smallWorld(seed, { ...small, ...off, ...changes }));

describe("the catalogue", () => {
  it("is, with everything new off, byte for byte what it was before topics had families", () => {
    const {
      traits,
      catalogue: { videos, users: open },
      now,
      users,
    } = make(1);
    const hash = createHash("sha256");
    const columns = [
      traits,
      videos.uploadDay,
      videos.topic,
      videos.creator,
      videos.durationMs,
      videos.language,
      videos.sponsored,
      open.joinDay,
      open.ageBand,
      open.region,
      open.device,
      open.language,
      now.mode,
      now.modeTopic,
      users.peakMinute,
      users.attention,
    ];
    for (const column of columns) hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
    expect(hash.digest("hex")).toBe("798f7199a3a97ca01a13a353d042a4a46806588bec64c7642bea675d18921c89");
  });

  it("is the same for the same seed with everything on, and another for another", () => {
    const on = { familyShare: 0.3, uploadRhythm: 0.8, nearDuplicates: 0.1, botShare: 0.2 };
    expect(make(1, on).traits).toEqual(make(1, on).traits);
    expect(make(1, on).traits).not.toEqual(make(2, on).traits);
  });
});

describe("upload rhythm", () => {
  it("at 1 brings each video on a weekday of its creator", () => {
    const {
      keys,
      catalogue: { videos },
    } = make(2, { uploadRhythm: 1, videos: 3_000, creators: 100, nearDuplicates: 0.2 });
    for (let v = 0; v < videos.count; v++) expect(uploadsOn(keys, videos.creator[v]!, videos.uploadDay[v]!)).toBe(true);
  });

  it("at 0 leaves uploads to any day, and in between to the share that keeps to it", () => {
    const kept = (uploadRhythm: number): number => {
      const {
        keys,
        catalogue: { videos },
      } = make(2, { uploadRhythm, videos: 4_000, creators: 200 });
      let n = 0;
      for (let v = 0; v < videos.count; v++) if (uploadsOn(keys, videos.creator[v]!, videos.uploadDay[v]!)) n++;
      return n / videos.count;
    };
    const [none, half] = [kept(0), kept(0.5)];
    expect(none).toBeLessThan(0.5);
    expect(half).toBeCloseTo(none + 0.5 * (1 - none), 1);
  });

  it("gives creators one to four weekdays", () => {
    const { keys } = make(2);
    const counts = new Set(
      Array.from({ length: 300 }, (_, creator) => uploadWeekdays(keys, creator).toString(2).replaceAll("0", "").length),
    );
    expect([...counts].sort()).toEqual([1, 2, 3, 4]);
  });

  it("goes on where no creator uploads on a weekday", () => {
    const {
      catalogue: { videos },
    } = make(2, { uploadRhythm: 1, creators: 1 });
    expect(videos.creator.every((creator) => creator === 0)).toBe(true);
  });
});

describe("near-duplicates", () => {
  const share = 0.1;
  const state = make(3, { videos: 6_000, creators: 300, nearDuplicates: share });
  const {
    catalogue: { videos },
    traits,
    videos: { original },
  } = state;
  const copies = [...original.keys()].filter((v) => original[v] !== v);
  const row = (v: number): Float32Array => traits.subarray(v * traitWidth, (v + 1) * traitWidth);
  const distance = (a: number, b: number): number => {
    let squares = 0;
    for (let d = 0; d < latentDim; d++) squares += (row(a)[d]! - row(b)[d]!) ** 2;
    return Math.sqrt(squares);
  };

  it("are the stated share, half by the same creator, of earlier videos that repeat none themselves", () => {
    expect(copies.length / videos.count).toBeCloseTo(share, 1);
    expect(Math.abs(copies.length - share * videos.count)).toBeLessThan(4 * Math.sqrt(share * videos.count));
    const same = copies.filter((v) => videos.creator[v] === videos.creator[original[v]!]).length;
    expect(Math.abs(same - copies.length / 2)).toBeLessThan(4 * Math.sqrt(copies.length / 4));
    for (const v of copies) {
      const root = original[v]!;
      expect(root).toBeLessThan(v);
      expect(original[root]).toBe(root);
      expect(videos.uploadDay[root]!).toBeLessThanOrEqual(videos.uploadDay[v]!);
    }
  });

  it("are nearly their originals: latent, topic, format, duration within 3 s; re-uploads are a bit worse", () => {
    for (const v of copies) {
      const root = original[v]!;
      expect(distance(v, root)).toBeLessThan(0.06);
      for (const column of [trait.topic, trait.short, trait.language, trait.bait])
        expect(row(v)[column]).toBe(row(root)[column]);
      expect(Math.abs(videos.durationMs[v]! - videos.durationMs[root]!)).toBeLessThanOrEqual(3_000);
      expect(row(v)[trait.logLength]).toBeCloseTo(Math.log(videos.durationMs[v]! / 60_000), 5);
      const loss = row(root)[trait.quality]! - row(v)[trait.quality]!;
      if (videos.creator[v] === videos.creator[root]) expect(Math.abs(loss)).toBeLessThan(0.051);
      else if (row(v)[trait.quality]! > -2) expect(loss).toBeGreaterThan(0.149);
    }
    expect(copies.some((v) => videos.topic[v] !== videos.topic[original[v]!])).toBe(true); // labels are drawn afresh
  });

  it("leave all other videos as they are", () => {
    const without = make(3, { videos: 6_000, creators: 300 });
    for (let v = 0; v < videos.count; v++)
      if (original[v] === v) expect(row(v)).toEqual(without.traits.subarray(v * traitWidth, (v + 1) * traitWidth));
  });
});
