import { als } from "../../src/models/als.js";
import { bpr } from "../../src/models/bpr.js";
import { itemKnn } from "../../src/models/item-knn.js";
import { itemPopularity } from "../../src/models/item-popularity.js";
import { twoTower } from "../../src/models/two-tower-kind.js";
import { retrieverContract } from "./retriever-contract.js";

retrieverContract({ kind: itemPopularity, config: {}, seeded: false, personal: false, refused: [] });
retrieverContract({
  kind: itemKnn,
  config: { neighbours: 10, shrinkage: 1 },
  seeded: false,
  personal: true,
  refused: [
    [{ neighbours: 0 }, "neighbours is 0; allowed: whole numbers from 1"],
    [{ shrinkage: NaN }, "shrinkage is NaN; allowed: numbers from 0"],
    [{ similarity: "jaccard" as "cosine" }, "unknown similarity: jaccard; known: cosine, conditional"],
  ],
});
retrieverContract({
  kind: bpr,
  config: { dims: 8, epochs: 60 },
  seeded: true,
  personal: true,
  refused: [
    [{ dims: 0 }, "dims is 0; allowed: whole numbers from 1"],
    [{ regularisation: -1 }, "regularisation is -1"],
    [{ negatives: "hard" as "uniform" }, "unknown negatives: hard; known: uniform, popularity"],
    [{ learningRate: 0 }, "learningRate is 0; allowed: more than 0"],
  ],
});
retrieverContract({
  kind: als,
  config: { dims: 8, epochs: 10, regularisation: 1 },
  seeded: true,
  personal: true,
  refused: [
    [{ steps: 0 }, "steps is 0; allowed: whole numbers from 1"],
    [{ confidence: 0 }, "confidence is 0; allowed: numbers above 0"],
  ],
});
retrieverContract({
  kind: twoTower,
  config: { dims: 8, dim: 8, hidden: [16], epochs: 20, uniformNegatives: 32, minCount: 1 },
  seeded: true,
  personal: true,
  native: true,
  refused: [[{ temperature: 0 }, "temperature is 0; allowed: more than 0"]],
});
