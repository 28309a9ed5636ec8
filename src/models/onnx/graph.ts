/**
 * Writes ONNX graphs: the few messages and operators that the models need, encoded by protobufjs with the field numbers of the
 * public schema (onnx.proto, IR version 8, operator set 17).
 */
import protobuf from "protobufjs";

/** A graph's file as plain records, for what rewrites graphs (see quantise.ts). */
export interface OnnxFile {
  readonly irVersion: unknown;
  readonly producerName: string;
  readonly opsetImport: unknown;
  readonly graph: {
    readonly name: string;
    readonly node: readonly OnnxNode[];
    readonly initializer: readonly OnnxTensor[];
    readonly input: readonly { readonly name: string }[];
    readonly output: readonly { readonly name: string }[];
  };
}

/** An operator. */
export interface OnnxNode {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name: string;
  readonly opType: string;
  readonly attribute: readonly { readonly name: string; readonly i?: number }[];
}

/** A constant; `rawData` is little-endian. */
export interface OnnxTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly rawData: Uint8Array;
}

/** Element types of inputs and constants. */
export type OnnxType = "float32" | "int32" | "int64";

/** A graph under construction. Values are named by strings. */
export interface OnnxGraph {
  /** Declares an input [n, width]. */
  input(name: string, type: OnnxType, width: number): string;
  /** Adds a constant. */
  constant(name: string, shape: readonly number[], values: Float32Array | Int32Array | readonly bigint[]): string;
  /** Adds a constant without dimensions, float32. */
  scalar(name: string, value: number): string;
  /** Adds a list of whole numbers, int64: axes and shapes. */
  whole(name: string, ...values: readonly number[]): string;
  /** Adds an operator; gives the name of its output. */
  op(
    type: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, number | readonly number[]>>,
  ): string;
  /** Declares `value` to be the output `name`, of shape [n] or [n, width]. */
  output(name: string, value: string, width?: number): void;
  /** The file's bytes; equal graphs give equal bytes. */
  encode(): Uint8Array;
}

/** Codes of element types in a file. */
export const elementTypes = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, float16: 10 } as const;
const attributeTypes = { int: 2, ints: 7 } as const;

const repeated = (id: number, type: string): protobuf.IField => ({ id, type, rule: "repeated" });
const root = protobuf.Root.fromJSON({
  nested: {
    Model: {
      fields: {
        irVersion: { id: 1, type: "int64" },
        producerName: { id: 2, type: "string" },
        graph: { id: 7, type: "Graph" },
        opsetImport: repeated(8, "Opset"),
      },
    },
    Opset: { fields: { domain: { id: 1, type: "string" }, version: { id: 2, type: "int64" } } },
    Graph: {
      fields: {
        node: repeated(1, "Node"),
        name: { id: 2, type: "string" },
        initializer: repeated(5, "Tensor"),
        input: repeated(11, "ValueInfo"),
        output: repeated(12, "ValueInfo"),
      },
    },
    Node: {
      fields: {
        input: repeated(1, "string"),
        output: repeated(2, "string"),
        name: { id: 3, type: "string" },
        opType: { id: 4, type: "string" },
        attribute: repeated(5, "Attribute"),
      },
    },
    Attribute: {
      fields: {
        name: { id: 1, type: "string" },
        i: { id: 3, type: "int64" },
        ints: repeated(8, "int64"),
        type: { id: 20, type: "int32" },
      },
    },
    Tensor: {
      fields: {
        dims: repeated(1, "int64"),
        dataType: { id: 2, type: "int32" },
        name: { id: 8, type: "string" },
        rawData: { id: 9, type: "bytes" },
      },
    },
    ValueInfo: { fields: { name: { id: 1, type: "string" }, type: { id: 2, type: "Type" } } },
    Type: { fields: { tensorType: { id: 1, type: "TensorType" } } },
    TensorType: { fields: { elemType: { id: 1, type: "int32" }, shape: { id: 2, type: "Shape" } } },
    Shape: { fields: { dim: repeated(1, "Dimension") } },
    Dimension: { fields: { dimValue: { id: 1, type: "int64" }, dimParam: { id: 2, type: "string" } } },
  },
});

/** Reads a file that `encode` wrote. @throws Error for bytes that are not such a graph */
export function decodeOnnx(bytes: Uint8Array): OnnxFile {
  const Model = root.lookupType("Model");
  const file = Model.toObject(Model.decode(bytes), { longs: Number, arrays: true }) as Partial<OnnxFile>;
  if (file.graph === undefined || file.graph.node.length === 0)
    throw new Error("not an ONNX graph: it has no operators");
  return file as OnnxFile;
}

/** The file's bytes. */
export function encodeOnnx(file: OnnxFile): Uint8Array {
  const Model = root.lookupType("Model");
  return Uint8Array.from(Model.encode(Model.fromObject(file)).finish()); // it may be a Buffer, which other modules take for JSON
}

/** The attribute of a Cast to an element type. */
export function castTo(type: number): OnnxNode["attribute"][number] {
  return { name: "to", i: type, type: attributeTypes.int } as OnnxNode["attribute"][number];
}

/** An empty graph. */
export function onnxGraph(name: string): OnnxGraph {
  const node: object[] = [];
  const initializer: object[] = [];
  const input: object[] = [];
  const output: object[] = [];
  const add = (
    opType: string,
    inputs: readonly string[],
    out: string,
    attributes: Readonly<Record<string, number | readonly number[]>> = {},
  ): string => {
    const attribute = Object.entries(attributes).map(([name, value]) =>
      typeof value === "number"
        ? { name, i: value, type: attributeTypes.int }
        : { name, ints: value, type: attributeTypes.ints },
    );
    node.push({ input: inputs, output: [out], name: out, opType, attribute });
    return out;
  };
  const constant: OnnxGraph["constant"] = (value, shape, values) => {
    initializer.push({ name: value, dims: shape, dataType: typeOf(values), rawData: bytesOf(values) });
    return value;
  };
  return {
    input(value, type, width) {
      input.push(valueInfo(value, type, ["n", width]));
      return value;
    },
    constant,
    scalar: (value, number) => constant(value, [], Float32Array.of(number)),
    whole: (value, ...values) => constant(value, [values.length], values.map(BigInt)),
    op: (type, inputs, attributes) => add(type, inputs, `${type}_${node.length}`, attributes),
    output(value, from, width) {
      add("Identity", [from], value);
      output.push(valueInfo(value, "float32", width === undefined ? ["n"] : ["n", width]));
    },
    encode() {
      const Model = root.lookupType("Model");
      const message = {
        irVersion: 8,
        producerName: "stagecraft",
        opsetImport: [{ domain: "", version: 17 }],
        graph: { name, node, initializer, input, output },
      };
      return Model.encode(Model.fromObject(message)).finish();
    },
  };
}

function valueInfo(name: string, type: OnnxType, shape: readonly (string | number)[]): object {
  const dim = shape.map((size) => (typeof size === "string" ? { dimParam: size } : { dimValue: size }));
  return { name, type: { tensorType: { elemType: elementTypes[type], shape: { dim } } } };
}

function typeOf(values: Float32Array | Int32Array | readonly bigint[]): number {
  if (values instanceof Float32Array) return elementTypes.float32;
  return values instanceof Int32Array ? elementTypes.int32 : elementTypes.int64;
}

function bytesOf(values: Float32Array | Int32Array | readonly bigint[]): Uint8Array {
  const held = values instanceof Float32Array || values instanceof Int32Array ? values : BigInt64Array.from(values);
  return new Uint8Array(held.buffer, held.byteOffset, held.byteLength);
}
