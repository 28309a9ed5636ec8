/** The contract on a policy in a person's own file; the file's `contract` says what it may rely on. */
import { z } from "zod";
import { openStore, type FeatureStore } from "../../data/index.js";
import { makePolicy } from "../policy-module.js";
import { type PolicyCheck, policyContract } from "./checks.js";

const contractSchema = z.strictObject({
  config: z.record(z.string(), z.unknown()).optional(),
  seeded: z.boolean().optional(),
});

/**
 * The checks of the policy among a file's exports. `export const contract = { config, seeded }`: the factory's config, and whether the seed
 * changes the pages. Its feature store knows no log. @throws Error naming the field of its `contract` that is wrong
 */
export function ownPolicyContract(
  exported: Readonly<Record<string, unknown>>,
  path: string,
  seed?: number,
): readonly PolicyCheck[] {
  const read = contractSchema.safeParse(exported["contract"] ?? {});
  if (!read.success) {
    const faults = read.error.issues.map(({ path: at, message }) => `${at.join(".") || "it"}: ${message}`).join("; ");
    throw new Error(`contract of ${path}: ${faults}; known: ${Object.keys(contractSchema.shape).join(", ")}`);
  }
  const { config = {}, seeded } = read.data;
  return policyContract(
    async ({ catalogue, ...asked }) => {
      const stores: FeatureStore[] = [];
      const store = async (): Promise<FeatureStore> => {
        const opened = await openStore(catalogue);
        stores.push(opened);
        return opened;
      };
      const policy = await makePolicy(
        exported,
        { module: path, config },
        { catalogue, ...asked, name: "policy", store },
      );
      return {
        ...policy,
        async close() {
          await policy.close?.();
          for (const opened of stores) await opened.close();
        },
      };
    },
    { ...(seed !== undefined && { seed }), ...(seeded !== undefined && { seeded }) },
  );
}
