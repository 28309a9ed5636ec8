/** The two-tower model under the contract of models. */
import { loadTwoTower, saveTwoTower } from "../../../src/models/retrievers/two-tower/files.js";
import {
  embedQueries,
  fitTwoTower,
  type TwoTower,
  type TwoTowerConfig,
} from "../../../src/models/retrievers/two-tower/two-tower.js";
import { fakePositives, replaced, sliceMatrix } from "../../support/fake-rows.js";
import type { ModelUnderTest } from "../contract/contract.js";

const rows = fakePositives(1200, 1);
const options: Partial<TwoTowerConfig> = { epochs: 1, uniformNegatives: 64, dims: 8, dim: 16, hidden: [16] };

export const twoTowerUnderTest: ModelUnderTest<TwoTower> = {
  name: "the two-tower model",
  fit: (seed, control) => fitTwoTower(rows, { ...options, seed }, control),
  predict: embedQueries,
  rows: fakePositives(50, 2).query,
  save: saveTwoTower,
  load: loadTwoTower,
  damaged: {
    "a set without positives": {
      fit: () => fitTwoTower({ ...rows, query: sliceMatrix(rows.query, 0, 0), video: new Int32Array(0) }),
      message: "no positives to fit two towers on: video is empty; allowed: at least 2",
    },
    "one video alone": {
      fit: () => fitTwoTower({ ...rows, video: new Int32Array(1200).fill(4) }),
      message: "all 1200 positives are of video 4; allowed: at least 2 videos",
    },
    "a video that is no candidate": {
      fit: () => fitTwoTower({ ...rows, video: replaced(rows.video, 9, 300) }),
      message: "video is 300 in positive 9; allowed: 0 to 299",
    },
    "queries of another length": {
      fit: () => fitTwoTower({ ...rows, query: sliceMatrix(rows.query, 0, 5) }),
      message: "query holds 5 rows; expected 1200, one a positive",
    },
    "NaN weights": {
      fit: () => fitTwoTower({ ...rows, weight: new Float32Array(1200).fill(NaN) }),
      message: "weight is NaN in positive 0",
    },
    "more live videos than candidates": {
      fit: () => fitTwoTower({ ...rows, liveVideos: 301 }),
      message: "liveVideos is 301; allowed: 1 to 300",
    },
    "a temperature of 0": {
      fit: () => fitTwoTower(rows, { temperature: 0 }),
      message: "temperature is 0; allowed: numbers above 0",
    },
    "NaN in a feature": {
      fit: () => fitTwoTower({ ...rows, query: { ...rows.query, numbers: replaced(rows.query.numbers, 2, NaN) } }),
      message: "number hour is NaN in row 2; allowed: finite numbers",
    },
  },
};
