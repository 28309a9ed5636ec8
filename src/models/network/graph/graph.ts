/**
 * The one door to TensorFlow's graphs: a step of training as one call of the C library that tfjs-node uses, in the same process, through
 * koffi. Operations take `Output`s and give `Output`s; variables live in the graph's session; what is fed lies in memory that is written
 * in place.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { backendName } from "../tensor.js";

/** One output of an operation of a graph. */
export interface Output {
  readonly oper: unknown;
  readonly index: number;
}

/** An attribute of an operation, as tfjs-node writes it. */
export interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** TensorFlow's element types and kinds of attributes. */
export const float32 = 1;
export const int32 = 3;
const attribute = { int: 1, float: 2, bool: 3, type: 4, shape: 5, strings: 6 } as const; // the last is ours

type Values = Float32Array | Int32Array;
type Handle = unknown;
type Call = ((...args: unknown[]) => unknown) & { async(...args: unknown[]): void }; // async: its last argument is (error, result) =>

const declarations = {
  newStatus: "void* TF_NewStatus()",
  code: "int TF_GetCode(void*)",
  message: "const char* TF_Message(void*)",
  newGraph: "void* TF_NewGraph()",
  deleteGraph: "void TF_DeleteGraph(void*)",
  newOperation: "void* TF_NewOperation(void*, const char*, const char*)",
  addInput: "void TF_AddInput(void*, TF_Output)",
  addInputs: "void TF_AddInputList(void*, TF_Output*, int)",
  setType: "void TF_SetAttrType(void*, const char*, int)",
  setInt: "void TF_SetAttrInt(void*, const char*, int64_t)",
  setFloat: "void TF_SetAttrFloat(void*, const char*, float)",
  setBool: "void TF_SetAttrBool(void*, const char*, uchar)",
  setShape: "void TF_SetAttrShape(void*, const char*, const int64_t*, int)",
  setTensor: "void TF_SetAttrTensor(void*, const char*, void*, void*)",
  setStrings: "void TF_SetAttrStringList(void*, const char*, const char**, const size_t*, int)",
  setString: "void TF_SetAttrString(void*, const char*, const char*, size_t)",
  finish: "void* TF_FinishOperation(void*, void*)",
  outputType: "int TF_OperationOutputType(TF_Output)",
  outputRank: "int TF_GraphGetTensorNumDims(void*, TF_Output, void*)",
  outputShape: "void TF_GraphGetTensorShape(void*, TF_Output, _Out_ int64_t*, int, void*)",
  allocate: "void* TF_AllocateTensor(int, const int64_t*, int, size_t)",
  data: "void* TF_TensorData(void*)",
  byteSize: "size_t TF_TensorByteSize(void*)",
  deleteTensor: "void TF_DeleteTensor(void*)",
  newOptions: "void* TF_NewSessionOptions()",
  deleteOptions: "void TF_DeleteSessionOptions(void*)",
  configure: "void TF_SetConfig(void*, const void*, size_t, void*)",
  newSession: "void* TF_NewSession(void*, void*, void*)",
  closeSession: "void TF_CloseSession(void*, void*)",
  deleteSession: "void TF_DeleteSession(void*, void*)",
  run: "void TF_SessionRun(void*, void*, TF_Output*, void**, int, TF_Output*, _Out_ void**, int, void**, int, void*, void*)",
} as const;

type Library = Record<keyof typeof declarations, Call> & {
  readonly view: (data: Handle, bytes: number) => ArrayBuffer;
};

let library: Library | undefined;
let looked = false;

/** The library, loaded on first use; undefined where there is none of its own beside tfjs-node. */
function open(): Library | undefined {
  if (looked) return library;
  looked = true;
  if (backendName() !== "native") return undefined;
  const require = createRequire(import.meta.url);
  const folder = join(dirname(require.resolve("@tensorflow/tfjs-node/package.json")), "deps", "lib");
  const path = ["libtensorflow_cc.so.2", "libtensorflow.so.2", "libtensorflow.2.dylib"]
    .map((name) => join(folder, name))
    .find((file) => existsSync(file));
  if (path === undefined) return undefined;
  const koffi = require("koffi") as {
    load(path: string): { func(declaration: string): Call };
    struct(name: string, fields: Record<string, string>): unknown;
    view: Library["view"];
  };
  koffi.struct("TF_Output", { oper: "void*", index: "int" });
  const from = koffi.load(path);
  const calls = Object.entries(declarations).map(([name, declaration]) => [name, from.func(declaration)]);
  keepMemory(koffi.load);
  library = { ...(Object.fromEntries(calls) as Record<keyof typeof declarations, Call>), view: koffi.view };
  return library;
}

/**
 * Tells glibc to keep what is freed up to 1 GB: a step frees and takes the same tens of megabytes, and pages that went back to the system
 * in between cost 5 % of its time. Elsewhere there is no such call.
 */
function keepMemory(load: (path: string) => { func(declaration: string): Call }): void {
  try {
    const mallopt = load("libc.so.6").func("int mallopt(int, int)");
    const [trimThreshold, topPad, mmapThreshold] = [-1, -2, -3];
    mallopt(trimThreshold, 2 ** 30);
    mallopt(topPad, 2 ** 28);
    mallopt(mmapThreshold, 2 ** 25);
  } catch {
    /* only costs time */
  }
}

/** Whether graphs can be had: the native library is there with its C API. */
export function hasGraphs(): boolean {
  return open() !== undefined;
}

/**
 * ConfigProto { graph_options { rewrite_options { disable_meta_optimizer: true } } }: rewriting a step's graph took 100 to 150 ms a shape
 * of batch and made steps no faster.
 */
const unrewritten = Uint8Array.of(0x52, 5, 0x52, 3, 0x98, 1, 1);

const dims = (shape: readonly number[]): BigInt64Array => BigInt64Array.from(shape, BigInt);
const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** A placeholder and the memory that is fed to it. */
export interface Feed {
  readonly output: Output;
  readonly dtype: number;
  /** Memory for values of this shape, to be filled before the next run; the same again while the shape is the same. */
  room(shape: readonly number[]): Float32Array | Int32Array;
}

/** A variable of a graph. */
export interface Variable {
  readonly shape: readonly number[];
  readonly handle: Output;
  readonly value: Output;
  readonly assign: Output;
  readonly feed: Feed;
}

interface OpenFeed extends Feed {
  readonly tensor: () => Handle;
  close(): void;
}

/** One graph with its session. Must be closed. */
export class Graph {
  readonly #c: Library;
  readonly #status: Handle;
  readonly #graph: Handle;
  readonly #feeds: OpenFeed[] = [];
  #session: Handle;
  #made = 0;

  /** @throws Error where `hasGraphs()` is false */
  constructor() {
    const c = open();
    if (c === undefined) throw new Error("TensorFlow's C library is not there; run npm run setup");
    this.#c = c;
    this.#status = c.newStatus();
    this.#graph = c.newGraph();
  }

  /** Adds an operation; an input that is an array is a list. */
  op(type: string, inputs: readonly (Output | readonly Output[])[], attributes: readonly OpAttribute[] = []): Output {
    const c = this.#c;
    const description = c.newOperation(this.#graph, type, `op${type}_${this.#made++}`);
    for (const input of inputs) {
      if ("length" in input) c.addInputs(description, input, input.length);
      else c.addInput(description, input);
    }
    for (const { name, type: kind, value } of attributes) {
      if (kind === attribute.type) c.setType(description, name, value);
      else if (kind === attribute.int) c.setInt(description, name, value);
      else if (kind === attribute.float) c.setFloat(description, name, value);
      else if (kind === attribute.bool) c.setBool(description, name, value ? 1 : 0);
      else if (kind === attribute.strings) {
        const texts = value as readonly string[];
        const lengths = BigUint64Array.from(texts, ({ length }) => BigInt(length));
        c.setStrings(description, name, texts, lengths, texts.length);
      } else if (kind === attribute.shape)
        c.setShape(description, name, dims(value as readonly number[]), (value as readonly number[]).length);
      else
        throw new Error(
          `${type}: attribute ${name} is of kind ${kind}; allowed: ${Object.values(attribute).join(", ")}`,
        );
    }
    return this.#finish(type, description);
  }

  /** Adds an operation of several outputs. */
  ops(type: string, inputs: readonly Output[], attributes: readonly OpAttribute[], outputs: number): Output[] {
    const { oper } = this.op(type, inputs, attributes);
    return Array.from({ length: outputs }, (_, index) => ({ oper, index }));
  }

  /** A whole number that never changes. */
  number(value: number): Output {
    return this.constant(Int32Array.of(value), []);
  }

  /** A real number that never changes. */
  real(value: number): Output {
    return this.constant(Float32Array.of(value), []);
  }

  /** Values that never change. */
  constant(values: Values, shape: readonly number[], dtype = values instanceof Float32Array ? float32 : int32): Output {
    const c = this.#c;
    const description = c.newOperation(this.#graph, "Const", `Const_${this.#made++}`);
    const tensor = this.#tensor(values, shape, dtype);
    c.setType(description, "dtype", dtype);
    c.setTensor(description, "value", tensor, this.#status);
    c.deleteTensor(tensor);
    this.#check("Const");
    return this.#finish("Const", description);
  }

  /** A placeholder; dimensions that differ from run to run are -1. */
  feed(dtype: number, shape: readonly number[]): Feed {
    const c = this.#c;
    const output = this.op(
      "Placeholder",
      [],
      [typed("dtype", dtype), { name: "shape", type: attribute.shape, value: shape }],
    );
    let tensor: Handle;
    let [held, values]: [string | undefined, Float32Array | Int32Array] = [undefined, new Float32Array(0)];
    const close = (): void => {
      if (held !== undefined) c.deleteTensor(tensor);
      held = undefined;
    };
    const room = (asked: readonly number[]): Float32Array | Int32Array => {
      if (held === asked.join()) return values;
      close();
      const count = sizeOf(asked);
      tensor = c.allocate(dtype, dims(asked), asked.length, 4 * count);
      const buffer = count > 0 ? c.view(c.data(tensor), 4 * count) : new ArrayBuffer(0);
      values = dtype === float32 ? new Float32Array(buffer) : new Int32Array(buffer);
      held = asked.join();
      return values;
    };
    const made = { output, dtype, room, tensor: () => tensor, close };
    this.#feeds.push(made);
    return made;
  }

  /** A variable; it holds nothing until it is set. */
  variable(dtype: number, shape: readonly number[]): Variable {
    const c = this.#c;
    const name = `variable_${this.#made++}`;
    const description = c.newOperation(this.#graph, "VarHandleOp", name);
    c.setType(description, "dtype", dtype);
    c.setShape(description, "shape", dims(shape), shape.length);
    c.setString(description, "shared_name", name, name.length);
    const handle = this.#finish("VarHandleOp", description);
    const feed = this.feed(dtype, shape);
    const assign = this.op("AssignVariableOp", [handle, feed.output], [typed("dtype", dtype)]);
    const value = this.op("ReadVariableOp", [handle], [typed("dtype", dtype)]);
    return { shape, handle, value, assign, feed };
  }

  /** Gives variables new values. */
  set(values: ReadonlyMap<Variable, Float32Array | Int32Array>): void {
    const feeds = Array.from(values, ([{ feed, shape }, held]) => {
      feed.room(shape).set(held);
      return feed as OpenFeed;
    });
    this.run(
      feeds,
      [],
      Array.from(values.keys(), ({ assign }) => assign),
    );
    for (const feed of feeds) feed.close(); // the memory is the variable's now
  }

  /** Element type and shape of an output. */
  describe(output: Output): { readonly dtype: number; readonly shape: number[] } {
    const c = this.#c;
    const rank = c.outputRank(this.#graph, output, this.#status) as number;
    const shape = new BigInt64Array(Math.max(rank, 0));
    if (rank > 0) c.outputShape(this.#graph, output, shape, rank, this.#status);
    this.#check("shape");
    return { dtype: c.outputType(output) as number, shape: Array.from(shape, Number) };
  }

  /** Runs what `fetches` and `targets` need; gives copies of the fetched values. */
  run(feeds: readonly Feed[], fetches: readonly Output[], targets: readonly Output[]): Values[] {
    const { parts, taken } = this.#call(feeds, fetches, targets);
    this.#c.run(...parts);
    return taken();
  }

  /** The same in a thread of its own. Until it has ended nothing else may be done with the graph, nor its feeds be written. */
  async start(feeds: readonly Feed[], fetches: readonly Output[], targets: readonly Output[]): Promise<Values[]> {
    const { parts, taken } = this.#call(feeds, fetches, targets);
    await new Promise<void>((resolve, reject) =>
      this.#c.run.async(...parts, (error: Error | null) => (error === null ? resolve() : reject(error))),
    );
    return taken();
  }

  /** The arguments of a run, and what takes its results. */
  #call(
    feeds: readonly Feed[],
    fetches: readonly Output[],
    targets: readonly Output[],
  ): { readonly parts: readonly unknown[]; readonly taken: () => Values[] } {
    const c = this.#c;
    this.#session ??= this.#openSession();
    const out: Handle[] = fetches.map(() => null);
    const parts = [
      this.#session,
      null,
      feeds.map(({ output }) => output),
      feeds.map((feed) => (feed as OpenFeed).tensor()),
      feeds.length,
      fetches,
      out,
      fetches.length,
      targets.map(({ oper }) => oper),
      targets.length,
      null,
      this.#status,
    ];
    const taken = (): Values[] => {
      this.#check("running the graph");
      return out.map((tensor, i) => {
        const bytes = c.byteSize(tensor) as number;
        const copy = bytes > 0 ? c.view(c.data(tensor), bytes).slice(0) : new ArrayBuffer(0);
        c.deleteTensor(tensor);
        return c.outputType(fetches[i]) === int32 ? new Int32Array(copy) : new Float32Array(copy);
      });
    };
    return { parts, taken };
  }

  /** Frees everything. */
  close(): void {
    const c = this.#c;
    for (const feed of this.#feeds.splice(0)) feed.close();
    if (this.#session !== undefined) {
      c.closeSession(this.#session, this.#status);
      c.deleteSession(this.#session, this.#status);
      this.#session = undefined;
    }
    c.deleteGraph(this.#graph);
  }

  #openSession(): Handle {
    const c = this.#c;
    const options = c.newOptions();
    c.configure(options, unrewritten, unrewritten.length, this.#status);
    this.#check("configuring a session");
    const session = c.newSession(this.#graph, options, this.#status);
    c.deleteOptions(options);
    this.#check("opening a session");
    return session;
  }

  #tensor(values: Values, shape: readonly number[], dtype: number): Handle {
    const c = this.#c;
    const tensor = c.allocate(dtype, dims(shape), shape.length, values.byteLength);
    if (values.byteLength > 0)
      new Uint8Array(c.view(c.data(tensor), values.byteLength)).set(
        new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
      );
    return tensor;
  }

  #finish(type: string, description: Handle): Output {
    const oper = this.#c.finish(description, this.#status);
    this.#check(type);
    return { oper, index: 0 };
  }

  #check(what: string): void {
    if (this.#c.code(this.#status) !== 0)
      throw new Error(`TensorFlow: ${what} failed: ${String(this.#c.message(this.#status))}`);
  }
}

/** A type attribute. */
export function typed(name: string, dtype: number): OpAttribute {
  return { name, type: attribute.type, value: dtype };
}

/** A whole-number attribute. */
export function whole(name: string, value: number): OpAttribute {
  return { name, type: attribute.int, value };
}

/** A yes-or-no attribute. */
export function flag(name: string, value: boolean): OpAttribute {
  return { name, type: attribute.bool, value };
}

/** A list of strings, of ASCII. */
export function strings(name: string, value: readonly string[]): OpAttribute {
  return { name, type: attribute.strings, value };
}
