/** 2,000 generated files more. */
import { expect, it } from "vitest";
import { temporaryFolder } from "../../support/folder.js";
import { faultsOf } from "./fuzz.js";

it("every file is imported as it was meant, or refused by an error that names it", { timeout: 3_600_000 }, async () => {
  const dir = temporaryFolder();
  const faults: string[] = [];
  const from = Number(process.env["STAGECRAFT_FUZZ_FROM"] ?? 100);
  for (let seed = from; seed < from + Number(process.env["STAGECRAFT_FUZZ"] ?? 2_000); seed++)
    faults.push(...(await faultsOf(seed, dir)).map((fault) => `seed ${seed}, ${fault}`));
  expect(faults).toEqual([]);
});
