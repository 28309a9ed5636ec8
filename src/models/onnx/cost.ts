/** What a graph costs, read off its file. */
import { decodeOnnx, elementTypes, type OnnxFile, type OnnxTensor } from "./graph.js";

/**
 * Floating-point (or whole-number) operations of one row: two for each weight of a product, a multiplication and an addition. What has no
 * weights (element-wise operations, rounding, a gate's mixing) is left out.
 */
export function flopsOfRow(bytes: Uint8Array): number {
  return productsOf(decodeOnnx(bytes)).reduce((sum, { dims }) => sum + 2 * dims.reduce((a, b) => a * b, 1), 0);
}

/**
 * Pairs of int8 weights that can saturate: CPUs without VNNI multiply two neighbouring unsigned 8-bit activations with two weights of a
 * column and add the products in 16 bits, so 255 |w + w'| of two weights of one sign must not exceed 32,767.
 */
export function saturatingPairs(bytes: Uint8Array): number {
  let pairs = 0;
  for (const { dims, dataType, rawData } of productsOf(decodeOnnx(bytes))) {
    if (dataType !== elementTypes.int8) continue;
    const weights = new Int8Array(Uint8Array.from(rawData).buffer);
    const [rows, columns] = dims as [number, number];
    for (let row = 0; row + 1 < rows; row += 2)
      for (let at = row * columns; at < (row + 1) * columns; at++) {
        const [a, b] = [weights[at]!, weights[at + columns]!];
        if (a * b > 0 && 255 * Math.abs(a + b) > 32_767) pairs++;
      }
  }
  return pairs;
}

/** The constant weights of all products, of weights in 16 bits too. */
function productsOf({ graph }: OnnxFile): readonly OnnxTensor[] {
  const constants = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  for (const { opType, input, output } of graph.node)
    if (opType === "Cast" && constants.has(input[0]!)) constants.set(output[0]!, constants.get(input[0]!)!);
  return graph.node.flatMap(({ opType, input }) => {
    const weights = ["Gemm", "MatMul", "MatMulInteger"].includes(opType) ? constants.get(input[1]!) : undefined;
    return weights && !constants.has(input[0]!) ? [weights] : [];
  });
}
