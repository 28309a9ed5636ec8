// A training bench at several sizes of batch: one part each, on as many examples.

/**
 * @template Size
 * @param {Size & { batches: number[], examples: number }} size @param {(size: Size & { batch: number, warmSteps: number, steps: number })
 * => Promise<any>} benchOf
 */
export async function byBatch({ batches, examples, ...size }, benchOf) {
  const parts = [];
  for (const batch of batches) {
    const total = Math.ceil(examples / batch);
    const warmSteps = Math.max(1, Math.round(total / 7)); // the first steps make tables, graphs and kernels
    parts.push(await benchOf({ ...size, batch, warmSteps, steps: total - warmSteps }));
  }
  if (parts.length === 1) return parts[0];
  return {
    title: parts[0].title.split(",")[0],
    parts,
    measured: parts.flatMap(({ measured }) => measured),
    ratios: parts.flatMap(({ ratios }) => ratios),
    notes: [],
    versions: parts[0].versions,
  };
}
