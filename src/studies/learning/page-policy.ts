/**
 * The small funnel that learns on: each midnight the best videos of every topic by what all users share; for a request the best of these
 * for its user, not yet clicked; Plackett–Luce exploration among them and a few random ones, with exact propensities given that pool.
 */
import { newPool, createExplore } from "../../serving/rerank/explore.js";
import { emptySlates, liveOn, requestHigh, requestLow, sourceCode } from "../../serving/slates.js";
import { keyOf, uniform, uniformInt } from "../../random.js";
import type { Catalogue, Day, Impressions, Policy, RequestBatch, SlateBatch } from "../../types.js";
import { type Learner, type LearningRows } from "./learner.js";
import type { LearningPolicy } from "./plans.js";

/** What the funnel is made of. */
export interface PageParts {
  readonly catalogue: Catalogue;
  readonly seed: number;
  readonly slots: number;
  readonly policy: LearningPolicy;
  /** The model that serves; asked at midnight. Undefined: random pages. */
  readonly champion: () => Learner | undefined;
  readonly seen: readonly Set<number>[]; // [users] videos clicked
  /** Interest of a user in each topic, for pages that users find by themselves. [topics] */
  readonly interests: (user: number) => Float64Array;
  readonly rowsOf: (events: Impressions) => LearningRows;
}

const [perTopic, best, random] = [25, 30, 8];
/** Time after which a platform knows what a user watched. */
export const labelDelayMs = 30 * 60_000;

/** The funnel as a policy. */
export function openPages({ catalogue, seed, slots, policy, champion, seen, interests, rowsOf }: PageParts): Policy {
  const { temperature = 0.3, randomPages = 0.05, organic = 0, when } = policy;
  const topics = catalogue.topicNames.length;
  const [drawKey, partKey] = [keyOf(seed, "learning/pool"), keyOf(seed, "learning/part of pages")];
  const explore = createExplore({ seed, temperature });
  const anyPage = createExplore({ seed, temperature: 1 });
  const pool = newPool(best + random);
  const ofUser = new Float64Array(topics);
  const lists: { readonly video: Int32Array; readonly score: Float64Array }[] = [];
  const source = sourceCode("other");
  const pending = new Map<number, { timeMs: number; rows: LearningRows; from: number; to: number }[]>();
  const live: { count: number; byTopic: number[][] } = { count: 0, byTopic: [] };
  let acting: Learner | undefined;

  const add = (video: number, score: number): void => {
    for (let i = 0; i < pool.size; i++) if (pool.video[i] === video) return;
    pool.video[pool.size] = video;
    pool.source[pool.size] = source;
    pool.score[pool.size++] = score;
  };
  const scoreOf = (model: Learner, user: number, video: number, shared: number): number =>
    shared + ofUser[catalogue.videos.topic[video]!]! + model.ofLanguages(user, video);
  /** The best videos for a user, best first, into the pool. */
  const addBest = (model: Learner, user: number): void => {
    for (const { video, score } of lists)
      for (let i = 0; i < video.length; i++) {
        const v = video[i]!;
        const x = scoreOf(model, user, v, score[i]!);
        if (pool.size === best && x <= pool.score[best - 1]!) continue;
        if (seen[user]!.has(v)) continue;
        let k = pool.size < best ? pool.size++ : best - 1;
        for (; k > 0 && pool.score[k - 1]! < x; k--) {
          pool.score[k] = pool.score[k - 1]!;
          pool.video[k] = pool.video[k - 1]!;
        }
        pool.score[k] = x;
        pool.video[k] = v;
      }
    pool.source.fill(source);
  };
  const answer = (user: number, request: number, slates: SlateBatch, row: number): void => {
    const [low, high] = [requestLow(request), requestHigh(request)];
    const draw = (i: number, of: number): number => uniformInt(of, drawKey, low, high, i);
    pool.size = 0;
    const part = uniform(partKey, low, high);
    if (part < organic) {
      const interest = interests(user);
      const total = interest.reduce((sum, x) => sum + x, 0);
      for (let i = 0; i < best; i++) {
        const topic = drawn(interest, uniform(drawKey, low, high, i, 1) * total);
        const videos = live.byTopic[topic]!;
        if (videos.length > 0) add(videos[draw(i, videos.length)]!, 0);
      }
      return anyPage(pool, request, slates, row);
    }
    if (acting === undefined || part >= 1 - randomPages * (1 - organic)) {
      for (let i = 0; i < best; i++) add(draw(i, live.count), 0);
      return anyPage(pool, request, slates, row);
    }
    acting.ofUser(user, ofUser);
    addBest(acting, user);
    if (temperature > 0)
      for (let i = 0; i < random; i++) {
        const v = draw(i, live.count);
        if (!seen[user]!.has(v)) add(v, scoreOf(acting, user, v, acting.ofVideo(v, slatesDay)));
      }
    explore(pool, request, slates, row);
  };
  let slatesDay: Day = -1;

  return {
    name: "learning",
    openDay(day): void {
      slatesDay = day;
      pending.clear();
      live.count = liveOn(catalogue, day);
      live.byTopic = Array.from({ length: topics }, () => []);
      for (let v = 0; v < live.count; v++) live.byTopic[catalogue.videos.topic[v]!]!.push(v);
      const model = champion();
      acting = when === "stream" ? model?.copy() : model; // what moves within the day is gone at midnight, when all rows are learned
      lists.length = 0;
      if (model === undefined) return;
      for (const videos of live.byTopic) {
        const shared = new Map(videos.map((v) => [v, model.ofVideo(v, day)]));
        const video = Int32Array.from(videos)
          .sort((a, b) => shared.get(b)! - shared.get(a)! || a - b)
          .slice(0, perTopic);
        lists.push({ video, score: Float64Array.from(video, (v) => shared.get(v)!) });
      }
    },
    recommend(requests: RequestBatch): SlateBatch {
      const slates = emptySlates(requests.count, slots);
      for (let row = 0; row < requests.count; row++) {
        const user = requests.user[row]!;
        for (const { rows, from, to } of ripe(pending, user, requests.timeMs[row]!)) acting?.learnOwn(rows, from, to);
        answer(user, requests.request[row]!, slates, row);
      }
      return slates;
    },
    apply(events: Impressions): void {
      const rows = when === "stream" ? rowsOf(events) : undefined;
      for (let i = 0, from = 0; i < events.count; i++) {
        const user = events.user[i]!;
        if (events.click[i] === 1) seen[user]!.add(events.video[i]!);
        if (rows === undefined || events.user[i + 1] === user) continue;
        const waiting = pending.get(user) ?? [];
        pending.set(user, waiting);
        waiting.push({ timeMs: events.timeMs[i]!, rows, from, to: i + 1 });
        from = i + 1;
      }
    },
  };
}

/** Takes the user's pages whose labels are known by now. */
function ripe<T extends { readonly timeMs: number }>(pending: Map<number, T[]>, user: number, nowMs: number): T[] {
  const waiting = pending.get(user);
  let known = 0;
  while (waiting && known < waiting.length && waiting[known]!.timeMs + labelDelayMs <= nowMs) known++;
  return waiting?.splice(0, known) ?? [];
}

function drawn(weights: Float64Array, at: number): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) if ((sum += weights[i]!) > at) return i;
  return weights.length - 1;
}
