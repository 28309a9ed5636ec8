/** Pages that are filled without learning; nothing here is of Node, so that it runs in a page too. */
import { uniformInt } from "../../src/random.js";
import type { RequestBatch, SlateBatch } from "../../src/types.js";
import type { World } from "../../src/world/world.js";

/** Fills pages with uniformly random videos, by a hash of the request. */
export function uniformSlates(world: World, batch: RequestBatch, replication = 99): SlateBatch {
  const { slots } = world.config;
  const live = world.catalogue.liveVideos[batch.day]!;
  return slatesOf(world, batch, (row) => {
    const page: number[] = [];
    for (let n = 0; page.length < slots; n++) {
      const v = uniformInt(
        live,
        replication,
        batch.user[row]!,
        batch.day,
        batch.page[row]! * 8 + (batch.session[row]! % 8),
        n,
      );
      if (!page.includes(v)) page.push(v);
    }
    return page;
  });
}

/** Pages from a function of the row. */
export function slatesOf(world: World, batch: RequestBatch, page: (row: number) => readonly number[]): SlateBatch {
  const { slots } = world.config;
  const size = batch.count * slots;
  const video = new Int32Array(size).fill(-1);
  for (let row = 0; row < batch.count; row++)
    page(row).forEach((v, k) => {
      video[row * slots + k] = v;
    });
  return {
    count: batch.count,
    slots,
    video,
    source: new Uint8Array(size),
    propensity: new Float64Array(size).fill(1),
    component: new Uint8Array(batch.count),
  };
}
