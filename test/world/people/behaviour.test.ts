import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { attachWorld, joinWorld, loadBehaviour, openOracle, openWorld } from "../../../src/world/index.js";
import type { Behaviour, World } from "../../../src/world/index.js";
import { digest, historyOf, playDays, playShard, small, smallWorld, uniformSlates } from "../play.js";
import { shardCount } from "../../../src/types.js";

const folder = mkdtempSync(path.join(tmpdir(), "behaviour-"));
const module = path.join(folder, "eager.mjs");
writeFileSync(
  module,
  "export const eager = ({ gain }) => ({ clickLogit: (given, { position }) => given + gain / (position + 1), " +
    "leave: (given) => given / 2 });\nexport const odd = () => ({ clickLogit: 3 });\n",
);
afterAll(() => rmSync(folder, { recursive: true }));

describe("a behaviour that is replaced", () => {
  it("changes nothing if it says what it was given, for every part", () => {
    const same = (given: number): number => given;
    const all: Behaviour = {
      examine: same,
      clickLogit: same,
      watchMean: same,
      enjoyment: same,
      like: same,
      share: same,
      hide: same,
      follow: same,
      leave: same,
      visit: same,
    };
    expect(historyOf(openWorld(small, 7, all), 0, 3)).toBe(historyOf(smallWorld(7), 0, 3));
  });

  it("is used: each part moves what it is about", () => {
    const count = (
      behaviour: Behaviour,
    ): {
      pages: number;
      visits: number;
      clicks: number;
      watchMs: number;
      likes: number;
      follows: number;
      shares: number;
      hides: number;
    } => {
      const out = { pages: 0, visits: 0, clicks: 0, watchMs: 0, likes: 0, follows: 0, shares: 0, hides: 0 };
      playDays(openWorld({ ...small, clickBase: -1 }, 7, behaviour), 0, 2, undefined, (batch, _, feedback) => {
        out.pages += batch.count;
        out.visits += batch.page.filter((p) => p === 0).length;
        feedback.click.forEach((c, i) => {
          out.clicks += c;
          out.watchMs += feedback.watchMs[i]!;
          out.likes += feedback.like[i]!;
          out.follows += feedback.follow[i]!;
          out.shares += feedback.share[i]!;
          out.hides += feedback.hide[i]!;
        });
      });
      return out;
    };
    const none = count({ clickLogit: (given) => given });
    const one = (): number => 1;
    expect(count({ examine: one }).clicks / count({ examine: one }).pages).toBeGreaterThan(
      (1.2 * none.clicks) / none.pages,
    );
    expect(count({ examine: () => 0 }).clicks).toBe(0);
    expect(count({ watchMean: () => 0 }).watchMs).toBe(0);
    expect(count({ visit: () => 0 }).visits).toBeLessThan(none.visits / 3); // newcomers come
    expect(count({ leave: one }).pages).toBe(count({ leave: one }).visits);
    expect(count({ like: one, follow: one, share: one, hide: one })).toMatchObject(
      (({ clicks }) => ({ likes: clicks, shares: clicks, hides: clicks }))(
        count({ like: one, follow: one, share: one, hide: one }),
      ),
    );
    expect(count({ follow: one }).follows).toBeGreaterThan(10 * (none.follows + 1));
    expect(count({ enjoyment: () => 5 }).pages).toBeGreaterThan(none.pages);
  });

  it("sees the moment it is asked about", () => {
    const world = openWorld({ ...small, slots: 5 }, 7, {
      clickLogit(given, { user, day, position, video, affinity, device, timeMs, page }) {
        if (!(
          user >= 0 &&
          day <= 1 &&
          position >= 0 &&
          position < 5 &&
          video >= 0 &&
          affinity >= 0 &&
          affinity <= 1 &&
          device < 4 &&
          timeMs >= 0 &&
          page >= 0
        ))
          throw new Error("not a moment");
        return video % 2 === 0 ? -100 : given;
      },
    });
    let odd = 0;
    playDays(world, 0, 1, undefined, (_, slates, feedback) =>
      slates.video.forEach((v, i) => {
        if (feedback.click[i] !== 1) return;
        expect(v % 2).toBe(1);
        odd++;
      }),
    );
    expect(odd).toBeGreaterThan(5);
    world.openDay(1);
    expect(
      openOracle(world)
        .expectedAt(3, Int32Array.of(2, 4, 6, 8, 10), { timeMs: 0, device: 0 })
        .clickProbability.every((p) => p < 1e-9),
    ).toBe(true);
  });

  it.each([
    [
      { examine: () => 1.2 },
      /behaviour examine: 1.2 for user \d+, video \d+ on day 0; allowed: a probability in \[0, 1\]/,
    ],
    [{ clickLogit: () => NaN }, /behaviour clickLogit: NaN for user \d+, video \d+ on day 0; allowed: a finite number/],
    [{ leave: () => -1 }, /behaviour leave: -1 for user \d+ on day 0; allowed: a probability/],
    [{ visit: () => Infinity }, /behaviour visit: Infinity for user \d+ on day 0/],
  ] as [Behaviour, RegExp][])("is refused when it says what cannot be: %j", (behaviour, message) => {
    expect(() => playDays(openWorld(small, 7, behaviour), 0, 1)).toThrow(message);
  });

  it("is part of what a snapshot must agree on: its code and its config", async () => {
    const opened = async (gain: number): Promise<World> =>
      openWorld(small, 7, await loadBehaviour({ module, export: "eager", config: { gain } }));
    const world = await opened(2);
    playDays(world, 0, 1);
    const snapshot = world.snapshot();
    (await opened(2)).restore(snapshot);
    const refused = "restore: the snapshot is of a world with another config, seed or behaviour";
    const eager = await opened(3);
    expect(() => eager.restore(snapshot)).toThrow(refused);
    expect(() => smallWorld(7).restore(snapshot)).toThrow(refused);
    expect(() => openWorld(small, 7, { leave: (given) => given / 2 }).restore(smallWorld(7).snapshot())).toThrow(
      refused,
    );
  });

  it("is refused when it is none", () => {
    expect(() => openWorld(small, 7, { clickLogits: () => 0 } as Behaviour)).toThrow(
      "unknown behaviour: clickLogits; known: examine,",
    );
    expect(() => openWorld(small, 7, { leave: 0.5 } as unknown as Behaviour)).toThrow(
      "behaviour leave: number; allowed: a function",
    );
  });

  it("travels to other threads as a module: the same bytes there and here", async () => {
    const eager = await loadBehaviour({ module, export: "eager", config: { gain: 2 } });
    const [alone, owner] = [openWorld(small, 7, eager), openWorld(small, 7, eager)];
    playDays(alone, 0, 2);
    const hand = await joinWorld(structuredClone(owner.share()));
    for (let day = 0; day < 2; day++) {
      owner.openDay(day);
      for (let shard = 0; shard < shardCount; shard++) playShard(hand, shard, (batch) => uniformSlates(hand, batch));
      owner.closeDay();
    }
    expect(digest(owner)).toBe(digest(alone));
    expect(digest(owner)).not.toBe(digest(smallWorld(7)));
    expect(() => attachWorld(owner.share())).toThrow("allowed: joinWorld");
    const local = openWorld(small, 7, { leave: (given) => given });
    expect(() => attachWorld(local.share())).toThrow("allowed: the behaviour as second argument");
    await expect(joinWorld(local.share())).rejects.toThrow("the behaviour as second argument");
    await expect(loadBehaviour({ module, export: "egaer" })).rejects.toThrow(
      "has no function egaer; known: eager, odd",
    );
    await expect(loadBehaviour({ module, export: "odd" })).rejects.toThrow("behaviour clickLogit: number");
  });
});
