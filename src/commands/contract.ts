/**
 * The contract of a custom module, a world, a model or a policy: `stagecraft contract ./mine.mjs`. A world's module exports either
 *
 *   export const open = (config, seed) => world;          // a world; with `attach(shared)` it is checked in another thread, too,
 *                                                         // with `oracle(world)` its probabilities are
 *   export const behaviour = (config) => ({ leave: … });  // or what is replaced in the built-in one (see `Behaviour`)
 *
 * a model's exports `fit` or `model` (see `openOwnModel`), and a policy's exports `policy` (see `serving/own-policy`).
 */
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Option } from "commander";
import { importOwnModule, ownModelContract } from "../models/index.js";
import { ownPolicyContract } from "../serving/index.js";
import { compiledUrl } from "../platform/compiled.js";
import { runJobs } from "../platform/jobs.js";
import type { RunControl } from "../types.js";
import {
  contractConfig,
  type Check,
  digestShards,
  joinWorld,
  loadBehaviour,
  openWorld,
  type Oracle,
  type OpenWorld,
  type SharedWorld,
  type World,
  worldContract,
} from "../world/index.js";
import { abortable } from "../lab/index.js";
import { addOptions, integer, jsonOption } from "./options.js";
import { print } from "./run.js";
import type { Verb } from "./verb.js";

export const contract: Verb = (program) => {
  const command = program
    .command("contract <module>")
    .description(
      "does your own world, model or policy pass its contract? The module exports open(config, seed) " +
        "or behaviour(config), or fit(rows, options) or model, or policy(config, context); exit code 1 when a check fails",
    )
    .action(async (path: string, { seed, json }: { readonly seed: string; readonly json?: boolean }) => {
      const from = integer("--seed", seed);
      const checked = await abortable((signal) =>
        contractVerb(path, { signal }, json === true ? () => undefined : print, from),
      );
      print(json === true ? JSON.stringify(checked.json, null, 1) : checked.text);
      if (checked.failed > 0) process.exitCode = 1;
    });
  const seed = new Option("--seed <integer>", "of the worlds that are opened, the rows that are fitted or the policy");
  addOptions(command, [seed.default("11"), jsonOption()]);
};

/** What a module of a custom world may export. */
interface WorldModule {
  readonly open?: OpenWorld;
  readonly attach?: (shared: SharedWorld) => World | Promise<World>;
  readonly oracle?: (world: World) => Oracle;
  readonly behaviour?: unknown;
}

/** What was found in a module, and what it must keep. */
export interface ModuleContract {
  readonly found: "world" | "ranker" | "retriever" | "policy";
  readonly name: string;
  readonly checks: readonly Check[];
  /** Checks that the module says it is not made to pass. */
  readonly without?: readonly string[];
}

/** A check's outcome. */
export interface CheckResult {
  readonly check: string;
  readonly passed: boolean;
  readonly fault?: string;
}

/**
 * What a module exports, and its checks. `seed`: of the worlds that are opened or the rows that are fitted.
 * @throws Error when there is no such module or it exports none of a world, a model and a policy
 */
export async function contractOf(path: string, seed?: number): Promise<ModuleContract> {
  const exported = await importOwnModule(path, "world, model or policy");
  if (typeof exported["open"] === "function" || typeof exported["behaviour"] === "function") {
    return { found: "world", name: path, checks: await checksOfWorld(exported as WorldModule, path, seed) };
  }
  if (typeof exported["policy"] === "function")
    return { found: "policy", name: path, checks: ownPolicyContract(exported, path, seed) };
  if (exported["fit"] === undefined && exported["model"] === undefined) {
    throw new Error(
      `no world, model or policy in ${path}: it exports ${Object.keys(exported).join(", ") || "nothing"}; ` +
        "allowed: open(config, seed) or behaviour(config) of a world, fit(rows, options) or model of a model, " +
        "policy(config, context) of a policy",
    );
  }
  const { choice, checks, without } = ownModelContract(exported, path, seed);
  return { found: choice.family, name: choice.name, checks, without };
}

async function checksOfWorld(
  { open, attach, oracle }: WorldModule,
  path: string,
  seed?: number,
): Promise<readonly Check[]> {
  if (extname(path).endsWith("ts"))
    throw new Error(`no world in ${path}: other threads open it again, and they read JavaScript; allowed: .mjs, .js`);
  const module = path.startsWith("file:") ? path : pathToFileURL(resolve(path)).href;
  const thread = async (shared: SharedWorld): Promise<readonly string[]> => {
    const [digests] = await runJobs(
      [
        {
          label: "another thread",
          module: compiledUrl("contract", import.meta.url).href,
          export: "playInThread",
          argument: { shared, module },
        },
      ],
      { workers: 1, in: "threads" }, // on the memory of this world
    );
    return digests as readonly string[];
  };
  const config = contractConfig();
  const options = {
    config,
    ...(seed !== undefined && { seed }),
    ...((open === undefined || attach !== undefined) && { thread }),
  };
  if (open !== undefined) return worldContract(open, { oracle: oracle ?? false, ...options });
  const behaviour = await loadBehaviour({ module, export: "behaviour", config });
  return worldContract((given, at) => openWorld(given, at, behaviour), options);
}

/**
 * A job: plays all shards of a shared world's open day in this thread.
 * @public called by its name, as a job
 */
export async function playInThread({
  shared,
  module,
}: {
  readonly shared: SharedWorld;
  readonly module: string;
}): Promise<readonly string[]> {
  const { attach } = (await import(module)) as WorldModule;
  return digestShards(attach === undefined ? await joinWorld(shared) : await attach(shared));
}

/** Runs checks one after another. `onResult` is called for each as it ends. */
export async function runContract(
  checks: readonly Check[],
  control: RunControl = {},
  onResult?: (result: CheckResult) => void,
): Promise<readonly CheckResult[]> {
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

/** `stagecraft contract`: what was found, a line a check as it ends, and a summary. `say` prints. */
export async function contractVerb(
  path: string,
  control: RunControl,
  say: (line: string) => void,
  seed?: number,
): Promise<{ readonly text: string; readonly failed: number; readonly json: Readonly<Record<string, unknown>> }> {
  const { found, name, checks, without = [] } = await contractOf(path, seed);
  say(`${found} ${name}: ${checks.length} checks`);
  for (const check of without) say(`left out by the file: ${check}`);
  const results = await runContract(checks, control, ({ check, passed, fault }) =>
    say(passed ? `ok    ${check}` : `FAIL  ${check}\n      ${fault ?? ""}`),
  );
  const failed = results.filter(({ passed }) => !passed).length;
  return {
    text: `${results.length - failed} passed, ${failed} failed`,
    failed,
    json: { found, name, path, passed: results.length - failed, failed, without, results },
  };
}
