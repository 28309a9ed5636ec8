/** A graph with some rows of an embedding table: what one person's device needs of the users. */
import { decodeOnnx, encodeOnnx } from "./graph.js";

/** The same graph whose table `name` holds `rows` only, in that order. @throws Error for an unknown table */
export function takeTableRows(bytes: Uint8Array, name: string, rows: Int32Array): Uint8Array {
  const file = decodeOnnx(bytes);
  const table = file.graph.initializer.find((tensor) => tensor.name === name);
  if (!table)
    throw new Error(
      `the graph has no table ${name}; it has ${file.graph.initializer.map((tensor) => tensor.name).join(", ")}`,
    );
  const width = table.rawData.length / table.dims[0]!; // bytes a row
  const rawData = new Uint8Array(rows.length * width);
  rows.forEach((row, i) => {
    rawData.set(table.rawData.subarray(row * width, (row + 1) * width), i * width);
  });
  const taken = { ...table, dims: [rows.length, ...table.dims.slice(1)], rawData };
  const initializer = file.graph.initializer.map((tensor) => (tensor === table ? taken : tensor));
  return encodeOnnx({ ...file, graph: { ...file.graph, initializer } });
}
