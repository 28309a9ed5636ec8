// Intervals by user: 10,000 bootstrap replicates of a mean over a million impressions, beside numpy doing the same on one core. Draws
// differ, so the ends of the intervals are compared by their standard errors, within what 10,000 replicates leave open.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { room } from "./built.mjs";
import { besidePeer, short, stopwatch, takeTurns } from "./harness.mjs";

const sizes = {
  smoke: { rows: 100_000, users: 5_000, replicates: 300 },
  tiny: { rows: 1_000_000, users: 50_000, replicates: 10_000 },
  small: { rows: 1_000_000, users: 50_000, replicates: 10_000 },
};

/** @param {import("./run.mjs").BenchContext} context */
export async function benchBootstrap({ scale, seed, repetitions, openPeer, signal, onProgress }) {
  const size = sizes[scale] ?? sizes.small;
  const { rows, users, replicates } = size;
  const { meanInterval } = await room("evaluation");
  const { keyOf, uniform, uniformInt } = await room("random");
  const key = keyOf(seed, "bench/bootstrap");
  const user = Int32Array.from({ length: rows }, (_, i) => uniformInt(users, key, i));
  const taste = Float64Array.from({ length: users }, (_, u) => uniform(key, u, 1));
  const values = Float64Array.from(user, (u, i) => (uniform(key, i, 2) < taste[u] ? 1 : 0));
  const folder = await mkdtemp(path.join(tmpdir(), "stagecraft-bench-"));
  const file = path.join(folder, "rows.bin");
  await writeFile(file, Buffer.concat([Buffer.from(values.buffer), Buffer.from(user.buffer)]));
  let own;
  const contenders = [
    {
      name: "bootstrap of a mean",
      unit: "user weights",
      includes: `meanInterval(): ${rows.toLocaleString("en")} rows summed by user, ${replicates.toLocaleString("en")} Poisson replicates`,
      run: () => {
        const stop = stopwatch();
        own = meanInterval(values, user, { replicates });
        return { work: users * replicates, ...stop() };
      },
    },
  ];
  const notes = [];
  const one = { OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };
  const peer = await openPeer("bootstrap.py", { ...size, seed, file }, one);
  if (peer.fault) notes.push(`no peer numpy: ${peer.fault}`);
  else
    contenders.push({
      name: "numpy",
      peer: true,
      unit: "user weights",
      includes: "bincount by user, Generator.poisson in blocks of 50 replicates, matrix products, percentiles",
      run: async () => {
        const sample = await peer.ask();
        const apart = Math.abs(sample.standardError / own.standardError - 1);
        const allowed = 5 / Math.sqrt(replicates); // each standard error is known to 1 / √(2 replicates)
        if (!(Math.abs(sample.estimate - own.estimate) <= 1e-12) || !(apart <= allowed))
          throw new Error(
            `numpy says ${sample.estimate} ± ${sample.standardError}, we ${own.estimate} ± ${own.standardError}; ` +
              `allowed: standard errors ${short(100 * allowed)} % apart`,
          );
        return sample;
      },
    });
  try {
    const measured = await takeTurns(contenders, { repetitions, signal, onProgress });
    const { median } = measured[0].cpuRate;
    notes.push(`${short((users * replicates) / median)} CPU seconds for all replicates, in one thread`);
    return besidePeer({ title: "metrics: intervals by user", size, measured, notes, peer });
  } finally {
    peer.close?.();
    await rm(folder, { recursive: true, force: true });
  }
}
