/**
 * A design derived from needs: of all plans that meet them the one with the most watch minutes, the cheapest among those within half a per
 * cent; and the parts that follow from it. Where no plan fits, the one that breaks its limits least, and the fewest changes that contradict
 * each other.
 */
import { changed, changes, midSize, type Change, type Needs } from "./needs.js";
import { edgeVideos, judgePlan, n, plansFor, type Judged, type Plan } from "./plan.js";
import { quantileOf, simulateFanOut } from "./fan-out.js";
import { keyOf, normal } from "../random.js";
import { unitCosts, type Prices } from "./unit-costs.js";

/** One part of a design, and why. */
export interface Part {
  readonly part: string;
  readonly choice: string;
  readonly because: string;
}

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

/** How the index is divided, and why. */
function shardsOf(shards: number, videos: number, edge: boolean): [choice: string, because: string] {
  if (edge) return ["none", "each device searches what it holds"];
  if (shards <= 1) return ["one, replicated", "all videos fit into one machine's memory"];
  return [
    `${shards} shards, ${shards >= 10 ? "hedged at the 95th percentile, with cancelling" : "not hedged"}`,
    `${n(videos)} × ${unitCosts.indexBytes.value} bytes do not fit into 48 GB; a page waits for the slowest`,
  ];
}

function partsOf({ plan, shards, latencyMs, dollars }: Judged, needs: Needs, fits: boolean): readonly Part[] {
  const { serving, ranker, candidates } = plan;
  const edge = serving === "edge";
  const known = needs.historyDays > 0 || edge; // on a device the past stays there
  const ranked = ranker !== "none";
  const many = needs.newcomers >= 0.3 || !known;
  const part = (name: string, choice: string, because: string): Part => ({ part: name, choice, because });
  const because = fits
    ? `of the plans that fit ${n(needs.latencyMs)} ms and ${n(needs.monthlyDollars)} $ it keeps the most watch minutes`
    : "no plan fits: this one breaks the limits least";
  return [
    part(
      "serving",
      { online: "online, a page per request", batch: "nightly lists, looked up", edge: "on the device" }[serving],
      edge
        ? "there is no network when a page is made"
        : `${because}; p99 ${n(latencyMs)} ms, ${n(dollars)} $ per month`,
    ),
    part(
      "sources",
      ranked
        ? many
          ? "two towers 40 %, popular by segment 30 %, fresh 30 %"
          : "two towers 60 %, popular 25 %, fresh 15 %"
        : "popular by segment, fresh, co-watched in the session",
      !known
        ? "without a history nothing is known but the request and this visit"
        : many
          ? "newcomers have no ids: what is popular in their segment and new uploads fill the page"
          : "most users have a history; popular and fresh cover what the towers have not seen",
    ),
    part(
      "retrieval",
      !ranked ? "lists by segment in memory" : edge ? "exact search over int8 vectors" : "HNSW over f16 vectors",
      edge
        ? `exact search is quick enough for ${n(edgeVideos)} videos; a graph would double the bundle`
        : ranked
          ? `${n(needs.videos)} vectors in search time that grows with their logarithm`
          : "nothing to search for",
    ),
    part("shards", ...shardsOf(shards, needs.videos, edge)),
    part(
      "ranker",
      ranked ? ranker : "none: sorted lists",
      ranked
        ? because
        : known
          ? "no ranker fits the limits"
          : "a ranker without the user's history orders as the list does: its price buys nothing",
    ),
    part(
      "candidates",
      ranked ? String(candidates) : "the list itself",
      ranked
        ? "more cost machines; of 8,000 videos 25 were enough in arms, of more a loss is assumed"
        : "nothing is ranked",
    ),
    part("user features", ...featuresOf(plan, known)),
    part(
      "model size",
      edge ? "int8 weights and vectors" : "f32 weights, f16 vectors",
      edge ? "bytes to download, and one core" : "memory is cheap beside cores",
    ),
    part("retraining", ...retrainingOf(edge, ranked, many)),
    part(
      "exploration",
      edge ? "none" : many ? "10 % of newcomers' first pages, 2 % of others" : "2 % of candidates",
      edge
        ? "what is shown cannot be logged"
        : many
          ? "the first answers of a newcomer are worth more than the first page's clicks"
          : "keeps propensities above zero, so that the log can judge other policies",
    ),
    part(
      "monitoring",
      edge
        ? "counters that users agree to, by bundle version"
        : many
          ? "drift in strata: newcomers apart from others"
          : "drift of features by user and day, calibration, p99 per stage",
      edge
        ? "no request reaches us"
        : many
          ? "a change of the mix is not a change of taste"
          : "each has an alarm with a threshold from its own history",
    ),
    part(
      "experiments",
      edge
        ? "staged rollout of bundles to random devices"
        : !known
          ? "by visit, page metrics only"
          : needs.newcomers >= 0.3
            ? "by user, newcomers as a stratum, first-week return as guardrail"
            : "by user with CUPED, day-7 return as guardrail",
      edge
        ? "the unit is the installed bundle"
        : !known
          ? "without an id no user returns, so retention cannot be measured: a price of the constraint"
          : "assigned users count, whether they come or not",
    ),
  ];
}

function least<T>(all: readonly T[], of: (one: T) => number): T {
  return all.reduce((a, b) => (of(b) < of(a) ? b : a));
}

function featuresOf({ serving, store }: Plan, known: boolean): readonly [choice: string, because: string] {
  if (serving === "edge") return ["on the device", "nothing leaves it"];
  if (!known) return ["of this visit only", "nothing may be kept"];
  if (serving === "batch")
    return ["read by the nightly job", "the job reads all users at once; a page only looks up its list"];
  if (store === "remote") return ["remote store, one batched read", "one copy for all machines; its round trip fits"];
  const because = `a round trip of ${unitCosts.remoteMs.value} ms is too dear here, or costs more cores than a second copy costs memory`;
  return ["in the ranking process, users routed to their replica", because];
}

function retrainingOf(edge: boolean, ranked: boolean, many: boolean): readonly [choice: string, because: string] {
  if (edge) return ["weekly bundle, differences only", "a device takes a bundle when it has a network"];
  const popular = "what is popular and new is all that a newcomer's page has";
  if (!ranked) return ["counts every hour", popular];
  return many
    ? ["ranker daily, counts every hour", popular]
    : ["ranker daily, warm; towers weekly", "tastes move slowly, uploads every day"];
}
