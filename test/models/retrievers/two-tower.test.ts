import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  encode,
  encodeRows,
  encodingFromJson,
  fitEncoding,
  type Encoding,
} from "../../../src/models/network/encoding.js";
import { exactSearch } from "../../../src/models/retrievers/exact-search.js";
import { exportTwoTower } from "../../../src/models/retrievers/two-tower/files.js";
import { makeTower, type Tower } from "../../../src/models/network/layers/tower.js";
import { hardMiner } from "../../../src/models/retrievers/two-tower/hard-negatives.js";
import {
  embedCandidates,
  embedQueries,
  fitTwoTower,
  twoTowerDefaults,
  type TwoTower,
  type TwoTowerConfig,
} from "../../../src/models/retrievers/two-tower/two-tower.js";
import { readCard } from "../../../src/models/network/training/model-files.js";
import { keyOf, uniform, uniformInt } from "../../../src/random.js";
import type { FeatureMatrix } from "../../../src/types.js";
import { fakePositives, matrixOf, schemaOf } from "../../support/fake-rows.js";
import { modelContract } from "../contract/contract.js";
import { twoTowerUnderTest } from "./two-tower-contract.js";

modelContract(twoTowerUnderTest);

describe("the two-tower model", () => {
  const rows = fakePositives(8000, 3);
  let model: TwoTower;
  let candidates: Float32Array;
  let dir = "";
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "two-tower-"));
    model = await fitTwoTower(rows, { epochs: 3 });
    candidates = embedCandidates(model, rows.candidates);
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  const dim = (): number => model.config.dim;
  /** Share of the k nearest videos that are of the user's topic, over some queries. */
  const onTopic = (query: FeatureMatrix, k: number): number => {
    const found = exactSearch(candidates, dim(), embedQueries(model, query), k);
    const tastes = Array.from({ length: query.count }, (_, q) => query.categories[q * 2 + 1]!);
    return found.ids.filter((id, at) => rows.topicOf(id) === tastes[Math.floor(at / k)]).length / found.ids.length;
  };

  it("recovers planted topics", () => {
    expect(onTopic(rows.query, 20)).toBeGreaterThan(0.95); // by chance: 1 / 6
  });

  it("embeds newcomers by their profile alone", () => {
    const newcomers = matrixOf(schemaOf({ user: 999, taste: 6 }, ["hour"]), 12, (i) => ({
      categories: [500 + i, i % 6],
      numbers: [0],
    }));
    expect(onTopic(newcomers, 20)).toBeGreaterThan(0.9);
  });

  it("places new videos by their metadata alone", () => {
    const fresh = matrixOf(schemaOf({ video: 999, topic: 6 }, ["length"]), 6, (t) => ({
      categories: [900 + t, t],
      numbers: [0],
    }));
    const query = matrixOf(rows.query.schema, 6, (u) => ({ categories: [u, u], numbers: [0] }));
    const found = exactSearch(embedCandidates(model, fresh), dim(), embedQueries(model, query), 1);
    expect([...found.ids]).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("gives vectors of length 1", () => {
    for (let row = 0; row < 300; row++) {
      const length = Math.hypot(...candidates.subarray(row * dim(), (row + 1) * dim()));
      expect(Math.abs(length - 1)).toBeLessThan(1e-5);
    }
  });

  it("sees each positive's own snapshot of the candidates", async () => {
    // the number that tells which videos are liked is right in each positive's snapshot and turned in the other one
    const half = fakePositives(2000, 5, { topics: 2, videos: 40 });
    const schema = schemaOf({ video: 40, topic: 2 }, ["sign"]);
    const snapshot = Uint8Array.from(half.video, (_, i) => i % 2);
    const both = matrixOf(schema, 80, (row) => ({
      categories: [0, 0],
      numbers: [((row % 40) % 2 ? 1 : -1) * (row < 40 ? 1 : -1)],
    }));
    const query = matrixOf(schemaOf({ user: 200, taste: 2 }, ["hour"]), 2000, (i) => ({
      categories: [0, half.tasteOf(half.query.categories[i * 2]!) ^ snapshot[i]!],
      numbers: [0],
    }));
    const fitted = await fitTwoTower(
      { query, candidates: both, video: half.video, snapshot, snapshots: 2 },
      { epochs: 3 },
    );
    const vectors = embedCandidates(
      fitted,
      matrixOf(schema, 2, (i) => ({ categories: [0, 0], numbers: [i ? 1 : -1] })),
    );
    const queries = embedQueries(
      fitted,
      matrixOf(query.schema, 2, (i) => ({ categories: [0, i], numbers: [0] })),
    );
    expect([...exactSearch(vectors, fitted.config.dim, queries, 1).ids]).toEqual([0, 1]);
    await expect(fitTwoTower({ query, candidates: both, video: half.video, snapshot, snapshots: 3 })).rejects.toThrow(
      "snapshots is 3 for 80 candidate rows",
    );
    await expect(
      fitTwoTower({ query, candidates: both, video: half.video, snapshot: new Uint8Array(2000).fill(2), snapshots: 2 }),
    ).rejects.toThrow("snapshot is 2 in positive 0; allowed: 0, 1");
  });

  it("as ONNX embeds as here", async () => {
    await exportTwoTower(model, dir);
    const card = await readCard(dir, "two-tower");
    for (const side of ["query", "candidate"] as const) {
      const matrix = side === "query" ? rows.query : rows.candidates;
      const here = side === "query" ? embedQueries(model, matrix) : candidates;
      const { count, categories, numbers } = encode(matrix, encodingFromJson(card.encodings[side]!));
      const session = await InferenceSession.create(join(dir, `${side}-tower.onnx`));
      const out = await session.run({
        categories: new Tensor("int32", categories, [count, 2]),
        numbers: new Tensor("float32", numbers, [count, 1]),
      });
      expect(out.embedding!.dims).toEqual([count, dim()]);
      const there = out.embedding!.data as Float32Array;
      let worst = 0;
      here.forEach((value, i) => (worst = Math.max(worst, Math.abs(value - there[i]!))));
      expect(worst).toBeLessThan(1e-4);
      await session.release();
    }
  });
});

describe("logQ correction", () => {
  /** One kind of user. Videos 0 … 39 carry a label and are liked 8 times as often as the 360 others; so are they as in-batch negatives. */
  const key = keyOf(1, "logQ");
  const positives = 12_000;
  const video = Int32Array.from({ length: positives }, (_, i) => {
    const target = uniform(key, i) * 680; // 40 × 8 + 360
    return target < 320 ? Math.floor(target / 8) : Math.floor(target - 280);
  });
  const query = matrixOf(schemaOf({ profile: 2 }, ["hour"]), positives, () => ({ categories: [0], numbers: [0] }));
  const candidates = matrixOf(schemaOf({ label: 2 }, ["length"]), 400, (v) => ({
    categories: [v < 40 ? 1 : 0],
    numbers: [0],
  }));

  /** Logit of a labelled video less that of another. */
  const preference = async (logQ: boolean, more: Partial<TwoTowerConfig> = {}): Promise<number> => {
    const model = await fitTwoTower(
      { query, candidates, video },
      { epochs: 2, batchSize: 32, uniformNegatives: 0, temperature: 0.3, dims: 8, logQ, ...more },
    );
    const q = embedQueries(
      model,
      matrixOf(query.schema, 1, () => ({ categories: [0], numbers: [0] })),
    );
    const c = embedCandidates(model, candidates);
    const { dim, temperature } = model.config;
    return q.reduce((sum, value, d) => sum + value * (c[d]! - c[399 * dim + d]!), 0) / temperature;
  };

  it("recovers how much more often some videos are liked; without it in-batch negatives cancel the preference", async () => {
    expect(Math.abs((await preference(true)) - Math.log(8))).toBeLessThan(0.4);
    expect(Math.abs(await preference(false))).toBeLessThan(0.4);
  });

  it("recovers it with hard negatives, too: their rates are in the correction", async () => {
    expect(Math.abs((await preference(true, { hardNegatives: 1, hardRanks: [0, 60] })) - Math.log(8))).toBeLessThan(
      0.4,
    );
  });
});

describe("hard negatives", () => {
  const tastes = 150,
    each = 3,
    dim = 16;
  const videos = 2 * tastes * each;
  const key = keyOf(1, "twins");
  /**
   * Every video has a twin of its taste. Users of one kind like the even twin alone, users of the other kind the odd
   * one in 35 of 100 cases.
   */
  const candidates = matrixOf(schemaOf({ taste: tastes, video: videos }, []), videos, (v) => ({
    categories: [Math.floor(v / 2 / each), v],
    numbers: [],
  }));
  const query = matrixOf(schemaOf({ taste: tastes, kind: 2 }, []), 9000, (i) => ({
    categories: [uniformInt(tastes, key, i, 1), uniformInt(2, key, i, 2)],
    numbers: [],
  }));
  const video = Int32Array.from({ length: query.count }, (_, i) => {
    const even = 2 * (query.categories[2 * i]! * each + uniformInt(each, key, i, 3));
    return query.categories[2 * i + 1] === 1 && uniform(key, i, 4) < 0.35 ? even + 1 : even;
  });
  const rows = { query, candidates, video, liveVideos: videos };
  const options: Partial<TwoTowerConfig> = {
    epochs: 4,
    batchSize: 32,
    idDropout: 0,
    minCount: 1,
    dim,
    dims: 16,
    idDims: 16,
    validationShare: 0,
    temperature: 0.05,
    learningRate: 5e-3,
  };

  /** Share of twins that users of the second kind, who like the even one better, get the wrong way round. */
  const mistaken = async (more: Partial<TwoTowerConfig>): Promise<number> => {
    const model = await fitTwoTower(rows, { ...options, ...more });
    const found = exactSearch(
      embedCandidates(model, candidates),
      dim,
      embedQueries(
        model,
        matrixOf(query.schema, tastes, (taste) => ({ categories: [taste, 1], numbers: [] })),
      ),
      videos,
    );
    const places = Array.from(
      { length: tastes },
      (_, taste) =>
        new Map(Array.from(found.ids.subarray(taste * videos, (taste + 1) * videos), (id, place) => [id, place])),
    );
    const wrong = Array.from({ length: tastes * each }, (_, pair) => pair).filter((pair) => {
      const placeOf = places[Math.floor(pair / each)]!;
      return placeOf.get(2 * pair + 1)! < placeOf.get(2 * pair)!;
    });
    return wrong.length / (tastes * each);
  };

  it("order twins that as many uniform ones leave mistaken", async () => {
    const uniformOnes = await mistaken({ uniformNegatives: 8 + 2 * 32 });
    const hardOnes = await mistaken({ uniformNegatives: 8, hardNegatives: 2, hardRanks: [0, 20] });
    expect(uniformOnes).toBeGreaterThan(0.08);
    expect(hardOnes).toBeLessThan(0.6 * uniformOnes);
  });

  it("are those of the ranks asked for, live at the positive's time, and never the positive", () => {
    const config: TwoTowerConfig = { ...twoTowerDefaults, ...options, hardNegatives: 3, hardRanks: [2, 6] };
    const tower = (encoding: Encoding, name: string): Tower => makeTower(encoding, config, name);
    const towers = {
      config,
      query: tower(fitEncoding(query, config), "query"),
      candidate: tower(fitEncoding(candidates, config), "candidate"),
    };
    const miner = hardMiner(towers, rows, [videos, 500]);
    miner.refresh();
    const some = Int32Array.from({ length: 20 }, (_, i) => i);
    const encodedRows = encodeRows(query, towers.query.encoding, some, 0, 20);
    const found = exactSearch(embedCandidates(towers, candidates), dim, embedQueries(towers, query), 6).ids;
    const snapshots = some.map((i) => i % 2);
    const positives = some.map((i) => found[6 * i + 3]!);
    const mined = miner.mine(encodedRows, positives, snapshots, 7);
    mined.videos.forEach((id, at) => {
      const row = mined.row[at]!;
      expect(found.subarray(6 * row + 2, 6 * row + 6)).toContain(id);
      expect(id).not.toBe(positives[row]);
      expect(id).toBeLessThan(row % 2 === 0 ? videos : 500);
    });
    for (const row of some) {
      const eligible = [2, 4, 5].filter((rank) => found[6 * row + rank]! < (row % 2 === 0 ? videos : 500));
      expect(mined.row.filter((of) => of === row).length).toBe(eligible.length);
    }
    expect(mined.rates.reduce((a, b) => a + b)).toBeCloseTo(mined.videos.length, 9);
  });

  it("at ranks that no video has are refused", async () => {
    await expect(fitTwoTower(rows, { ...options, hardNegatives: 1, hardRanks: [videos, videos + 50] })).rejects.toThrow(
      "hardRanks is 900, 950 for 900 videos; allowed: whole numbers from 0",
    );
    await expect(fitTwoTower(rows, { ...options, hardNegatives: -1 })).rejects.toThrow(
      "hardNegatives is -1; allowed: whole numbers",
    );
  });
});
