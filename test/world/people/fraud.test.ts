import { describe, expect, it } from "vitest";
import { dayMs } from "../../../src/types.js";
import type { FeedbackBatch } from "../../../src/types.js";
import { farmOf, payersOf } from "../../../src/world/people/farms.js";
import { botArrivalMs, botLeaves, botStyle, botVisits, playBotPage } from "../../../src/world/people/fraud.js";
import type { BotMoment } from "../../../src/world/people/fraud.js";
import { botStyles, trait, traitWidth } from "../../../src/world/state.js";
import type { BotStyle, WorldState } from "../../../src/world/state.js";
import { stateOf } from "../../../src/world/world.js";
import { emptyFeedback } from "../../support/feedback.js";
import { smallWorld } from "../play.js";

const slots = 5;
const open = (): WorldState => stateOf(smallWorld(9, { users: 600, videos: 1_000, botShare: 1, slots, topics: 6 }));

function botsOf(state: WorldState, style: BotStyle): number[] {
  return [...state.users.bot.keys()].filter(
    (u) => botStyle(state, u) === style && state.catalogue.users.joinDay[u]! <= 0,
  );
}

interface Played {
  readonly moment: BotMoment;
  readonly feedback: FeedbackBatch;
}

function play(
  state: WorldState,
  user: number,
  page: number,
  videos: readonly number[],
  campaigns?: readonly number[],
): Played {
  const moment: BotMoment = { day: 0, shard: user % 64, user, page, spentMs: -1, worth: NaN };
  const feedback = emptyFeedback(slots);
  playBotPage(state, moment, Int32Array.from(videos), campaigns && Int16Array.from(campaigns), 0, feedback);
  return { moment, feedback };
}

/** Pages over the first 500 videos, `slots` at a time. */
function* pages(): Generator<number[]> {
  for (let v = 0; v + slots <= 500; v += slots) yield Array.from({ length: slots }, (_, k) => v + k);
}

describe("bots", () => {
  const state = open();

  it("come 0 to 3 times a day at times of the day, on their first day surely, and not before", () => {
    for (let u = 0; u < state.catalogue.users.count; u++) {
      const joined = state.catalogue.users.joinDay[u]!;
      for (let day = 0; day < 8; day++) {
        const visits = botVisits(state, u, day);
        expect([0, 1, 2, 3]).toContain(visits);
        if (day < joined) expect(visits).toBe(0);
        if (day === joined) expect(visits).toBeGreaterThan(0);
        for (let i = 0; i < visits; i++) {
          const at = botArrivalMs(state, u, day, i);
          expect(Number.isInteger(at) && at >= 0 && at < dayMs).toBe(true);
        }
      }
    }
  });

  it("never pay, never hide, watch at most the whole video, and say what time it took", () => {
    for (const style of botStyles)
      for (const user of botsOf(state, style).slice(0, 5)) {
        let page = 0;
        for (const videos of pages()) {
          const { moment, feedback } = play(state, user, page++, videos);
          expect([...feedback.conversion, ...feedback.revenueMicros, ...feedback.hide].every((x) => x === 0)).toBe(
            true,
          );
          const watch = [...feedback.watchMs];
          watch.forEach((ms, k) => {
            expect(ms).toBeLessThanOrEqual(state.catalogue.videos.durationMs[videos[k]!]!);
            if (feedback.click[k] === 0)
              expect([ms, feedback.like[k], feedback.share[k], feedback.follow[k]]).toEqual([0, 0, 0, 0]);
          });
          expect(moment.spentMs).toBeGreaterThan(watch.reduce((a, b) => a + b, 0));
          expect(moment.worth).toBe(0);
        }
      }
  });

  it("do the same for the same page, and skip empty slots", () => {
    const user = botsOf(state, "scraper")[0]!;
    expect(play(state, user, 3, [1, 2, -1, 4, -1]).feedback).toEqual(play(state, user, 3, [1, 2, -1, 4, -1]).feedback);
    expect(play(state, user, 3, [1, 2, -1, 4, -1]).feedback.click[2]).toBe(0);
  });

  it("stay for a number of pages that tells the styles apart", () => {
    const stay = (style: BotStyle): number => {
      let stayed = 0;
      let asked = 0;
      for (const user of botsOf(state, style))
        for (let page = 0; page < 40; page++, asked++) if (!botLeaves(state, { user, day: 1, page })) stayed++;
      return stayed / asked;
    };
    expect(stay("scraper")).toBeGreaterThan(0.96);
    expect(stay("ad-clicker")).toBeLessThan(0.8);
  });

  it("move the topics' trends like anybody's clicks", () => {
    const fresh = open();
    const user = botsOf(fresh, "scraper")[0]!;
    const { feedback } = play(fresh, user, 0, [0, 1, 2, 3, 4]);
    const counted = new Int32Array(fresh.config.topics);
    feedback.click.forEach((click, k) => {
      if (click) {
        const t = fresh.traits[k * traitWidth + trait.topic]!;
        counted[t] = counted[t]! + 1;
      }
    });
    const from = (user % 64) * fresh.config.topics;
    expect([...fresh.now.shardClicks.subarray(from, from + fresh.config.topics)]).toEqual([...counted]);
  });

  it("are not asked of people", () => {
    const people = stateOf(smallWorld(9));
    people.users.bot[0] = 0;
    expect(botStyle(people, 0)).toBeUndefined();
    expect(() => botVisits(people, 0, 1)).toThrow("user 0 is a person");
  });
});

describe("the styles of fraud", () => {
  it("scrapers click nearly everything and watch about a second", () => {
    const state = open();
    let [clicks, shown, watchMs, page] = [0, 0, 0, 0];
    for (const videos of pages()) {
      const { feedback } = play(state, botsOf(state, "scraper")[1]!, page++, videos);
      shown += slots;
      feedback.click.forEach((click) => {
        clicks += click;
      });
      feedback.watchMs.forEach((ms) => {
        watchMs += ms;
      });
    }
    expect(clicks / shown).toBeGreaterThan(0.9);
    expect(watchMs / clicks).toBeGreaterThan(600);
    expect(watchMs / clicks).toBeLessThan(1_500);
  });

  it("click farms clap for those who pay and for nobody else, and follow each once", () => {
    const state = open();
    const user = botsOf(state, "click-farm")[0]!;
    const payers = payersOf(state.config, state.keys, farmOf(state.keys, user).id);
    const { creator, durationMs } = state.catalogue.videos;
    let [others, otherClicks, page] = [0, 0, 0];
    const followed: number[] = [];
    for (const videos of pages()) {
      const { feedback } = play(state, user, page++, videos);
      videos.forEach((v, k) => {
        const made = creator[v]!;
        if (payers.includes(made)) {
          expect(feedback.click[k]).toBe(1);
          expect(feedback.watchMs[k]!).toBeGreaterThanOrEqual(Math.floor(0.7 * durationMs[v]!));
          if (feedback.follow[k]) followed.push(made);
        } else {
          others++;
          otherClicks += feedback.click[k]!;
          expect([feedback.like[k], feedback.share[k], feedback.follow[k]]).toEqual([0, 0, 0]);
        }
      });
    }
    expect(otherClicks / others).toBeLessThan(0.06);
    expect(followed.sort((a, b) => a - b)).toEqual(payers.filter((made) => creator.subarray(0, 500).includes(made)));
  });

  it("farms keep their hours", () => {
    const state = open();
    for (const user of botsOf(state, "click-farm").slice(0, 20)) {
      const { minute } = farmOf(state.keys, user);
      for (let visit = 0; visit < 3; visit++) {
        const away = Math.abs(botArrivalMs(state, user, 2, visit) - minute * 60_000);
        expect(Math.min(away, dayMs - away)).toBeLessThanOrEqual(3_600_000);
      }
    }
  });

  it("view-inflators watch one topic to the end", () => {
    const state = open();
    const topics = new Set<number>();
    let page = 0;
    for (const videos of pages()) {
      const { feedback } = play(state, botsOf(state, "view-inflator")[0]!, page++, videos);
      feedback.click.forEach((click, k) => {
        if (!click) return;
        topics.add(state.catalogue.videos.topic[videos[k]!]!);
        expect(feedback.watchMs[k]).toBe(state.catalogue.videos.durationMs[videos[k]!]);
      });
    }
    expect(topics.size).toBe(1);
  });

  it("ad-clickers click every ad and hardly anything else", () => {
    const state = open();
    const user = botsOf(state, "ad-clicker")[0]!;
    let [clicks, shown, page] = [0, 0, 0];
    for (const videos of pages()) {
      const { feedback } = play(state, user, page++, videos, [0, 3, 0, 0, 1]);
      expect([feedback.click[1], feedback.click[4]]).toEqual([1, 1]);
      shown += 3;
      clicks += feedback.click[0]! + feedback.click[2]! + feedback.click[3]!;
    }
    expect(clicks / shown).toBeLessThan(0.06);
    const sponsored = state.catalogue.videos.sponsored.indexOf(1);
    expect(play(state, user, 0, [sponsored, -1, -1, -1, -1]).feedback.click[0]).toBe(1);
  });
});
