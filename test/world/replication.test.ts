import { describe, expect, it } from "vitest";
import { attachWorld, openWorld, type World } from "../../src/world/index.js";
import { stateOf } from "../../src/world/world.js";
import { digest, historyOf, playDays, playShard, small, uniformSlates } from "./play.js";

const world = (replication?: number): World => openWorld(small, 7, undefined, replication);

describe("replication", () => {
  it("leaves users, videos and the drift plan unchanged", () => {
    const [own, other] = [stateOf(world()), stateOf(world(1))];
    own.buffers.fixed.forEach((buffer, i) =>
      expect(Buffer.from(other.buffers.fixed[i]!).equals(Buffer.from(buffer)), `fixed column ${i}`).toBe(true),
    );
    expect(other.keys["user/modes"]).toBe(own.keys["user/modes"]);
    expect(other.keys["drift/offset"]).toBe(own.keys["drift/offset"]);
    expect(other.keys.click).not.toBe(own.keys.click);
  });

  it("gives other days, and the same days again for the same replication", () => {
    const own = historyOf(world(), 0, 2);
    expect(historyOf(world(undefined), 0, 2)).toBe(own);
    expect(historyOf(world(1), 0, 2)).not.toBe(own);
    expect(historyOf(world(1), 0, 2)).toBe(historyOf(world(1), 0, 2));
    expect(historyOf(world(2), 0, 2)).not.toBe(historyOf(world(1), 0, 2));
  });

  it("continues from any replication's end-of-day snapshot, also in an attached world", () => {
    const first = world();
    playDays(first, 0, 2);
    const [alone, owner] = [world(3), world(3)];
    for (const copy of [alone, owner]) copy.restore(first.snapshot());
    playDays(alone, 2, 3);
    const hand = attachWorld(structuredClone(owner.share()));
    owner.openDay(2);
    for (let shard = 0; shard < 64; shard++) playShard(hand, shard, (batch) => uniformSlates(hand, batch));
    owner.closeDay();
    expect(digest(owner)).toBe(digest(alone));
    playDays(first, 2, 3);
    expect(digest(first)).not.toBe(digest(alone));
  });

  it("must be an integer", () => {
    expect(() => world(0.5)).toThrow("invalid replication: 0.5; allowed: an integer");
  });
});
