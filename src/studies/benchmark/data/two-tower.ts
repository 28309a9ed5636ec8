/** Two towers of ids and features on data of one's own, under the contract of retrievers. */
import { takeRows } from "../../../data/index.js";
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
} from "../../../models/index.js";
import type { FeatureMatrix, RunControl } from "../../../types.js";

/** What the towers learn from, and what they are asked with. */
export interface TowerFeatures {
  /** Positives of the training part, whose taken rows are given; made once. */
  readonly positives: (rows: Interactions, control?: RunControl) => Promise<TwoTowerRows>;
  /** All users and all items by id, as of the time for which they are asked. */
  readonly sides: (control?: RunControl) => Promise<TowerSides>;
}

/** One row a user, one row an item. */
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
