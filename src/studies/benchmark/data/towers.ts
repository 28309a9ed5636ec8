/**
 * What two towers know of users and items. By ratio and leave-one-out: ids and fields, which never change; positives are all taken rows. By time: all
 * features of both sides, of each positive as of its time, and when asked as of the first test midnight; positives are the platform's, long watches
 * (where there are no watch times: clicks).
 */
import { openStore, takeRows, type DayCuts, type ImportedData } from "../../../data/index.js";
import type { TwoTowerRows } from "../../../models/index.js";
import type { RequestBatch, RunControl } from "../../../types.js";
import { twoTowerRows } from "../../../pipeline/train.js";
import { ownerRows } from "./field-rows.js";
import type { OwnData } from "./own-data.js";
import { preparedOwn } from "./prepared.js";
import type { TowerFeatures, TowerSides } from "./two-tower.js";

/** Ids and fields. */
export function fieldTowers({ catalogue, userFields, videoFields }: ImportedData): TowerFeatures {
  const users = ownerRows("user_id", catalogue.users.count, userFields);
  const items = ownerRows("item_id", catalogue.videos.count, videoFields);
  return {
    positives: async (rows) => ({ query: takeRows(users, rows.user), candidates: items, video: rows.item }),
    sides: async () => ({ users, items }),
  };
}

/** Features as of their time. */
export function timedTowers(own: OwnData, cuts: DayCuts): TowerFeatures {
  let positives: Promise<TwoTowerRows> | undefined;
  let sides: Promise<TowerSides> | undefined;
  return {
    positives: (_, control) => (positives ??= timedPositives(own, cuts, control)),
    sides: (control) => (sides ??= timedSides(own, cuts, control)),
  };
}

async function timedPositives(own: OwnData, cuts: DayCuts, control?: RunControl): Promise<TwoTowerRows> {
  const prepared = await preparedOwn(own, cuts, control);
  const store = await openStore(own.data.catalogue, { from: prepared.aggregatesDir });
  try {
    return (await twoTowerRows(prepared, prepared.split.train, store, control)).positives;
  } finally {
    await store.close();
  }
}

async function timedSides(own: OwnData, cuts: DayCuts, control?: RunControl): Promise<TowerSides> {
  const { catalogue } = own.data;
  const { aggregatesDir } = await preparedOwn(own, cuts, control);
  const store = await openStore(catalogue, { from: aggregatesDir });
  try {
    await store.openDay(cuts.test);
    return {
      users: store.queryRows(everyoneAt(cuts.test, catalogue.users.device)),
      items: store.candidateRows(Int32Array.from({ length: catalogue.videos.count }, (_, id) => id)),
    };
  } finally {
    await store.close();
  }
}

/** All users' first page at midnight, in a visit of its own each. */
function everyoneAt(day: number, device: Uint8Array): RequestBatch {
  const count = device.length;
  const session = Float64Array.from({ length: count }, (_, user) => (day * 2 ** 24 + user) * 8);
  return {
    day,
    count,
    request: session.map((visit) => visit * 64),
    session,
    user: Int32Array.from({ length: count }, (_, user) => user),
    page: new Uint8Array(count),
    timeMs: new Int32Array(count),
    device,
  };
}
