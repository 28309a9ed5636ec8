import { describe, expect, it } from "vitest";
import { funnel, type StageResult } from "../../src/serving/funnel.js";
import { createRerank } from "../../src/serving/rerank/rerank.js";
import { emptySlates } from "../../src/serving/slates.js";
import { createTimings } from "../../src/serving/timings.js";
import type { CandidateBatch, RequestBatch, SlateBatch } from "../../src/types.js";
import { fakeCatalogue, fakeRequests, pageOf } from "./fakes.js";

const catalogue = fakeCatalogue();
const retrieve = (requests: RequestBatch): CandidateBatch => ({
  count: requests.count,
  width: 4,
  video: Int32Array.from({ length: requests.count * 4 }, (_, at) => (requests.user[Math.floor(at / 4)]! + at * 3) % 60),
  source: new Uint8Array(requests.count * 4),
});
const rank = (_: RequestBatch, candidates: CandidateBatch): Float32Array => Float32Array.from(candidates.video);
const rerank = createRerank({
  catalogue,
  seed: 1,
  config: { slots: 2, pool: 2, depth: 2, temperature: 0, mmrLambda: 1, creatorCap: 9 },
});

describe("the funnel", () => {
  it("is its stages in order", async () => {
    const policy = funnel({ name: "tiny", retrieve, rank, rerank });
    await policy.openDay(1, undefined);
    const requests = fakeRequests(1, [1, 5]);
    expect(await policy.recommend(requests)).toEqual(
      rerank(requests, retrieve(requests), rank(requests, retrieve(requests))),
    );
  });

  it("tells what each stage gave, in order", async () => {
    const heard: StageResult[] = [];
    const policy = funnel({ name: "heard", retrieve, rank, rerank, onStage: (result) => heard.push(result) });
    await policy.openDay(1, undefined);
    const requests = fakeRequests(1, [1, 5]);
    const slates = await policy.recommend(requests);
    expect(heard).toEqual([
      { stage: "retrieve", candidates: retrieve(requests) },
      { stage: "rerank", slates },
    ]);
  });

  it("times each stage by the caller's clock against the budget", async () => {
    let clock = 0;
    const tick = (ms: number): void => void (clock += ms);
    const policy = funnel({
      name: "timed",
      retrieve: (requests) => (tick(10), retrieve(requests)),
      rank: (requests, candidates) => (tick(40), rank(requests, candidates)),
      rerank: (requests, candidates, scores) => (tick(5), rerank(requests, candidates, scores)),
      timings: createTimings(() => clock, { total: 50, rank: 45 }),
    });
    await policy.openDay(0, undefined);
    for (let page = 0; page < 20; page++) await policy.recommend(fakeRequests(0, [3], page));
    const byStage = new Map(policy.timings().map((timing) => [timing.stage, timing]));
    expect([...byStage.keys()]).toEqual(["retrieve", "rank", "rerank", "total"]);
    expect([...byStage.values()].map(({ meanMs, maxMs, requests }) => [meanMs, maxMs, requests])).toEqual([
      [10, 10, 20],
      [40, 40, 20],
      [5, 5, 20],
      [55, 55, 20],
    ]);
    expect(byStage.get("total")!.withinBudget).toBe(false);
    expect(byStage.get("rank")!.withinBudget).toBe(true);
  });

  it("sends the requests of a detour elsewhere and puts pages back in order", async () => {
    const elsewhere = async (requests: RequestBatch): Promise<SlateBatch> => {
      const slates = emptySlates(requests.count, 2);
      for (let row = 0; row < requests.count; row++) slates.video.set([100 + requests.user[row]!, 50], row * 2);
      return slates;
    };
    const policy = funnel({
      name: "split",
      retrieve,
      rank,
      rerank,
      detour: { takes: (requests, row) => requests.user[row]! % 2 === 0, recommend: elsewhere },
    });
    await policy.openDay(0, undefined);
    const slates = await policy.recommend(fakeRequests(0, [2, 3, 4, 7]));
    const alone = await policy.recommend(fakeRequests(0, [7]));
    expect([pageOf(slates, 0), pageOf(slates, 2)]).toEqual([
      [102, 50],
      [104, 50],
    ]);
    expect(pageOf(slates, 3)).toHaveLength(2);
    expect(pageOf(slates, 1).every((video) => video < 60)).toBe(true);
    expect(pageOf(alone, 0).every((video) => video >= 0)).toBe(true);
  });
});
