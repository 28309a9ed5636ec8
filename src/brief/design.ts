/**
 * A design derived from needs: of all plans that meet them the one with the most watch minutes, the cheapest among those within half a per
 * cent; and the parts that follow from it. Where no plan fits, the one that breaks its limits least, and the fewest changes that contradict
 * each other.
 */
import { changed, changes, midSize, type Change, type Needs } from "./needs.js";
import { partsOf, type Part } from "./parts.js";
import { judgePlan, plansFor, type Judged } from "./plan.js";
import { quantileOf, simulateFanOut } from "./fan-out.js";
import { keyOf, normal } from "../random.js";
import { unitCosts, type Prices } from "./unit-costs.js";

/** A design. */
export interface Design {
  readonly needs: Needs;
  readonly judged: Judged;
  readonly fits: boolean;
  readonly parts: readonly Part[];
}

/** A part that another need changed: the old choice under the new needs beside the new one. */
export interface Flip {
  readonly part: string;
  readonly before: string;
  readonly after: string;
}

/**
 * Derives a design.
 * @example design({ ...midSize, latencyMs: 20 }).parts
 */
export function design(needs: Needs = midSize, prices?: Prices): Design {
  const all = plansFor(needs).map((plan) => judgePlan(plan, needs, prices));
  const fitting = all.filter(({ breaks }) => breaks.length === 0);
  const best = Math.max(...fitting.map(({ watch }) => watch));
  const judged =
    fitting.length > 0
      ? least(
          fitting.filter(({ watch }) => watch >= best * 0.995),
          ({ dollars }) => dollars,
        )
      : least(all, (one) => Math.max(one.latencyMs / needs.latencyMs, one.dollars / needs.monthlyDollars));
  return { needs, judged, fits: fitting.length > 0, parts: partsOf(judged, needs, fitting.length > 0) };
}

/** Parts that two designs choose differently. */
export function flips(before: Design, after: Design): readonly Flip[] {
  return after.parts.flatMap(({ part, choice }) => {
    const old = before.parts.find((one) => one.part === part)!.choice;
    return old === choice ? [] : [{ part, before: old, after: choice }];
  });
}

/** Changes that no plan fits together, and what the nearest plan breaks. */
export interface Contradiction {
  readonly changes: readonly Change[];
  readonly breaks: readonly string[];
}

/**
 * All smallest sets of changes that contradict each other: none of a set may be left out of it. Empty where a plan fits. What is named is
 * what contradicts, not all that was asked.
 */
export function contradictions(before: Needs, after: Needs): readonly Contradiction[] {
  const made = changes.filter(({ field }) => before[field] !== after[field]);
  const sets = Array.from({ length: 2 ** made.length }, (_, bits) => made.filter((_one, i) => (bits >> i) % 2 === 1));
  const found: Contradiction[] = [];
  for (const set of sets.sort((a, b) => a.length - b.length)) {
    if (found.some((smaller) => smaller.changes.every((change) => set.includes(change)))) continue;
    const needs = { ...before, ...Object.fromEntries(set.map(({ field }) => [field, after[field]])) };
    const { fits, judged } = design(needs);
    if (!fits) found.push({ changes: set, breaks: judged.breaks });
  }
  return found;
}

/** Each question with what each usual answer changes: computed, not claimed. */
export function questions(needs: Needs = midSize): readonly (Pick<Change, "question" | "kind" | "option"> & {
  readonly answers: readonly { readonly answer: string; readonly needs: Needs; readonly flips: readonly Flip[] }[];
})[] {
  const usual = design(needs);
  return changes.map(({ question, kind, option, answers }) => ({
    question,
    kind,
    option,
    answers: answers.map((answer) => {
      const asked = changed(needs, option, answer);
      return { answer, needs: asked, flips: flips(usual, design(asked)) };
    }),
  }));
}

/** p99 of a page's retrieval by simulation, plain and hedged at the 95th percentile; in ms. Two replicas of a shard, 30 % busy. */
export function simulatedRetrieval(
  { judged }: Design,
  seed = 1,
): { readonly plainMs: number; readonly hedgedMs: number; readonly copies: number } {
  const search = judged.lines.find(({ name }) => name === "search of one shard")?.value ?? 0;
  if (search === 0) return { plainMs: 0, hedgedMs: 0, copies: 1 };
  const key = keyOf(seed, "simulated retrieval");
  const leaves = Math.min(judged.shards, 200);
  const serviceMs = (request: number, leaf: number, copy: number): number =>
    search * Math.exp(unitCosts.tailSigma.value * normal(key, request, leaf, copy));
  const ratePerSecond = (2 * 1000 * 0.3) / search; // two replicas of each shard, 30 % busy
  const plan = {
    leaves,
    replicas: 2,
    ratePerSecond,
    requests: Math.ceil(20_000 / Math.max(4, leaves)) * 2,
    seed,
    serviceMs,
  };
  const plain = simulateFanOut(plan);
  const hedged = simulateFanOut({ ...plan, hedgeAfterMs: quantileOf(plain.leafMs, 0.95) });
  const p99 = ({ latencyMs }: typeof plain): number => quantileOf(latencyMs, 0.99);
  return { plainMs: p99(plain), hedgedMs: p99(hedged), copies: hedged.copies };
}

function least<T>(all: readonly T[], of: (one: T) => number): T {
  return all.reduce((a, b) => (of(b) < of(a) ? b : a));
}
