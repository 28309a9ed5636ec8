/**
 * Regret by stage: what the funnel loses in retrieval, in ranking and in re-ranking. An oracle takes the place of a stage, of each pair and
 * all three; the rest stays as it serves. On the first pages of a day, in expected watch minutes per page, exact under the choice
 * model:
 *
 *     retrieval    the videos of the catalogue with the highest expected watch time, as many as the funnel retrieves
 *     ranking      the true expected watch time as score
 *     re-ranking   the truly best page of the scores' first `depth`, in true order; no diversity, no exploration
 *
 *     alone_i = v({i}) − v(∅)          share_i = Shapley value: mean over the orders in which stages are replaced (Shapley, 1953)
 *
 * Stages hide one another (perfect ranking helps little where retrieval found nothing), so `alone` does not add up; the shares do, to
 * v(all) − v(∅). One page looks at now only: what diversity or exploration is worth tomorrow is not in it.
 */
import { meanInterval, meanOrZero, type Interval } from "../evaluation/index.js";
import { learnedFunnelDefaults, rerankDefaults, type LearnedFunnelConfig, type Stages } from "../serving/index.js";
import type { Trained } from "../pipeline/train.js";
import { firstPages } from "../pipeline/latency.js";
import { ageBands, candidateSources, type CandidateBatch, type RequestBatch, type RunControl } from "../types.js";
import { emptyExpected } from "../world/index.js";
import { contextOf, withFunnel, type OpenFunnel } from "./traced-request.js";

/** The stages, in order. */
export const regretStages = ["retrieval", "ranking", "re-ranking"] as const;
/** One of them. */
export type RegretStage = (typeof regretStages)[number];

/** What the stages lose, in watch minutes per page, over some requests. */
export interface Losses {
  readonly requests: number;
  readonly served: Interval; // v(∅)
  readonly oracle: Interval; // v(all)
  readonly stages: readonly { readonly stage: RegretStage; readonly alone: Interval; readonly share: Interval }[];
}

/** The result. */
export interface StageRegret extends Losses {
  readonly catalogue: number; // live videos
  readonly random: Interval; // a page of uniformly random videos
  readonly allowed: Interval; // the best page of the candidates: what retrieval leaves possible
  /** v by the stages that an oracle takes. */
  readonly pages: readonly { readonly oracle: readonly RegretStage[]; readonly watch: Interval }[];
  readonly segments: readonly (Losses & { readonly segment: string })[]; // by age band
}

/** Which requests, and which funnel. */
export interface RegretOptions {
  readonly requests: number;
  readonly config?: Partial<LearnedFunnelConfig>;
}

/** Measures the regret of the learned funnel on the first pages of the day after the log. @throws RangeError on a config or requests */
export async function regretByStage(
  trained: Trained,
  { requests: wanted, config = {} }: RegretOptions,
  control: RunControl = {},
): Promise<StageRegret> {
  if (!Number.isInteger(wanted) || wanted < 1)
    throw new RangeError(`requests is ${wanted}; allowed: a whole number of at least 1`);
  return withFunnel(trained, config, async (open) => {
    const { world, day } = open;
    const requests = firstPages(world, day, wanted);
    const depth = config.rerank?.depth ?? rerankDefaults.depth;
    const width = config.candidates ?? learnedFunnelDefaults.candidates;
    const values: number[][] = [];
    const random: number[] = [];
    for (const [done, request] of requests.entries()) {
      control.signal?.throwIfAborted();
      values.push(await pageValues(open, request, width, depth));
      random.push(randomPage(open, request));
      control.onProgress?.("regret", done + 1, requests.length);
    }
    const users = requests.map(({ user }) => user[0]!);
    const band = users.map((user) => ageBands[world.catalogue.users.ageBand[user]!] as string);
    const rowsOf = (segment?: string): number[] =>
      [...users.keys()].filter((row) => segment === undefined || band[row] === segment);
    const over = (rows: readonly number[], of: (value: readonly number[]) => number): Interval =>
      meanInterval(
        rows.map((row) => of(values[row]!)),
        rows.map((row) => users[row]!),
      );
    const losses = (rows: readonly number[]): Losses => ({
      requests: rows.length,
      served: over(rows, (v) => v[0]!),
      oracle: over(rows, (v) => v[all]!),
      stages: regretStages.map((stage, s) => ({
        stage,
        alone: over(rows, (v) => v[1 << s]! - v[0]!),
        share: over(rows, (v) => shareOf(v, s)),
      })),
    });
    return {
      ...losses(rowsOf()),
      catalogue: world.catalogue.liveVideos[day]!,
      random: meanInterval(random, users),
      allowed: over(rowsOf(), (v) => v[all - 1]!),
      pages: values[0]!.map((_, mask) => ({
        oracle: regretStages.filter((__, s) => mask & (1 << s)),
        watch: over(rowsOf(), (v) => v[mask]!),
      })),
      segments: [...new Set(band)].sort().map((segment) => ({ segment, ...losses(rowsOf(segment)) })),
    };
  });
}

const all = (1 << regretStages.length) - 1;

/** Watch minutes expected of a random page: the mean over up to a hundred that share no video, spread evenly over the catalogue. */
function randomPage({ world, oracle, day }: OpenFunnel, request: RequestBatch): number {
  const { slots } = world.config;
  const live = world.catalogue.liveVideos[day]!;
  const count = Math.min(100, Math.floor(live / slots));
  const pages = Array.from({ length: count }, (_, page) =>
    Int32Array.from({ length: slots }, (__, slot) => Math.floor(((slot * count + page) * live) / (count * slots))),
  );
  return meanOrZero(pages.map((page) => watchOf(oracle, request, page)));
}

const watchOf = (oracle: OpenFunnel["oracle"], request: RequestBatch, page: Int32Array): number =>
  meanOrZero(oracle.expectedAt(request.user[0]!, page, contextOf(request)).watchMs) * (page.length / 60_000);

/** Shapley value of a stage, from the values by mask of stages. */
function shareOf(values: readonly number[], stage: number): number {
  let share = 0;
  for (let mask = 0; mask <= all; mask++) {
    if (mask & (1 << stage)) continue;
    const others = [0, 1, 2].filter((s) => mask & (1 << s)).length;
    share += ((values[mask | (1 << stage)]! - values[mask]!) * [2, 1, 2][others]!) / 6; // s! (2 − s)! / 3!
  }
  return share;
}

/** Watch minutes of the page of one request, by mask of the stages that an oracle takes. */
async function pageValues(
  { world, oracle, day, stages }: OpenFunnel,
  request: RequestBatch,
  width: number,
  depth: number,
): Promise<number[]> {
  const user = request.user[0]!;
  const context = contextOf(request);
  const truth = (videos: Int32Array): Float32Array => {
    const out = emptyExpected(videos.length);
    oracle.expected(
      user,
      videos.map((video) => Math.max(0, video)),
      context,
      out,
    );
    return out.watchMs.map((ms, i) => (videos[i]! < 0 ? -Infinity : ms / 1000));
  };
  const retrieveBest: Stages["retrieve"] = () => {
    const video = new Int32Array(width).fill(-1);
    oracle.best(user, world.catalogue.liveVideos[day]!, context, "watch", video);
    return { count: 1, width, video, source: new Uint8Array(width).fill(candidateSources.indexOf("uniform")) };
  };
  const values: number[] = [];
  for (let mask = 0; mask <= all; mask++) {
    const candidates = await (mask & 1 ? retrieveBest : stages.retrieve)(request);
    const kept: CandidateBatch = { ...candidates, video: candidates.video.slice(), source: candidates.source.slice() };
    const scores = mask & 2 ? truth(kept.video) : await stages.rank(request, kept);
    const page =
      mask & 4
        ? bestPage(kept.video, scores, truth(kept.video), depth, world.config.slots)
        : stages.rerank(request, kept, scores).video.slice();
    values.push(watchOf(oracle, request, page));
  }
  return values;
}

/** The truly best of the `depth` that are scored highest. */
function bestPage(
  video: Int32Array,
  scores: Float32Array,
  truth: Float32Array,
  depth: number,
  slots: number,
): Int32Array {
  const by = (of: Float32Array) => (a: number, b: number) => of[b]! - of[a]! || video[a]! - video[b]!;
  const first = [...video.keys()]
    .filter((i) => video[i]! >= 0)
    .sort(by(scores))
    .slice(0, depth);
  const page = new Int32Array(slots).fill(-1);
  first
    .sort(by(truth))
    .slice(0, slots)
    .forEach((i, slot) => (page[slot] = video[i]!));
  return page;
}
