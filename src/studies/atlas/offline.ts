/**
 * Every offline metric of a policy, on the days that models were not fitted on. Of rows that were shown: how its predictions fit and order
 * them. Of pages: what it would have answered to each user's first request of a day with a long watch, held against the day's long watches.
 * Of its retriever: recall@100. All are read as higher is better; those that are not are turned (`−`).
 */
import { type RetrievalSet, type TrainingSet } from "../../data/index.js";
import { groupedAuc, meanOf, offlineReplicates, rankLists, rankScored, relevantSets } from "../../evaluation/index.js";
import type { LocalArm } from "../../pipeline/arms/arm.js";
import { pastOf, readings, type Past } from "../../pipeline/arms/past.js";
import { openArm } from "../../pipeline/arms/registry.js";
import { pick, rankingSlice, slices, type RankingSlice, type ScoredRows } from "../../pipeline/offline-ranking.js";
import { dayQueries } from "../../pipeline/offline-retrieval.js";
import type { Trained } from "../../pipeline/train.js";
import { readDay } from "../../log/index.js";

/** Metrics by name. */
export type Values = Readonly<Record<string, number>>;

/** Metrics of rows, on all pages and on those of random videos. */
export function rowMetrics(set: TrainingSet, scored: ScoredRows): Values {
  return Object.assign({}, ...slices.map((slice) => sliceMetrics(rankingSlice(set, slice), scored))) as Values;
}

function sliceMetrics(part: RankingSlice, { score, click }: ScoredRows): Values {
  const { slice, rows, labels, users, requests, seconds } = part;
  if (rows.length === 0) return {};
  const [scores, probabilities] = [pick(rows, score), pick(rows, click)];
  const { auc, logLoss, calibrationError } = offlineReplicates(
    { labels, probabilities, users, requests },
    { replicates: 2 },
  );
  const [byClick, byWatch] = [labels, seconds].map((gain) => rankScored(gain, scores, requests, 10)) as [
    ReturnType<typeof rankScored>,
    ReturnType<typeof rankScored>,
  ];
  const named = {
    AUC: auc.estimate,
    GAUC: groupedAuc(labels, scores, users).value,
    "−log loss": -logLoss.estimate,
    "−calibration error": -calibrationError.estimate,
    "NDCG@10 clicks": meanOf(byClick.ndcg),
    "DCG@10 clicks": meanOf(byClick.dcg),
    "NDCG@10 watch": meanOf(byWatch.ndcg),
    "DCG@10 watch": meanOf(byWatch.dcg),
  };
  return Object.fromEntries(
    Object.entries(named).map(([name, value]) => [slice === "all" ? name : `${name}, random pages`, value]),
  );
}

/** Metrics of the pages that the policy would have shown on the test days, each opened as of its midnight. */
export async function pageMetrics(trained: Trained, arm: LocalArm, set: RetrievalSet): Promise<Values> {
  const { log, split } = trained.prepared;
  const past = pastBefore(trained, split.test[0]!);
  const world = await past.world([]);
  const { policy, close } = await openArm(arm, { world, seed: past.seed, past });
  const { slots } = world.config;
  const found = { recall: [] as number[], ndcg: [] as number[], dcg: [] as number[], hit: [] as number[] };
  const shown = new Set<number>();
  try {
    for (const day of split.test) {
      await policy.openDay(day, undefined); // a store knows the day before; counts without one are as of the first test day
      const { queries, groups } = dayQueries(set, day, "all");
      if (groups.size === 0) continue;
      const { video } = await policy.recommend(queries.requests);
      for (const id of video) if (id >= 0) shown.add(id);
      const pairs = [...groups.values()].flatMap((rows, query) => rows.map((row) => [query, set.video[row]!] as const));
      const [asked, watched] = [pairs.map(([query]) => query), pairs.map(([, id]) => id)];
      const wanted = relevantSets(groups.size, asked, watched);
      const lists = rankLists(video, slots, wanted, Math.min(10, slots));
      for (const name of Object.keys(found) as (keyof typeof found)[]) found[name].push(...lists[name]);
    }
  } finally {
    await policy.close?.();
    await close?.();
  }
  return {
    "recall@10 of pages": meanOf(found.recall),
    "NDCG@10 of pages": meanOf(found.ndcg),
    "DCG@10 of pages": meanOf(found.dcg),
    "hit rate@10 of pages": meanOf(found.hit),
    "catalogue coverage": shown.size / log.catalogue.liveVideos[split.test.at(-1)!]!,
  };
}

/** What was known before a day: the log's days until then, and features that are asked as of a day. */
function pastBefore(trained: Trained, day: number): Past {
  const { log } = trained.prepared;
  const { prepared } = trained;
  return {
    ...pastOf(log, { prepared, trained }),
    firstDay: day,
    ...readings(log.catalogue, async function* () {
      for (const one of log.days) if (one < day) yield await readDay(log.dir, one);
    }),
  };
}
