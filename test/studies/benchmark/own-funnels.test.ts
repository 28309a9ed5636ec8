/**
 * Funnels other than the standard one, on a small world: ranked by a multi-task ranker's value or by any two models,
 * retrieved by the last watches or by ids.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore, readWatches, openAggregates } from "../../../src/data/index.js";
import {
  openWorldAfter,
  playArm,
  rankerRows,
  sequenceSet,
  trainingSet,
  trainMultiTask,
  trainSequence,
  type Trained,
  type Trial,
} from "../../../src/pipeline/index.js";
import { elsewhere, trainedPlatform } from "../../support/small-platform.js";
import { modelDirs } from "../../../src/pipeline/arms/learned.js";
import { traceRequest, valueEffect, weighValue } from "../../../src/studies/index.js";
import {
  createLearnedFunnel,
  idRetriever,
  openLearnedFunnel,
  openRanker,
  openSequenceTower,
  openTowers,
  rankedBy,
  sequenceRetriever,
  type Predictions,
} from "../../../src/serving/index.js";
import {
  modelsNamed,
  watchRows,
  type LabelledRows,
  type RankerChoice,
  type RetrieverChoice,
} from "../../../src/models/index.js";
import { candidateSources, type RequestBatch } from "../../../src/types.js";

const scratch = mkdtempSync(join(tmpdir(), "stagecraft-funnels-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const watchAlone = { click: 0, longWatch: 0, watch: 1, like: 0, hide: 0, conversion: 0 };
const trial: Trial = { users: 40, days: 2, drift: [] };
let trained: Trained;
let valued: Trained;

beforeAll(async () => {
  trained = elsewhere(await trainedPlatform(), scratch);
  valued = { ...trained, ranker: await trainMultiTask(trained.prepared, { epochs: 1 }) };
}, 120_000);

describe("the value objective", () => {
  it("ranks a request's candidates by the multi-task ranker's value", async () => {
    const traced = await traceRequest(valued, { candidates: 40, config: { objective: "value" } });
    const ranker = await openRanker(valued.ranker.artifact.dir);
    const byWatch = await traceRequest(valued, { candidates: 40, config: { objective: "watch" } });
    expect(ranker.valued).toBe(true);
    expect(traced.candidates.map(({ video }) => video).sort()).toEqual(
      byWatch.candidates.map(({ video }) => video).sort(),
    );
    expect(traced.candidates.map(({ video }) => video)).not.toEqual(byWatch.candidates.map(({ video }) => video));
    const ofWatch = { ...valued, ranker: await weighValue(valued, watchAlone) };
    const weighed = await traceRequest(ofWatch, { candidates: 40, config: { objective: "value" } });
    for (const { score, predictedClick, predictedWatchSeconds } of weighed.candidates)
      expect(score).toBeCloseTo((predictedClick * predictedWatchSeconds) / 60, 5);
    await ranker.close();
  });

  it("is served in an arm, apart from the same ranker's watch objective and from the other ranker", async () => {
    const arm = (of: Trained, objective: "value" | "watch") =>
      playArm(of, { name: objective, policy: { kind: "learned", candidates: 40, objective } }, trial);
    const [value, watch, other] = [await arm(valued, "value"), await arm(valued, "watch"), await arm(trained, "watch")];
    expect(new Set([value, watch, other].map(({ artifact }) => artifact.id)).size).toBe(3);
    expect(value.userDays.watchMs).not.toEqual(watch.userDays.watchMs);
    expect(watch.userDays.watchMs).not.toEqual(other.userDays.watchMs);
    expect(value.userDays.impressions.reduce((sum, n) => sum + n, 0)).toBeGreaterThan(0);
  });

  it("is weighed anew without learning anew, and each weighing is judged beside the watch objective", async () => {
    const { arms, judged } = await valueEffect(
      valued,
      { same: watchAlone, likes: { ...watchAlone, watch: 0, like: 1 } },
      trial,
    );
    const [watch, same, likes] = arms.map(({ userDays }) => userDays);
    const minutes = (days: typeof watch): number => days!.watchMs.reduce((sum, ms) => sum + ms, 0) / 60_000;
    // a value of the watch minutes alone is the watch objective, but for rounding
    expect(Math.abs(minutes(same) / minutes(watch) - 1)).toBeLessThan(0.02);
    expect(likes!.watchMs).not.toEqual(watch!.watchMs);
    expect(judged.comparisons.map(({ control, treatment }) => [control, treatment])).toEqual([
      ["watch", "same"],
      ["watch", "likes"],
    ]);
    expect(judged.comparisons.map(({ comparison }) => comparison.paired)).toEqual([true, true]);
    await expect(valueEffect(valued, { watch: watchAlone }, trial)).rejects.toThrow(
      "an arm of weights is called watch; allowed: other names",
    );
    await expect(valueEffect(trained, { mine: watchAlone }, trial)).rejects.toThrow(/multi-task/);
  });

  it("is refused where the ranker predicts none, before anything is served", async () => {
    const { catalogue } = await openWorldAfter(trained.prepared.log);
    const store = await openStore(catalogue, { from: trained.prepared.aggregatesDir });
    const refusal = /objective value: this ranker predicts no value; allowed: watch, click, or a multi-task ranker/;
    await expect(
      openLearnedFunnel({ catalogue, store, seed: 7, ...modelDirs(trained), config: { objective: "value" } }),
    ).rejects.toThrow(refusal);
    const policy = await openLearnedFunnel({
      catalogue,
      store,
      seed: 7,
      ...modelDirs(valued),
      config: { objective: "value" },
    });
    await expect(policy.withRanker(trained.ranker.artifact.dir)).rejects.toThrow(refusal);
    await policy.close();
    await store.close();
  });
});

describe("any models of the ladder", () => {
  it("serve as ranker and retriever, and the ranker's expected watch time adds up to what was watched", async () => {
    const { prepared } = trained;
    const { catalogue, setting: of } = prepared.log;
    const [ranker, retriever] = modelsNamed(["logistic-regression", "item-knn"]) as readonly [
      RankerChoice,
      RetrieverChoice,
    ];
    const set = await trainingSet(prepared, prepared.split.train);
    const fit = (rows: LabelledRows): ReturnType<RankerChoice["fit"]> =>
      ranker.fit(rows, { seed: 7, config: { epochs: 4, bits: 16, validationShare: 0 } });
    const predict = rankedBy(
      await fit({ features: set.features, label: set.click }),
      await fit(watchRows(rankerRows(set))),
    );
    const { clickProbability, watchMs } = await predict(set.features);
    const [expected, watched] = [
      clickProbability.reduce((sum, p, row) => sum + p * watchMs[row]!, 0),
      set.watchMs.reduce((sum, ms) => sum + ms, 0),
    ];
    expect(Math.abs(expected / watched - 1)).toBeLessThan(0.1);

    const clicks = Array.from(set.click.keys()).filter((row) => set.click[row] === 1);
    const pairs = {
      userCount: catalogue.users.count,
      itemCount: catalogue.videos.count,
      user: Int32Array.from(clicks, (row) => set.user[row]!),
      item: Int32Array.from(clicks, (row) => set.video[row]!),
    };
    const fitted = await retriever.fit(pairs, { seed: 7 });
    const day = of.world.days;
    const store = await openStore(catalogue, { from: prepared.aggregatesDir });
    const towers = await openTowers(modelDirs(trained).twoTowerDir);
    const policy = createLearnedFunnel({
      catalogue,
      store,
      seed: 7,
      towers,
      predict,
      retriever: idRetriever(fitted, { name: "item-knn", store, known: catalogue.liveVideos[day - 1]! }),
      config: { candidates: 40 },
    });
    const world = await openWorldAfter(prepared.log);
    await policy.openDay(day, undefined);
    world.openDay(day);
    let found = 0;
    for (let shard = 0; shard < 64; shard++) {
      const requests = world.openShard(shard).next();
      if (requests === undefined) continue;
      const slates = await policy.recommend(requests);
      expect(slates.video.every((video) => video >= 0 && video < catalogue.liveVideos[day]!)).toBe(true);
      expect(
        slates.video.every((video, at) => !store.hasSeen(requests.user[Math.floor(at / slates.slots)]!, video)),
      ).toBe(true);
      found += slates.source.filter((code) => candidateSources[code] === "other").length;
    }
    expect(found).toBeGreaterThan(100);
    await towers.close?.();
    await store.close();
  });
});

describe("the sequence retriever", () => {
  it("learns from the watches of the days it may see, each user's in order of time", async () => {
    const { prepared } = trained;
    const rows = await sequenceSet(prepared, [0, 1, 2]);
    const aggregates = await openAggregates(prepared.log.catalogue, { from: prepared.aggregatesDir });
    const all = await readWatches(aggregates);
    aggregates.close();
    for (let user = 0; user < 150; user++) {
      const own = Array.from(
        { length: all.start[user + 1]! - all.start[user]! },
        (_, i) => all.start[user]! + i,
      ).filter((watch) => all.day[watch]! <= 2);
      expect(Array.from(rows.item.subarray(rows.offsets[user], rows.offsets[user + 1]))).toEqual(
        own.map((watch) => all.video[watch]),
      );
    }
    expect(rows.items.schema.numbers.map(({ name }) => name)).toEqual(["video_log_duration"]); // counts would tell what is to be predicted
  });

  it("serves candidates by the live sequence, and its own alone where it has all the share", async () => {
    const model = await trainSequence(trained.prepared, { epochs: 1, dim: 16, idDims: 16, blocks: 1 });
    const world = await openWorldAfter(trained.prepared.log);
    const { catalogue } = world;
    const day = trained.prepared.log.setting.world.days;
    const store = await openStore(catalogue, { from: trained.prepared.aggregatesDir, sequences: true });
    const [tower, towers] = [
      await openSequenceTower(model.artifact.dir),
      await openTowers(modelDirs(trained).twoTowerDir),
    ];
    const predict = (features: { count: number }): Predictions => ({
      clickProbability: new Float32Array(features.count).fill(0.5),
      watchMs: new Float32Array(features.count).fill(1),
    });
    const policy = createLearnedFunnel({
      catalogue,
      store,
      seed: 7,
      towers,
      predict,
      retriever: sequenceRetriever({ name: "sasrec", tower, store }),
      config: { candidates: 30, shares: { twoTower: 1, popular: 0, fresh: 0, uniform: 0 } },
    });
    await policy.openDay(day, undefined);
    world.openDay(day);
    const requests = world.openShard(0).next() as RequestBatch;
    const sequences = store.sequenceRows(requests);
    const slates = await policy.recommend(requests);
    const known = Array.from({ length: requests.count }, (_, row) => row).filter((row) => sequences.length[row]! > 0);
    expect(known.length).toBeGreaterThan(0);
    for (const row of known) {
      const shown = slates.video.subarray(row * slates.slots, (row + 1) * slates.slots);
      expect(shown.every((video) => video >= 0 && video < catalogue.liveVideos[day]!)).toBe(true);
      expect(candidateSources[slates.source[row * slates.slots]!]).toBe("other");
    }
    await tower.close?.();
    await towers.close?.();
    await store.close();
  });
});
