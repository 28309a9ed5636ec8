import { describe, expect, it } from "vitest";
import { shardCount } from "../../../src/types.js";
import type { SlateBatch } from "../../../src/types.js";
import { openOracle, openWorld } from "../../../src/world/index.js";
import type { ChoiceModel, WorldConfig } from "../../../src/world/index.js";
import { look } from "../../../src/world/choice/choice.js";
import { newMoment } from "../../../src/world/choice/moment.js";
import { playPage } from "../../../src/world/choice/page.js";
import { emptyFeedback } from "../../support/feedback.js";
import { digest, playDays, slatesOf, small, smallWorld, uniformSlates } from "../play.js";
import { stateOf } from "../../../src/world/world.js";

const models: ChoiceModel[] = ["position", "cascade", "multinomial"];
const lively: Partial<WorldConfig> = {
  followGain: 0.8,
  followBase: -1,
  nearDuplicates: 0.1,
  tasteReinforcement: 0.05,
  clickBase: -1,
};

/** Plays one page of one user `n` times with new random draws, and restores the user's state. */
function monteCarlo(
  world: ReturnType<typeof smallWorld>,
  user: number,
  slate: Int32Array,
  context: { timeMs: number; device: number },
  n: number,
): { click: Float64Array; watchMs: Float64Array; square: Float64Array } {
  const state = stateOf(world);
  const { slots } = world.config;
  const sum = { click: new Float64Array(slots), watchMs: new Float64Array(slots), square: new Float64Array(slots) };
  const kept = world.snapshot();
  const page: SlateBatch = {
    count: 1,
    slots,
    video: slate,
    source: new Uint8Array(slots),
    propensity: new Float64Array(slots).fill(1),
    component: new Uint8Array(1),
  };
  const moment = newMoment(1, user % shardCount, state);
  const feedback = emptyFeedback(slots);
  for (let i = 0; i < n; i++) {
    feedback.click.fill(0);
    feedback.watchMs.fill(0);
    Object.assign(moment, { user, page: i, timeMs: context.timeMs, device: context.device });
    look(state, moment.viewer, user, context.device, context.timeMs);
    playPage(state, moment, page, 0, feedback);
    let clicks = 0;
    for (let k = 0; k < slots; k++) {
      const ms = feedback.watchMs[k]!;
      clicks += feedback.click[k]!;
      sum.click[k] = sum.click[k]! + feedback.click[k]! / n;
      sum.watchMs[k] = sum.watchMs[k]! + ms / n;
      sum.square[k] = sum.square[k]! + (ms * ms) / n;
    }
    if (clicks > 0) world.restore(kept);
  }
  return sum;
}

describe("a page under three choice models", () => {
  it.each(models)(
    "is expected exactly: many pages of the %s model agree with the oracle slot by slot",
    (choiceModel) => {
      const world = smallWorld(4, { ...lively, choiceModel, slots: 4, users: 30, videos: 60, creators: 6 });
      playDays(world, 0, 1);
      const oracle = openOracle(world);
      const context = { timeMs: 70_000_000, device: 1 };
      const state = stateOf(world);
      // A user with a past, and a page with a watched video, a followed creator and a gap.
      const user = state.users.attention.findIndex(
        (_, u) => state.now.memory[u * 64] !== 0 && oracle.followed(u).length > 0,
      );
      const watched = state.now.memory[user * 64]! - 1;
      const creator = oracle.followed(user)[0]!;
      const ofCreator = world.catalogue.videos.creator.findIndex((c, v) => c === creator && v !== watched && v < 42);
      const other = [0, 1, 2].find((v) => v !== watched && v !== ofCreator) as number;
      const slate = Int32Array.of(watched, -1, ofCreator, other);
      const expected = oracle.expectedAt(user, slate, context);
      // seen: clicks off by 7 % in the last two slots, by 45 % in the first, a watched video that is rarely clicked
      const n = process.env["STAGECRAFT_SLOW"] === "1" ? 200_000 : 40_000; // the nightly tier sees errors half as large
      const seen = monteCarlo(world, user, slate, context, n);
      for (let k = 0; k < 4; k++) {
        const p = expected.clickProbability[k]!;
        expect(Math.abs(seen.click[k]! - p)).toBeLessThanOrEqual(4.5 * Math.sqrt((p * (1 - p)) / n) + 1e-12);
        const variance = seen.square[k]! - seen.watchMs[k]! ** 2;
        expect(Math.abs(seen.watchMs[k]! - expected.watchMs[k]!)).toBeLessThanOrEqual(
          4.5 * Math.sqrt(variance / n) + 1,
        );
      }
      expect(expected.clickProbability[2]).toBeGreaterThan(0.02);
      expect(expected.clickProbability[1]).toBe(0);
    },
    60_000,
  );

  it("takes no shortcut that changes a click: with and without an identity behaviour, the same bytes", () => {
    const changes = { ...lively, users: 400, tasteWalk: 0.02, churnBase: 0.01 };
    const quick = smallWorld(5, changes);
    const whole = openWorld({ ...small, ...changes }, 5, { clickLogit: (logit) => logit });
    playDays(quick, 0, 3);
    playDays(whole, 0, 3);
    expect(digest(whole)).toBe(digest(quick));
  });

  it("clicks at most once a page in the multinomial model, and less the more the no-click mass weighs", () => {
    const clicks = (noClickMass: number): number => {
      const world = smallWorld(2, { choiceModel: "multinomial", noClickMass });
      let sum = 0;
      playDays(world, 0, 2, undefined, (_, slates, feedback) => {
        for (let i = 0; i < slates.count; i++) {
          let onPage = 0;
          for (let k = 0; k < slates.slots; k++) onPage += feedback.click[i * slates.slots + k]!;
          if (onPage > 1) throw new Error(`${onPage} clicks on one page`);
          sum += onPage;
        }
      });
      return sum;
    };
    const [light, heavy] = [clicks(0.2), clicks(10)];
    expect(light).toBeGreaterThan(2 * heavy);
    expect(heavy).toBeGreaterThan(0);
  });

  it("never reaches below a video where the cascade always ends, and shows every slot where it never does", () => {
    const top = smallWorld(2, { choiceModel: "cascade", cascadeContinue: 0, clickBase: 0 });
    const lower = new Float64Array(5);
    playDays(top, 0, 2, undefined, (_, __, feedback) =>
      feedback.click.forEach((c, i) => {
        lower[i % 5] = lower[i % 5]! + c;
      }),
    );
    expect(lower[0]).toBeGreaterThan(50);
    // A first slot that is clicked may go on (cascadeAfterClick); one that is not never does.
    const oracle = openOracle(smallWorld(2, { choiceModel: "cascade", cascadeContinue: 1, cascadeAfterClick: 1 }));
    const alone = oracle.expectedAt(3, Int32Array.of(9, -1, -1, -1, -1), { timeMs: 0, device: 0 }).clickProbability[0]!;
    expect(
      oracle.expectedAt(3, Int32Array.of(1, 2, 3, 4, 9), { timeMs: 0, device: 0 }).clickProbability[4],
    ).toBeCloseTo(alone, 12);
  });

  it("gives a video the same draws in all slots: moving it up never loses a cascade click", () => {
    const clicked = (reversed: boolean): Set<string> => {
      const world = smallWorld(9, { choiceModel: "cascade", clickBase: -1, cascadeAfterClick: 0.92 });
      const found = new Set<string>();
      world.openDay(0);
      for (let shard = 0; shard < shardCount; shard++) {
        const day = world.openShard(shard);
        const batch = day.next();
        if (!batch) continue;
        const slates = slatesOf(world, batch, (row) => {
          const page = [...uniformSlates(world, batch).video.subarray(row * 5, row * 5 + 5)];
          return reversed ? ([page[4], page[0], page[1], page[2], page[3]] as number[]) : page;
        });
        const feedback = day.respond(slates);
        slates.video.forEach((v, i) => {
          if (feedback.click[i] === 1 && (reversed ? i % 5 === 0 : i % 5 === 4))
            found.add(`${batch.user[Math.floor(i / 5)]}/${v}`);
        });
      }
      return found;
    };
    const [low, high] = [clicked(false), clicked(true)];
    expect(high.size).toBeGreaterThan(low.size);
    for (const name of low) expect(high.has(name)).toBe(true);
  });
});
