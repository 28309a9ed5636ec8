import { describe } from "vitest";
import { gbdtFault } from "../../../src/models/rankers/gbdt/library.js";
import { rankerChoice, rankerLadder } from "../../../src/models/ladder.js";
import { deepFm } from "../../../src/models/rankers/deepfm.js";
import type { ModelContractOptions } from "../../../src/models/contract/types.js";
import { keepsContract, type RefusedSettings } from "../contract/contract.js";

const network: ModelContractOptions = {
  config: { epochs: 3, deep: [16, 8], batchSize: 64, minCount: 1 },
  seeded: true,
};

/** Small settings by name; models that are new in the ladder are checked with their defaults. */
const settings: Readonly<Record<string, ModelContractOptions>> = {
  "logistic-regression": { config: { epochs: 3, bits: 12 }, seeded: true, tolerance: 0 },
  ftrl: { config: { bits: 12 }, seeded: true, tolerance: 0 },
  gbdt: { config: { trees: 20, leaves: 7 }, seeded: true, tolerance: 0 },
  dnn: network,
  dcn: network,
  "dcn-mix": network,
  deepfm: network,
};

const refused: Readonly<Record<string, RefusedSettings>> = {
  "logistic-regression": [
    [{ bits: 40 }, "bits is 40; allowed: whole numbers from 4 to 26"],
    [{ crosses: [["user", "knid"]] }, "unknown feature to cross: knid; known: user, kind, appeal, noise"],
    [{ crosses: [["appeal", "noise"]] }, "cannot cross two numbers: appeal × noise"],
    [{ l2: -1 }, "l2 is -1; allowed: numbers from 0"],
  ],
  ftrl: [[{ alpha: 0 }, "alpha is 0; allowed: numbers above 0"]],
  gbdt: [
    [{ trees: 0 }, "trees is 0; allowed: whole numbers from 1"],
    [{ rowShare: 0 }, "rowShare is 0; allowed: numbers above 0 to 1"],
  ],
  deepfm: [[{ factors: 0 }, "factors is 0; allowed: whole numbers from 1"]],
};

const fault = gbdtFault();
for (const choice of [...rankerLadder, rankerChoice("deepfm", deepFm)]) {
  describe.skipIf(choice.name === "gbdt" && fault !== undefined)(
    `${choice.origin}${choice.name === "gbdt" && fault !== undefined ? ` (${fault})` : ""}:`,
    () => {
      keepsContract(choice, settings[choice.name] ?? {}, refused[choice.name]);
    },
  );
}
