import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readCatalogue, writeCatalogue } from "../../../src/data/tables/tables.js";
import type { Campaigns } from "../../../src/types.js";
import { fakeCatalogue } from "../../support/fake-log.js";
import { temporaryFolder } from "../../support/folder.js";

const campaigns: Campaigns = {
  count: 3,
  video: Int32Array.of(7, 2, 31),
  regions: Uint8Array.of(63, 1, 34),
  ageBands: Uint8Array.of(63, 2, 12),
  bidMicros: Int32Array.of(120_000, 1, 2_147_483_647),
  dailyBudgetMicros: Int32Array.of(0, 20_000_000, 2_147_483_647),
};

describe("the campaigns of a catalogue folder", () => {
  it("come back as they were written, with equal bytes", async () => {
    const [a, b] = [temporaryFolder(), temporaryFolder()];
    const catalogue = { ...fakeCatalogue(), campaigns };
    await writeCatalogue(a, catalogue);
    await writeCatalogue(b, { ...fakeCatalogue(), campaigns });
    expect(await readCatalogue(a)).toEqual(catalogue);
    for (const name of ["campaigns.parquet", "catalogue.json"])
      expect(readFileSync(join(a, name)).equals(readFileSync(join(b, name)))).toBe(true);
  });

  it("stay away or none where there were none", async () => {
    const [without, none] = [temporaryFolder(), temporaryFolder()];
    await writeCatalogue(without, fakeCatalogue());
    expect("campaigns" in (await readCatalogue(without))).toBe(false);
    const empty: Campaigns = {
      count: 0,
      video: new Int32Array(),
      regions: new Uint8Array(),
      ageBands: new Uint8Array(),
      bidMicros: new Int32Array(),
      dailyBudgetMicros: new Int32Array(),
    };
    await writeCatalogue(none, { ...fakeCatalogue(), campaigns: empty });
    expect((await readCatalogue(none)).campaigns).toEqual(empty);
  });

  it("are missed when their table is lost", async () => {
    const dir = temporaryFolder();
    await writeCatalogue(dir, { ...fakeCatalogue(), campaigns });
    rmSync(join(dir, "campaigns.parquet"));
    await expect(readCatalogue(dir)).rejects.toThrow(/damaged or foreign catalogue in .*campaigns\.parquet/);
  });
});
