/**
 * The contract of models: what any model must keep, built in or custom. A list of named checks for any test runner:
 *
 *   for (const check of modelContract(await openOwnModel("my-ranker.mjs"))) it(check.name, check.run);
 *
 * Checks fit on small planted rows whose truth is known and throw an Error with the fault, the value and what is allowed.
 */
import { rankerChecks } from "./ranker-checks.js";
import { retrieverChecks } from "./retriever-checks.js";
import type { ModelCheck, ModelContractOptions } from "./types.js";
import type { ModelChoice } from "../ladder.js";

/** The checks of a model, in the order in which they are best read. What cannot be asked is left out: files where it has no `load`. */
export function modelContract(choice: ModelChoice, options: ModelContractOptions = {}): readonly ModelCheck[] {
  const checks = choice.family === "ranker" ? rankerChecks(choice, options) : retrieverChecks(choice, options);
  return checks.filter(({ name }) => options.without?.includes(name) !== true);
}
