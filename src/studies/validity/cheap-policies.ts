/**
 * Recommenders that answer without a model file: what a world is judged with when it is played many times. All but the oracles
 * see only the catalogue and the log; those that learn have learned up to the evening on which the arms fork, and hold back
 * what a user has clicked.
 */
import { createLoggingPolicy } from "../../serving/logging-policy.js";
import { emptySlates, liveOn, sourceCode } from "../../serving/slates.js";
import { createUniformPolicy } from "../../serving/uniform-policy.js";
import { languages, type Impressions, type Policy, type RequestBatch, type SlateBatch } from "../../types.js";
import { openOracle, type Goal, type World } from "../../world/index.js";
import type { Knowledge } from "./knowledge.js";

/** The recommenders, from the worst that is sensible to the two that know the truth. */
export const cheapPolicies = [
  "uniform",
  "logging",
  "popularity",
  "topic affinity",
  "low-rank tastes",
  "click oracle",
  "watch oracle",
] as const;
export type CheapPolicyName = (typeof cheapPolicies)[number];

/** Opens one on the evening of the log. `knowledge` must be of that log. */
export function openCheapPolicy(
  name: CheapPolicyName,
  world: World,
  log: readonly Impressions[],
  knowledge: Knowledge,
): Policy {
  const { catalogue, seed, config } = world;
  switch (name) {
    case "uniform":
      return createUniformPolicy({ catalogue, seed, slots: config.slots });
    case "logging": {
      const policy = createLoggingPolicy({ catalogue, seed, config: { slots: config.slots } });
      for (const events of log) policy.observe(events);
      return policy;
    }
    case "popularity":
      return greedy(name, world, knowledge, () => undefined, false);
    case "topic affinity":
      return greedy(name, world, knowledge, (user) => row(knowledge.affinity, user, config.topics), true);
    case "low-rank tastes":
      return greedy(name, world, knowledge, (user) => row(knowledge.lowRank, user, config.topics), true);
    case "click oracle":
      return oracle(name, world, "click");
    case "watch oracle":
      return oracle(name, world, "watch");
  }
}

/** Best first by watch rate × the user's lift of the topic × the lift of the language; ties to the smaller id. */
function greedy(
  name: CheapPolicyName,
  world: World,
  { watchRate, languageLift, clicked }: Knowledge,
  lift: (user: number) => Float64Array | undefined,
  byLanguage: boolean,
): Policy {
  const { catalogue, config } = world;
  const { topic, language } = catalogue.videos;
  const seen = clicked.map((videos) => new Set(videos));
  const code = sourceCode(byLanguage ? "affinity" : "popular");
  const score = (user: number, lifts: Float64Array | undefined, v: number): number =>
    watchRate[v]! *
    (lifts === undefined ? 1 : lifts[topic[v]!]!) *
    (byLanguage ? languageLift[catalogue.users.language[user]! * languages.length + language[v]!]! : 1);
  return answering(
    name,
    world,
    code,
    (user, live, out) => {
      const lifts = lift(user);
      const scores = new Float64Array(out.length).fill(-Infinity);
      let filled = 0;
      for (let v = 0; v < live; v++) {
        const x = score(user, lifts, v);
        if (filled === out.length && x <= scores[filled - 1]!) continue;
        if (seen[user]!.has(v)) continue;
        let k = filled < out.length ? filled++ : filled - 1;
        for (; k > 0 && scores[k - 1]! < x; k--) {
          scores[k] = scores[k - 1]!;
          out[k] = out[k - 1]!;
        }
        scores[k] = x;
        out[k] = v;
      }
    },
    (events) => {
      for (let i = 0; i < events.count; i++) if (events.click[i] === 1) seen[events.user[i]!]!.add(events.video[i]!);
    },
    config.slots,
  );
}

/** Each page holds the videos of highest true expectation for this user now. */
function oracle(name: CheapPolicyName, world: World, goal: Goal): Policy {
  const truth = openOracle(world);
  return answering(
    name,
    world,
    sourceCode("oracle"),
    (user, live, out, context) => truth.best(user, live, context, goal, out),
    () => undefined,
    world.config.slots,
  );
}

type Fill = (
  user: number,
  live: number,
  out: Int32Array,
  context: { readonly timeMs: number; readonly device: number },
) => void;

/** A deterministic policy from a function that fills one page. */
function answering(
  name: string,
  world: World,
  source: number,
  fill: Fill,
  apply: (events: Impressions) => void,
  slots: number,
): Policy {
  return {
    name,
    openDay: () => undefined,
    apply,
    recommend(requests: RequestBatch): SlateBatch {
      const slates = emptySlates(requests.count, slots);
      const live = liveOn(world.catalogue, requests.day);
      slates.source.fill(source);
      for (let r = 0; r < requests.count; r++)
        fill(requests.user[r]!, live, slates.video.subarray(r * slots, (r + 1) * slots), {
          timeMs: requests.timeMs[r]!,
          device: requests.device[r]!,
        });
      return slates;
    },
  };
}

function row(values: Float64Array, user: number, width: number): Float64Array {
  return values.subarray(user * width, (user + 1) * width);
}
