/** Two towers of ids and fields: what is known of a user on one side, of an item on the other. Users and items without fields have their ids alone. */
import { takeRows, type ImportedData } from "../../data/index.js";
import { embedCandidates, embedQueries, fitTwoTower, loadTwoTower, saveTwoTower, type FittedRetriever, type RetrieverChoice, type TwoTower } from "../../models/index.js";
import { ownerRows } from "./field-rows.js";

/** The two-tower of a data set as a retriever that may be compared. */
export function fieldTwoTower({ catalogue, userFields, videoFields }: ImportedData): RetrieverChoice {
  const users = ownerRows("user_id", catalogue.users.count, userFields);
  const items = ownerRows("item_id", catalogue.videos.count, videoFields);
  const fitted = (model: TwoTower): FittedRetriever => {
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
          for (let d = 0; d < dim; d++) sum += (queries[query + d] as number) * (vectors[item + d] as number);
          scores[cell] = sum;
        }
        return scores;
      },
      save: (dir) => saveTwoTower(model, dir),
    };
  };
  return {
    family: "retriever", name: "two-tower", origin: "built in",
    fit: async (rows, { seed, config }, control) => fitted(await fitTwoTower({ query: takeRows(users, rows.user), candidates: items, video: rows.item }, { ...config, seed }, control)),
    load: async (dir) => fitted(await loadTwoTower(dir)),
  };
}
