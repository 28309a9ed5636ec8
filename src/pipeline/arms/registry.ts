/** The one way to open an arm. Built-in policies are imported when they are opened, so that an arm reaches no more code than its own. */
import { openStore } from "../../data/index.js";
import { type ObservingPolicy, openOwnPolicy, type ServingStore, withAds } from "../../serving/index.js";
import type { Policy } from "../../types.js";
import type { ArmContext, BuiltIn, BuiltInName, LocalArm, OpenBuiltIn, OpenedPolicy } from "./arm.js";

const builtIns: { readonly [Name in BuiltInName]: () => Promise<{ readonly open: OpenBuiltIn<Name> }> } = {
  uniform: () => import("./uniform.js"),
  logging: () => import("./logging.js"),
  popularity: () => import("./popularity.js"),
  learned: () => import("./learned.js"),
  oracle: () => import("./oracle.js"),
  "watch-rate": () => import("./greedy.js"),
  "topic-affinity": () => import("./greedy.js"),
  "low-rank-tastes": () => import("./greedy.js"),
};

/** Names of the built-in policies. */
export const builtInNames = Object.keys(builtIns) as readonly BuiltInName[];

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
  const load = builtIns[policy.kind] as (() => Promise<{ readonly open: OpenBuiltIn<never> }>) | undefined;
  if (load === undefined)
    throw new Error(`unknown policy: ${(policy as BuiltIn).kind}; known: ${builtInNames.join(", ")}`);
  return (await load()).open(policy as never, context);
}
