/** A service without models behind the real server: pages by formula, a real event log. Users 100 and up are unknown. */
import { openEventLog } from "../../src/serving/online/event-log.js";
import { openMetrics } from "../../src/serving/online/metrics.js";
import { Refusal } from "../../src/serving/online/refusal.js";
import type { Service } from "../../src/serving/online/routes.js";
import type { PageAnswer, RecommendRequest, VideoAnswer } from "../../src/serving/online/contract.js";
import { candidateSources, languages } from "../../src/types.js";

export interface FakeService extends Service {
  readonly asked: RecommendRequest[];
}

export async function fakeService(folder: string): Promise<FakeService> {
  const log = await openEventLog(folder, 3);
  const metrics = openMetrics();
  const asked: RecommendRequest[] = [];
  const video = (id: number): VideoAnswer => {
    if (id >= 200) throw new Refusal(404, `no video ${id}; allowed: 0 to 199`);
    return {
      ...{ video: id, title: id === 7 ? "<img src=x onerror=alert(1)>" : `how to fry number ${id}`, topic: "cooking" },
      ...{
        creator: id % 9,
        durationMs: 30_000 + 1000 * id,
        language: languages[0],
        uploadDay: 0,
        sponsored: false,
        live: true,
      },
      ...{ impressions: 3, clicks: 1, watchMs: 9_000, thumbnail: Buffer.alloc(32 * 32 * 3, id).toString("base64") },
    };
  };
  return {
    asked,
    metrics,
    video,
    recommend: (request) => {
      asked.push(request);
      return Promise.resolve(pageOf(request));
    },
    features: () => Promise.resolve({ day: 3, features: [] }),
    events: (events) => log.append(events),
    state: () => ({ ready: true, day: 3, versions: { ranker: "r1" } }),
    swap: () => Promise.reject(new Refusal(409, "nothing to swap")),
    openDay: (day) => Promise.reject(new Refusal(409, `day ${day}; allowed: 4`)),
    close: () => log.close(),
  };
}

/** Candidates 10 × user, …: every second is popular; the first is removed, the third moved to the top; the rest in order. */
function pageOf({ user = 0, slots = 6, tuning = {}, trace }: RecommendRequest): PageAnswer {
  const known = user < 100;
  const candidates = Array.from({ length: 80 }, (_, i) => ({
    ...{
      video: (10 * user + i) % 200,
      source: candidateSources[i % 2 === 0 ? 4 : 1],
      retrieved: 79 - i,
      score: 80 - i,
    },
    ...{ clickProbability: 0.5, watchMs: 60_000, position: null },
  }));
  const shown = [candidates[2]!, candidates[1]!, ...candidates.slice(3, slots + 1)].slice(0, slots);
  return {
    ...{ request: 64, session: 1, user: known ? user : null, day: 3, timeMs: 43_200_000, page: 0, device: "phone" },
    ...{ policy: "fake", component: "only", versions: { ranker: "r1" }, staleness: { ageMs: 3_600_000, stale: 0 } },
    items: shown.map(({ video, source }, at) => ({
      ...{ video, source, propensity: 1 / (at + 1) },
      ...(at < (tuning.adLoad ?? 0) ? { campaign: 1, priceMicros: 250_000 } : { campaign: 0, priceMicros: 0 }),
    })),
    degraded: known ? [] : [{ stage: "user", to: "segment", reason: "unknown" }],
    latencyMs: 5.5,
    ...(trace === true && {
      trace: {
        stages: ["retrieve", "rank", "rerank"].map((stage, i) => ({ stage, ms: i + 0.5 })),
        sources: [
          { source: candidateSources[4], candidates: 40 },
          { source: candidateSources[1], candidates: 40 },
        ],
        candidates,
        removed: [{ video: candidates[0]!.video, stage: "duplicates", reason: "a copy of video 3" }],
        moved: [{ video: candidates[2]!.video, from: 2, to: 0, reason: "diversity" }],
        features: [{ name: "user_clicks", values: shown.map((_, i) => i) }],
        stale: [],
      },
    }),
  };
}
