// Serving at a scale's full catalogue: latency of the learned funnel over ≥ 10,000 requests one at a time, with the ranker in 32 bits and in
// int8; the same stages in Python where the catalogue is small; the index against exact search, and the same vectors in faiss and hnswlib at
// equal recall. `stagecraft bench serving --scale million`; models and index are the
// workshop's artifacts, made where they are not there.
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { room } from "./built.mjs";
import { besidePython, firstPages, models, openOurs, stagesOf } from "./funnel.mjs";
import { latency, ratio, short, takeTurns } from "./harness.mjs";

const sizes = {
  smoke: { scale: "tiny", requests: 20, candidates: 200, beside: [200], queries: 20, k: 200 },
  tiny: { scale: "tiny", requests: 1_000, candidates: 1_000, beside: [200, 1_000], queries: 200, k: 500 },
  small: { scale: "small", requests: 10_000, candidates: 1_000, beside: [200, 1_000], queries: 500, k: 1_000 },
  million: { scale: "million", requests: 10_000, candidates: 1_000, beside: [], queries: 500, k: 1_000 },
};
/** Both sides' indexes: links per node, candidates while adding; while searching, the least of these that reaches the recall. */
const links = 16;
const adding = 64;
const widths = [1_000, 1_250, 1_500, 2_000, 3_000, 4_000];
const target = 0.95;
const oneThread = { OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" };

/** @param {import("./run.mjs").BenchContext} context */
export async function bench({ scale, seed, workers, repetitions, openPeer, signal, onProgress }) {
  const size = sizes[scale];
  const [pipeline, serving, data, ours] = await Promise.all([
    room("pipeline"),
    room("serving"),
    room("data"),
    room("models"),
  ]);
  const control = {
    signal,
    onProgress: (step, done, total) => onProgress(done, total + 1, `making the models: ${step}`),
  };
  const trained = await models(pipeline, { scale: size.scale, seed, workers }, control);
  const world = await pipeline.openWorldAfter(trained.prepared.log);
  const day = world.config.days;
  const singles = firstPages(world, day, size.requests);
  const folder = await mkdtemp(path.join(tmpdir(), "stagecraft-bench-"));
  const closing = [];
  const notes = [];
  const tables = [];
  try {
    const rooms = { pipeline, serving, data };
    const play = async (name, rankerDir) => {
      const funnel = await openOurs(rooms, trained, world.catalogue, day, size.candidates, seed, rankerDir);
      for (const request of singles.slice(0, 100)) await funnel.policy.recommend(request);
      funnel.policy.resetTimings();
      const cpu = process.cpuUsage();
      for (const [i, request] of singles.entries()) {
        if (i % 500 === 0) onProgress(i, singles.length + 1, `requests, ${name}`);
        signal?.throwIfAborted();
        await funnel.policy.recommend(request);
      }
      const { user, system } = process.cpuUsage(cpu);
      const live = short(world.catalogue.liveVideos[day]);
      tables.push(
        stagesOf(`learned funnel, ${name}, ${size.candidates} candidates of ${live} live videos`, funnel.policy),
      );
      notes.push(
        `${name}: ${singles.length} requests one at a time; ${short((user + system) / 1000 / singles.length)} ms of CPU time each; ` +
          `peak memory ${short(process.resourceUsage().maxRSS / 1e6)} GB`,
      );
      return funnel;
    };
    const int8Dir = path.join(folder, "int8");
    await cp(pipeline.modelDirs(trained).rankerDir, int8Dir, { recursive: true });
    const graph = path.join(int8Dir, "ranker.onnx");
    await writeFile(graph, ours.quantise(await readFile(graph)));
    await (await play("ranker in int8", int8Dir)).close();
    const funnel = await play("ranker in 32 bits");
    closing.push(funnel);

    const towers = await serving.openTowers(pipeline.modelDirs(trained).twoTowerDir);
    closing.push(towers);
    const { dims } = towers;
    const vectors = await embedded(funnel.store, towers, world.catalogue.liveVideos[day]);
    const queries = new Float32Array(size.queries * dims);
    for (const [i, request] of singles.slice(0, size.queries).entries())
      queries.set(await towers.embedQueries(funnel.store.queryRows(request)), i * dims);
    const k = Math.min(size.k, vectors.length / dims);
    onProgress(0, 1, "exact search");
    const exact = ours.exactSearch(vectors, dims, queries, k).ids;
    const python = await besidePython(rooms, trained, {
      ...{ world, day, seed, folder, openPeer, notes },
      ...{ singles: singles.slice(0, 500), widths: size.beside },
    });
    closing.push(...python.closing);
    const contenders = [];
    for (const dtype of ["f32", "f16", "i8"]) {
      onProgress(0, 1, `building the index of ${dtype}`);
      contenders.push(usearch(ours, { dtype, vectors, dims, queries, exact, k, notes }));
    }
    const files = { vectors, queries, exact };
    for (const [name, values] of Object.entries(files))
      await writeFile(path.join(folder, name), Buffer.from(values.buffer, values.byteOffset, values.byteLength));
    const paths = Object.fromEntries(Object.keys(files).map((name) => [name, path.join(folder, name)]));
    const versions = { ...python.versions };
    for (const engine of ["faiss", "hnswlib"]) {
      const peer = await openPeer("index.py", { engine, ...paths, dims, k, links, adding, widths, target }, oneThread);
      if (peer.fault) {
        notes.push(`no ${engine}: ${peer.fault}`);
        continue;
      }
      closing.push(peer);
      Object.assign(versions, peer.versions);
      notes.push(built(engine, await peer.ask("check")));
      contenders.push({
        name: engine,
        peer: true,
        unit: "queries",
        includes: `HNSW in Python, ${k} of each`,
        run: () => peer.ask(),
      });
    }
    const measured = await takeTurns([...contenders, ...python.contenders], { repetitions, signal, onProgress });
    const [first] = measured;
    const by = (name) => measured.find((one) => one.name === name);
    const ratios = [
      ...measured
        .filter(({ peer, unit }) => peer && unit === "queries")
        .flatMap((peer) => [ratio(first, peer, "p50"), ratio(first, peer, "cpu")]),
      ...python.pairs.flatMap(([of, to]) => [ratio(by(of), by(to), "p50"), ratio(by(of), by(to), "p99")]),
    ];
    tables.push(...python.tables());
    return { title: "serving: the funnel and its index", size, measured, ratios, tables, notes, versions };
  } finally {
    for (const one of closing) await one.close?.();
    await rm(folder, { recursive: true, force: true });
  }
}

async function embedded(store, towers, live) {
  const vectors = new Float32Array(live * towers.dims);
  for (let from = 0; from < live; from += 8192) {
    const ids = Int32Array.from({ length: Math.min(8192, live - from) }, (_, row) => from + row);
    vectors.set(await towers.embedCandidates(store.candidateRows(ids)), from * towers.dims);
  }
  return vectors;
}

function built(name, { buildSeconds, buildCpuSeconds, width, recall }) {
  return (
    `${name}: built in ${short(buildSeconds)} s (${short(buildCpuSeconds)} CPU s); ` +
    `recall ${recall.toFixed(3)} with ${width} candidates`
  );
}

/** Our index of one kind of numbers, searching with the fewest candidates that reach the recall. */
function usearch({ buildIndex }, { dtype, vectors, dims, queries, exact, k, notes }) {
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  const index = buildIndex(vectors, dims, { dtype, connectivity: links, expansionAdd: adding });
  const seconds = (performance.now() - began) / 1000;
  const spent = process.cpuUsage(cpu);
  const count = queries.length / dims;
  let [recall, width] = [0, 0];
  // as many candidates as are asked for: the k best of them are the answer
  const query = (i) => index.search(queries.subarray(i * dims, (i + 1) * dims), width).ids.subarray(0, k);
  for (width of widths.map((one) => Math.max(k, one))) {
    let found = 0;
    for (let i = 0; i < count; i++) {
      const truth = new Set(exact.subarray(i * k, (i + 1) * k));
      for (const id of query(i)) if (truth.has(id)) found++;
    }
    recall = found / (k * count);
    if (recall >= target) break;
  }

  const name = `usearch, ${dtype}`;
  notes.push(built(name, { buildSeconds: seconds, buildCpuSeconds: (spent.user + spent.system) / 1e6, width, recall }));
  return {
    name,
    unit: "queries",
    includes: `HNSW through AnnIndex, ${k} of each`,
    run() {
      const times = [];
      const before = process.cpuUsage();
      for (let i = 0; i < count; i++) {
        const from = performance.now();
        query(i);
        times.push(performance.now() - from);
      }
      const { user, system } = process.cpuUsage(before);
      const total = times.reduce((sum, ms) => sum + ms, 0);
      return { work: count, seconds: total / 1000, cpuSeconds: (user + system) / 1e6, ...latency(times) };
    },
  };
}
