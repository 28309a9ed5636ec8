import { describe, expect, it } from "vitest";
import { preference } from "../../src/evaluation/index.js";
import { growingImpressions } from "../../src/log/index.js";
import { uniform } from "../../src/random.js";
import { teamDraft } from "../../src/serving/index.js";
import { emptySlates } from "../../src/serving/slates.js";
import { firstRequests } from "../../src/serving/requests.js";
import type { FeedbackBatch, Policy, RequestBatch, SlateBatch } from "../../src/types.js";

const slots = 4;
const ranks = (...videos: readonly number[]): Policy => ({
  name: "fixed",
  openDay: () => undefined,
  apply: () => undefined,
  recommend({ count }: RequestBatch): SlateBatch {
    const out = emptySlates(count, slots);
    for (let row = 0; row < count; row++) out.video.set(videos.slice(0, slots), row * slots);
    return out;
  },
});
const users = Int32Array.from({ length: 400 }, (_, u) => u);

/** Pages of ten rounds in which a user clicks each video with its probability; what the teams earned. */
async function earned(a: Policy, b: Policy, chance: (video: number) => number) {
  const draft = teamDraft("both", a, b, 3);
  const log = growingImpressions({ policies: ["both"], policy: 0, arms: ["x"], arm: 0 });
  const shown: SlateBatch[] = [];
  for (let draw = 0; draw < 10; draw++) {
    const requests = firstRequests(1, users, new Uint8Array(users.length), 0, draw);
    const slates = await draft.policy.recommend(requests);
    const size = slates.count * slots;
    const zeros = (): Uint8Array => new Uint8Array(size);
    const click = zeros().map((_, at) => (uniform(9, at, draw) < chance(slates.video[at]!) ? 1 : 0));
    const feedback: FeedbackBatch = {
      ...{ count: slates.count, slots, click, like: zeros(), share: zeros(), hide: zeros(), follow: zeros() },
      ...{ conversion: zeros(), watchMs: new Int32Array(size), revenueMicros: new Int32Array(size) },
    };
    draft.policy.apply(log.add(requests, slates, feedback));
    shown.push(slates);
  }
  return { shown, found: preference(draft.credits()), pages: draft.credits().user.length };
}

describe("team-draft interleaving", () => {
  it("fills a page from both lists, each video once; who picks first is even", async () => {
    const { shown, pages } = await earned(ranks(1, 2, 3, 4), ranks(5, 1, 6, 7), () => 0.2);
    let control = 0;
    for (const { video, count } of shown)
      for (let row = 0; row < count; row++) {
        const page = [...video.subarray(row * slots, (row + 1) * slots)];
        expect(new Set(page).size).toBe(slots);
        expect([...page].sort().slice(0, 2)).toEqual([1, page.includes(2) ? 2 : 5]);
        expect([1, 5]).toContain(page[0]);
        if (page[0] === 1) control++;
      }
    expect(pages).toBe(4_000);
    expect(Math.abs(control / 4_000 - 0.5)).toBeLessThan(0.04);
  });

  it("prefers neither of two equal rankers, and the one with the better videos", async () => {
    const equal = await earned(ranks(1, 2, 3, 4), ranks(1, 2, 3, 4), (video) => 0.4 / video);
    expect(Math.abs(equal.found.estimate - 0.5)).toBeLessThan(3.5 * equal.found.standardError);
    const better = await earned(ranks(1, 2, 3, 4), ranks(5, 6, 7, 8), (video) => (video > 4 ? 0.3 : 0.2));
    expect(better.found.low).toBeGreaterThan(0.5);
  });

  it("fills a page from the other list where one has run out", async () => {
    const { shown } = await earned(ranks(1), ranks(1, 2, 3, 4), () => 0.2);
    expect([...shown[0]!.video.subarray(0, slots)].sort()).toEqual([1, 2, 3, 4]);
  });
});
