/**
 * The funnel on a device: the server's own (learned-funnel.ts) over a bundle in place of a store, models and an index. It reads no file and
 * opens no connection, so it runs in a page from a file as well as in Node; the runtime of the graphs is handed in.
 */
import { PairSet } from "../../data/sets/pair-set.js";
import { candidateSchema } from "../../data/features/schemas.js";
import { SnapshotRows } from "../../data/store/snapshot-rows.js";
import type { Catalogue, Impressions } from "../../types.js";
import type { FunnelPolicy } from "../funnel.js";
import { createLearnedFunnel } from "../learned-funnel.js";
import type { OnStage } from "../funnel.js";
import type { ServingStore } from "../store.js";
import { unpackArrays } from "./arrays.js";
import type { Bundle } from "./bundle.js";
import { openModel, type GraphRuntime } from "./open-model.js";
import { readVectors, tableOf } from "./rounded.js";

/** An opened bundle. */
export interface Device {
  readonly bundle: Bundle;
  readonly catalogue: Catalogue;
  /** Open at the bundle's day. Later days may be opened, too: they forget visits and know no newer video. */
  readonly policy: FunnelPolicy;
  close(): Promise<void>;
}

/** Opens a bundle. `name` of the policy: `edge` by default. @throws Error for bytes that are no bundle of this version */
export async function openDevice(
  bytes: Uint8Array,
  runtime: GraphRuntime,
  options: { readonly name?: string; readonly onStage?: OnStage; readonly now?: () => number } = {},
): Promise<Device> {
  const bundle = unpackArrays(bytes) as Bundle;
  if ((bundle as Partial<Bundle>).format !== 2)
    throw new Error(`bundle of format ${String((bundle as Partial<Bundle>).format)}; this version reads format 2`);
  const { catalogue, snapshot, vectors, config, seed } = bundle;
  const fixed = { ...bundle.fixed, videoCategories: categoriesOf(catalogue, bundle.fixed.format) };
  const zeros = new Float64Array(catalogue.videos.count);
  const clicked = new PairSet(snapshot.clicked.left.length);
  snapshot.clicked.left.forEach((user, i) => {
    clicked.add(user, snapshot.clicked.right[i]!);
  });
  const stats = {
    impressions: Float64Array.from(snapshot.stats.impressions),
    clicks: Float64Array.from(snapshot.stats.clicks),
    watchMs: Float64Array.from(snapshot.stats.watchMs),
    likes: zeros,
    hides: zeros,
  };
  const video = { width: snapshot.video.width, values: tableOf(snapshot.video) };
  const open = (day: number): SnapshotRows =>
    new SnapshotRows(catalogue, fixed, { ...snapshot, day, video, clicked, stats });
  let rows = open(bundle.day);
  const store: ServingStore = {
    append: (events: Impressions) => {
      for (let i = 0; i < events.count; i++)
        if (events.click[i] === 1 && events.campaign[i] === 0) clicked.add(events.user[i]!, events.video[i]!);
      return Promise.resolve();
    },
    openDay: (day) => {
      rows = open(day);
      return Promise.resolve();
    },
    queryRows: (requests) => rows.queryRows(requests),
    candidateRows: (videos) => rows.candidateRows(videos),
    rankRows: (requests, candidates, into) => rows.rankRows(requests, candidates, into),
    apply: (events) => {
      rows.apply(events);
    },
    hasSeen: (user, id) => rows.hasSeen(user, id),
    videoStats: () => stats,
  };
  const [ranker, query] = [await openModel(bundle.ranker, runtime), await openModel(bundle.query, runtime)];
  const videoColumn = rows
    .candidateRows(new Int32Array(0))
    .schema.categories.findIndex(({ name }) => name === "video_id");
  const policy = createLearnedFunnel({
    catalogue,
    store,
    seed,
    name: options.name ?? "edge",
    config: { ...config, exactSearch: true, refreshDays: 0 },
    ...(options.now && { now: options.now }),
    ...(options.onStage && { onStage: options.onStage }),
    towers: {
      id: bundle.query.id,
      dims: vectors.dims,
      embedQueries: async (features) => (await query.run(features))["embedding"]!,
      embedCandidates: ({ count, categories, schema }) => {
        const ids = Int32Array.from(
          { length: count },
          (_, i) => categories[i * schema.categories.length + videoColumn]!,
        );
        const out = new Float32Array(count * vectors.dims);
        readVectors(vectors, ids, out);
        return out;
      },
    },
    async predict(features) {
      const out = await ranker.run(features);
      const [clickProbability, watchMs] = [out["click_probability"]!, out["watch_ms"]!];
      return { clickProbability, watchMs, ...(bundle.ranker.valued && { value: out["value"]! }) };
    },
  });
  await policy.openDay(bundle.day, undefined);
  return {
    bundle,
    catalogue,
    policy,
    async close() {
      await ranker.close();
      await query.close();
    },
  };
}

/** Categories of each video, in the order in which models read them. // [videos, categories] */
function categoriesOf({ videos, ...catalogue }: Catalogue, format: Uint8Array): Int32Array {
  const known: Readonly<Record<string, (video: number) => number>> = {
    video_id: (video) => video,
    topic: (video) => videos.topic[video]!,
    creator: (video) => videos.creator[video]!,
    video_language: (video) => videos.language[video]!,
    duration_bucket: (video) => format[video]!,
    sponsored: (video) => videos.sponsored[video]!,
  };
  const columns = candidateSchema({ videos, ...catalogue }).categories.map(({ name }) => known[name]!);
  const out = new Int32Array(videos.count * columns.length);
  for (let video = 0, at = 0; video < videos.count; video++) for (const of of columns) out[at++] = of(video);
  return out;
}
