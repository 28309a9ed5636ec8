/**
 * Multi-task rankers on disk: `multi-task.json` + `multi-task.weights` to load again, `ranker.onnx` + `ranker.json` to serve where a
 * ranker is.
 */
import { join } from "node:path";
import { writeFileAtomic } from "../../../artifacts/index.js";
import {
  cardOf,
  loadArrays,
  networkArrays,
  saveArrays,
  saveCard,
  type ModelParts,
} from "../../network/training/model-files.js";
import { encodingToJson } from "../../network/encoding.js";
import type { RankerOutputs } from "../../contract/kinds.js";
import { fitMultiTask, type MultiTask, type MultiTaskConfig } from "./multi-task.js";
import { expertsOf, tasks, type Task } from "./network.js";
import { onnxGraph } from "../../onnx/graph.js";
import { onnxInput } from "../../onnx/layers.js";
import { onnxProbability } from "../probability.js";
import { minuteMs } from "../value.js";
import { onnxWatch } from "../watch-head.js";

/** Writes `multi-task.json` and `multi-task.weights`; gives the id. */
export function saveMultiTask(model: MultiTask, dir: string): Promise<string> {
  return saveArrays(dir, "multi-task", partsOf(model, "multi-task"), networkArrays(model));
}

/** Loads what `saveMultiTask` wrote; it predicts the same bits. @throws Error when it is missing, damaged or another kind of model */
export async function loadMultiTask(dir: string): Promise<MultiTask> {
  const { card, fitted, network } = await loadArrays(dir, "multi-task");
  return {
    kind: "multi-task",
    ...fitted<MultiTaskConfig>(),
    ...network("multi-task"),
    watchUnitMs: Number(card.extra["watchUnitMs"]),
  };
}

/**
 * Writes `ranker.onnx` and `ranker.json`, so that it is served wherever a ranker is: outputs `click_probability` and `watch_ms` (mean
 * watch time of a click) as the ranker's, `value` in watch minutes, and the chances `long_watch`, `like`, `hide` and `conversion`; [n]
 * each. Gives the id.
 */
export async function exportMultiTask(model: MultiTask, dir: string): Promise<string> {
  await writeFileAtomic(join(dir, "ranker.onnx"), encodeGraph(model));
  return saveCard(dir, cardOf("ranker", partsOf(model, "ranker"), networkArrays(model)));
}

function encodeGraph(model: MultiTask): Uint8Array {
  const { config } = model;
  const graph = onnxGraph("multi-task");
  const dense = model.dense.map(({ name, shape, values }) => graph.constant(name, shape, values));
  const linear = (x: string, at: number): string =>
    graph.op("Add", [graph.op("MatMul", [x, dense[at]!]), dense[at + 1]!]);
  const x = onnxInput(graph, model.input);
  const hidden = graph.op("Relu", [linear(x, 0)]);
  const experts = graph.op("Reshape", [hidden, graph.whole("experts", 0, expertsOf(config), config.expertWidth)]);
  const gated = config.sharing === "mmoe";
  const gates = gated
    ? graph.op("Softmax", [graph.op("Reshape", [linear(x, 2), graph.whole("gates", 0, tasks.length, config.experts)])])
    : "";
  // without gates 1 for all: broadcast
  const mixed = graph.op("Transpose", [gated ? graph.op("MatMul", [gates, experts]) : experts], { perm: [1, 0, 2] });
  const at = gated ? 4 : 2;
  const logits = graph.op("Squeeze", [
    linear(graph.op("Relu", [linear(mixed, at)]), at + 2),
    graph.whole("head/axes", 2),
  ]); // [tasks, n]
  const logitOf = (task: Task): string =>
    graph.op("Gather", [logits, graph.constant(`task/${task}`, [], Int32Array.of(tasks.indexOf(task)))], { axis: 0 });
  const names: Readonly<Record<Task, string>> = {
    click: "click_probability",
    longWatch: "long_watch",
    watch: "watch_ms",
    like: "like",
    hide: "hide",
    conversion: "conversion",
  };
  const chances = new Map(
    tasks.filter((task) => task !== "watch").map((task) => [task, onnxProbability(graph, logitOf(task), task)]),
  );
  const watch = onnxWatch(graph, logitOf("watch"), chances.get("click")!, config.watchTarget, model.watchUnitMs);
  graph.output("watch_ms", watch.click);
  let value = graph.op("Mul", [watch.impression, graph.scalar("value/watch", config.value.watch / minuteMs)]);
  for (const [task, chance] of chances) {
    graph.output(names[task], chance);
    value = graph.op("Add", [value, graph.op("Mul", [chance, graph.scalar(`value/${task}`, config.value[task])])]);
  }
  graph.output("value", value);
  return graph.encode();
}

/** The multi-task ranker as the funnel has it: it ranks by its value. */
export const multiTaskOutputs: RankerOutputs = {
  objective: "value",
  async fit(rows, options, control) {
    const model = await fitMultiTask(rows, options, control);
    return { export: (dir) => exportMultiTask(model, dir) };
  },
};

function partsOf(model: MultiTask, encoding: string): ModelParts {
  const { config, curve, watchUnitMs } = model;
  return {
    config,
    curve,
    extra: { watchUnitMs, model: "multi-task" },
    encodings: { [encoding]: encodingToJson(model.encoding) },
  };
}
