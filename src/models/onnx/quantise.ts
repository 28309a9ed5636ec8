/**
 * An ONNX graph in, the same graph in int8 out: a quarter of the bytes, and products of whole numbers.
 *
 * Weights of Gemm and MatMul are rounded per column, embedding tables per row: w ≈ s q with s = max |w| / 63 and q a whole number of
 * 7 bits. The eighth bit is left out because CPUs without VNNI add two products of 8 × 8 bits in 16: 2 × 255 × 127 saturates,
 * 2 × 255 × 63 does not, so all CPUs give the same answer.
 *
 * Activations are rounded to 8 bits. Dynamic: each batch has its own scale, so a row's answer depends on the rows beside it. Static: from
 * `ranges` measured on rows of the training days, so a batch equals its rows one by one. A column x_j is first divided by
 * t_j = √(max |x_j| / max |w_j|) and its weights multiplied by it, so that a small embedding beside wide numbers keeps its digits
 * (SmoothQuant, Xiao et al., 2023, α = ½).
 */
import {
  castTo,
  decodeOnnx,
  elementTypes,
  encodeOnnx,
  type OnnxFile,
  type OnnxNode,
  type OnnxTensor,
} from "./graph.js";

/** The least and largest value of each column of an activation over the rows of calibration. // [columns] */
export interface Ranges {
  readonly min: Float32Array;
  readonly max: Float32Array;
}

/** Names of the values that enter a product with constant weights: what calibration has to measure. */
export function activationsOf(bytes: Uint8Array): string[] {
  const { graph } = decodeOnnx(bytes);
  const tensors = floatsOf(graph.initializer);
  return [...new Set(graph.node.filter((node) => isProduct(node, tensors)).map((node) => node.input[0]!))];
}

/** The same graph that also gives `values`, for calibration. */
export function withOutputs(bytes: Uint8Array, values: readonly string[]): Uint8Array {
  const file = decodeOnnx(bytes);
  const known = new Set(file.graph.output.map(({ name }) => name));
  const more = values.filter((name) => !known.has(name) && !file.graph.input.some((input) => input.name === name));
  const type = { tensorType: { elemType: elementTypes.float32 } };
  const output = [...file.graph.output, ...more.map((name) => ({ name, type }))];
  return encodeOnnx({ ...file, graph: { ...file.graph, output } });
}

/**
 * The graph in int8; inputs and outputs keep their names and types. Dynamic without `ranges`. With `bits` 8 it saturates on CPUs without
 * VNNI: see cost.ts, `saturatingPairs`.
 * @throws Error for bytes that are not a graph of ours, weights that are not finite, and a range that is missing or empty
 */
export function quantise(bytes: Uint8Array, ranges?: ReadonlyMap<string, Ranges>, bits: 7 | 8 = 7): Uint8Array {
  const most = 2 ** (bits - 1) - 1; // of a weight, beside its sign
  const file = decodeOnnx(bytes);
  const { graph } = file;
  const floats = floatsOf(graph.initializer);
  const node: OnnxNode[] = [];
  const made = new Map<string, OnnxTensor>();
  const rounded = new Map<string, Rounded>();
  const op = (opType: string, input: readonly string[], output: readonly string[], to?: number): string => {
    node.push({ input, output, name: output[0]!, opType, attribute: to === undefined ? [] : [castTo(to)] });
    return output[0]!;
  };
  const keep = (tensor: OnnxTensor): string => {
    made.set(tensor.name, tensor);
    return tensor.name;
  };

  /** Rounds an activation once, however many products read it. */
  function round(x: string): Rounded {
    const done = rounded.get(x);
    if (done) return done;
    const names = { whole: `${x}/int8`, scale: `${x}/scale`, zero: `${x}/zero` };
    let divisors: Float32Array | undefined;
    if (ranges === undefined) op("DynamicQuantizeLinear", [x], Object.values(names));
    else {
      const readers = graph.node.filter((reader) => isProduct(reader, floats) && reader.input[0] === x);
      const found = ranges.get(x);
      divisors = divisorsOf(
        x,
        found,
        readers.map(({ input }) => floats.get(input[1]!)!),
      );
      const { scale, zero } = stepsOf(found!, divisors);
      const factors = divisors.map((divisor) => 1 / divisor);
      const factor = keep({ name: `${x}/factors`, dims: [factors.length], dataType: 1, rawData: raw(factors) });
      keep({ name: names.scale, dims: [], dataType: elementTypes.float32, rawData: raw(Float32Array.of(scale)) });
      keep({ name: names.zero, dims: [], dataType: elementTypes.uint8, rawData: Uint8Array.of(zero) });
      op("QuantizeLinear", [op("Mul", [x, factor], [`${x}/even`]), names.scale, names.zero], [names.whole]);
    }
    const result = { ...names, divisors };
    rounded.set(x, result);
    return result;
  }

  for (const old of graph.node) {
    const [first = "", second = "", bias] = old.input;
    const out = old.output[0]!;
    if (isProduct(old, floats)) {
      const { whole, scale, zero, divisors } = round(first);
      const [weights, scales] = roundWeights(floats.get(second)!, most, "column", divisors).map(keep) as [
        string,
        string,
      ];
      const product = op("Cast", [op("MatMulInteger", [whole, weights, zero], [`${out}/whole`])], [`${out}/cast`], 1);
      const step = op("Mul", [scale, scales], [`${out}/step`]);
      const scaled = op("Mul", [product, step], [bias === undefined ? out : `${out}/scaled`]);
      if (bias !== undefined) op("Add", [scaled, bias], [out]);
    } else if (isTable(old, floats)) {
      const [table, scales] = roundWeights(floats.get(first)!, most, "row").map(keep) as [string, string];
      const rows = [table, scales].map((name) => {
        const part = `${out}/${name}`;
        node.push({ ...old, input: [name, second], output: [part], name: part });
        return part;
      }) as [string, string];
      op("Mul", [op("Cast", [rows[0]], [`${out}/cast`], 1), rows[1]], [out]);
    } else node.push(old);
  }
  const used = new Set(node.flatMap(({ input }) => input));
  const initializer = [...graph.initializer, ...made.values()].filter(({ name }) => used.has(name));
  return encodeOnnx({ ...file, graph: { ...graph, node, initializer } } as OnnxFile);
}

/** A rounded activation: the names of its values, and what its columns were divided by. */
interface Rounded {
  readonly whole: string;
  readonly scale: string;
  readonly zero: string;
  readonly divisors: Float32Array | undefined;
}

/** A matrix of floats, its rows multiplied by `factors`, as whole numbers and the scale of each column [n] or row [rows, 1]. */
function roundWeights(
  { name, dims, values }: Floats,
  most: number,
  by: "row" | "column",
  factors?: Float32Array,
): [OnnxTensor, OnnxTensor] {
  const [rows, columns] = dims as [number, number];
  const scales = new Float32Array(by === "row" ? rows : columns);
  const groupOf = (at: number): number => (by === "row" ? Math.floor(at / columns) : at % columns);
  const valueOf = (at: number): number => values[at]! * (factors?.[Math.floor(at / columns)] ?? 1);
  for (let at = 0; at < values.length; at++) {
    const size = Math.abs(valueOf(at));
    if (!Number.isFinite(size)) throw new Error(`${name}: a weight is ${values[at]}; allowed: finite numbers`);
    if (size > scales[groupOf(at)]!) scales[groupOf(at)] = size;
  }
  for (let group = 0; group < scales.length; group++) scales[group] = scales[group]! / most || 1;
  const whole = new Int8Array(values.length);
  for (let at = 0; at < values.length; at++) {
    whole[at] = Math.max(-most, Math.min(most, Math.round(valueOf(at) / scales[groupOf(at)]!)));
  }
  return [
    { name: `${name}/int8`, dims, dataType: elementTypes.int8, rawData: raw(whole) },
    {
      name: `${name}/scales`,
      dims: by === "row" ? [rows, 1] : [columns],
      dataType: elementTypes.float32,
      rawData: raw(scales),
    },
  ];
}

/** t_j = √(max |x_j| / max |w_j|) over all matrices that read the activation; 1 where either is 0. */
function divisorsOf(name: string, range: Ranges | undefined, matrices: readonly Floats[]): Float32Array {
  const rows = matrices[0]!.dims[0]!;
  if (range?.min.length !== rows || range.max.length !== rows)
    throw new Error(`ranges of ${name}: ${range?.min.length ?? 0} columns; expected ${rows}`);
  return Float32Array.from({ length: rows }, (_, row) => {
    const x = Math.max(-range.min[row]!, range.max[row]!);
    if (!(x >= 0 && x < Infinity))
      throw new Error(
        `ranges of ${name}: column ${row} goes from ${range.min[row]} to ${range.max[row]}; allowed: finite`,
      );
    let w = 0;
    for (const { dims, values } of matrices) {
      const columns = dims[1]!;
      for (let at = row * columns; at < (row + 1) * columns; at++) w = Math.max(w, Math.abs(values[at]!));
    }
    return Math.sqrt(x / w) || 1;
  }).map((divisor) => (Number.isFinite(divisor) ? divisor : 1));
}

/** Scale and zero point of unsigned 8 bits over the divided columns; 0 is exact. */
function stepsOf({ min, max }: Ranges, divisors: Float32Array): { readonly scale: number; readonly zero: number } {
  let [least, largest] = [0, 0];
  divisors.forEach((divisor, column) => {
    least = Math.min(least, min[column]! / divisor);
    largest = Math.max(largest, max[column]! / divisor);
  });
  const scale = Math.fround((largest - least) / 255) || 1;
  return { scale, zero: Math.max(0, Math.min(255, Math.round(-least / scale))) };
}

interface Floats {
  readonly name: string;
  readonly dims: readonly number[];
  readonly values: Float32Array;
}

/** Constant matrices of floats by name. */
function floatsOf(tensors: readonly OnnxTensor[]): ReadonlyMap<string, Floats> {
  const matrices = tensors.filter(({ dataType, dims }) => dataType === elementTypes.float32 && dims.length === 2);
  return new Map(
    matrices.map(({ name, dims, rawData }) => [
      name,
      { name, dims, values: new Float32Array(Uint8Array.from(rawData).buffer) },
    ]),
  );
}

function isProduct({ opType, input }: OnnxNode, floats: ReadonlyMap<string, Floats>): boolean {
  return (opType === "Gemm" || opType === "MatMul") && floats.has(input[1]!) && !floats.has(input[0]!);
}

function isTable({ opType, input }: OnnxNode, floats: ReadonlyMap<string, Floats>): boolean {
  return opType === "Gather" && floats.has(input[0]!);
}

function raw(values: Float32Array | Int8Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
