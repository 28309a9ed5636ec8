/** One request through the funnel: what each stage gave, beside the truth of each candidate; and the funnel opened for such questions. */
import { withStore } from "../data/index.js";
import {
  openLearnedFunnel,
  type LearnedFunnelConfig,
  type Objective,
  type Predictions,
  type StageResult,
  type Stages,
} from "../serving/index.js";
import {
  ageBands,
  candidateSources,
  devices,
  languages,
  regions,
  type CandidateBatch,
  type Day,
  type RequestBatch,
  type SlateBatch,
} from "../types.js";
import { emptyExpected, openOracle, type Oracle, type World } from "../world/index.js";
import { modelDirs } from "../pipeline/arms/learned.js";
import { firstPages } from "../pipeline/latency.js";
import { openWorldAfter } from "../pipeline/simulate.js";
import type { Trained } from "../pipeline/train.js";

/** One candidate of a traced request. Watch times of the impression are expectations given that it is examined. */
export interface TracedCandidate {
  readonly video: number;
  readonly topic: string;
  readonly source: string; // that placed it first
  readonly predictedClick: number; // in [0, 1]
  readonly predictedWatchSeconds: number; // of a click
  // as predicted: expected watch seconds of the impression; of objective click: the click probability; of value: watch minutes' worth
  readonly score: number;
  readonly trueClick: number; // in [0, 1]
  readonly trueWatchSeconds: number; // of the impression
  readonly position: number | undefined; // 1-based, if it was shown
  readonly propensity: number | undefined; // conditional, if it was shown
}

/** One request through the funnel. */
export interface TracedRequest {
  readonly day: Day;
  readonly user: {
    readonly id: number;
    readonly ageBand: string;
    readonly region: string;
    readonly language: string;
    readonly device: string;
  };
  readonly tastes: readonly string[]; // true topics of the user's taste, strongest first: the platform does not see them
  readonly catalogue: number; // live videos
  readonly sources: readonly { readonly source: string; readonly candidates: number; readonly shown: number }[];
  readonly candidates: readonly TracedCandidate[]; // best score first
  readonly page: readonly TracedCandidate[]; // as shown
}

/** Follows one request: the first page of the `visitor`-th user who comes on the day after the log. */
export async function traceRequest(
  trained: Trained,
  options: { readonly candidates: number; readonly visitor?: number; readonly config?: Partial<LearnedFunnelConfig> },
): Promise<TracedRequest> {
  const { visitor = 0, candidates, config } = options;
  return withFunnel(trained, { ...config, candidates }, async ({ world, oracle, day, serve }) => {
    const request = firstPages(world, day, visitor + 1)[visitor];
    if (!request) throw new RangeError(`visitor: ${visitor}; allowed: fewer than the users who visit on day ${day}`);
    return traced(world, oracle, day, request, await serve(request), config?.objective ?? "watch");
  });
}

/** A request served, with what passed between the stages. */
interface Served {
  readonly candidates: CandidateBatch;
  readonly predicted: Predictions;
  readonly slates: SlateBatch;
}

/** A funnel that is open on the day after the log. */
export interface OpenFunnel {
  readonly world: World;
  readonly oracle: Oracle;
  readonly day: Day;
  readonly stages: Stages;
  serve(request: RequestBatch): Promise<Served>;
}

/** Opens the learned funnel on the day after the log, and hears what its stages give. */
export async function withFunnel<T>(
  trained: Trained,
  config: Partial<LearnedFunnelConfig>,
  use: (funnel: OpenFunnel) => Promise<T>,
): Promise<T> {
  const { log, aggregatesDir } = trained.prepared;
  const world = await openWorldAfter(log);
  const day = log.setting.world.days;
  let heard: Partial<Served> = {};
  return withStore(world.catalogue, { from: aggregatesDir }, async (store) => {
    const policy = await openLearnedFunnel({
      catalogue: world.catalogue,
      store,
      seed: log.setting.seed,
      ...modelDirs(trained),
      config,
      onStage: (result) => (heard = { ...heard, ...copyOf(result) }),
    });
    try {
      await policy.openDay(day, undefined);
      return await use({
        world,
        oracle: openOracle(world),
        day,
        stages: policy.stages,
        async serve(request): Promise<Served> {
          heard = {};
          await policy.recommend(request);
          const { candidates, predicted, slates } = heard;
          if (!candidates || !predicted || !slates)
            throw new Error("the request was answered without the ranker; a newcomers' detour cannot be traced");
          return { candidates, predicted, slates };
        },
      });
    } finally {
      await policy.close();
    }
  });
}

/** What a stage gave, its columns copied: the funnel uses them again. */
function copyOf(result: StageResult): Partial<Served> {
  if (result.stage === "rerank") return { slates: result.slates };
  if (result.stage === "retrieve") {
    const { video, source } = result.candidates;
    return { candidates: { ...result.candidates, video: video.slice(), source: source.slice() } };
  }
  const { clickProbability, watchMs, value } = result.predictions;
  return {
    predicted: {
      clickProbability: clickProbability.slice(),
      watchMs: watchMs.slice(),
      ...(value && { value: value.slice() }),
    },
  };
}

function traced(
  world: World,
  oracle: Oracle,
  day: Day,
  request: RequestBatch,
  served: Served,
  objective: Objective,
): TracedRequest {
  const { users, videos } = world.catalogue;
  const { candidates, predicted, slates } = served;
  const user = request.user[0]!;
  const topic = (index: number): string => world.catalogue.topicNames[index]!;
  const truth = emptyExpected(candidates.width);
  const asked = candidates.video.map((id) => Math.max(0, id));
  oracle.expected(user, asked, contextOf(request), truth);
  const rows: TracedCandidate[] = [];
  candidates.video.forEach((video, at) => {
    if (video < 0) return;
    const [click, watchMs] = [predicted.clickProbability[at]!, predicted.watchMs[at]!];
    const place = slates.video.indexOf(video);
    rows.push({
      video,
      topic: topic(videos.topic[video]!),
      source: candidateSources[candidates.source[at]!] as string,
      predictedClick: click,
      predictedWatchSeconds: watchMs / 1000,
      score: { watch: (click * watchMs) / 1000, click, value: predicted.value?.[at] ?? 0 }[objective],
      trueClick: truth.clickProbability[at]!,
      trueWatchSeconds: truth.watchMs[at]! / 1000,
      position: place < 0 ? undefined : place + 1,
      propensity: place < 0 ? undefined : slates.propensity[place],
    });
  });
  rows.sort((a, b) => b.score - a.score || a.video - b.video);
  const page = rows
    .filter((row) => row.position !== undefined)
    .sort((a, b) => (a.position as number) - (b.position as number));
  const sources = [...new Set(rows.map((row) => row.source))].sort().map((source) => ({
    source,
    candidates: rows.filter((row) => row.source === source).length,
    shown: page.filter((row) => row.source === source).length,
  }));
  return {
    day,
    catalogue: world.catalogue.liveVideos[day]!,
    sources,
    candidates: rows,
    page,
    user: {
      id: user,
      ageBand: ageBands[users.ageBand[user]!] as string,
      region: regions[users.region[user]!] as string,
      language: languages[users.language[user]!] as string,
      device: devices[request.device[0]!] as string,
    },
    tastes: oracle.tastes(user).map(topic),
  };
}

/** When and on what a single request is made. */
export function contextOf(request: RequestBatch): { timeMs: number; device: number } {
  return { timeMs: request.timeMs[0]!, device: request.device[0]! };
}
