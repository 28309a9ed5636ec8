/**
 * The one door to onnxruntime-node: opens a graph, checks that it is the one its sidecar describes, and runs encoded rows
 * through it. One thread and sequential execution, so that the same rows give the same bits.
 *
 * The runtime itself does not report two faults that are refused here: an id of -1 reads a table's last row, and NaN runs
 * through to the end. `run` keeps the event loop busy while it computes: a service puts it in worker threads.
 */
import { stat } from "node:fs/promises";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { onnxRuntime } from "./onnx-runtime.js";

/** Rows as a graph reads them: table rows and standardised numbers (see models/encoding). */
export interface OnnxRows {
  readonly count: number;
  readonly categories: Int32Array; // [count, categories]
  readonly numbers: Float32Array; // [count, numbers]
}

/** What a graph must look like: how many columns it reads and what it gives. */
export interface OnnxExpectation {
  /** Rows of each category's embedding table; ids must lie below. */
  readonly tableSizes: readonly number[];
  /** Columns of numbers. */
  readonly numbers: number;
  /** Outputs by name with their width: 1 for a vector [n], d for a matrix [n, d]. */
  readonly outputs: Readonly<Record<string, number>>;
}

/** An open graph. */
export interface OnnxModel {
  readonly path: string;
  /** Outputs by name, each [count] or [count, width]. Throws on rows of another shape, ids outside their table, NaN in or out. */
  run(rows: OnnxRows): Promise<Readonly<Record<string, Float32Array>>>;
  close(): Promise<void>;
}

/**
 * Opens a graph with inputs `categories` (int32 or int64 [n, C]) and `numbers` (float32 [n, D]).
 * @throws Error for a missing or damaged file, and where inputs or outputs differ from what is expected
 */
export async function openOnnx(path: string, expected: OnnxExpectation): Promise<OnnxModel> {
  const runtime = await onnxRuntime();
  const session = await createSession(runtime.InferenceSession, path);
  const columns = expected.tableSizes.length;
  try {
    checkInput(path, session, "categories", ["int32", "int64"], columns);
    checkInput(path, session, "numbers", ["float32"], expected.numbers);
    for (const [name, width] of Object.entries(expected.outputs)) checkOutput(path, session, name, width);
  } catch (error) {
    await session.release();
    throw error;
  }
  const wide = inputType(session, "categories") === "int64";
  const names = Object.keys(expected.outputs);

  return {
    path,
    async run(rows: OnnxRows): Promise<Readonly<Record<string, Float32Array>>> {
      checkRows(path, rows, expected);
      if (rows.count === 0) return Object.fromEntries(names.map((name) => [name, new Float32Array(0)]));
      const feeds: Record<string, Tensor> = {};
      if (columns > 0) {
        feeds["categories"] = wide
          ? new runtime.Tensor("int64", BigInt64Array.from(rows.categories, BigInt), [rows.count, columns])
          : new runtime.Tensor("int32", rows.categories, [rows.count, columns]);
      }
      if (expected.numbers > 0)
        feeds["numbers"] = new runtime.Tensor("float32", rows.numbers, [rows.count, expected.numbers]);
      const fetched = await session.run(feeds, names);
      return Object.fromEntries(
        names.map((name) => [
          name,
          finiteOutput(path, name, fetched[name]!.data as Float32Array, rows.count * expected.outputs[name]!),
        ]),
      );
    },
    async close(): Promise<void> {
      await session.release();
    },
  };
}

/** Opens a graph's session on one thread. @throws Error for a missing or damaged file */
export async function createSession(factory: typeof InferenceSession, path: string): Promise<InferenceSession> {
  await stat(path).catch((cause: unknown) => {
    throw new Error(`no model at ${path}: train it first`, { cause });
  });
  return factory
    .create(path, { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: "sequential", logSeverityLevel: 3 })
    .catch((cause: unknown) => {
      throw new Error(
        `damaged model ${path}: it is not an ONNX graph that can be run (${(cause as Error).message}); delete it and export it again`,
        { cause },
      );
    });
}

function inputType(session: InferenceSession, name: string): string | undefined {
  const found = session.inputMetadata.find((input) => input.name === name);
  return found?.isTensor ? found.type : undefined;
}

function checkInput(
  path: string,
  session: InferenceSession,
  name: string,
  types: readonly string[],
  width: number,
): void {
  const found = session.inputMetadata.find((input) => input.name === name);
  if (!found) {
    if (width === 0) return;
    throw mismatch(path, `it has no input ${name}`, `its inputs are ${session.inputNames.join(", ") || "none"}`);
  }
  if (!found.isTensor || !types.includes(found.type))
    throw mismatch(
      path,
      `input ${name} is ${found.isTensor ? found.type : "no tensor"}`,
      `allowed: ${types.join(", ")}`,
    );
  const last = found.shape[found.shape.length - 1];
  if (found.shape.length !== 2 || (typeof last === "number" && last >= 0 && last !== width)) {
    throw mismatch(path, `input ${name} has shape [${found.shape.join(", ")}]`, `expected [n, ${width}]`);
  }
}

function checkOutput(path: string, session: InferenceSession, name: string, width: number): void {
  const found = session.outputMetadata.find((output) => output.name === name);
  if (!found)
    throw mismatch(path, `it has no output ${name}`, `its outputs are ${session.outputNames.join(", ") || "none"}`);
  if (!found.isTensor || found.type !== "float32")
    throw mismatch(path, `output ${name} is ${found.isTensor ? found.type : "no tensor"}`, "allowed: float32");
  const last = found.shape[found.shape.length - 1];
  if (width > 1 && typeof last === "number" && last >= 0 && last !== width) {
    throw mismatch(path, `output ${name} has shape [${found.shape.join(", ")}]`, `expected [n, ${width}]`);
  }
}

function checkRows(path: string, rows: OnnxRows, expected: OnnxExpectation): void {
  const { count, categories, numbers } = rows;
  const columns = expected.tableSizes.length;
  if (categories.length !== count * columns)
    throw new Error(`${path}: ${categories.length} category values; expected ${count} rows × ${columns}`);
  if (numbers.length !== count * expected.numbers)
    throw new Error(`${path}: ${numbers.length} numbers; expected ${count} rows × ${expected.numbers}`);
  for (let column = 0; column < columns; column++) {
    const size = expected.tableSizes[column]!;
    for (let at = column; at < categories.length; at += columns) {
      const id = categories[at]!;
      if (id < 0 || id >= size)
        throw new RangeError(
          `${path}: category ${column} is ${id} in row ${(at - column) / columns}; allowed: 0 … ${size - 1}`,
        );
    }
  }
  for (let at = 0; at < numbers.length; at++) {
    if (!Number.isFinite(numbers[at]!))
      throw new Error(
        `${path}: number ${at % expected.numbers} is ${numbers[at]} in row ${Math.floor(at / expected.numbers)}; allowed: finite numbers`,
      );
  }
}

/** An output, unchanged. @throws Error when it is of another length or not finite */
export function finiteOutput(path: string, name: string, values: Float32Array, length: number): Float32Array {
  if (values.length !== length)
    throw new Error(`${path}: output ${name} holds ${values.length} values; expected ${length}`);
  for (let at = 0; at < length; at++) {
    if (!Number.isFinite(values[at]!))
      throw new Error(
        `${path}: output ${name} is ${values[at]} at ${at}; the model's weights are damaged or it diverged: train it again`,
      );
  }
  return values;
}

function mismatch(path: string, fault: string, allowed: string): Error {
  return new Error(`model ${path} does not match its sidecar: ${fault}; ${allowed}`);
}
