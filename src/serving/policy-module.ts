/** A policy by module, so that it can be opened wherever it plays: this thread, a worker, a process. See `own-policy.ts` for a person's. */
import type { Catalogue, Day, Impressions, Policy } from "../types.js";
import { requireOpenDay } from "./slates.js";
import type { ServingStore } from "./store.js";

/** A policy by module: a path or `file:` address of .mjs, .js, .ts or .mts, and the name of the factory it exports. */
export interface PolicyModule {
  readonly module: string;
  readonly export?: string; // default: policy
  readonly config?: unknown;
}

/** What a policy's factory is given. */
export interface PolicyContext {
  readonly catalogue: Catalogue;
  readonly seed: number; // of the policy's own draws
  readonly name: string; // in the log
  readonly slots: number; // videos on a page
  /**
   * Opens a feature store that knows the log so far. The policy tells it of midnights (`append`, `openDay`) and events (`apply`);
   * others close it.
   */
  store(): Promise<ServingStore>;
}

/** Makes a policy. */
export type PolicyFactory = (config: never, context: PolicyContext) => Policy | Promise<Policy>;

/** A policy that is told of the log's days, in any order, before its first `openDay`. */
export interface ObservingPolicy extends Policy {
  observe(events: Impressions): void;
}

/** The factory among a module's exports. @throws Error when there is none */
export function factoryOf(
  exported: Readonly<Record<string, unknown>>,
  { module, export: name = "policy" }: PolicyModule,
): PolicyFactory {
  const factory = exported[name];
  if (typeof factory === "function") return factory as PolicyFactory;
  const known = Object.keys(exported).join(", ") || "nothing";
  const form = `export const ${name} = (config, context) => ({ name, openDay, recommend, apply })`;
  throw new Error(`no policy in ${module}: it has no function "${name}"; it exports ${known}; allowed: ${form}`);
}

/** Makes the policy of an imported module. @throws Error when the export is no factory, or its result is no policy */
export async function makePolicy(
  exported: Readonly<Record<string, unknown>>,
  policy: PolicyModule,
  context: PolicyContext,
): Promise<Policy> {
  const made: unknown = await factoryOf(exported, policy)((policy.config ?? {}) as never, context);
  const record = (typeof made === "object" && made !== null ? made : {}) as Readonly<Record<string, unknown>>;
  const missing = ["openDay", "recommend", "apply"].filter((part) => typeof record[part] !== "function");
  if (typeof record["name"] !== "string" || record["name"] === "") missing.unshift("name");
  if (missing.length > 0)
    throw new Error(`no policy in ${policy.module}: what its factory returned lacks ${missing.join(", ")}`);
  return guarded(made as Policy);
}

/** The same policy, refusing requests of a day that is not open, so that a person's need not. */
function guarded(policy: Policy & Partial<ObservingPolicy>): Policy {
  let today: Day = -1;
  return {
    name: policy.name,
    async openDay(day, yesterday) {
      await policy.openDay(day, yesterday);
      today = day;
    },
    recommend(requests) {
      requireOpenDay(requests, today, policy.name);
      return policy.recommend(requests);
    },
    apply: (events) => policy.apply(events),
    ...(policy.observe && { observe: (events: Impressions) => policy.observe?.(events) }),
    close: () => policy.close?.(),
  };
}
