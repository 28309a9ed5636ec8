import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore, type FeatureStore } from "../../../src/data/index.js";
import { openWorldAfter } from "../../../src/pipeline/index.js";
import { indexFile } from "../../../src/pipeline/train.js";
import { packArrays, unpackArrays } from "../../../src/serving/edge/arrays.js";
import { readVectors, roundTable, roundVectors, tableOf } from "../../../src/serving/edge/rounded.js";
import {
  bundle,
  openDevice,
  openLearnedFunnel,
  openTowers,
  type Bundle,
  type Device,
} from "../../../src/serving/index.js";
import { onnxRuntime } from "../../../src/serving/rank/onnx-runtime.js";
import { firstRequests } from "../../../src/serving/requests.js";
import type { Catalogue, Impressions, RequestBatch, SlateBatch } from "../../../src/types.js";
import { trainedPlatform } from "../../support/small-platform.js";

const config = { candidates: 60 };
const close: (() => unknown)[] = [];
let catalogue: Catalogue;
let store: FeatureStore;
let day: number;
let make: (users?: number[]) => Promise<Uint8Array>;
let server: { recommend(requests: RequestBatch): Promise<SlateBatch> };

beforeAll(async () => {
  const trained = await trainedPlatform();
  const { log } = trained.prepared;
  catalogue = (await openWorldAfter(log)).catalogue;
  day = log.setting.world.days;
  const [twoTowerDir, rankerDir] = [trained.twoTower.artifact.dir, trained.ranker.artifact.dir];
  store = await openStore(catalogue, { from: trained.prepared.aggregatesDir });
  const towers = await openTowers(twoTowerDir);
  const funnel = await openLearnedFunnel({
    ...{ catalogue, store, seed: 7, config, twoTowerDir, rankerDir },
    indexPath: join(twoTowerDir, indexFile),
  });
  await funnel.openDay(day, undefined);
  server = funnel;
  make = (users) =>
    bundle({
      ...{ catalogue, store, towers, twoTowerDir, rankerDir, seed: 7, config },
      ...(users && { users: Int32Array.from(users) }),
    });
  close.push(
    () => funnel.close(),
    () => towers.close?.(),
    () => store.close(),
  );
}, 120_000);
afterAll(async () => {
  for (const end of close) await end();
});

async function open(users?: number[]): Promise<Device> {
  const device = await openDevice(await make(users), await onnxRuntime());
  close.push(() => device.close());
  return device;
}

const requestsOf = (users: readonly number[], of: Catalogue = catalogue, draw = 0): RequestBatch =>
  firstRequests(
    day,
    Int32Array.from(users),
    Uint8Array.from(users, (user) => of.users.device[user]!),
    4e7,
    draw,
  );

describe("a device without a network", () => {
  it("answers nearly as the server does, with a quarter of the bits", async () => {
    const device = await open();
    const users = Array.from({ length: 150 }, (_, user) => user);
    let shared = 0;
    let places = 0;
    for (let draw = 0; draw < 7; draw++) {
      const [a, b] = [
        await server.recommend(requestsOf(users, catalogue, draw)),
        await device.policy.recommend(requestsOf(users, catalogue, draw)),
      ];
      for (let row = 0; row < users.length; row++) {
        const page = new Set(a.video.subarray(row * a.slots, (row + 1) * a.slots));
        for (const video of b.video.subarray(row * a.slots, (row + 1) * a.slots)) shared += page.has(video) ? 1 : 0;
        places += a.slots;
      }
    }
    expect(shared / places).toBeGreaterThan(0.9);
  });

  it("holds nobody but its own user, and knows them as the server's devices do", async () => {
    const bytes = await make([42]);
    const { catalogue: own, fixed, ranker, query, snapshot } = unpackArrays(bytes) as Bundle;
    expect(own.users.count).toBe(1);
    expect(fixed.userCategories[0]).toBe(42); // its id, which the models know
    for (const { encoding } of [ranker, query]) expect(encoding.vocabularies[0]!.every((id) => id === 42)).toBe(true);
    expect(new Set(snapshot.clicked.left)).toEqual(snapshot.clicked.left.length === 0 ? new Set() : new Set([0]));
    expect(bytes.length).toBeLessThan((await make()).length);

    const [mine, all] = [await open([42]), await open()];
    const scored = async (device: Device, user: number): Promise<Map<number, number>> => {
      const { trace, slates } = await device.policy.explain(requestsOf([user], device.catalogue));
      expect(trace.versions).toBeDefined();
      return new Map(Array.from(slates.video, (video, slot) => [video, slot]));
    };
    const [one, other] = [await scored(mine, 0), await scored(all, 42)];
    const both = [...one.keys()].filter((video) => other.has(video));
    expect(both.length / one.size).toBeGreaterThan(0.6); // the draws of exploration differ, the scores do not
  });

  it("learns the visit: what was clicked does not come again, and the next page may change", async () => {
    const device = await open([3]);
    const first = await device.policy.recommend(requestsOf([0], device.catalogue));
    const clicked = first.video[0]!;
    const requests = requestsOf([0], device.catalogue);
    const events = {
      count: 1,
      user: Int32Array.of(0),
      video: Int32Array.of(clicked),
      session: requests.session,
      click: Uint8Array.of(1),
      watchMs: Int32Array.of(60_000),
      campaign: Int16Array.of(0),
    } as unknown as Impressions;
    device.policy.apply?.(events);
    const next = { ...requestsOf([0], device.catalogue, 1), page: Uint8Array.of(1) };
    expect([...(await device.policy.recommend(next)).video]).not.toContain(clicked);
  });

  it("is the same bytes for the same inputs, and says what is damaged", async () => {
    const bytes = await make([5]);
    expect(Buffer.from(await make([5])).equals(bytes)).toBe(true);
    const runtime = await onnxRuntime();
    await expect(openDevice(bytes.subarray(0, bytes.length - 64), runtime)).rejects.toThrow(/damaged bundle/);
    await expect(openDevice(new Uint8Array(4), runtime)).rejects.toThrow(/damaged bundle/);
    await expect(openDevice(packArrays({ format: 1 }), runtime)).rejects.toThrow(
      /format 1; this version reads format 2/,
    );
    const nobody = catalogue.users.count;
    await expect(make([nobody])).rejects.toThrow(`unknown user: ${nobody}; allowed: 0 … ${nobody - 1}`);
  });
});

describe("fewer bits", () => {
  it("keep a tree of arrays as it is", () => {
    fc.assert(
      fc.property(
        fc.uint8Array(),
        fc.int32Array(),
        fc.float64Array({ noNaN: true }),
        fc.string(),
        (bytes, whole, reals, text) => {
          const tree = { a: { bytes, list: [whole, text] }, reals, text, nothing: null };
          expect(unpackArrays(packArrays(tree))).toEqual(tree);
        },
      ),
    );
  });

  it("are wrong by at most half a step", () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -100, max: 100 }), {
          minLength: 3,
          maxLength: 60,
        }),
        (list) => {
          const values = Float32Array.from(list.slice(0, list.length - (list.length % 3)));
          const table = tableOf(roundTable(3, values));
          values.forEach((value, at) => {
            expect(Math.abs(table[at]! - value)).toBeLessThanOrEqual(200 / 8_190 + 1e-4);
          });
          const rounded = roundVectors(3, values);
          const scales = tableOf(rounded.scales);
          const offBy = 127 * 0.501 * rounded.scales.step[0]! + 1e-5; // the scale is rounded, too
          const out = new Float32Array(values.length);
          readVectors(
            rounded,
            Int32Array.from({ length: values.length / 3 }, (_, row) => row),
            out,
          );
          values.forEach((value, at) => {
            expect(Math.abs(out[at]! - value)).toBeLessThanOrEqual(scales[Math.floor(at / 3)]! * 0.501 + offBy);
          });
        },
      ),
    );
  });
});
