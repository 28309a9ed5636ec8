// Of `bench serving`: latency of one page request through the learned funnel, beside the same stages in Python (onnxruntime, usearch, numpy) on the same
// model and index files and the same features. Requests come one at a time, each side on one thread.
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { latency, short } from "./harness.mjs";

/** Python's linear algebra on one thread too. */
const oneThread = { OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" };

/**
 * The funnel beside the same stages in Python: contenders by pairs, after a check that both give the same probabilities.
 * @returns {Promise<{ contenders: import("./harness.mjs").Contender[], pairs: [string, string][], closing: { close(): unknown }[],
 *   tables: () => { title: string, rows: string[][] }[], versions: object }>}
 */
export async function besidePython(rooms, trained, { world, day, singles, widths, seed, folder, openPeer, notes }) {
  const [contenders, pairs, closing, opened] = [[], [], [], []];
  let versions = {};
  for (const candidates of widths) {
    const ours = await openOurs(rooms, trained, world.catalogue, day, candidates, seed);
    closing.push(ours);
    opened.push(ours);
    const name = `stagecraft, ${candidates} candidates`;
    contenders.push({
      name,
      unit: "requests",
      includes: `features, query tower, HNSW + popular + fresh, merge, DCN-v2 on ${candidates} rows, MMR, exploration`,
      run: () => serve(ours, singles),
    });
    const dump = path.join(folder, String(candidates));
    const of = [rooms, trained, ours.store, world.catalogue, day, singles, candidates, seed];
    const peer = await openPeer("funnel.py", await describeFor(dump, ...of), oneThread);
    if (peer.fault) {
      notes.push(`no peer for ${candidates} candidates: ${peer.fault}`);
      continue;
    }
    closing.push(peer);
    versions = peer.versions;
    const { worst } = await peer.ask("check");
    if (!(worst <= 1e-4))
      throw new Error(
        `funnel: the peer's click probabilities differ from ours by ${worst}; allowed: 1e-4 (the two sides would not do the same)`,
      );
    notes.push(
      `${candidates} candidates: click probabilities of both sides on the same rows differ by at most ${short(worst)}`,
    );
    const peerName = `python, ${candidates} candidates`;
    contenders.push({
      name: peerName,
      peer: true,
      unit: "requests",
      includes:
        "the same stages and files: numpy gathers, encodes, merges, re-ranks; onnxruntime; usearch; one list of popular videos",
      run: () => peer.ask(),
    });
    pairs.push([name, peerName]);
  }
  const live = world.catalogue.liveVideos[day];
  if (Math.max(...widths) > live) notes.push(`only ${live} live videos: rows are padded`);
  const tables = () => opened.map(({ policy, candidates }) => stagesOf(`our stages, ${candidates} candidates`, policy));
  return { contenders, pairs, closing, tables, versions };
}

/** Times by stage as a table. */
export function stagesOf(title, policy) {
  const rows = policy.timings().map(({ stage, p50Ms, p99Ms }) => [stage, short(p50Ms), short(p99Ms)]);
  return { title, rows: [["", "p50 ms", "p99 ms"], ...rows] };
}

/** The experiments' own artifacts, made or loaded by hash: what the tour made is not made again. */
export async function models(e, options, control) {
  const log = await e.simulateLog(e.setting(options), control);
  return e.trainModels(await e.prepareFeatures(log, control), {}, control);
}

export async function openOurs({ pipeline, serving, data }, trained, catalogue, day, candidates, seed, rankerDir) {
  const store = await data.openStore(catalogue, { from: trained.prepared.aggregatesDir });
  const policy = await serving.openLearnedFunnel({
    catalogue,
    store,
    seed,
    ...pipeline.modelDirs(trained),
    ...(rankerDir && { rankerDir }),
    config: { candidates },
    now: () => performance.now(),
  });
  await policy.openDay(day, undefined);
  return {
    policy,
    store,
    candidates,
    async close() {
      await policy.close();
      await store.close();
    },
  };
}

async function serve(ours, singles) {
  const { policy } = ours;
  const times = [];
  for (const request of singles) {
    const began = performance.now();
    await policy.recommend(request);
    times.push(performance.now() - began);
  }
  if (!ours.warm) policy.resetTimings(); // the stages' table leaves the warm-up out, as all numbers do
  ours.warm = true;
  return { work: singles.length, seconds: times.reduce((sum, ms) => sum + ms, 0) / 1000, ...latency(times) };
}

export function firstPages(world, day, wanted) {
  world.openDay(day);
  const singles = [];
  for (let shard = 0; shard < 64; shard++) {
    const batch = world.openShard(shard).next();
    for (let row = 0; row < (batch?.count ?? 0); row++) {
      const one = Object.fromEntries(
        Object.entries(batch).map(([name, column]) => [
          name,
          typeof column === "number" ? column : column.slice(row, row + 1),
        ]),
      );
      singles.push({ ...one, count: 1 });
    }
  }
  if (singles.length === 0) throw new Error(`no user visits on day ${day}: there is nothing to serve`);
  return Array.from({ length: wanted }, (_, i) => singles[i % singles.length]);
}

/**
 * Writes what the peer's own feature store holds: columns keyed by video, request, topic, format, creator or language, so that its rows
 * are gathered from tables as ours are and come out equal.
 */
async function describeFor(
  folder,
  { serving, data, pipeline },
  trained,
  store,
  catalogue,
  day,
  singles,
  candidates,
  seed,
) {
  await mkdir(folder, { recursive: true });
  const put = (name, values) =>
    writeFile(path.join(folder, name), Buffer.from(values.buffer, values.byteOffset, values.byteLength));
  const live = catalogue.liveVideos[day];
  const all = Int32Array.from({ length: live }, (_, v) => v);
  const rowsOf = (request, videos) =>
    store.rankRows(request, { count: 1, width: videos.length, video: videos, source: new Uint8Array(videos.length) });
  const whole = rowsOf(singles[0], all);
  const { schema } = whole;
  await put("video.categories", whole.categories);
  await put("video.numbers", whole.numbers);
  const keyOf = ({ name }) =>
    ({
      video: "video",
      creator: "video",
      user_topic: "topic",
      segment_topic: "topic",
      user_format: "format",
      user_creator: "creator",
    })[data.featureNamed(name).entity] ??
    (/language/.test(name) && data.featureNamed(name).kind === "number" ? "language" : "request");
  const keys = { categories: schema.categories.map(keyOf), numbers: schema.numbers.map(keyOf) };
  const column = (name) => schema.categories.findIndex((one) => one.name === name);
  const places = {
    topic: column("topic"),
    format: column("duration_bucket"),
    creator: column("creator"),
    language: column("video_language"),
  };

  const requestRows = singles.map((request) => rowsOf(request, Int32Array.of(0)));
  await put("request.categories", Int32Array.from(requestRows.flatMap((rows) => [...rows.categories])));
  await put("request.numbers", Float32Array.from(requestRows.flatMap((rows) => [...rows.numbers])));
  const tables = {};
  const wide = schema.categories.length;
  const deep = schema.numbers.length;
  for (const [key, place] of Object.entries(places)) {
    const kept = keys.numbers.flatMap((one, n) => (one === key ? [n] : []));
    const example = new Map(); // a video of each topic, format, …
    for (let v = 0; v < live; v++) example.set(whole.categories[v * wide + place], v);
    const size = schema.categories[place].cardinality;
    const values = new Float32Array(singles.length * size * kept.length);
    const ids = [...example.keys()];
    const videos = Int32Array.from(example.values());
    for (const [r, request] of singles.entries()) {
      const { numbers } = rowsOf(request, videos);
      for (const [i, id] of ids.entries())
        for (const [k, n] of kept.entries()) values[(r * size + id) * kept.length + k] = numbers[i * deep + n];
    }
    await put(`${key}.numbers`, values);
    tables[key] = { place, size };
  }
  const queries = singles.map((request) => store.queryRows(request));
  await put("query.categories", Int32Array.from(queries.flatMap((rows) => [...rows.categories])));
  await put("query.numbers", Float32Array.from(queries.flatMap((rows) => [...rows.numbers])));
  const candidateRows = store.candidateRows(all);
  await put("candidate.categories", candidateRows.categories);
  await put("candidate.numbers", candidateRows.numbers);
  const stats = store.videoStats();
  await put(
    "popularity",
    Float64Array.from(all, (v) => (stats.watchMs[v] + 20_000) / (stats.impressions[v] + 20)),
  );
  const seen = new Uint8Array(singles.length * live);
  for (const [r, { user }] of singles.entries())
    for (let v = 0; v < live; v++) if (store.hasSeen(user[0], v)) seen[r * live + v] = 1;
  await put("seen", seen);

  const dirs = pipeline.modelDirs(trained);
  const ranker = await serving.openRanker(dirs.rankerDir);
  const checked = all.slice(0, Math.min(200, live));
  const checks = Math.min(10, singles.length);
  const expected = [];
  for (const request of singles.slice(0, checks))
    expected.push(...(await ranker.predict(rowsOf(request, checked))).clickProbability);
  await ranker.close();
  await put("expected", Float32Array.from(expected));
  const { shares, freshDays } = serving.learnedFunnelDefaults;
  return {
    folder,
    ...dirs,
    keys,
    tables,
    wide,
    deep,
    live,
    candidates,
    shares,
    seed: seed % 2 ** 31,
    requests: singles.length,
    queryWide: queries[0].schema.categories.length,
    queryDeep: queries[0].schema.numbers.length,
    candidateWide: candidateRows.schema.categories.length,
    candidateDeep: candidateRows.schema.numbers.length,
    firstFresh: serving.firstFresh(catalogue, day, freshDays),
    rerank: serving.rerankDefaults,
    checked: checked.length,
    checks,
  };
}
