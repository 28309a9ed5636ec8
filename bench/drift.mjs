// A drift report of two Parquet windows, from files to verdicts, beside pandas and scipy on the same columns: PSI, Jensen–Shannon, KS.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { room } from "./built.mjs";
import { besidePeer, stopwatch, takeTurns } from "./harness.mjs";

const sizes = {
  smoke: { rows: 20_000, columns: 5 },
  tiny: { rows: 1_000_000, columns: 100 },
  small: { rows: 1_000_000, columns: 100 },
};

/** @param {import("./run.mjs").BenchContext} context */
export async function bench({ scale, seed, repetitions, openPeer, signal, onProgress }) {
  const size = sizes[scale] ?? sizes.small;
  const { rows, columns } = size;
  const { openDatabase } = await room("log");
  const { compareWindows } = await room("monitoring");
  const folder = await mkdtemp(path.join(tmpdir(), "stagecraft-bench-"));
  const [reference, current] = ["reference", "current"].map((side) => path.join(folder, `${side}.parquet`));
  const notes = [];
  let peer;
  try {
    const database = await openDatabase({ threads: 2, memoryLimit: "1GB" });
    for (const [side, file] of [reference, current].entries()) {
      // column c of the current window has moved by c hundredths of a deviation
      const list = Array.from({ length: columns }, (_, c) => {
        const draw = (what) => `((hash(i, ${c}, ${side}, ${what}, ${seed}) % 1000003 + 1) / 1000004.0)`;
        return `(sqrt(-2 * ln(${draw(0)})) * cos(2 * pi() * ${draw(1)}) + ${(side * c) / 100})::FLOAT AS f${c}`;
      });
      await database.exec(`COPY (SELECT ${list.join(", ")} FROM range(${rows}) r(i)) TO '${file}' (FORMAT parquet)`);
      signal?.throwIfAborted();
    }
    database.close();
    let found;
    const contenders = [
      {
        name: "drift report",
        unit: "values",
        includes: "compareWindows(): files read, quality, PSI, Jensen–Shannon, KS, Wasserstein, chi-square, verdicts",
        async run() {
          const stop = stopwatch();
          const report = await compareWindows({ path: reference }, { path: current });
          found = new Map(report.parts[0].drift.map(({ feature, psi }) => [feature, psi]));
          return { work: 2 * rows * columns, ...stop() };
        },
      },
    ];
    peer = await openPeer("drift.py", { reference, current, rows, columns });
    if (peer.fault) notes.push(`no peer scipy: ${peer.fault}`);
    else
      contenders.push({
        name: "pandas and scipy",
        peer: true,
        unit: "values",
        includes: "read_parquet, numpy quantiles and histograms for PSI, scipy jensenshannon and ks_2samp",
        async run() {
          const sample = await peer.ask("report");
          sample.value.forEach((psi, c) => {
            // bins of a sample of the rows here, of all rows there
            if (!(Math.abs(psi - found.get(`f${c}`)) <= 0.01 + 0.03 * psi))
              throw new Error(`PSI of f${c}: scipy's side says ${psi}, we ${found.get(`f${c}`)}`);
          });
          return sample;
        },
      });
    const measured = await takeTurns(contenders, { repetitions, signal, onProgress });
    const memory = Math.round(process.resourceUsage().maxRSS / 1024);
    notes.push(`${columns} columns of ${rows} rows against as many; at most ${memory} MB in this process`);
    return besidePeer({ title: "drift: values per second", size, measured, notes, peer });
  } finally {
    peer?.close?.();
    await rm(folder, { recursive: true, force: true });
  }
}
