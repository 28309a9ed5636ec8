import { describe, expect, it } from "vitest";
import { banditStudy } from "../../src/studies/bandit/study.js";
import { createTopicBandit } from "../../src/studies/bandit/topic-bandit.js";
import { emptyImpressions } from "../../src/log/index.js";
import { environment, playEpisode } from "../../src/platform/index.js";
import type { RequestBatch } from "../../src/types.js";
import { configFor, openWorld } from "../../src/world/index.js";
import { fakeCatalogue } from "../support/fake-log.js";

const catalogue = fakeCatalogue({ users: 10, videos: 300, topics: 4 });
const asked = (users: readonly number[]): RequestBatch => ({
  day: 1,
  count: users.length,
  request: Float64Array.from(users, (user, i) => (2 ** 24 + user) * 512 + i),
  session: new Float64Array(users.length),
  user: Int32Array.from(users),
  page: new Uint8Array(users.length),
  timeMs: new Int32Array(users.length),
  device: new Uint8Array(users.length),
});

describe("topic bandit", () => {
  it("shows the topic that was clicked more and more, whatever was shown first", async () => {
    const policy = createTopicBandit({ catalogue, seed: 1, slots: 4, breadth: 1, alpha: 0.3 });
    await policy.openDay(1, undefined);
    const liked = 2;
    const shareOf = (): number => {
      let hits = 0;
      for (let round = 0; round < 20; round++) {
        const requests = asked([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        const slates = policy.recommend(requests) as { video: Int32Array };
        const events = emptyImpressions(["b"], ["b"], slates.video.length);
        slates.video.forEach((video, i) => {
          events.user[i] = requests.user[Math.floor(i / 4)]!;
          events.video[i] = video;
          events.click[i] = catalogue.videos.topic[video] === liked ? 1 : 0;
          hits += events.click[i] as number;
        });
        policy.apply(events);
      }
      return hits / 800;
    };
    shareOf();
    expect(shareOf()).toBeGreaterThan(0.95);
  });

  it("fills pages without repetition with exact propensities of a uniform draw from the topic", async () => {
    const policy = createTopicBandit({ catalogue, seed: 1, slots: 4, breadth: 2 });
    await policy.openDay(1, undefined);
    const { video, propensity } = await policy.recommend(asked([0, 1, 2]));
    const live = catalogue.liveVideos[1]!;
    for (let row = 0; row < 3; row++) {
      const page = Array.from(video.subarray(row * 4, row * 4 + 4));
      expect(new Set(page).size).toBe(4);
      const topics = page.map((v) => catalogue.videos.topic[v]!);
      expect(topics).toEqual([topics[0], topics[1], topics[0], topics[1]]);
      page.forEach((v, k) => {
        expect(v).toBeLessThan(live);
        const sameTopic = catalogue.videos.topic.subarray(0, live).filter((topic) => topic === topics[k]).length;
        expect(propensity[row * 4 + k]).toBeCloseTo(1 / (sameTopic - Math.floor(k / 2)), 12);
      });
    }
    expect(() => createTopicBandit({ catalogue, seed: 1, slots: 4, breadth: 5 })).toThrow(
      "breadth: 5; allowed: an integer in [1, 4]",
    );
    expect(() => createTopicBandit({ catalogue, seed: 1, slots: 4, alpha: NaN })).toThrow("alpha: NaN");
  });

  it("gives the same pages for the same seed and history, in batches as the environment asks", async () => {
    const config = { ...configFor("tiny"), users: 60, days: 2 };
    const run = async (): Promise<string[]> => {
      const env = environment({ config });
      const policy = createTopicBandit({ catalogue: openWorld(config, 3).catalogue, seed: 3, slots: config.slots });
      return (await playEpisode(env, policy, 3)).map(({ events }) => events.video.join());
    };
    expect(await run()).toEqual(await run());
  });
});

describe("banditStudy", () => {
  it("finds that the bandit beats uniform pages, loses less a page than they do, and stays below the oracle", async () => {
    const study = await banditStudy({ config: configFor("tiny"), seed: 4, days: 10, agent: createTopicBandit });
    expect(study.difference.low).toBeGreaterThan(0);
    const { agent, uniform } = study;
    const loss = (days: typeof agent.days): number =>
      (days.at(-1)?.regret ?? NaN) / days.reduce((sum, day) => sum + day.requests, 0);
    expect(loss(agent.days)).toBeLessThan(loss(uniform.days));
    for (const { days } of [agent, uniform])
      for (const day of days) {
        expect(day.expectedPerPage).toBeLessThan(day.bestPerPage);
        // the oracle's expectation is what happens, within a wide band
        expect(Math.abs(day.clicksPerPage.estimate - day.expectedPerPage)).toBeLessThan(
          6 * day.clicksPerPage.standardError,
        );
      }
    const late = (days: typeof agent.days): number =>
      days.slice(-4).reduce((sum, day) => sum + day.expectedPerPage, 0) / 4;
    expect(late(agent.days)).toBeGreaterThan(1.1 * late(uniform.days));
  });

  it.each(["cascade", "multinomial"] as const)("judges pages under the %s model too", async (choiceModel) => {
    const { agent } = await banditStudy({
      config: { ...configFor("tiny"), users: 80, videos: 300, choiceModel },
      seed: 4,
      days: 3,
      agent: createTopicBandit,
    });
    for (const day of agent.days) {
      expect(day.expectedPerPage).toBeGreaterThan(0);
      expect(day.expectedPerPage).toBeLessThan(day.bestPerPage);
      expect(Math.abs(day.clicksPerPage.estimate - day.expectedPerPage)).toBeLessThan(
        6 * day.clicksPerPage.standardError,
      );
    }
  });
});
