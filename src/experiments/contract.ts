/**
 * The contract on a world in a person's own module: `stagecraft contract ./my-world.mjs`. The module exports either
 *
 *   export const open = (config, seed) => world;          // a world; with `attach(shared)` it is checked in another thread, too,
 *                                                         // with `oracle(world)` its probabilities are
 *   export const behaviour = (config) => ({ leave: … });  // or what is replaced in the built-in one (see `Behaviour`)
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { compiledUrl, runJobs } from "../platform/threads.js";
import type { RunControl } from "../types.js";
import { contractConfig, type Check, type ContractOptions, digestShards, joinWorld, loadBehaviour, openWorld, type Oracle, type OpenWorld, type SharedWorld, type World, worldContract } from "../world/index.js";

/** What a module of a person's own world may export. */
interface WorldModule {
  readonly open?: OpenWorld;
  readonly attach?: (shared: SharedWorld) => World | Promise<World>;
  readonly oracle?: (world: World) => Oracle;
  readonly behaviour?: unknown;
}

/** A check's outcome. */
export interface CheckResult {
  readonly check: string;
  readonly passed: boolean;
  readonly fault?: string;
}

/**
 * The checks of a module's world.
 * @throws Error when there is no such module or it exports no world
 */
export async function contractOf(path: string, options: ContractOptions = {}): Promise<readonly Check[]> {
  const module = path.startsWith("file:") ? path : pathToFileURL(resolve(path)).href;
  const exported = (await import(module).catch((cause: unknown) => {
    throw new Error(`no world in ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  })) as WorldModule;
  const attaches = exported.open === undefined || exported.attach !== undefined;
  const thread = async (shared: SharedWorld): Promise<readonly string[]> => {
    const [digests] = await runJobs([{ label: "another thread", module: compiledUrl("contract", import.meta.url).href, export: "playInThread", argument: { shared, module } }], 1);
    return digests as readonly string[];
  };
  const all: ContractOptions = { config: contractConfig(), ...(attaches && { thread }), ...options };
  if (typeof exported.open === "function") return worldContract(exported.open, { oracle: exported.oracle ?? false, ...all });
  if (typeof exported.behaviour !== "function") throw new Error(`no world in ${path}: it exports ${Object.keys(exported).join(", ") || "nothing"}; allowed: open(config, seed), or behaviour(config)`);
  const behaviour = await loadBehaviour({ module, export: "behaviour", config: all.config });
  return worldContract((config, seed) => openWorld(config, seed, behaviour), all);
}

/** A job: plays all shards of a shared world's open day in this thread. */
export async function playInThread({ shared, module }: { readonly shared: SharedWorld; readonly module: string }): Promise<readonly string[]> {
  const { attach } = (await import(module)) as WorldModule;
  return digestShards(attach === undefined ? await joinWorld(shared) : await attach(shared));
}

/** Runs checks one after another. `onResult` hears of each as it ends. */
export async function runContract(checks: readonly Check[], control: RunControl = {}, onResult?: (result: CheckResult) => void): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  for (const { name, run } of checks) {
    control.signal?.throwIfAborted();
    let result: CheckResult = { check: name, passed: true };
    try {
      await run();
    } catch (error) {
      result = { check: name, passed: false, fault: error instanceof Error ? error.message : String(error) };
    }
    results.push(result);
    onResult?.(result);
    control.onProgress?.("checks", results.length, checks.length, name);
  }
  return results;
}

/** `stagecraft contract`: a line a check as it ends, and a summary. `say` prints. */
export async function contractVerb(path: string, control: RunControl, say: (line: string) => void, seed?: number): Promise<{ readonly text: string; readonly failed: number; readonly json: Readonly<Record<string, unknown>> }> {
  const checks = await contractOf(path, seed === undefined ? {} : { seed });
  const results = await runContract(checks, control, ({ check, passed, fault }) => say(passed ? `ok    ${check}` : `FAIL  ${check}\n      ${fault ?? ""}`));
  const failed = results.filter(({ passed }) => !passed).length;
  return { text: `${results.length - failed} passed, ${failed} failed`, failed, json: { world: path, passed: results.length - failed, failed, results } };
}
