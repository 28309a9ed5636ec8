/** Every deep model, fitted on a few rows, as graphs in files with what they are fed and what the model itself answers. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { encode } from "../../../src/models/network/encoding.js";
import { fitDcn, predictDcn, type Dcn, type DcnConfig } from "../../../src/models/rankers/dcn/dcn.js";
import { exportDcn } from "../../../src/models/rankers/dcn/files.js";
import { pruneDcn } from "../../../src/models/rankers/dcn/prune.js";
import { exportMultiTask } from "../../../src/models/rankers/multi-task/files.js";
import { fitMultiTask, predictTasks } from "../../../src/models/rankers/multi-task/multi-task.js";
import { sharings } from "../../../src/models/rankers/multi-task/network.js";
import { taskValue } from "../../../src/models/rankers/value.js";
import { exportSasrec, sequenceFeeds } from "../../../src/models/retrievers/sasrec/files.js";
import { embedSequences, fitSasrec } from "../../../src/models/retrievers/sasrec/sasrec.js";
import { exportTwoTower } from "../../../src/models/retrievers/two-tower/files.js";
import { embedCandidates, embedQueries, fitTwoTower } from "../../../src/models/retrievers/two-tower/two-tower.js";
import { keyOf, uniformInt } from "../../../src/random.js";
import { fakeImpressions, fakePositives, matrixOf, schemaOf } from "../../support/fake-rows.js";

/** A graph in a file. */
export interface Exported {
  readonly bytes: Uint8Array;
  readonly feeds: Readonly<Record<string, Int32Array | Float32Array>>; // [count, …] each
  readonly count: number;
  readonly expected: Readonly<Record<string, Float32Array>>;
}

const rows = fakeImpressions(800, 1);
const later = fakeImpressions(200, 2);
const short = { epochs: 1, batchSize: 128, minBatches: 4 };
let usual: Promise<Dcn> | undefined; // fitted once for all that start from it

async function ranked(dir: string, changed: Partial<DcnConfig>, prune = false): Promise<readonly Exported[]> {
  const plain = Object.keys(changed).length === 0;
  const fitted = await (plain ? (usual ??= fitDcn(rows, short)) : fitDcn(rows, { ...short, ...changed }));
  const model = prune ? pruneDcn(fitted, { neurons: 0.5, columns: 0.5 }) : fitted;
  await exportDcn(model, dir);
  const { clickProbability, watchMs } = predictDcn(model, later.features);
  const { categories, numbers, count } = encode(later.features, model.encoding);
  const bytes = await readFile(join(dir, "ranker.onnx"));
  return [
    {
      bytes,
      feeds: { categories, numbers },
      count,
      expected: { click_probability: clickProbability, watch_ms: watchMs },
    },
  ];
}

/** Makes the graphs of each model in a folder. */
export const deepModels: Readonly<Record<string, (dir: string) => Promise<readonly Exported[]>>> = {
  dnn: (dir) => ranked(dir, { crossLayers: 0 }),
  dcn: (dir) => ranked(dir, {}),
  "dcn-mix": (dir) => ranked(dir, { crossRank: 4, crossExperts: 3 }),
  "dcn, pruned": (dir) => ranked(dir, {}, true),
  "dcn, ids hashed": (dir) => ranked(dir, { hashRows: 120 }),
  ...Object.fromEntries(
    sharings.map((sharing) => [
      `multi-task, ${sharing}`,
      async (dir: string) => {
        const zeros = new Uint8Array(rows.features.count);
        const labels = {
          durationMs: new Int32Array(zeros.length).fill(60_000),
          like: zeros,
          hide: zeros,
          conversion: zeros,
        };
        const model = await fitMultiTask({ ...rows, ...labels }, { ...short, sharing });
        await exportMultiTask(model, dir);
        const said = predictTasks(model, later.features);
        const { categories, numbers, count } = encode(later.features, model.encoding);
        const bytes = await readFile(join(dir, "ranker.onnx"));
        const expected = {
          ...{ click_probability: said.click, long_watch: said.longWatch, like: said.like, hide: said.hide },
          watch_ms: said.watch.map((ms, i) => ms / said.click[i]!),
          value: Float32Array.from(taskValue(said, model.config.value)),
        };
        return [{ bytes, feeds: { categories, numbers }, count, expected }];
      },
    ]),
  ),
  "two-tower": async (dir) => {
    const { query, candidates, video } = fakePositives(1_500, 1);
    const model = await fitTwoTower({ query, candidates, video }, short);
    await exportTwoTower(model, dir);
    const sides = { query: [query, embedQueries], candidate: [candidates, embedCandidates] } as const;
    return Promise.all(
      (["query", "candidate"] as const).map(async (side) => {
        const [matrix, embed] = sides[side];
        const { categories, numbers, count } = encode(matrix, model[side].encoding);
        const bytes = await readFile(join(dir, `${side}-tower.onnx`));
        return { bytes, feeds: { categories, numbers }, count, expected: { embedding: embed(model, matrix) } };
      }),
    );
  },
  sasrec: async (dir) => {
    const [key, users, watches] = [keyOf(1, "watches"), 40, 12];
    const items = matrixOf(schemaOf({ video: 60 }, []), 60, (id) => ({ categories: [id], numbers: [] }));
    const item = Int32Array.from({ length: users * watches }, (_, i) => uniformInt(60, key, i));
    const offsets = Int32Array.from({ length: users + 1 }, (_, u) => u * watches);
    const dwellMs = item.map((id) => 1_000 * id);
    const settings = { ...short, dim: 16, dims: 16, blocks: 2, heads: 2, length: 8, uniformNegatives: 8 };
    const model = await fitSasrec({ offsets, item, dwellMs, items }, settings);
    await exportSasrec(model, items, dir);
    const asked = {
      count: users,
      width: watches,
      length: new Int32Array(users).map((_, u) => 1 + (u % watches)),
      video: item,
      dwellMs,
    };
    const feeds = { ...sequenceFeeds(asked, 8) };
    const bytes = await readFile(join(dir, "sequence.onnx"));
    return [{ bytes, feeds, count: users, expected: { embedding: embedSequences(model, items, asked) } }];
  },
};
