import { retrieverLadder } from "../../../src/models/ladder.js";
import type { ModelContractOptions } from "../../../src/models/contract/types.js";
import { keepsContract, type RefusedSettings } from "../contract/contract.js";

/** Small settings by name; models that are new in the ladder are checked with their defaults. */
const settings: Readonly<Record<string, ModelContractOptions>> = {
  popularity: { seeded: false, personal: false, tolerance: 0 },
  "item-knn": { config: { neighbours: 10, shrinkage: 1 }, seeded: false, tolerance: 0 },
  bpr: { config: { dims: 8, epochs: 60 }, seeded: true, tolerance: 0 },
  als: { config: { dims: 8, epochs: 10, regularisation: 1 }, seeded: true, tolerance: 0 },
  "two-tower": {
    config: {
      dims: 8,
      dim: 8,
      hidden: [16],
      epochs: 20,
      uniformNegatives: 32,
      minCount: 1,
      learningRate: 0.02,
      validationShare: 0,
    },
    seeded: true,
  },
  sasrec: {
    config: {
      dim: 16,
      dims: 16,
      blocks: 1,
      length: 13,
      epochs: 40,
      batchSize: 32,
      minBatches: 2,
      learningRate: 0.01,
      uniformNegatives: 32,
      dropout: 0.1,
      idDropout: 0,
      validationShare: 0,
    },
    seeded: true,
  },
};

const refused: Readonly<Record<string, RefusedSettings>> = {
  "item-knn": [
    [{ neighbours: 0 }, "neighbours is 0; allowed: whole numbers from 1"],
    [{ shrinkage: NaN }, "shrinkage is NaN; allowed: numbers from 0"],
    [{ similarity: "jaccard" }, "unknown similarity: jaccard; known: cosine, conditional"],
  ],
  bpr: [
    [{ dims: 0 }, "dims is 0; allowed: whole numbers from 1"],
    [{ regularisation: -1 }, "regularisation is -1"],
    [{ negatives: "hard" }, "unknown negatives: hard; known: uniform, popularity"],
    [{ learningRate: 0 }, "learningRate is 0; allowed: numbers above 0"],
  ],
  als: [
    [{ steps: 0 }, "steps is 0; allowed: whole numbers from 1"],
    [{ confidence: 0 }, "confidence is 0; allowed: numbers above 0"],
  ],
  "two-tower": [[{ temperature: 0 }, "temperature is 0; allowed: numbers above 0"]],
  sasrec: [
    [{ temperature: 0 }, "temperature is 0; allowed: numbers above 0"],
    [{ heads: 3 }, "heads is 3; allowed: divisors of dim 16"],
    [{ dropout: 1 }, "dropout is 1; allowed: numbers from 0 to 0.9"],
  ],
};

for (const choice of retrieverLadder) keepsContract(choice, settings[choice.name] ?? {}, refused[choice.name]);
