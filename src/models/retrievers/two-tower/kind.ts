/** The two-tower model as one kind of retriever among others: it sees ids alone. */
import { checkUsers } from "../../contract/inputs.js";
import type { RetrieverKind } from "../../contract/kinds.js";
import { embeddingScores } from "../factors.js";
import { checkInteractions, idMatrix } from "../interactions.js";
import { loadTwoTower, saveTwoTower } from "./files.js";
import {
  embedCandidates,
  embedQueries,
  fitTwoTower,
  twoTowerDefaults,
  type TwoTower,
  type TwoTowerConfig,
} from "./two-tower.js";

const scoresOf = embeddingScores((model: TwoTower) =>
  embedCandidates(model, idMatrix("item", cardinality(model, "candidate"))),
);

/** Two towers of ids under the contract of retrievers. */
export const twoTower: RetrieverKind<TwoTower, TwoTowerConfig> = {
  kind: "two-tower",
  engine: "tensorflow",
  serving: "towers",
  defaults: twoTowerDefaults,
  // chosen on MovieLens 100K: splits 7 and 11 by ratio have NDCG@10 .20 and .19 with the defaults, .28 and .27 with ids dropped at 0.1,
  // .28 and
  // .29 with 20 epochs and a temperature of 0.15 besides
  dataSettings: { idDropout: 0.1, epochs: 20, temperature: 0.15 },
  async fit(rows, config = {}, control = {}) {
    checkInteractions(rows);
    return fitTwoTower(
      {
        query: idMatrix("user", rows.userCount, rows.user),
        candidates: idMatrix("item", rows.itemCount),
        video: rows.item,
        liveVideos: rows.itemCount,
        ...(rows.weight && { weight: rows.weight }),
      },
      config,
      control,
    );
  },
  itemCount: (model) => cardinality(model, "candidate"),
  score(model, users) {
    const userCount = cardinality(model, "query");
    checkUsers(users, userCount);
    return scoresOf(model, embedQueries(model, idMatrix("user", userCount, users)), model.config.dim);
  },
  save: saveTwoTower,
  load: loadTwoTower,
};

function cardinality(model: TwoTower, side: "query" | "candidate"): number {
  return model[side].encoding.schema.categories[0]!.cardinality;
}
