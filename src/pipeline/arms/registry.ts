/** The one way to open an arm. */
import { openStore } from "../../data/index.js";
import { type ObservingPolicy, openOwnPolicy, type ServingStore, withAds } from "../../serving/index.js";
import type { Policy } from "../../types.js";
import type { Arm, ArmContext, BuiltInName, LocalArm, OpenBuiltIn, OpenedPolicy } from "./arm.js";

/** Files of the built-in policies. They are imported by a computed name, so that what plays one arm does not reach the code of all. */
const files: { readonly [Name in BuiltInName]: string } = {
  uniform: "uniform",
  logging: "logging",
  popularity: "popularity",
  learned: "learned",
  edge: "edge",
  batch: "batch",
  remote: "remote",
  oracle: "oracle",
  "watch-rate": "greedy",
  "topic-affinity": "greedy",
  "low-rank-tastes": "greedy",
};

/** Names of the built-in policies. */
export const builtInNames = Object.keys(files) as readonly BuiltInName[];

/** Modules of the arms' built-in policies: what `codeHash` must hear of, since no import names them. */
export function modulesOf(arms: readonly Arm[]): readonly string[] {
  return [...new Set(arms.flatMap(({ policy }) => ("module" in policy ? [] : [moduleOf(policy.kind)])))];
}

/** @throws Error for an unknown kind */
function moduleOf(kind: BuiltInName): string {
  if (!Object.hasOwn(files, kind)) throw new Error(`unknown policy: ${kind}; known: ${builtInNames.join(", ")}`);
  return import.meta.url.replace(/[^/]+(?=\.\w+$)/, files[kind]); // beside this file, with its ending
}

/**
 * Opens an arm on a world at the log's end: a policy with `observe` is told of the log's days, and in a world with campaigns ads stand on
 * its pages. @throws Error for an unknown kind, and what the policy throws
 */
export async function openArm(arm: LocalArm, context: Omit<ArmContext, "name">): Promise<OpenedPolicy> {
  const { name } = arm;
  const { world, past } = context;
  const { catalogue } = world;
  const opened = await openContent(arm, { ...context, name });
  const observe = (opened.policy as Partial<ObservingPolicy>).observe;
  if (observe !== undefined) for await (const events of past.days()) observe.call(opened.policy, events);
  if (!catalogue.campaigns?.count) return opened;
  const advertise = (policy: Policy): Policy => withAds(policy, { catalogue, ...past.ads, name });
  const { retrain } = opened;
  return {
    ...opened,
    policy: advertise(opened.policy),
    ...(retrain && {
      retrain: async (day, control) => {
        const next = await retrain(day, control);
        return next && advertise(next);
      },
    }),
  };
}

async function openContent({ policy }: LocalArm, context: ArmContext): Promise<OpenedPolicy> {
  if ("open" in policy) return policy.open(context);
  if ("module" in policy) {
    const { world, seed, name } = context;
    const stores: (ServingStore & { close(): void | Promise<void> })[] = [];
    const store = async (): Promise<ServingStore> => {
      const { catalogue } = world;
      const { prepared } = context.past;
      const opened = await openStore(catalogue, prepared && { from: prepared.aggregatesDir });
      stores.push(opened);
      if (!prepared) for await (const events of context.past.days()) await opened.append(events);
      return opened;
    };
    const close = async (): Promise<void> => {
      for (const opened of stores) await opened.close();
    };
    try {
      const { catalogue, config } = world;
      return { policy: await openOwnPolicy(policy, { catalogue, seed, name, slots: config.slots, store }), close };
    } catch (error) {
      await close();
      throw error;
    }
  }
  const { open } = (await import(moduleOf(policy.kind))) as { readonly open: OpenBuiltIn<never> };
  return open(policy as never, context);
}
