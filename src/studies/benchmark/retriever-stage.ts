/**
 * Retrievers, fitted for the funnel: those that know users and videos by their ids, the two towers of ids and features, and the
 * sequence model.
 */
import { withStore, type FeatureStore } from "../../data/index.js";
import {
  exportTwoTower,
  fitSasrec,
  fitTwoTower,
  type FittedRetriever,
  type Interactions,
  type RetrieverChoice,
} from "../../models/index.js";
import {
  idRetriever,
  openSequenceTower,
  openTowerIndex,
  openTowers,
  saveSequenceTower,
  sequenceRetriever,
  type Retriever,
  type TowerIndex,
  type Towers,
} from "../../serving/index.js";
import type { RunControl } from "../../types.js";
import { towerRetriever } from "../../pipeline/offline.js";
import type { JudgedRetriever } from "../../pipeline/offline-retrieval.js";
import type { Prepared } from "../../pipeline/prepare.js";
import { sequenceSet } from "../../pipeline/train-sequence.js";
import { retrievalSet, twoTowerRows } from "../../pipeline/train.js";
import { costOfFit } from "./cost.js";
import { choiceOf, type BenchmarkModel } from "./model.js";
import type { FittedStage } from "./record.js";

/** A retriever as the funnel is given it: towers of its own, or a source in the place of the two-tower's. */
export interface RetrieverStage {
  readonly towers?: Towers;
  /** The source over a store; what is asked one request at a time. */
  source(store: FeatureStore): Retriever;
  /** The form evaluated offline. */
  judged(store: FeatureStore): JudgedRetriever;
  /** Whether its store must keep sequences. */
  readonly sequences: boolean;
  close(): Promise<void>;
}

/** What every retriever is fitted on: the long watches of the days before the test days. */
export interface RetrieverJob {
  readonly prepared: Prepared;
  readonly seed: number;
  readonly dir: string;
}

/** Fits a retriever, writes its files and opens it as it is served. */
export async function fitRetrieverStage(
  model: BenchmarkModel,
  job: RetrieverJob,
  control: RunControl = {},
): Promise<FittedStage<RetrieverStage>> {
  const choice = await choiceOf(model);
  if (choice.family !== "retriever") throw new RangeError(`${model.name} is not a retriever`);
  const fit = { scores: fitIds, towers: fitTowers, sequence: fitSequences }[choice.serving];
  return fit(choice, job, control);
}

/** Days that retrievers learn from; a share of the positives, not a day, is held out where one stops early. */
function daysOf({ split }: Prepared): number[] {
  return [...split.train, ...split.validation];
}

async function fitIds(
  choice: RetrieverChoice,
  { prepared, seed, dir }: RetrieverJob,
  control: RunControl,
): Promise<FittedStage<RetrieverStage>> {
  const { catalogue } = prepared.log;
  const days = daysOf(prepared);
  const { user, video: item } = await retrievalSet(prepared, days, control);
  const rows: Interactions = { userCount: catalogue.users.count, itemCount: catalogue.videos.count, user, item };
  const { fitted, cost } = await costOfFit(user.length, () => choice.fit(rows, { seed }, control));
  let model: FittedRetriever = fitted;
  const saved = fitted.save !== undefined && choice.load !== undefined;
  if (saved) {
    await fitted.save?.(dir);
    model = (await choice.load?.(dir)) ?? fitted;
  }
  const known = catalogue.liveVideos[Math.max(...days)]!;
  const source = (store: FeatureStore): Retriever => idRetriever(model, { name: choice.name, store, known });
  return {
    cost,
    saved,
    stage: { source, judged: (store) => judgedAs(source(store)), sequences: false, close: async () => undefined },
  };
}

async function fitTowers(
  { name }: RetrieverChoice,
  { prepared, seed, dir }: RetrieverJob,
  control: RunControl,
): Promise<FittedStage<RetrieverStage>> {
  return withStore(prepared.log.catalogue, { from: prepared.aggregatesDir }, async (store) => {
    const { positives, rows } = await twoTowerRows(prepared, daysOf(prepared), store, control);
    const { fitted, cost } = await costOfFit(rows, () => fitTwoTower(positives, { seed }, control));
    await exportTwoTower(fitted, dir);
    const towers = await openTowers(dir);
    const stage: RetrieverStage = {
      towers,
      sequences: false,
      source: (served) => towerSource(name, towers, served, prepared.log.catalogue.videos.count),
      judged: (judging) => towerRetriever(name, towers, judging),
      close: async () => towers.close?.(),
    };
    return { cost, saved: true, stage };
  });
}

async function fitSequences(
  { name }: RetrieverChoice,
  { prepared, seed, dir }: RetrieverJob,
  control: RunControl,
): Promise<FittedStage<RetrieverStage>> {
  const last = Math.max(...daysOf(prepared));
  const days = prepared.log.days.filter((day) => day <= last);
  const rows = await sequenceSet(prepared, days);
  const { fitted, cost } = await costOfFit(rows.item.length, () => fitSasrec(rows, { seed }, control));
  await saveSequenceTower(fitted, rows.items, dir);
  const tower = await openSequenceTower(dir);
  const source = (store: FeatureStore): Retriever => sequenceRetriever({ name, tower, store });
  return {
    cost,
    saved: true,
    stage: { source, judged: (store) => judgedAs(source(store)), sequences: true, close: async () => tower.close?.() },
  };
}

function judgedAs(source: Retriever): JudgedRetriever {
  return {
    name: source.name,
    openDay: (day, live) => source.openDay(day, live),
    neighbours: ({ requests }, k) => source.neighbours(requests, k),
  };
}

/** The two-tower's source as the funnel has it inside: the index of the day's embeddings. */
function towerSource(name: string, towers: Towers, store: FeatureStore, videos: number): Retriever {
  let index: TowerIndex | undefined;
  return {
    name,
    async openDay(_day, live) {
      if (index === undefined) index = await openTowerIndex({ towers, store, videos, live });
      else await index.refresh(live);
    },
    async neighbours(requests, k) {
      if (index === undefined) throw new Error(`${name}: no day is open: call openDay first`);
      return index.search(await towers.embedQueries(store.queryRows(requests)), k);
    },
  };
}
