import { describe, expect, it } from "vitest";
import { createRerank, type RerankConfig } from "../../../src/serving/rerank/rerank.js";
import { createRules } from "../../../src/serving/rerank/rules.js";
import { newTrace, type Trace } from "../../../src/serving/trace.js";
import { ageBands, type RequestBatch } from "../../../src/types.js";
import { fakeCatalogue, fakeRequests, manyRequests, pageOf } from "../fakes.js";

const catalogue = fakeCatalogue({ videos: 12, topics: 2, creators: 12, days: 4, liveAtStart: 10 });
catalogue.videos.topic.fill(1).fill(0, 0, 6); // 0 … 5 of topic 0
catalogue.videos.creator.forEach((_, video) => (catalogue.videos.creator[video] = video));
catalogue.users.ageBand.fill(1).fill(0, 0, 1); // user 0 is a minor
const config = { slots: 3, pool: 3, depth: 10, mmrLambda: 1, temperature: 0 };

/** The page of ten live videos whose scores fall with their id. */
function pageBy(
  rules: readonly object[],
  requests: RequestBatch = fakeRequests(0, [5]),
  more: Partial<RerankConfig> = {},
  trace?: Trace,
): number[] {
  const book = createRules({ rules }, catalogue);
  const rerank = createRerank({ catalogue, seed: 3, config: { ...config, ...more }, rules: () => book });
  const video = Int32Array.from({ length: 10 * requests.count }, (_, at) => at % 10);
  const candidates = { count: requests.count, width: 10, video, source: new Uint8Array(video.length) };
  return pageOf(
    rerank(
      requests,
      candidates,
      Float32Array.from(video, (id) => 10 - id),
      trace,
    ),
    0,
  );
}

describe("business rules", () => {
  it("block, pin, cap and boost, each for the videos it names", () => {
    expect(pageBy([])).toEqual([0, 1, 2]);
    expect(pageBy([{ name: "b", action: "block", videos: [0, 2] }])).toEqual([1, 3, 4]);
    expect(pageBy([{ name: "p", action: "pin", videos: [9], position: 1 }])).toEqual([0, 9, 1]);
    expect(pageBy([{ name: "c", action: "cap", topics: ["topic 0"], most: 2 }])).toEqual([0, 1, 6]);
    expect(pageBy([{ name: "u", action: "boost", topics: ["topic 1"], by: 3 }])).toEqual([6, 0, 1]);
  });

  it("block wins over pin, the first pin of a position over later ones, a pin over a cap, a block over a boost", () => {
    const pin = (name: string, video: number): object => ({ name, action: "pin", videos: [video], position: 0 });
    expect(pageBy([pin("p", 9), { name: "b", action: "block", videos: [9] }])).toEqual([0, 1, 2]);
    expect(pageBy([pin("p", 9), pin("q", 8)])).toEqual([9, 0, 1]);
    expect(pageBy([{ name: "b", action: "block", videos: [9] }, pin("p", 9), pin("q", 8)])).toEqual([8, 0, 1]);
    // a pinned video of topic 0 counts in its cap and is not taken away by it
    expect(pageBy([pin("p", 5), { name: "c", action: "cap", topics: ["topic 0"], most: 1 }])).toEqual([5, 6, 7]);
    expect(
      pageBy([
        { name: "u", action: "boost", videos: [4], by: 99 },
        { name: "b", action: "block", videos: [4] },
      ]),
    ).toEqual([0, 1, 2]);
    expect(
      pageBy([
        { name: "u", action: "boost", videos: [4], by: 2 },
        { name: "v", action: "boost", videos: [4], by: 0.5 },
      ]),
    ).toEqual([0, 1, 2]);
  });

  it("hold only for the users and the time that they name", () => {
    const minors = [{ name: "b", action: "block", videos: [0], ageBands: [ageBands[0]] }];
    expect([pageBy(minors, fakeRequests(0, [0])), pageBy(minors, fakeRequests(0, [5]))]).toEqual([
      [1, 2, 3],
      [0, 1, 2],
    ]);
    const evening = [{ name: "b", action: "block", videos: [0], days: [1, 2], hours: [18, 23] }];
    const at = (day: number, hour: number): number =>
      pageBy(evening, { ...fakeRequests(day, [5]), timeMs: Int32Array.of(hour * 3_600_000 + 1) })[0]!;
    expect([at(0, 20), at(1, 17), at(1, 18), at(2, 23), at(3, 20)]).toEqual([0, 0, 1, 1, 0]);
    const young = [{ name: "u", action: "boost", ageDays: [0, 1], by: 11, videos: [9] }];
    expect(pageBy(young)[0]).toBe(9); // uploaded the day before
    expect(pageBy(young, fakeRequests(3, [5]))[0]).toBe(0);
  });

  it("a video that is not live yet is not pinned", () => {
    const pin = [{ name: "p", action: "pin", videos: [11, 7], position: 0 }];
    expect([pageBy(pin)[0], pageBy(pin, fakeRequests(3, [5]))[0]]).toEqual([7, 11]);
  });

  it("pins are certain, and the rest is drawn as often as its propensities say", () => {
    const pages = 20_000;
    const book = createRules({ rules: [{ name: "p", action: "pin", videos: [9], position: 1 }] }, catalogue);
    const rerank = createRerank({
      catalogue,
      seed: 3,
      config: { ...config, pool: 4, temperature: 0.5 },
      rules: () => book,
    });
    const video = Int32Array.from({ length: 10 * pages }, (_, at) => at % 10);
    const slates = rerank(
      manyRequests(0, 5, pages),
      { count: pages, width: 10, video, source: new Uint8Array(video.length) },
      Float32Array.from(video, (id) => 10 - id),
    );
    const seen = new Map<string, [count: number, p: number]>();
    for (let page = 0; page < pages; page++) {
      const [first, pinned, last] = [0, 1, 2].map((slot) => slates.propensity[page * 3 + slot]!);
      if (slates.video[page * 3 + 1] !== 9 || pinned !== 1) throw new Error(`page ${page}: the pin is not certain`);
      const key = pageOf(slates, page).join();
      seen.set(key, [(seen.get(key)?.[0] ?? 0) + 1, first! * last!]);
    }
    expect([...seen.values()].reduce((sum, [, p]) => sum + p, 0)).toBeCloseTo(1, 9);
    for (const [count, p] of seen.values())
      expect(Math.abs(count / pages - p)).toBeLessThan(4.5 * Math.sqrt((p * (1 - p)) / pages));
  });

  it("every removal and move has its reason in the trace, and the page is the same without it", () => {
    const rules = [
      { name: "off", action: "block", videos: [1] },
      { name: "up", action: "boost", videos: [8], by: 6 },
      { name: "top", action: "pin", videos: [9], position: 0 },
      { name: "few", action: "cap", topics: ["topic 0"], most: 1 },
    ];
    const trace = newTrace();
    const page = pageBy(rules, undefined, {}, trace);
    expect(page).toEqual(pageBy(rules));
    expect(page).toEqual([9, 8, 0]);
    const removed = trace.removed.map(({ video, reason }) => `${video} ${reason}`);
    expect(removed).toEqual(["1 rule off", "2 rule few", "3 rule few", "4 rule few", "5 rule few"]);
    const moved = trace.moved.map(({ video, from, to, reason }) => `${video} ${from}→${to} ${reason}`);
    expect(moved).toEqual(["8 7→0 rule up", "9 -1→0 rule top", "8 0→1 below a pin", "0 1→2 below a pin"]);
  });

  it("refuses a file that is none, a rule out of shape, names used twice, and what the catalogue does not have", async () => {
    const refusal = (rules: readonly object[]): string => {
      try {
        createRules({ rules }, catalogue, "rules x.json");
      } catch (error) {
        return (error as Error).message;
      }
      return "";
    };
    expect(refusal([{ name: "a", action: "hide" }])).toMatch(/rules x.json: .*Invalid.*rules\[0\]\.action/s);
    expect(refusal([{ name: "a", action: "boost", by: -1 }])).toMatch(/rules\[0\]\.by/);
    expect(refusal([{ name: "a", action: "block", topicz: ["x"] }])).toMatch(/topicz/);
    expect(refusal([{ name: "a", action: "block", hours: [20, 8] }])).toMatch(/from must not be above to/);
    expect(
      refusal([
        { name: "a", action: "block" },
        { name: "a", action: "block" },
      ]),
    ).toMatch(/"a" is used twice/);
    expect(refusal([{ name: "a", action: "block", topics: ["news"] }])).toBe(
      'rules x.json: rule "a": unknown topic: news; known: topic 0, topic 1',
    );
    expect(refusal([{ name: "a", action: "block", videos: [99] }])).toBe(
      'rules x.json: rule "a": unknown video: 99; allowed: 0 … 11',
    );
  });
});
