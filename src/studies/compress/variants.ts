/** What is compressed, and how: which model, in which numbers. Plain data; `sourceModel` fits what a variant starts from. */
import {
  dcnDefaults,
  exportDcn,
  fitDcn,
  loadDcn,
  loadMultiTask,
  predictTasks,
  saveDcn,
  type DcnConfig,
  type RankerRows,
} from "../../models/index.js";
import { pruneDcn } from "../../models/rankers/dcn/prune.js";
import {
  fittedModel,
  rankerRows,
  trainMultiTask,
  trainingSet,
  type FittedModel,
  type Trained,
} from "../../pipeline/train.js";
import type { RunControl } from "../../types.js";

/** The funnel's ranker; pruned; a smaller one on the labels, or on a teacher's predictions; with hashed ids. */
export type Source = "ranker" | "pruned" | "small" | "distilled" | "hashed";
/** How the graph keeps its numbers. */
export type Form = "float32" | "float16" | "int8 dynamic" | "int8 static";

/** One point of the study. */
export interface Variant {
  readonly name: string;
  readonly source: Source;
  readonly form: Form;
}

/** All points; the first is what the others are compared with. */
export const variants: readonly Variant[] = [
  { name: "float32", source: "ranker", form: "float32" },
  { name: "float16", source: "ranker", form: "float16" },
  { name: "int8 dynamic", source: "ranker", form: "int8 dynamic" },
  { name: "int8 static", source: "ranker", form: "int8 static" },
  { name: "pruned", source: "pruned", form: "float32" },
  { name: "pruned + int8", source: "pruned", form: "int8 static" },
  { name: "small", source: "small", form: "float32" },
  { name: "distilled", source: "distilled", form: "float32" },
  { name: "distilled + int8", source: "distilled", form: "int8 static" },
  { name: "hashed", source: "hashed", form: "float32" },
  { name: "hashed + int8", source: "hashed", form: "int8 static" },
];

/** Half of the neurons and of the embedding columns stay, and one pass at a low rate follows. */
const pruning = { neurons: 0.5, columns: 0.5 };
const tuning: Partial<DcnConfig> = { epochs: 1, learningRate: 1e-3 };
const smaller: Partial<DcnConfig> = { dims: 4, idDims: 4, crossLayers: 1, deep: [16] };
/** Weight of the teacher's predictions beside the labels (Hinton et al., 2015, at temperature 1). */
const teacherShare = 0.5;

/** Rows that users and videos share where they are hashed: an eighth of the videos, and at least 128, so that they stay ids. */
export const hashRowsOf = (videos: number): number => Math.max(128, Math.round(videos / 8));

/** Fits or loads what a variant starts from: a folder with the ranker, its weights and `ranker.onnx`. */
export async function sourceModel(trained: Trained, source: Source, control: RunControl = {}): Promise<FittedModel> {
  if (source === "ranker") return trained.ranker;
  const { prepared, ranker } = trained;
  const { split, log } = prepared;
  const { seed, sizes } = log.setting;
  const fits: DcnConfig = { ...dcnDefaults, ...sizes.fits?.ranker, seed };
  const changed: Readonly<Record<typeof source, Partial<DcnConfig>>> = {
    pruned: tuning,
    small: smaller,
    distilled: smaller,
    hashed: { hashRows: hashRowsOf(log.catalogue.videos.count) },
  };
  const teacher = source === "distilled" ? await trainMultiTask(prepared, {}, control) : undefined;
  const config = {
    ...fits,
    ...changed[source],
    source,
    ...(source === "pruned" && { pruning, from: ranker.artifact.id }),
    ...(teacher && { teacherShare, from: teacher.artifact.id }),
  };
  return fittedModel(prepared, "compressed", config, split.train, import.meta.url, async (dir) => {
    const set = await trainingSet(prepared, split.train, control);
    const validation = rankerRows(await trainingSet(prepared, split.validation, control));
    const rows = teacher ? await taught(rankerRows(set), teacher.artifact.dir) : rankerRows(set);
    const initial = source === "pruned" ? pruneDcn(await loadDcn(ranker.artifact.dir), pruning) : undefined;
    const options = { ...fits, ...changed[source], validation, ...(initial && { initial }) };
    const model = await fitDcn(rows, options, control);
    await saveDcn(model, dir);
    await exportDcn(model, dir);
    return { curve: model.curve, rows: set.count };
  });
}

/** Labels mixed with the teacher's predictions: of the chance of a click, and of the watch time of an impression. */
async function taught({ features, click, watchMs }: RankerRows, teacherDir: string): Promise<RankerRows> {
  const said = predictTasks(await loadMultiTask(teacherDir), features);
  const mixed = (label: number, predicted: number): number => teacherShare * predicted + (1 - teacherShare) * label;
  const chance = said.click.map((p, row) => mixed(click[row]!, p));
  const ofClick = said.watch.map((ms, row) => mixed(click[row] ? watchMs[row]! : 0, ms) / chance[row]!);
  return { features, click: chance, watchMs: ofClick, soft: true };
}
