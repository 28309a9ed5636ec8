/** The parts of a design in words: what a plan means for each, and why. */
import type { Needs } from "./needs.js";
import { edgeVideos, n, type Judged, type Plan } from "./plan.js";
import { unitCosts } from "./unit-costs.js";

/** One part of a design, and why. */
export interface Part {
  readonly part: string;
  readonly choice: string;
  readonly because: string;
}

/** The parts of a judged plan: what each is, and what of the needs made it so. */
export function partsOf({ plan, shards, latencyMs, dollars }: Judged, needs: Needs, fits: boolean): readonly Part[] {
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

/** How the index is divided, and why. */
function shardsOf(shards: number, videos: number, edge: boolean): [choice: string, because: string] {
  if (edge) return ["none", "each device searches what it holds"];
  if (shards <= 1) return ["one, replicated", "all videos fit into one machine's memory"];
  return [
    `${shards} shards, ${shards >= 10 ? "hedged at the 95th percentile, with cancelling" : "not hedged"}`,
    `${n(videos)} × ${unitCosts.indexBytes.value} bytes do not fit into 48 GB; a page waits for the slowest`,
  ];
}
