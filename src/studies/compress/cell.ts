/** One variant in one world: its graph, what it costs, how well it orders, and what users do where it ranks. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { codeHash, makeOrLoad, writeFileAtomic, writeJsonAtomic } from "../../artifacts/index.js";
import { takeRows } from "../../data/features/matrix.js";
import { armSums, auc, replicatesOf } from "../../evaluation/index.js";
import {
  activationsOf,
  flopsOfRow,
  halfWeights,
  loadDcn,
  predictDcn,
  quantise,
  readCard,
  saturatingPairs,
  saveCard,
  withOutputs,
  type Ranges,
} from "../../models/index.js";
import type { Arm } from "../../pipeline/arms/arm.js";
import { pastOfTrained } from "../../pipeline/arms/past.js";
import { play } from "../../pipeline/arms/play.js";
import { modulesOf } from "../../pipeline/arms/registry.js";
import { withPosition } from "../../pipeline/offline-ranking.js";
import type { Setting } from "../../pipeline/setting.js";
import { trainingSet } from "../../pipeline/train.js";
import { openModel } from "../../serving/edge/open-model.js";
import { onnxRuntime } from "../../serving/rank/onnx-runtime.js";
import { wasmRuntime } from "../../serving/rank/wasm-runtime.js";
import type { FeatureMatrix, RunControl } from "../../types.js";
import { openTrained } from "../benchmark/world-source.js";
import { sourceModel, type Variant } from "./variants.js";

/** What one cell holds. */
export interface CompressCell extends Variant {
  readonly seed: number;
  readonly bytes: number; // of the graph, and 4 for each id that its encoding must know
  readonly flops: number; // of a row
  readonly saturating: number; // pairs of weights that saturate on CPUs without VNNI
  readonly auc: number; // of clicks on the test days, at the position where rows are served
  /** Largest differences of the chance of a click on `compared` rows: native library and WASM, native library and the fitted model. */
  readonly compared: number;
  readonly wasm: number;
  readonly tfjs: number;
  /** Watch minutes per assigned user-day, with replicates by user: the same users and weights in every variant of a world. */
  readonly watch: { readonly estimate: number; readonly values: readonly number[] };
  readonly users: number;
}

const file = "cell.json";
const comparedRows = 10_000;
const calibrationRows = 4_096;

/** Reads a cell. */
export async function readCell(dir: string): Promise<CompressCell> {
  return JSON.parse(await readFile(join(dir, file), "utf8")) as CompressCell;
}

/** Makes or loads cells of a world; gives their folders. @public called by its name, as a job */
export async function compressWorld(
  { setting, variants }: { readonly setting: Setting; readonly variants: readonly Variant[] },
  control: RunControl = {},
): Promise<readonly string[]> {
  const trained = await openTrained(setting, control);
  const quiet: RunControl = control.signal ? { signal: control.signal } : {};
  const { prepared } = trained;
  const rows = once(() => trainingSet(prepared, prepared.split.train));
  const test = once(() => trainingSet(prepared, prepared.split.test));
  const dirs: string[] = [];
  for (const variant of variants) {
    control.signal?.throwIfAborted();
    const source = await sourceModel(trained, variant.source, quiet);
    const arm: Arm = {
      name: variant.name,
      policy: { kind: "learned", candidates: setting.sizes.online.candidates, objective: "watch" },
    };
    const spec = {
      root: setting.datasets,
      kind: "compress",
      config: { variant, online: setting.sizes.online, comparedRows, calibrationRows },
      inputs: [prepared.log.artifact.id, prepared.artifact.id, trained.twoTower.artifact.id, source.artifact.id],
      code: codeHash(import.meta.url, modulesOf([arm])),
    };
    const { dir } = await makeOrLoad(spec, async (folder) => {
      const [bytes, { features }, { features: asked, click }] = [
        await readFile(join(source.artifact.dir, "ranker.onnx")),
        await rows(),
        await test(),
      ];
      const card = await readCard(source.artifact.dir, "ranker");
      const open = async (graph: Uint8Array, web = false): ReturnType<typeof openModel> =>
        openModel({ graph, encoding: card.encodings["ranker"]! }, web ? await wasmRuntime() : await onnxRuntime());
      const graph = await inForm(bytes, variant.form, () => rangesOf(bytes, spread(features, calibrationRows), open));
      await writeFileAtomic(join(folder, "ranker.onnx"), graph);
      await saveCard(folder, card);
      const [native, web] = [await open(graph), await open(graph, true)];
      const some = spread(features, comparedRows);
      const clicks = async (model: typeof native, matrix: FeatureMatrix): Promise<Float32Array> =>
        (await model.run(matrix))["click_probability"]!;
      const said = await clicks(native, some);
      const ranker = { ...trained.ranker, artifact: { ...trained.ranker.artifact, dir: folder } };
      const { users, days } = setting.sizes.online;
      const { userDays } = await play(
        pastOfTrained({ ...trained, ranker }),
        arm,
        { users, days, replication: 0 },
        quiet,
      );
      const sums = armSums(userDays);
      const { estimate, values } = replicatesOf(sums, { replicates: 200 }).watchMinutes;
      const { schema, vocabularies, config } = card.encodings["ranker"]!;
      const known = vocabularies.filter((_, c) => schema.categories[c]!.cardinality <= (config.hashRows ?? Infinity));
      const cell: CompressCell = {
        ...variant,
        seed: setting.seed,
        bytes: graph.length + 4 * known.reduce((sum, ids) => sum + ids.length, 0),
        flops: flopsOfRow(graph),
        saturating: saturatingPairs(graph),
        auc: auc(click, await clicks(native, withPosition(asked, 0))),
        compared: some.count,
        wasm: apart(said, await clicks(web, some)),
        tfjs: apart(said, predictDcn(await loadDcn(source.artifact.dir), some).clickProbability),
        watch: { estimate, values: [...values] },
        users: sums.users.length,
      };
      await native.close();
      await web.close();
      await writeJsonAtomic(join(folder, file), cell);
      return { variant: variant.name, seed: setting.seed };
    });
    dirs.push(dir);
    control.onProgress?.("variants", dirs.length, variants.length);
  }
  return dirs;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** Rows of all days alike: ranges of the first days alone, when there are few counts, would cut those of later ones. */
function spread(matrix: FeatureMatrix, most: number): FeatureMatrix {
  const count = Math.min(most, matrix.count);
  return takeRows(
    matrix,
    Int32Array.from({ length: count }, (_, i) => Math.floor((i * matrix.count) / count)),
  );
}

async function inForm(
  bytes: Uint8Array,
  form: Variant["form"],
  ranges: () => Promise<ReadonlyMap<string, Ranges>>,
): Promise<Uint8Array> {
  if (form === "float32") return bytes;
  if (form === "float16") return halfWeights(bytes);
  return quantise(bytes, form === "int8 static" ? await ranges() : undefined);
}

/** The least and largest value of each column of the activations, over rows of the training days. */
async function rangesOf(
  bytes: Uint8Array,
  rows: FeatureMatrix,
  open: (graph: Uint8Array) => ReturnType<typeof openModel>,
): Promise<ReadonlyMap<string, Ranges>> {
  const names = activationsOf(bytes);
  const model = await open(withOutputs(bytes, names));
  const out = await model.run(rows);
  await model.close();
  return new Map(
    names.map((name) => {
      const values = out[name]!;
      const columns = values.length / rows.count;
      const [min, max] = [new Float32Array(columns).fill(Infinity), new Float32Array(columns).fill(-Infinity)];
      values.forEach((value, at) => {
        min[at % columns] = Math.min(min[at % columns]!, value);
        max[at % columns] = Math.max(max[at % columns]!, value);
      });
      return [name, { min, max }];
    }),
  );
}

function apart(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, row) => Math.max(most, Math.abs(value - b[row]!)), 0);
}
