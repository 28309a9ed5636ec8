/** What the contract of models is made of: its checks, what may be said of a model, and how checks report a fault. */
import type { RunControl } from "../../types.js";

/** One promise of the contract. `run` throws when it is broken. */
export interface ModelCheck {
  readonly name: string;
  run(): void | Promise<void>;
}

/** What may be said of the model that is checked; all optional. */
export interface ModelContractOptions {
  /** Settings for the contract's few rows: a fit should take a second or two. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Of the rows and of the first fit; default 11. */
  readonly seed?: number;
  /** true: another seed must give another model; false: it must give the same one; absent: not asked. */
  readonly seeded?: boolean;
  /** Largest difference of two fits of one seed, relative to values above 1; default 0 on the portable backend, 1e-6 on the native one. */
  readonly tolerance?: number;
  /** Of a retriever: whether it knows users apart; default true. */
  readonly personal?: boolean;
  /** Checks that the model is not made to pass; allowed: `plantedRowCheck`. */
  readonly without?: readonly string[];
}

/** What a ranker that only adds up effects of single features cannot learn. */
export const plantedRowCheck = "the planted row ranks first";

/** A fitted model as the shared checks see it. */
export interface FittedSubject {
  /** All numbers it says about some of its probes, probe by probe, each as many. */
  says(probes: Int32Array): Float32Array;
  save?(dir: string): Promise<string>;
}

/** Any model as the shared checks see it. */
export interface ModelSubject {
  /** Rows or users it can be asked about. */
  readonly probes: number;
  readonly seed: number;
  readonly seeded?: boolean;
  readonly tolerance?: number;
  fit(seed: number, control?: RunControl): Promise<FittedSubject>;
  load?(dir: string): Promise<FittedSubject>;
}

/** Throws unless `attempt` throws or rejects with an Error whose message has every word. */
export async function mustRefuse(what: string, attempt: () => unknown, ...words: readonly string[]): Promise<void> {
  let fault: unknown;
  try {
    await attempt();
  } catch (error) {
    fault = error;
  }
  if (fault === undefined) throw new Error(`${what} is taken; allowed: to refuse it`);
  const message = fault instanceof Error ? fault.message : String(fault);
  const missing = words.filter((word) => !message.includes(word));
  if (message === "" || missing.length > 0)
    throw new Error(`${what} is refused with "${message}"; allowed: a message with ${missing.join(", ") || "words"}`);
}

/** A check that each of some attempts is refused with a message that has its words. */
export function refuses(
  name: string,
  attempts: () => Promise<readonly (readonly [what: string, attempt: () => unknown, ...words: string[]])[]>,
): ModelCheck {
  return {
    name,
    async run(): Promise<void> {
      for (const [what, attempt, ...words] of await attempts()) await mustRefuse(what, attempt, ...words);
    },
  };
}
