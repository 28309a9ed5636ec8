/**
 * A policy of one's own: one file with one function, opened wherever it plays (this thread, a worker, a process).
 *
 *   export const policy = (config, { catalogue, seed, name, slots, store }) => ({
 *     name,
 *     openDay(day, yesterday) {},                      // midnight before `day`; `yesterday` is the arm's own day, or undefined
 *     recommend(requests) { return slates; },          // a page for each request, with its propensities
 *     apply(events) {},                                // the batch just answered, with what users did
 *   });
 *
 * It may also have `observe(events)`, which is told of every day of the log before the first `openDay`, and `close()`. The factory may be
 * async. `config` is {} where nobody gave one. `stagecraft contract FILE` checks it; `stagecraft compare --policy FILE` plays it.
 */
import { importOwnModule } from "../models/contract/own-module.js";
import type { Policy } from "../types.js";
import { factoryOf, makePolicy, type PolicyContext, type PolicyModule } from "./policy-module.js";

/** The exports of a file with a policy. @throws Error when there is no such file, or it exports no function `policy` */
export async function findOwnPolicy(file: string): Promise<Readonly<Record<string, unknown>>> {
  const exported = await importOwnModule(file, "policy");
  factoryOf(exported, { module: file });
  return exported;
}

/** Opens a policy of a module. @throws Error when there is no such file, no such export, or what is made is no policy */
export async function openOwnPolicy(policy: PolicyModule, context: PolicyContext): Promise<Policy> {
  return makePolicy(await importOwnModule(policy.module, "policy"), policy, context);
}
