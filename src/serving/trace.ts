/**
 * How pages were made: what each source offered, what each stage took, and every removal and every move with its reason. Stages take a
 * trace as their last argument and write into it only where one is given, so that pages are the same with it and without.
 */
import type { CandidateSource, FeatureSchema } from "../types.js";

/** A candidate that left, by the row of its request: `seen`, `language`, `duplicate of 17`, `rule NAME`, `creator cap` … */
export interface Removal {
  readonly row: number;
  readonly video: number;
  readonly stage: "retrieve" | "rerank";
  readonly reason: string;
}

/** A video whose 0-based place changed; `from` is its place before the step that the reason names. */
export interface Move {
  readonly row: number;
  readonly video: number;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/** What stages write of a batch of requests. */
export interface Trace {
  readonly sources: {
    readonly row: number;
    readonly source: CandidateSource;
    readonly offered: number;
    readonly taken: number;
  }[];
  readonly removed: Removal[];
  readonly moved: Move[];
  /** Of the whole batch; 0 without a clock. */
  readonly stages: { readonly stage: string; readonly ms: number }[];
  /** Names of what the ranker read. */
  features: readonly string[];
  /** Of the models, the index and the rules that answered. */
  versions: Readonly<Record<string, string>>;
}

/** A trace with nothing in it. */
export function newTrace(): Trace {
  return { sources: [], removed: [], moved: [], stages: [], features: [], versions: {} };
}

/** Names of a schema's columns: categories, then numbers. */
export function namesOf({ categories, numbers }: FeatureSchema): readonly string[] {
  return [...categories, ...numbers].map(({ name }) => name);
}
