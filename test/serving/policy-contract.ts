/** Runs the contract of policies in vitest, on one that explores enough for its seed to matter. */
import { describe, it } from "vitest";
import { type OpenUnderCheck, policyContract as checksOf } from "../../src/serving/contract/checks.js";

export function policyContract(name: string, open: OpenUnderCheck): void {
  describe(`the policy contract, ${name}`, () => {
    for (const check of checksOf(open, { seeded: true })) it(check.name, check.run);
  });
}
