/** 100 generated files; nightly (fuzz.slow.test.ts) 2,000 others. */
import { expect, it } from "vitest";
import { temporaryFolder } from "../../support/folder.js";
import { faultsOf } from "./fuzz.js";

it("every file is imported as it was meant, or refused by an error that names it", { timeout: 300_000 }, async () => {
  const dir = temporaryFolder();
  const faults: string[] = [];
  for (let seed = 0; seed < 100; seed++)
    faults.push(...(await faultsOf(seed, dir)).map((fault) => `seed ${seed}, ${fault}`));
  expect(faults).toEqual([]);
});
