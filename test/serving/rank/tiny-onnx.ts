/**
 * Writes graphs of three nodes as ONNX, by hand: independent of the exporter in models. Protocol buffers are tag (field
 * number × 8 + wire type) and value; wire type 0 is a varint, 2 is length and bytes. Field numbers are ONNX's (onnx.proto).
 */
type Bytes = number[];

function varint(value: number): Bytes {
  const bytes: Bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) + 128);
  }
}
const number = (field: number, value: number): Bytes => [...varint(field * 8), ...varint(value)];
const block = (field: number, bytes: Bytes): Bytes => [...varint(field * 8 + 2), ...varint(bytes.length), ...bytes];
const text = (field: number, value: string): Bytes => block(field, [...Buffer.from(value)]);

/** ValueInfoProto: a tensor of `type` (1 float32, 6 int32, 7 int64) with n rows. */
function value(name: string, type: number, width?: number): Bytes {
  const dims = [block(1, text(2, "n")), ...(width === undefined ? [] : [block(1, number(1, width))])].flat();
  return [...text(1, name), ...block(2, block(1, [...number(1, type), ...block(2, dims)]))];
}
function node(op: string, inputs: string[], output: string, attributes: Bytes[] = []): Bytes {
  return [
    ...inputs.flatMap((name) => text(1, name)),
    ...text(2, output),
    ...text(4, op),
    ...attributes.flatMap((attribute) => block(5, attribute)),
  ];
}
const intAttribute = (name: string, integer: number): Bytes => [
  ...text(1, name),
  ...number(3, integer),
  ...number(20, 2),
];
const intsAttribute = (name: string, integers: number[]): Bytes => [
  ...text(1, name),
  ...integers.flatMap((integer) => number(8, integer)),
  ...number(20, 7),
];
function table(name: string, values: number[]): Bytes {
  return [
    ...number(1, values.length),
    ...number(2, 1),
    ...text(8, name),
    ...block(9, [...Buffer.from(Float32Array.from(values).buffer)]),
  ];
}
function model(nodes: Bytes[], initialisers: Bytes[], inputs: Bytes[], outputs: Bytes[]): Uint8Array {
  const graph = [
    ...nodes.flatMap((bytes) => block(1, bytes)),
    ...text(2, "tiny"),
    ...initialisers.flatMap((bytes) => block(5, bytes)),
    ...inputs.flatMap((bytes) => block(11, bytes)),
    ...outputs.flatMap((bytes) => block(12, bytes)),
  ];
  return Uint8Array.from([...number(1, 8), ...block(7, graph), ...block(8, number(2, 17))]);
}

/** click_probability = sigmoid(mean of numbers); watch_ms = mean over categories of watchMs[id]. */
export function tinyRanker(categories: number, numbers: number, watchMs: number[], idType: 6 | 7 = 6): Uint8Array {
  const nodes = [
    node("ReduceMean", ["numbers"], "logit", [intsAttribute("axes", [1]), intAttribute("keepdims", 0)]),
    node("Sigmoid", ["logit"], "click_probability"),
    node("Gather", ["watch_table", "categories"], "watches"),
    node("ReduceMean", ["watches"], "watch_ms", [intsAttribute("axes", [1]), intAttribute("keepdims", 0)]),
  ];
  return model(
    nodes,
    [table("watch_table", watchMs)],
    [value("categories", idType, categories), value("numbers", 1, numbers)],
    [value("click_probability", 1), value("watch_ms", 1)],
  );
}

/** embedding = numbers / |numbers|; categories are not read. */
export function tinyTower(categories: number, numbers: number): Uint8Array {
  const nodes = [node("LpNormalization", ["numbers"], "embedding", [intAttribute("axis", 1), intAttribute("p", 2)])];
  return model(
    nodes,
    [],
    [value("categories", 6, categories), value("numbers", 1, numbers)],
    [value("embedding", 1, numbers)],
  );
}
