/**
 * A whole training step as one graph: embeddings are gathered, the network and its gradients run, tables take a step of lazy Adam and
 * layers one of Adam, all in one call. Weights and moments live in the graph until `sync` writes them into the arrays that the eager way
 * works on.
 */
import { adamDefaults, type AdamState, type DenseParameter } from "../training/adam.js";
import type { EmbeddingConfig, InputBlock, LazyAdamState } from "../layers/embedding.js";
import type { EncodedRows } from "../encoding.js";
import { beside, fillKeys, gather, lazyCorrections, pack, stacksOf, stepRows, unpack } from "./tables.js";
import { flag, float32, Graph, hasGraphs, int32, typed, type Feed, type Output, type Variable } from "./graph.js";
import type { Scalar, Tensor, Tensor2D } from "../tensor-types.js";
import { tensorflow } from "../tensor.js";
import { trace } from "./trace.js";

/** What a step changes, in arrays. */
export interface Trained {
  readonly inputs: readonly InputBlock[];
  readonly dense: readonly DenseParameter[];
  readonly lazy: readonly LazyAdamState[]; // of each input
  readonly states: readonly AdamState[]; // of each of `dense`
  readonly config: EmbeddingConfig;
}

/** Something else that a step reads. `free`: its first dimension differs from step to step, and no other shape depends on it. */
export interface StepInput {
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
  readonly free?: boolean;
}

/** The same inputs as tensors, for the eager way. */
export function inputTensors(inputs: readonly StepInput[]): Tensor[] {
  return inputs.map(({ values, shape }) => tensorflow().tensor(values, [...shape]));
}

/** The loss of a step, a scalar; it may depend on shapes, not on values. @param blocks [rows, width] each */
export type StepLoss = (blocks: readonly Tensor2D[], dense: readonly Tensor[], others: readonly Tensor[]) => Tensor;

/** Training steps in a graph. */
export interface GraphStep {
  /**
   * One update, in a thread of its own; gives the loss before it. What is given has been read when this returns; the next call waits for
   * the loss. @param rows of each input
   */
  step(rows: readonly EncodedRows[], others: readonly StepInput[], rate: number): Promise<number>;
  /** Writes weights and moments into the arrays. */
  sync(): void;
  /** As `sync`; and the next step begins with what then stands in the arrays. */
  leave(): void;
  /** Frees the graph. */
  close(): void;
}

/** Steps in a graph; undefined where there is no native library, and with `idL2`, which only the eager way has. */
export function graphStep(trained: Trained, lossOf: StepLoss): GraphStep | undefined {
  if (!hasGraphs() || trained.config.idL2 > 0) return undefined;
  const graph = new Graph();
  const stacks = trained.inputs.map((input, b) => stacksOf(graph, input, trained.lazy[b]!));
  const dense = trained.dense.map(({ shape }): Variable[] => [0, 1, 2].map(() => graph.variable(float32, shape))); // weight and moments
  const arraysOf = (p: number): Float32Array[] => {
    const { first, second } = trained.states[p]!;
    return [trained.dense[p]!.values, first, second];
  };
  const rates = [0, 1, 2].map(() => graph.feed(float32, [])); // of tables; of layers, and their epsilon
  const corrections = lazyCorrections(graph);
  const built = new Map<string, Built>();
  const builtFor = (rows: readonly EncodedRows[], others: readonly StepInput[]): Built => {
    const counts = rows.map(({ count }) => count);
    const key = JSON.stringify([counts, others.map(({ shape, free }) => (free ? shape.slice(1) : shape))]);
    const made =
      built.get(key) ?? buildStep({ graph, stacks, dense, rates, corrections }, trained, lossOf, counts, others);
    built.set(key, made);
    return made;
  };
  let inGraph = false;
  const states = [...stacks.flat().flatMap(({ values, steps }) => [...values, steps]), ...dense.flat()];
  const enter = (): void => {
    const ofLayers = dense.flatMap((variables, p) => variables.map((one, i) => [one, arraysOf(p)[i]!] as const));
    graph.set(new Map([...stacks.flat().flatMap(pack), ...ofLayers]));
    inGraph = true;
  };
  const sync = (): void => {
    if (!inGraph) return;
    const held = graph.run(
      [],
      states.map(({ value }) => value),
      [],
    );
    for (const stack of stacks.flat()) unpack(stack, held.splice(0, 4));
    for (const values of dense.flatMap((_, p) => arraysOf(p))) values.set(held.shift()!);
  };
  return {
    async step(rows, others, rate) {
      if (!inGraph) enter();
      const { feeds, fill, loss, updates } = builtFor(rows, others);
      fill(rows, others);
      const { beta1, beta2, epsilon } = adamDefaults;
      const step = (trained.states[0]?.steps ?? 0) + 1;
      for (const state of trained.states) state.steps = step;
      const correction = Math.sqrt(1 - beta2 ** step);
      const values = [rate, (rate * correction) / (1 - beta1 ** step), epsilon * correction];
      rates.forEach((feed, i) => (feed.room([])[0] = values[i]!));
      return (await graph.start([...rates, ...feeds], [loss], updates))[0]![0]!;
    },
    sync,
    leave() {
      sync();
      inGraph = false;
    },
    close: () => graph.close(),
  };
}

/** A step for batches of one shape. */
interface Built {
  readonly feeds: readonly Feed[];
  readonly loss: Output;
  readonly updates: readonly Output[];
  fill(rows: readonly EncodedRows[], others: readonly StepInput[]): void;
}

interface Parts {
  readonly graph: Graph;
  readonly stacks: readonly ReturnType<typeof stacksOf>[];
  readonly dense: readonly Variable[][];
  readonly rates: readonly Feed[];
  readonly corrections: readonly [Output, Output];
}

/** Adds the step for batches of these shapes to the graph. */
function buildStep(
  { graph, stacks, dense, rates, corrections }: Parts,
  { inputs, dense: parameters }: Trained,
  lossOf: StepLoss,
  counts: readonly number[],
  others: readonly StepInput[],
): Built {
  const gathered = stacks.map((some, b) => some.map((stack) => gather(graph, stack, counts[b]!)));
  const numbers = inputs.map(({ numbers: wide }, b) => (wide > 0 ? [graph.feed(float32, [counts[b]!, wide])] : []));
  const fed = others.map(({ values, shape, free }) =>
    graph.feed(values instanceof Int32Array ? int32 : float32, free ? [-1, ...shape.slice(1)] : shape),
  );
  const learned = [
    ...gathered.map((parts, b) => ({
      output: beside(graph, [...parts.map(({ embedded }) => embedded), ...numbers[b]!.map(({ output }) => output)]),
      shape: [counts[b]!, inputs[b]!.width],
    })),
    ...dense.map(([weight], p) => ({ output: weight!.value, shape: parameters[p]!.shape })),
  ].map((one) => ({ ...one, dtype: float32 }));
  const rest = fed.map(({ output, dtype }, i) => {
    const { free, shape } = others[i]!;
    // an empty one would leave its operations out
    return { output, dtype, shape: free ? [Math.max(1, shape[0]!), ...shape.slice(1)] : shape };
  });
  const [loss, ...gradients] = trace(graph, [...learned, ...rest], (...tensors) => {
    const read = tensors.slice(learned.length);
    const lossAt = (...xs: Tensor[]): Scalar =>
      lossOf(xs.slice(0, inputs.length) as Tensor2D[], xs.slice(inputs.length), read) as Scalar;
    const { value, grads } = tensorflow().valueAndGrads(lossAt)(tensors.slice(0, learned.length));
    return [value, ...grads];
  }) as [Output, ...Output[]];
  const ofFloat = typed("T", float32);
  const pair = (a: number, b: number): Output => graph.constant(Int32Array.of(a, b), [2]);
  const updates: Output[] = [];
  gathered.forEach((parts, b) => {
    let column = 0;
    for (const part of parts) {
      const wide = part.stack.tables.length * part.stack.dims;
      const slice = [gradients[b]!, pair(0, column), pair(counts[b]!, wide)];
      const gradient = graph.op("Slice", slice, [ofFloat, typed("Index", int32)]);
      updates.push(...stepRows(graph, part, gradient, rates[0]!.output, corrections));
      column += wide;
    }
  });
  const [zero, beta1, beta2] = [0, adamDefaults.beta1, adamDefaults.beta2].map((x) => graph.real(x)) as [
    Output,
    Output,
    Output,
  ];
  dense.forEach((variables, p) => {
    const constants = [zero, zero, rates[1]!.output, beta1, beta2, rates[2]!.output]; // powers of 0: the rate has the corrections
    const inputsOf = [...variables.map(({ handle }) => handle), ...constants, gradients[inputs.length + p]!];
    updates.push(graph.op("ResourceApplyAdam", inputsOf, [ofFloat, flag("use_locking", false)]));
  });
  return {
    feeds: [...gathered.flatMap((parts) => parts.map(({ keys }) => keys)), ...numbers.flat(), ...fed],
    loss,
    updates,
    fill(rows, values) {
      gathered.forEach((parts, b) => parts.forEach((part) => fillKeys(part, rows[b]!)));
      numbers.forEach((feeds, b) => feeds[0]?.room([counts[b]!, inputs[b]!.numbers]).set(rows[b]!.numbers));
      fed.forEach((feed, i) => feed.room(values[i]!.shape).set(values[i]!.values));
    },
  };
}
