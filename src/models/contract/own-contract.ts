/** The contract on a model in a custom file; the file's `contract` says what it may rely on. */
import { z } from "zod";
import { modelContract } from "./checks.js";
import { plantedRowCheck, type ModelCheck, type ModelContractOptions } from "./types.js";
import type { ModelChoice } from "../ladder.js";
import { modelOf } from "./own-model.js";

const contractSchema = z.strictObject({
  config: z.record(z.string(), z.unknown()).optional(),
  seeded: z.boolean().optional(),
  tolerance: z.number().min(0).optional(),
  personal: z.boolean().optional(),
  without: z.array(z.literal(plantedRowCheck)).optional(),
});

/**
 * The checks of the model among a file's exports. `export const contract = { config, seeded, tolerance, personal, without }` says what
 * `ModelContractOptions` says; a whole kind of model whose defaults have a `seed` is seeded.
 * @throws Error naming what the file exports, or the field of its `contract` that is wrong
 */
export function ownModelContract(
  exported: Readonly<Record<string, unknown>>,
  path: string,
  seed?: number,
): { readonly choice: ModelChoice; readonly checks: readonly ModelCheck[]; readonly without: readonly string[] } {
  const choice = modelOf(exported, path);
  const read = contractSchema.safeParse(exported["contract"] ?? {});
  if (!read.success)
    throw new Error(
      `contract of ${path}: ${read.error.issues.map(({ path: at, message }) => `${at.join(".") || "it"}: ${message}`).join("; ")}; ` +
        `known: ${Object.keys(contractSchema.shape).join(", ")}`,
    );
  const defaults = (exported["model"] as { readonly defaults?: object } | undefined)?.defaults;
  const options = {
    ...(defaults !== undefined && "seed" in defaults && { seeded: true }),
    ...read.data,
    ...(seed !== undefined && { seed }),
  };
  const { without = [] } = read.data;
  return { choice, checks: modelContract(choice, options as ModelContractOptions), without };
}
