import { beforeAll, describe, expect, it } from "vitest";
import { atBudget, fitTfIdf } from "../../../src/cases/feed/filter.js";
import { feedDefaults, openPeople, topicCount } from "../../../src/cases/feed/people.js";
import { play } from "../../../src/cases/feed/play.js";
import { dayMinutes, labelledTexts, makePosts } from "../../../src/cases/feed/posts.js";
import { chronological, engaged, popular } from "../../../src/cases/feed/rank.js";
import { reactionChances, satisfactionOf, type Meeting } from "../../../src/cases/feed/response.js";
import { freshState, type Arm, type Feed } from "../../../src/cases/feed/state.js";
import { readText, textLength } from "../../../src/cases/feed/text.js";
import { auc } from "../../../src/evaluation/index.js";

const config = { ...feedDefaults, seed: 3, users: 120, pages: 10, groups: 6, logDays: 2, liveDays: 2 };
let feed: Feed;
beforeAll(() => {
  const people = openPeople(config);
  feed = { config, people, posts: makePosts(config, people) };
});
const days = (arm: Partial<Arm>, from = 0, to = 2, keep = false) =>
  play(feed, freshState(feed), { rank: chronological, ...arm }, [from, to], keep);

describe("people and posts", () => {
  it("friendship is mutual, and friends are more alike than others", () => {
    const { follows, interest } = feed.people;
    const alike = (u: number, v: number): number => {
      let sum = 0;
      for (let t = 0; t < topicCount; t++) sum += interest[u * topicCount + t]! * interest[v * topicCount + t]!;
      return sum / topicCount;
    };
    const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
    const pairs = follows.flatMap((list, u) => [...list].filter((v) => v < config.users).map((v) => [u, v] as const));
    for (const [u, v] of pairs) expect(follows[v]).toContain(u);
    const all = follows.flatMap((_, u) => Array.from({ length: u }, (_, v) => alike(u, v)));
    expect(mean(pairs.map(([u, v]) => alike(u, v)))).toBeGreaterThan(mean(all) + 0.1);
  });

  it("a hoax changes only its days, and only pages' posts", () => {
    const { posts, people } = feed;
    const other = makePosts({ ...config, hoaxFrom: 0 }, people);
    let changed = 0;
    for (let p = 0; p < posts.count; p++) {
      if (other.harmful[p] === posts.harmful[p] && other.outrage[p] === posts.outrage[p]) continue;
      changed++;
      expect(people.kindOf(posts.author[p]!)).toBe(1);
      expect(posts.minute[p]).toBeGreaterThanOrEqual(config.logDays * dayMinutes);
    }
    expect(changed).toBeGreaterThan(0);
  });

  it("texts can be read, and say something of harm to TF-IDF but not all", () => {
    const texts = labelledTexts(1, 1500);
    const scores = fitTfIdf(texts, 1, false)(feed.posts.words);
    const area = auc(feed.posts.harmful, scores);
    expect(area).toBeGreaterThan(0.75);
    expect(area).toBeLessThan(0.97);
    expect(readText(texts.words.subarray(0, textLength), feed.people.topicNames).split(" ")).toHaveLength(textLength);
  });
});

it("precision and recall at a budget count what reviewers find", () => {
  expect(atBudget([0.9, 0.8, 0.1, 0.7], [1, 0, 1, 1], 2)).toEqual({ precision: 0.5, recall: 1 / 3 });
});

it("outrage brings comments and takes satisfaction; fit brings both likes and satisfaction", () => {
  const meeting: Meeting = {
    ...{ interest: 0, tie: 0, quality: 0, outrage: 0, harmful: false, kind: 0, hours: 1, sameTopic: 0, sameAuthor: 0 },
  };
  const [calm, angry, good] = [meeting, { ...meeting, outrage: 2 }, { ...meeting, interest: 2 }];
  expect(reactionChances(angry)[2]).toBeGreaterThan(reactionChances(calm)[2]!);
  expect(satisfactionOf(angry, true)).toBeLessThan(satisfactionOf(calm, true));
  expect(reactionChances(good)[1]).toBeGreaterThan(reactionChances(calm)[1]!);
  expect(satisfactionOf(good, true)).toBeGreaterThan(satisfactionOf(calm, true));
});

describe("days of the feed", () => {
  it("are the same again, leave the state they start from, and sum up by user and by day", async () => {
    const before = freshState(feed);
    const again = async () => play(feed, before, { rank: popular, adEvery: 4 }, [0, 2]);
    const [a, b] = [await again(), await again()];
    expect(a.days).toEqual(b.days);
    expect(before).toEqual(freshState(feed));
    const total = (of: "revenue" | "satisfaction"): [number, number] => [
      a.days.reduce((sum, day) => sum + day[of], 0),
      a.byUser[of].reduce((sum, x) => sum + x, 0),
    ];
    for (const of of ["revenue", "satisfaction"] as const) expect(total(of)[0]).toBeCloseTo(total(of)[1], 6);
  });

  it("a user sees a post once, of somebody followed, after it was posted; rows hold what was known before", async () => {
    const { log, state } = await days({}, 0, 1, true);
    const shown = state.shown.reduce((sum, x) => sum + x, 0);
    expect(log.day.length).toBe(shown);
    expect(state.seen.reduce((sum, x) => sum + x, 0)).toBe(shown); // never twice
    expect(log.features.count).toBe(shown);
    const ages = chronological(log.features);
    for (const age of Array.from(ages)) expect(age).toBeLessThanOrEqual(0);
    expect(Math.max(...engaged(log))).toBe(1);
  });

  it("reviewers keep to their number, and with perfect suspicion remove only harm", async () => {
    const perfect = await days({ suspicion: (post) => feed.posts.harmful[post]!, reviewsPerDay: 3 });
    for (const { reviewed } of perfect.days) expect(reviewed).toBeLessThanOrEqual(3);
    const { removed } = perfect.state;
    removed.forEach((is, p) => is === 1 && expect(feed.posts.harmful[p]).toBe(1));
    expect(removed.reduce((sum, x) => sum + x, 0)).toBe(perfect.days.reduce((sum, day) => sum + day.removed, 0));
    const none = await days({});
    const harm = (some: typeof none): number => some.days.reduce((sum, day) => sum + day.harmful, 0);
    expect(harm(perfect)).toBeLessThan(harm(none));
  });

  it("a holdout of everybody is the newest first; a kept ranking scores less", async () => {
    const [held, newest] = [await days({ rank: popular, holdout: 1 }), await days({ rank: chronological })];
    expect(held.days).toEqual(newest.days);
    const kept = await days({ cacheHours: 24 });
    expect(kept.days[0]!.scored).toBeLessThan(newest.days[0]!.scored);
  });
});
