/**
 * The truth, for judging only: exact expectations of what a user would do with a video, given the state of the world at
 * that moment. Experiments receive it as an argument; no recommender under evaluation may hold it.
 */
import type { Day } from "../../types.js";
import { newBehaviourContext } from "../people/behaviour.js";
import { bestOf } from "./best-slate.js";
import { affinity, clickLogit, examination, look, newViewer, sigmoid } from "../choice/choice.js";
import { bestVideos, fullLogit, meanFraction, meanJoy, meanReward, valueOf } from "./judge.js";
import type { Goal, Judge } from "./judge.js";
import { clickChances, newPageWeights, weighPage } from "../choice/page-choice.js";
import { churnProbability, visitProbability } from "../choice/session.js";
import { botStyles, followLength, latentDim, maxModes, memoryLength, trait, traitWidth } from "../state.js";
import type { BotStyle } from "../state.js";
import { entropyOf, modesOf, nearestTopics, tasteSpread, topicInterest } from "../people/taste.js";
import { topicCentroids } from "../content/topics.js";
import { stateOf } from "../world.js";
import type { World } from "../world.js";

/** When and on which device a page is requested. */
export interface RequestContext {
  readonly timeMs: number; // since midnight
  readonly device: number; // index into devices
}

/** Expectations per video, given that it is examined; multiply by `examination` for a position. Callers make the columns. */
export interface Expected {
  readonly clickProbability: Float32Array; // [videos] in [0, 1]
  readonly watchMs: Float32Array; // [videos] click probability × mean watch time
  readonly satisfaction: Float32Array; // [videos] click probability × mean enjoyment (before hides)
}

/** Columns for what is expected of so many videos. */
export function emptyExpected(videos: number): Expected {
  return {
    clickProbability: new Float32Array(videos),
    watchMs: new Float32Array(videos),
    satisfaction: new Float32Array(videos),
  };
}

/** What is expected of one page, by slot; [slots]. */
export interface SlateExpectation {
  readonly clickProbability: Float64Array;
  readonly watchMs: Float64Array; // click probability × mean watch time (the log floors each to whole ms)
  readonly satisfaction: Float64Array; // click probability × mean enjoyment (before hides); 0 for ads
}

/** Answers about a world. */
export interface Oracle {
  /** Fills `out` for the first `count` of `videos` (default: all). */
  expected(user: number, videos: Int32Array, context: RequestContext, out: Expected, count?: number): void;
  /**
   * The `out.length` best of the first `live` videos for a goal, best first, ties by id; -1 pads. `scores`, if given,
   * receives their expectations (probability, ms, or enjoyment, per examined impression).
   */
  best(user: number, live: number, context: RequestContext, goal: Goal, out: Int32Array, scores?: Float32Array): void;
  /**
   * What is expected of a whole page under the world's choice model, exactly: `slate` has `slots` videos, -1 = empty; `campaign` says
   * which are ads. Exact at the moment the page is requested.
   */
  expectedAt(user: number, slate: Int32Array, context: RequestContext, campaign?: Int16Array): SlateExpectation;
  /**
   * The page of the first `live` videos with the largest sum of a goal under the world's choice model, into `out` [slots]; returns that
   * sum.
   */
  bestSlate(user: number, live: number, context: RequestContext, goal: Goal, out: Int32Array): number;
  /** P(examined) by position. [slots] */
  examination(user: number): Float64Array;
  /** P(the user visits on `day`), in the current state. */
  visitProbability(user: number, day: Day): number;
  /** Hidden satisfaction, in (-1, 1). */
  satisfaction(user: number): number;
  /** Mean over `users` of the expectation, without memory of what each has watched: ideal popularity. [live] */
  popularity(users: Int32Array, live: number, context: RequestContext, goal: Goal): Float64Array;
  /** Hidden facts of a video. */
  video(video: number): VideoTruth;
  /** Topics of a user's taste modes, strongest first; where tastes move, the topics they are nearest to now. */
  tastes(user: number): readonly number[];
  /** A user's taste modes in the latent space. [modes, latentDim] */
  modes(user: number): Float64Array;
  /** A video's place in the latent space. [latentDim] */
  latent(video: number): Float64Array;
  /**
   * Click logits given examination without the changing parts (satiation, memory, follows, trend, shocks): the utilities that parameter
   * recovery is judged by. [users, videos]
   */
  utilities(users: Int32Array, videos: Int32Array, context: RequestContext): Float64Array;
  /** Interest in each topic, in [0, 1]. [topics] */
  interests(user: number): Float64Array;
  /** Entropy, in nats, of one user's interest over topics: falls as interests narrow (a filter bubble). */
  tasteEntropy(user: number): number;
  /** Entropy, in nats, of the mean interest of users over topics: falls as all users come to like the same topics (homogenisation). */
  sharedEntropy(users: Int32Array): number;
  /** Mean of 1 − cosine over pairs of taste modes, in [0, 2]: falls as a user's interests become alike. */
  tasteSpread(user: number): number;
  /** Whether the user has left for good. */
  churned(user: number): boolean;
  /** P(leaving for good at the end of today), if the user visits today and satisfaction does not change. */
  churnProbability(user: number): number;
  /** Creators followed, in no particular order. */
  followed(user: number): readonly number[];
  /** Style of fraud, or undefined for a person. */
  bot(user: number): BotStyle | undefined;
  /** The video that a video repeats, or itself. */
  duplicateOf(video: number): number;
}

/** What the platform cannot see about a video. */
export interface VideoTruth {
  readonly topic: number; // true one
  readonly quality: number; // standard normal
  readonly looks: number; // standard normal, correlated with quality
  readonly clickbait: number; // in [0, 1]
}

/** Opens the truth of a world (also of an attached one). Answers follow the world's state as it moves. */
export function openOracle(world: World): Oracle {
  const state = stateOf(world);
  const { config, traits, catalogue } = state;
  const viewer = newViewer();
  const weights = newPageWeights();
  const asked = newBehaviourContext();
  const stamps = new Int32Array(catalogue.videos.count); // originals the user remembers carry the number of the question
  const judge: Judge = { state, viewer, context: asked, stamps, question: 0 };
  let centre: Float64Array | undefined;
  const centres = (): Float64Array => (centre ??= topicCentroids(config, latentDim, state.keys));
  const tastesMove =
    config.tasteWalk > 0 ||
    config.tasteReinforcement > 0 ||
    config.drift.some(({ kind, shape }) => kind === "concept" && shape === "recurring");

  const ask = (user: number, context: RequestContext): void => {
    mustBe("user", user, catalogue.users.count);
    look(state, viewer, user, context.device, context.timeMs);
    Object.assign(asked, {
      user,
      day: world.day >= 0 ? world.day : state.now.control[1]! + 1,
      page: 0,
      position: -1,
      timeMs: context.timeMs,
      device: context.device,
      satisfaction: state.now.satisfaction[user]!,
    });
    judge.question++;
    const from = user * memoryLength;
    for (let i = from; i < from + memoryLength; i++) {
      const remembered = state.now.memory[i]!;
      if (remembered > 0) stamps[remembered - 1] = judge.question;
    }
  };

  return {
    expected(user, videos, context, out, count = videos.length): void {
      ask(user, context);
      for (let i = 0; i < count; i++) {
        const v = videos[i]!;
        const a = affinity(state, viewer, v);
        const p = sigmoid(fullLogit(judge, v, a));
        const mean = meanFraction(judge, v, a);
        out.clickProbability[i] = p;
        out.watchMs[i] = p * mean * traits[v * traitWidth + trait.durationMs]!;
        out.satisfaction[i] = p * meanJoy(judge, v, mean);
      }
    },
    best(user, live, context, goal, out, scores): void {
      ask(user, context);
      bestVideos(judge, live, goal, out, scores && scores.length >= out.length ? scores : new Float32Array(out.length));
    },
    expectedAt(user, slate, context, campaign): SlateExpectation {
      ask(user, context);
      const { slots } = config;
      if (slate.length !== slots)
        throw new RangeError(`slate has ${slate.length} videos; allowed: ${slots}, -1 for an empty slot`);
      for (const v of slate) mustBe("video", v, catalogue.videos.count, -1);
      const out: SlateExpectation = {
        clickProbability: new Float64Array(slots),
        watchMs: new Float64Array(slots),
        satisfaction: new Float64Array(slots),
      };
      weighPage(state, viewer, asked, slate, 0, campaign, weights);
      clickChances(state, weights, out.clickProbability);
      for (let k = 0; k < slots; k++) {
        const v = slate[k]!;
        if (v < 0) continue;
        asked.position = k;
        const p = out.clickProbability[k]!;
        const mean = meanFraction(judge, v, weights.affinity[k]!);
        out.watchMs[k] = p * mean * traits[v * traitWidth + trait.durationMs]!;
        out.satisfaction[k] = campaign && campaign[k]! > 0 ? 0 : p * meanJoy(judge, v, mean);
      }
      return out;
    },
    bestSlate(user, live, context, goal, out): number {
      ask(user, context);
      mustBe("number of live videos", live, catalogue.videos.count + 1);
      const logit = new Float64Array(live);
      const reward = new Float64Array(live);
      for (let v = 0; v < live; v++) {
        const a = affinity(state, viewer, v);
        logit[v] = fullLogit(judge, v, a);
        reward[v] = meanReward(judge, v, a, goal);
      }
      return bestOf(config, examination(state, user, config.slots), logit, reward, out);
    },
    examination: (user) => examination(state, user, config.slots),
    visitProbability: (user, day) => visitProbability(state, user, day),
    satisfaction: (user) => state.now.satisfaction[user]!,
    popularity(users, live, context, goal): Float64Array {
      const mean = new Float64Array(live);
      for (const user of users) {
        look(state, viewer, user, context.device, context.timeMs);
        judge.question++; // no video counts as watched
        viewer.follows = false;
        for (let v = 0; v < live; v++) mean[v] = mean[v]! + valueOf(judge, v, goal, -Infinity);
      }
      for (let v = 0; v < live; v++) mean[v] = mean[v]! / users.length;
      return mean;
    },
    video(video): VideoTruth {
      const at = video * traitWidth;
      return {
        topic: traits[at + trait.topic]!,
        quality: traits[at + trait.quality]!,
        looks: traits[at + trait.looks]!,
        clickbait: traits[at + trait.bait]!,
      };
    },
    tastes: (user) =>
      tastesMove
        ? nearestTopics(state, user, centres())
        : Array.from({ length: state.users.modeCount[user]! }, (_, m) => state.now.modeTopic[user * maxModes + m]!),
    modes: (user) => modesOf(state, user),
    latent: (video) => Float64Array.from(traits.subarray(video * traitWidth, video * traitWidth + latentDim)),
    utilities(users, videos, context): Float64Array {
      const out = new Float64Array(users.length * videos.length);
      users.forEach((user, i) => {
        look(state, viewer, user, context.device, context.timeMs);
        videos.forEach((v, j) => {
          const topic = traits[v * traitWidth + trait.topic]!;
          const passing =
            state.now.trend[topic]! +
            state.now.shock[topic]! -
            config.tasteStrength * config.topicSatiation * state.now.satiation[viewer.satiationAt + topic]!;
          out[i * videos.length + j] = clickLogit(state, viewer, v, affinity(state, viewer, v)) - passing;
        });
      });
      return out;
    },
    interests: (user) => topicInterest(state, user, centres()),
    tasteEntropy: (user) => entropyOf(topicInterest(state, user, centres())),
    sharedEntropy(users): number {
      const sum = new Float64Array(config.topics);
      for (const user of users)
        topicInterest(state, user, centres()).forEach((x, t) => {
          sum[t] = sum[t]! + x;
        });
      return entropyOf(sum);
    },
    tasteSpread: (user) => tasteSpread(state, user),
    churned: (user) => state.now.churned[user] === 1,
    churnProbability: (user) => churnProbability(state, user),
    followed: (user) =>
      [...state.now.followed.subarray(user * followLength, (user + 1) * followLength)]
        .filter((id) => id > 0)
        .map((id) => id - 1),
    bot: (user) => botStyles[state.users.bot[user]! - 1],
    duplicateOf: (video) => state.videos.original[video]!,
  };
}

function mustBe(what: string, value: number, count: number, least = 0): void {
  if (!(value >= least && value < count))
    throw new RangeError(`unknown ${what}: ${value}; allowed: ${least} … ${count - 1}`);
}
