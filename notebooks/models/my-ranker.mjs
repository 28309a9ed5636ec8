// A ranker of your own: naive Bayes over pairs of categories (Maron, 1961; smoothed as in Manning et al., 2008, chapter 13).
// Every category and every pair of categories gives the log odds of label 1 for its value; a number counts by its quintile.
//
//   stagecraft contract notebooks/models/my-ranker.mjs          does it pass the contract of models?
//   stagecraft compare --model notebooks/models/my-ranker.mjs   how does it compare with the built-in ones?

const bits = 16; // pairs are hashed into 2^16 cells
const smoothing = 10; // every cell starts with ten rows at the average rate
const bins = 5;

export const contract = { seeded: false }; // nothing here is random

export async function fit({ features, label, weight }, { signal, onProgress }) {
  const { schema } = features;
  const width = schema.categories.length + schema.numbers.length;
  const edges = quantiles(features);
  const cells = cellReader(schema, edges);
  const rows = [0, 0]; // by label, weighted
  const counts = [new Float64Array(1 << bits), new Float64Array(1 << bits)];
  const found = [];
  for (let row = 0; row < features.count; row++) {
    if (row % 10_000 === 0) {
      signal?.throwIfAborted();
      onProgress?.("count", row, features.count);
      await new Promise((resolve) => setImmediate(resolve)); // lets an abort through
    }
    const w = weight?.[row] ?? 1;
    rows[label[row]] += w;
    for (const cell of cells(features, row, found)) counts[label[row]][cell] += w;
  }
  const prior = (rows[1] + 1) / (rows[0] + rows[1] + 2);
  const logit = Math.log(prior / (1 - prior));
  const logRatio = counts[1].map(
    (ones, cell) => Math.log((ones + smoothing * prior) / (counts[0][cell] + smoothing * (1 - prior))) - logit,
  );

  return (asked) =>
    Float32Array.from({ length: asked.count }, (_, row) => {
      let sum = 0;
      for (const cell of cells(asked, row, found)) sum += logRatio[cell];
      return 1 / (1 + Math.exp(-(logit + (sum * width) / found.length))); // a column is in many pairs but counts once
    });
}

/** The cells of a row: one per category, one per pair. A number counts as the category of its bin. */
function cellReader({ categories, numbers }, edges) {
  const width = categories.length + numbers.length;
  const values = new Int32Array(width);
  return (matrix, row, into) => {
    into.length = 0;
    for (let c = 0; c < categories.length; c++) values[c] = matrix.categories[row * categories.length + c];
    for (let d = 0; d < numbers.length; d++) {
      const value = matrix.numbers[row * numbers.length + d];
      values[categories.length + d] = edges[d].filter((edge) => value > edge).length;
    }
    for (let a = 0; a < width; a++) {
      into.push(hash(a, values[a], 0, 0));
      for (let b = a + 1; b < width; b++) into.push(hash(a, values[a], b, values[b]));
    }
    return into;
  };
}

function hash(...values) {
  let h = 0;
  for (const value of values) {
    h = Math.imul(h ^ value, 0x9e3779b1);
    h ^= h >>> 15;
  }
  return (h >>> 0) % (1 << bits);
}

/** Edges between the quintiles of each number. */
function quantiles({ schema, count, numbers }) {
  const wide = schema.numbers.length;
  return schema.numbers.map((_, d) => {
    const sorted = Float32Array.from({ length: count }, (__, row) => numbers[row * wide + d]).sort();
    return Array.from({ length: bins - 1 }, (__, i) => sorted[Math.floor(((i + 1) * count) / bins)]);
  });
}
