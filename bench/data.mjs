// Raw events to features: our SQL on DuckDB beside pandas doing the same, from the same Parquet files, each with two threads and a
// process of its own.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { root } from "../scripts/setup/paths.mjs";
import { room } from "./built.mjs";
import { benchCatalogue, writeBenchLog } from "./data-log.mjs";
import { ratio, short, spread, takeTurns } from "./harness.mjs";

const sizes = {
  smoke: { impressions: 20_000, users: 1_000, videos: 500, creators: 50, topics: 8, days: 4 },
  tiny: { impressions: 1_000_000, users: 40_000, videos: 20_000, creators: 1_000, topics: 16, days: 7 },
  small: { impressions: 10_000_000, users: 100_000, videos: 50_000, creators: 2_500, topics: 20, days: 14 },
};
const threads = 2;

/** Sizes where none are asked for: the ten million of the claim. */
export const scale = "small";

/** @param {import("./run.mjs").BenchContext} context */
export async function bench({ scale, seed, repetitions, openPeer, signal, onProgress }) {
  const size = sizes[scale];
  const { writeCatalogue } = await room("data");
  const folder = await mkdtemp(path.join(tmpdir(), "stagecraft-bench-"));
  const [log, catalogueDir] = [path.join(folder, "log"), path.join(folder, "catalogue")];
  let peer;
  try {
    const catalogue = await benchCatalogue(size, seed);
    await writeCatalogue(catalogueDir, catalogue);
    await writeCodes(folder, catalogue);
    await writeBenchLog(log, catalogue, size, seed, signal);
    const last = {};
    const kept = (name, run) => async () => (last[name] = await run());
    const contenders = [
      {
        name: "stagecraft",
        unit: "impressions",
        includes:
          "Parquet → 15 expectations, quarantine → 9 daily aggregates, visits, watches → all midnight features; DuckDB, two days at a time",
        run: kept("stagecraft", () => etl({ log, catalogue: catalogueDir, threads, memoryLimit: "3GB" }, signal)),
      },
    ];
    const notes = [];
    const opened = await openPeer(
      "data.py",
      { log, catalogue: path.join(folder, "codes"), threads },
      { OMP_NUM_THREADS: String(threads) },
    );
    if (opened.fault) notes.push(`no peer pandas: ${opened.fault}`);
    else {
      peer = opened;
      contenders.push({
        name: "pandas",
        peer: true,
        unit: "impressions",
        includes: "the same tables and features, day by day, read by pyarrow; nothing written",
        run: kept("pandas", () => peer.ask()),
      });
    }
    const measured = await takeTurns(contenders, { repetitions, signal, onProgress });
    if (peer) notes.push(sameResults(last.stagecraft, last.pandas));
    const memory = contenders.map(({ name }) => [name, short(spread([last[name].memory]).median / 1e9)]);
    const failed = Object.entries(last.stagecraft.failed)
      .map(([name, n]) => `${name} ${n}`)
      .join(", ");
    notes.push(
      `${size.impressions.toLocaleString("en")} impressions of ${size.users.toLocaleString("en")} users × ` +
        `${size.videos.toLocaleString("en")} videos on ${size.days} days; quarantined: ${failed || "none"}; both ` +
        `start from a warm file cache`,
    );
    return {
      title: "data: raw events to features",
      size,
      measured,
      ratios: measured.slice(1).flatMap((one) => [ratio(measured[0], one), ratio(measured[0], one, "cpu")]),
      tables: [{ title: "peak memory of the process, GB", rows: [["", "GB"], ...memory] }],
      notes,
      versions: peer?.versions ?? {},
    };
  } finally {
    peer?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Codes of users and videos with segment and bucket, as the peer's starting point. */
async function writeCodes(folder, catalogue) {
  const { putCatalogue } = await room("data");
  const { openDatabase, quoteText } = await room("log");
  const { mkdir } = await import("node:fs/promises");
  await mkdir(path.join(folder, "codes"));
  const database = await openDatabase();
  await putCatalogue(database, catalogue);
  for (const table of ["users", "videos"])
    await database.exec(
      `COPY ${table} TO ${quoteText(path.join(folder, "codes", `${table}.parquet`))} (FORMAT parquet)`,
    );
  database.close();
}

async function etl(config, signal) {
  const script = path.join(root, "bench", "data-etl.mjs");
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(config)], {
    signal,
    maxBuffer: 1 << 24,
  });
  return JSON.parse(stdout);
}

/** @throws Error when an integer differs, or a real by more than float rounding: then the ratio would compare different work. */
function sameResults(ours, theirs) {
  if (ours.work !== theirs.work) throw new Error(`${ours.work} impressions here, ${theirs.work} in pandas`);
  for (const kind of ["integers", "failed"]) {
    for (const [name, value] of Object.entries(ours[kind])) {
      if (JSON.stringify(value) !== JSON.stringify(theirs[kind][name]))
        throw new Error(
          `${kind} of ${name}: ${JSON.stringify(value)} here, ${JSON.stringify(theirs[kind][name])} in pandas`,
        );
    }
  }
  let worst = 0;
  for (const [name, [n, total]] of Object.entries(ours.reals)) {
    const [m, other] = theirs.reals[name];
    if (n !== m) throw new Error(`features of ${name}: ${n} rows here, ${m} in pandas`);
    worst = Math.max(worst, Math.abs(total - other) / Math.max(1, Math.abs(other)));
  }
  if (!(worst < 1e-6)) throw new Error(`features differ by ${worst} of their sums`);
  return (
    `equal results: integers of ${Object.keys(ours.integers).length} tables and the quarantine exactly, ` +
    `features to ${worst.toExponential(0)} of their sums`
  );
}
