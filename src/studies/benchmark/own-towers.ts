/**
 * Two towers of ids and features on a custom data, under the contract of retrievers. By ratio and leave-one-out they know ids and
 * fields, which never change; positives are all taken rows. By time: all features of both sides, of each positive as of its time, and
 * when asked as of the first test midnight; positives are the platform's, long watches (where there are no watch times: clicks).
 */
import { withStore, takeRows, type DayCuts, type ImportedData } from "../../data/index.js";
import {
  embedCandidates,
  embedQueries,
  fitTwoTower,
  loadTwoTower,
  retrieverChoice,
  saveTwoTower,
  twoTower,
  type FittedRetriever,
  type Interactions,
  type ModelChoice,
  type RetrieverChoice,
  type TwoTower,
  type TwoTowerRows,
} from "../../models/index.js";
import { twoTowerRows } from "../../pipeline/train.js";
import { firstRequests } from "../../serving/requests.js";
import type { FeatureMatrix, RunControl } from "../../types.js";
import type { OwnData } from "./own-data.js";
import { ownerRows, preparedOwn } from "./own-rows.js";

/** Training rows and queries of the towers. */
export interface TowerFeatures {
  /** Positives of the training part, whose taken rows are given; made once. */
  readonly positives: (rows: Interactions, control?: RunControl) => Promise<TwoTowerRows>;
  /** All users and all items by id, as of the time for which they are asked. */
  readonly sides: (control?: RunControl) => Promise<TowerSides>;
}

/** One row per user, one row per item. */
export interface TowerSides {
  readonly users: FeatureMatrix;
  readonly items: FeatureMatrix;
}

/** A retriever with features that are put together before it is fitted. */
export interface TowerChoice extends RetrieverChoice {
  /** Puts them together; gives the number of positives. */
  readonly prepare: (rows: Interactions, control?: RunControl) => Promise<number>;
}

/** Two towers with these features as a retriever that may be compared. */
export function ownTwoTower({ positives, sides }: TowerFeatures): TowerChoice {
  return {
    ...retrieverChoice("two-tower", twoTower),
    prepare: async (rows, control) => {
      await sides(control);
      return (await positives(rows, control)).video.length;
    },
    fit: async (rows, { seed, config }, control) =>
      fitted(await fitTwoTower(await positives(rows, control), { ...config, seed }, control), await sides(control)),
    load: async (dir) => fitted(await loadTwoTower(dir), await sides()),
  };
}

/** Whether features of a choice are put together before the fit. */
export function isTowerChoice(choice: ModelChoice): choice is TowerChoice {
  return "prepare" in choice;
}

function fitted(model: TwoTower, { users, items }: TowerSides): FittedRetriever {
  const vectors = embedCandidates(model, items);
  const { dim } = model.config;
  return {
    itemCount: items.count,
    score(asked) {
      const queries = embedQueries(model, takeRows(users, asked));
      const scores = new Float32Array(asked.length * items.count);
      for (let cell = 0; cell < scores.length; cell++) {
        const [query, item] = [Math.floor(cell / items.count) * dim, (cell % items.count) * dim];
        let sum = 0;
        for (let d = 0; d < dim; d++) sum += queries[query + d]! * vectors[item + d]!;
        scores[cell] = sum;
      }
      return scores;
    },
    save: (dir) => saveTwoTower(model, dir),
  };
}

/** Ids and fields. */
export function fieldTowers({ catalogue, userFields, videoFields }: ImportedData): TowerFeatures {
  const users = ownerRows("user_id", catalogue.users.count, userFields);
  const items = ownerRows("item_id", catalogue.videos.count, videoFields);
  return {
    positives: async (rows) => ({ query: takeRows(users, rows.user), candidates: items, video: rows.item }),
    sides: async () => ({ users, items }),
  };
}

/** Features as of their time. */
export function timedTowers(own: OwnData, cuts: DayCuts): TowerFeatures {
  let positives: Promise<TwoTowerRows> | undefined;
  let sides: Promise<TowerSides> | undefined;
  return {
    positives: (_, control) => (positives ??= timedPositives(own, cuts, control)),
    sides: (control) => (sides ??= timedSides(own, cuts, control)),
  };
}

async function timedPositives(own: OwnData, cuts: DayCuts, control?: RunControl): Promise<TwoTowerRows> {
  const prepared = await preparedOwn(own, cuts, control);
  return withStore(own.data.catalogue, { from: prepared.aggregatesDir }, async (store) => {
    return (await twoTowerRows(prepared, prepared.split.train, store, control)).positives;
  });
}

async function timedSides(own: OwnData, cuts: DayCuts, control?: RunControl): Promise<TowerSides> {
  const { catalogue } = own.data;
  const { device } = catalogue.users;
  const { aggregatesDir } = await preparedOwn(own, cuts, control);
  return withStore(catalogue, { from: aggregatesDir }, async (store) => {
    await store.openDay(cuts.test);
    return {
      users: store.queryRows(firstRequests(cuts.test, Int32Array.from(device.keys()), device, 0)), // at midnight
      items: store.candidateRows(Int32Array.from({ length: catalogue.videos.count }, (_, id) => id)),
    };
  });
}
