/**
 * What is put between the stages of the learned funnel against cold start: candidates that are offered, a factor of the score, a place of
 * the page. It reads the catalogue, thumbnails, the log and its own events; of the truth only what newcomers say of themselves.
 */
import { solvePositive } from "../../evaluation/index.js";
import { keyOf, uniformInt } from "../../random.js";
import { funnel, type FunnelPolicy, type History, liveOn, sourceCode } from "../../serving/index.js";
import type { CandidateBatch, Catalogue, Day, Impressions, RequestBatch, SlateBatch } from "../../types.js";
import { linearTopicValues, userTopicValues } from "../bandit/topic-values.js";
import type { RemedyChoice } from "./strategies.js";

/** What a remedy may look at. */
export interface RemedyContext {
  readonly catalogue: Catalogue;
  readonly seed: number;
  readonly firstDay: Day;
  readonly history: History; // of the log
  /** The topics that a user names when asked. */
  readonly answers: (user: number, topics: number, noise: number) => readonly number[];
  /** [videos, pixels] in [0, 1] */
  readonly pictures: (videos: ArrayLike<number>) => Float32Array;
}

/** What is known of videos: the log and the arm's own events, to the last page. [videos] */
interface Counts {
  readonly impressions: Float64Array;
  readonly watchMs: Float64Array;
}

/** A change of the funnel; what is absent is left as it is. */
interface Remedy {
  openDay?(day: Day): void;
  /** The factor of a candidate's score in this request; undefined: 1 for all. */
  weigh?(requests: RequestBatch, row: number): ((video: number) => number) | undefined;
  /** Videos that take the last third of the request's candidates. */
  offer?(requests: RequestBatch, row: number): readonly number[];
  /** The video for a place of the page, and its probability; undefined: the page stays. */
  slot?(
    requests: RequestBatch,
    row: number,
    page: Int32Array,
  ): readonly [video: number, probability: number] | undefined;
  readonly place?: number;
  learn?(events: Impressions): void;
}

/** Interactions of a user, impressions of a video, after which what was believed before weighs half. */
const [halfInteractions, halfImpressions] = [10, 20];
const third = 1 / 3;

/** The funnel with a remedy in it. */
export function withRemedy(policy: FunnelPolicy, choice: RemedyChoice, context: RemedyContext): FunnelPolicy {
  const { stats } = context.history;
  const counts: Counts = { impressions: stats.impressions.slice(), watchMs: stats.watchMs.slice() };
  const remedy = remedies[choice.kind](choice as never, context, counts);
  return funnel({
    ...policy.stages,
    name: policy.name,
    async openDay(day, yesterday): Promise<void> {
      await policy.openDay(day, yesterday);
      remedy.openDay?.(day);
    },
    apply(events): void {
      policy.apply(events);
      for (let i = 0; i < events.count; i++) {
        counts.impressions[events.video[i]!]! += 1;
        counts.watchMs[events.video[i]!]! += events.watchMs[i]!;
      }
      remedy.learn?.(events);
    },
    async retrieve(requests, trace): Promise<CandidateBatch> {
      const candidates = await policy.stages.retrieve(requests, trace);
      if (remedy.offer)
        for (let row = 0; row < requests.count; row++) offer(candidates, row, remedy.offer(requests, row));
      return candidates;
    },
    async rank(requests, candidates, trace): Promise<Float32Array> {
      const scores = await policy.stages.rank(requests, candidates, trace);
      const { width, video } = candidates;
      for (let row = 0; row < requests.count; row++) {
        const factor = remedy.weigh?.(requests, row);
        if (factor === undefined) continue;
        for (let at = row * width; at < (row + 1) * width; at++) if (video[at]! >= 0) scores[at]! *= factor(video[at]!);
      }
      return scores;
    },
    rerank(requests, candidates, scores, trace): SlateBatch {
      const slates = policy.stages.rerank(requests, candidates, scores, trace);
      if (remedy.slot && remedy.place !== undefined)
        for (let row = 0; row < requests.count; row++)
          insert(slates, row, remedy.place, remedy.slot(requests, row, pageOf(slates, row)));
      return slates;
    },
  });
}

function pageOf({ video, slots }: SlateBatch, row: number): Int32Array {
  return video.subarray(row * slots, (row + 1) * slots);
}

/** Puts a video in a place; those behind it move down, and the last one leaves. Their propensities are those of the page without it. */
function insert(
  { slots, video, propensity, source }: SlateBatch,
  row: number,
  place: number,
  drawn: readonly [number, number] | undefined,
): void {
  if (drawn === undefined) return;
  const [at, end] = [row * slots + place, (row + 1) * slots];
  for (const column of [video, propensity, source]) column.copyWithin(at + 1, at, end - 1);
  [video[at], propensity[at]] = drawn;
  source[at] = sourceCode("fresh");
}

/** Replaces the last third of a row's candidates. */
function offer({ width, video, source }: CandidateBatch, row: number, videos: readonly number[]): void {
  const places = Math.min(videos.length, Math.floor(width * third));
  if (places === 0) return;
  const from = (row + 1) * width - places;
  const kept = new Set(video.subarray(row * width, from));
  const fresh = videos.filter((id) => !kept.has(id)).slice(0, places);
  video.fill(-1, from, from + places);
  video.set(fresh, from);
  source.fill(sourceCode("popular"), from, from + places);
}

type Make<Kind extends RemedyChoice["kind"]> = (
  choice: RemedyChoice & { readonly kind: Kind },
  context: RemedyContext,
  counts: Counts,
) => Remedy;

const remedies: { readonly [Kind in RemedyChoice["kind"]]: Make<Kind> } = {
  onboarding({ topics, noise, gain }, { catalogue, firstDay, answers }, counts) {
    const named = new Map<number, readonly number[]>();
    const interactions = new Map<number, number>();
    const seen = new Set<number>();
    const { topic, count: videos } = catalogue.videos;
    let best: number[][] = [];
    const of = (user: number): readonly number[] => {
      if (!named.has(user)) named.set(user, answers(user, topics, noise));
      return named.get(user)!;
    };
    const isNew = ({ user }: RequestBatch, row: number): boolean => catalogue.users.joinDay[user[row]!]! >= firstDay;
    return {
      openDay(day): void {
        const rate = rateOf(counts);
        best = catalogue.topicNames.map(() => []);
        for (let v = 0; v < liveOn(catalogue, day); v++) best[topic[v]!]?.push(v);
        for (const list of best) list.sort((a, b) => rate(b) - rate(a) || a - b).splice(100);
      },
      offer(requests, row): readonly number[] {
        if (!isNew(requests, row)) return [];
        const user = requests.user[row]!;
        const lists = of(user).map((t) => best[t]!.filter((v) => !seen.has(user * videos + v)));
        return Array.from({ length: 100 }, (_, i) => lists.map((list) => list[i]))
          .flat()
          .filter((v) => v !== undefined);
      },
      weigh(requests, row) {
        if (!isNew(requests, row)) return undefined;
        const user = requests.user[row]!;
        const liked = of(user);
        const factor = 1 + (gain * halfInteractions) / (halfInteractions + (interactions.get(user) ?? 0));
        return (video) => (liked.includes(topic[video]!) ? factor : 1);
      },
      learn(events): void {
        for (let i = 0; i < events.count; i++) {
          if (events.click[i] === 0 || !named.has(events.user[i]!)) continue;
          seen.add(events.user[i]! * videos + events.video[i]!);
          interactions.set(events.user[i]!, (interactions.get(events.user[i]!) ?? 0) + 1);
        }
      },
    };
  },

  bandit({ bandit }, { catalogue, seed, firstDay }) {
    const { joinDay } = catalogue.users;
    const arms =
      bandit === "linucb"
        ? linearTopicValues(catalogue, { alpha: 0.3, ridge: 1 })
        : userTopicValues(catalogue, seed, bandit);
    const values = new Float64Array(catalogue.topicNames.length);
    return {
      weigh({ user, device, request }, row) {
        if (joinDay[user[row]!]! < firstDay) return undefined;
        arms.values(user[row]!, device[row]!, request[row]!, values);
        const floor = values.map((value) => Math.max(0.01, value)); // a linear model may say less than nothing
        const mean = floor.reduce((sum, value) => sum + value, 0) / floor.length;
        return (video) => floor[catalogue.videos.topic[video]!]! / mean;
      },
      learn: (events) => arms.learn(events),
    };
  },

  creator(_, { catalogue, firstDay }, counts) {
    const { creator, uploadDay } = catalogue.videos;
    return believed(counts, uploadDay, firstDay, () => {
      const [watch, shown] = [new Float64Array(catalogue.creatorCount), new Float64Array(catalogue.creatorCount)];
      const mean = meanRate(counts);
      counts.impressions.forEach((n, v) => {
        shown[creator[v]!]! += n;
        watch[creator[v]!]! += counts.watchMs[v]!;
      });
      return (video) => {
        const c = creator[video]!;
        return (watch[c]! + 100 * mean) / (shown[c]! + 100) / mean;
      };
    });
  },

  thumbnail(_, { catalogue, firstDay, pictures }, counts) {
    const { uploadDay } = catalogue.videos;
    let weights: Float64Array | undefined;
    return believed(counts, uploadDay, firstDay, () => {
      const [rate, mean] = [rateOf(counts), meanRate(counts)];
      const shown = Array.from(counts.impressions.keys()).filter((v) => counts.impressions[v]! >= 10);
      weights ??= ridge(
        pictures(shown),
        shown.map((v) => rate(v) / mean - 1),
      );
      const found = new Map<number, number>();
      return (video) => {
        if (!found.has(video)) found.set(video, 1 + dot(weights!, pictures([video])));
        return found.get(video)!;
      };
    });
  },

  boost({ factor, impressions, share }, { catalogue, firstDay }, counts) {
    const { uploadDay } = catalogue.videos;
    const young = (video: number): boolean => uploadDay[video]! >= firstDay && counts.impressions[video]! < impressions;
    let [all, boosted] = [0, 0];
    return {
      weigh: () => (boosted > share * Math.max(1_000, all) ? undefined : (video) => (young(video) ? factor : 1)),
      learn(events): void {
        all += events.count;
        for (let i = 0; i < events.count; i++) if (young(events.video[i]!)) boosted++;
      },
    };
  },

  slot({ place, impressions }, { catalogue, seed, firstDay }, counts) {
    const key = keyOf(seed, "cold start/slot");
    const { uploadDay } = catalogue.videos;
    let uploads: number[] = [];
    return {
      place,
      openDay(day): void {
        uploads = Array.from({ length: liveOn(catalogue, day) }, (_, v) => v).filter((v) => uploadDay[v]! >= firstDay);
      },
      slot({ request }, row, page) {
        const young = uploads.filter((v) => counts.impressions[v]! < impressions && !page.includes(v));
        if (young.length === 0) return undefined;
        const id = request[row]!;
        return [young[uniformInt(young.length, key, id >>> 0, Math.floor(id / 4294967296))]!, 1 / young.length];
      },
    };
  },
};

/** Uploads get a prior's factor, which weighs half after some impressions; it is read anew each midnight. */
function believed(
  counts: Counts,
  uploadDay: Int16Array,
  firstDay: Day,
  priorOf: () => (video: number) => number,
): Remedy {
  let prior = (_: number): number => 1;
  return {
    openDay: () => void (prior = priorOf()),
    weigh: () => (video) => {
      if (uploadDay[video]! < firstDay) return 1;
      const weight = halfImpressions / (halfImpressions + counts.impressions[video]!);
      return 1 + weight * (Math.min(2, Math.max(0.5, prior(video))) - 1);
    },
  };
}

/** Watch time per impression, drawn to the mean by 20 impressions. */
function rateOf(counts: Counts): (video: number) => number {
  const mean = meanRate(counts);
  return (v) => (counts.watchMs[v]! + 20 * mean) / (counts.impressions[v]! + 20);
}

function meanRate({ impressions, watchMs }: Counts): number {
  const sum = (values: Float64Array): number => values.reduce((all, value) => all + value, 0);
  return Math.max(1, sum(watchMs)) / Math.max(1, sum(impressions));
}

/** Least squares with a penalty of a hundredth of the pixels' mean square. */
function ridge(rows: Float32Array, target: readonly number[]): Float64Array {
  const width = rows.length / target.length;
  const [matrix, right] = [new Float64Array(width * width), new Float64Array(width)];
  for (const [i, y] of target.entries())
    for (let a = 0; a < width; a++) {
      const value = rows[i * width + a]!;
      right[a]! += value * y;
      for (let b = 0; b < width; b++) matrix[a * width + b]! += value * rows[i * width + b]!;
    }
  const penalty = 0.01 * target.length;
  for (let a = 0; a < width; a++) matrix[a * width + a]! += penalty;
  return solvePositive(matrix, right);
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
