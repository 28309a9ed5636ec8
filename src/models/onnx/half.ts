/** An ONNX graph whose matrices are kept in 16 bits (IEEE 754 half) and widened as it is opened: half the bytes, the same operations. */
import { castTo, decodeOnnx, elementTypes, encodeOnnx, type OnnxFile, type OnnxNode } from "./graph.js";

/** The graph with its constant matrices in 16 bits; one with a number that 16 bits cannot hold (a mask's) stays as it is. */
export function halfWeights(bytes: Uint8Array): Uint8Array {
  const file = decodeOnnx(bytes);
  const casts: OnnxNode[] = [];
  const initializer = file.graph.initializer.map((tensor) => {
    if (tensor.dataType !== elementTypes.float32 || tensor.dims.length < 2) return tensor;
    const values = new Float32Array(Uint8Array.from(tensor.rawData).buffer);
    if (!values.every((value) => Math.abs(value) < 65_520)) return tensor;
    const name = `${tensor.name}/half`;
    casts.push({
      input: [name],
      output: [tensor.name],
      name: tensor.name,
      opType: "Cast",
      attribute: [castTo(elementTypes.float32)],
    });
    const half = Uint16Array.from(values, halfOf);
    return { name, dims: tensor.dims, dataType: elementTypes.float16, rawData: new Uint8Array(half.buffer) };
  });
  return encodeOnnx({
    ...file,
    graph: { ...file.graph, node: [...casts, ...file.graph.node], initializer },
  } as OnnxFile);
}

/** The 16 bits nearest to a number below 65,520 in size, ties to even. */
export function halfOf(value: number): number {
  const size = Math.abs(value);
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  let exponent = -14;
  while (size >= 2 ** (exponent + 1)) exponent++;
  const steps = size / 2 ** (exponent - 10); // from 1,024 to 2,047, below that at the least exponent
  const nearest = Math.round(steps) - (steps % 2 === 0.5 ? 1 : 0);
  return sign + (exponent + 14) * 1024 + nearest; // 2,048 steps carry into the exponent
}
