import { existsSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { growingPools, poolsPath, readDay, readPools, writeDay } from "../../src/log/index.js";
import { openDatabase } from "../../src/log/database.js";
import { concatImpressions } from "../../src/log/impressions.js";
import type { Pools } from "../../src/types.js";
import { fakeCatalogue, fakeDay } from "../support/fake-log.js";
import { temporaryFolder } from "../support/folder.js";

const day2 = fakeDay(fakeCatalogue({ users: 60 }), 2);

/** Pools of some requests: a mixture of two parts, the second of all videos alike. */
function somePools(requests: readonly number[], size = 700): Pools {
  const pools = growingPools();
  for (const request of requests)
    for (const [component, share] of [
      [1, 0.75],
      [3, 0.25],
    ] as const) {
      const { video, logit } = pools.add(request, component, share, size);
      for (let i = 0; i < size; i++) [video[i], logit[i]] = [i * 3, component === 1 ? 2 - Math.log(1 + i) * 3 : 0];
    }
  return pools.rows()!;
}

describe("pools in the log", () => {
  it("come back as they were written, beside the day's impressions", async () => {
    const dir = temporaryFolder();
    const pools = somePools([64, 2 ** 40 * 64, 128]);
    expect(pools.count).toBe(4_200); // more than a chunk
    await writeDay(dir, 2, { ...day2, pools });
    expect(await readPools(dir, 2)).toEqual(pools);
    expect(await readDay(dir, 2)).toEqual(day2);
  });

  it("of a day written again without any are gone, and a log without them has none", async () => {
    const dir = temporaryFolder();
    await writeDay(dir, 2, { ...day2, pools: somePools([64]) });
    await writeDay(dir, 2, day2);
    expect(existsSync(poolsPath(dir, 2))).toBe(false);
    expect(await readPools(dir, 2)).toBeUndefined();
  });

  it("are joined with their impressions, in order", () => {
    const joined = concatImpressions([{ ...day2, pools: somePools([64]) }, day2, { ...day2, pools: somePools([128]) }]);
    expect(joined.pools).toEqual(somePools([64, 128]));
  });

  it.each([
    ["share", 0, "pools: column share is 0 in row 1; allowed: above 0, at most 1"],
    ["logit", Number.NaN, "pools: column logit is NaN in row 1; allowed: a finite number"],
    ["component", 99, "pools: column component is 99 in row 1; allowed: 0 to"],
    ["video", -1, "pools: column video_id is -1 in row 1; allowed: an id of at least 0"],
  ] as const)("with a %s out of range are refused, and nothing is written", async (field, value, fault) => {
    const dir = temporaryFolder();
    const pools = somePools([64]);
    pools[field][1] = value;
    await expect(writeDay(dir, 2, { ...day2, pools })).rejects.toThrow(fault);
    expect(existsSync(poolsPath(dir, 2))).toBe(false);
  });

  it("that are damaged are named", async () => {
    const dir = temporaryFolder();
    await writeDay(dir, 2, { ...day2, pools: somePools([64]) });
    writeFileSync(poolsPath(dir, 2), "not Parquet");
    await expect(readPools(dir, 2)).rejects.toThrow(/damaged or foreign pools .*pools\.parquet/);
  });

  it("need not be there: a log of version 2 is read as it is", async () => {
    const dir = temporaryFolder();
    const path = await writeDay(dir, 2, day2);
    const database = await openDatabase();
    await database.exec(`CREATE TABLE old AS FROM read_parquet('${path}', hive_partitioning = false)`);
    const names = `policies: '${JSON.stringify(day2.policies)}', arms: '${JSON.stringify(day2.arms)}'`;
    await database.exec(`COPY old TO '${path}' (FORMAT parquet, KV_METADATA {schema_version: '2', ${names}})`);
    database.close();
    expect(await readDay(dir, 2)).toEqual(day2);
    expect(await readPools(dir, 2)).toBeUndefined();
  });
});
