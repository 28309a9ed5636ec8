/**
 * Does an agent learn? It plays an episode of the environment, day after day, and so does a uniformly random one in a twin of the world
 * (same users, common random numbers). The oracle's expectation of each page is compared with that of the best page possible at that
 * moment: the sum of the differences is the (pseudo-)regret (Bubeck & Cesa-Bianchi, 2012).
 */
import { type Interval, pairedDifference, ratioInterval } from "../../evaluation/index.js";
import { environment, playEpisode } from "../../platform/index.js";
import { createUniformPolicy } from "../../serving/index.js";
import type { Catalogue, Day, Policy, RunControl, SlateBatch } from "../../types.js";
import { openOracle, openWorld, type World, type WorldConfig } from "../../world/index.js";
import { pageJudge } from "../page-judge.js";

/** Makes an agent for a catalogue; the same factory may be called more than once. */
export type AgentFactory = (options: {
  readonly catalogue: Catalogue;
  readonly seed: number;
  readonly slots: number;
}) => Policy;

/** Options of the study. */
export interface BanditStudyOptions {
  readonly config: WorldConfig;
  readonly seed: number;
  readonly days?: number; // default: the config's
  readonly agent: AgentFactory;
}

/** One day of one agent. */
export interface BanditDay {
  readonly day: Day;
  readonly requests: number;
  readonly clicksPerPage: Interval; // 95 % by user
  readonly expectedPerPage: number; // the oracle's expectation of the pages shown
  readonly bestPerPage: number; // … and of the best pages
  readonly regret: number; // clicks lost against the best pages, this day and all before it
}

/** One agent's days. */
export interface BanditCurve {
  readonly name: string;
  readonly days: readonly BanditDay[];
}

/** The result. */
export interface BanditStudy {
  readonly agent: BanditCurve;
  readonly uniform: BanditCurve;
  /** Clicks per user over all days, agent minus uniform, paired by user: 95 % interval. */
  readonly difference: Interval;
}

/** Plays the agent and its uniform twin and evaluates both. */
export async function banditStudy(options: BanditStudyOptions, control: RunControl = {}): Promise<BanditStudy> {
  const agent = await playJudged(options, options.agent, control);
  const uniform = await playJudged(options, createUniformPolicy, control);
  const users = Int32Array.from(agent.clicks.keys());
  return {
    agent: agent.curve,
    uniform: uniform.curve,
    difference: pairedDifference(uniform.clicks, agent.clicks, users, { seed: options.seed, name: "bandit" }),
  };
}

async function playJudged(
  options: BanditStudyOptions,
  make: AgentFactory,
  control: RunControl,
): Promise<{ curve: BanditCurve; clicks: Float64Array }> {
  const { config, seed, days = config.days } = options;
  let world: World | undefined;
  const env = environment({ config, days, open: (c, s) => (world = openWorld(c, s)) });
  const { info } = env.reset(seed);
  const policy = make({ catalogue: info.catalogue, seed, slots: config.slots });
  const expected = new Float64Array(days);
  const best = new Float64Array(days);
  let judge: ReturnType<typeof pageJudge> | undefined;
  const judged: Policy = {
    ...policy,
    async recommend(requests): Promise<SlateBatch> {
      const slates = await policy.recommend(requests);
      // of the world that playEpisode opened
      judge ??= pageJudge(openOracle(world as World), info.catalogue.liveVideos, config.slots, "click");
      for (let row = 0; row < requests.count; row++) {
        const page = judge(requests, slates, row);
        expected[requests.day]! += sum(page.expected);
        best[requests.day]! += sum(page.best);
      }
      return slates;
    },
  };
  const clicks = new Float64Array(info.catalogue.users.count);
  let regret = 0;
  const played = await playEpisode(env, judged, seed, control);
  env.close();
  await policy.close?.();
  const curve = played.map(({ day, events, requests }): BanditDay => {
    for (let i = 0; i < events.count; i++) clicks[events.user[i]!]! += events.click[i]!;
    regret += best[day]! - expected[day]!;
    // clicks over pages: a page is the impression at position 0
    const pages = events.position.map((position) => (position === 0 ? 1 : 0));
    return {
      day,
      requests,
      clicksPerPage: ratioInterval(events.click, pages, events.user, { seed, name: `day ${day}` }),
      expectedPerPage: expected[day]! / requests,
      bestPerPage: best[day]! / requests,
      regret,
    };
  });
  return { curve: { name: policy.name, days: curve }, clicks };
}

function sum(values: Float64Array): number {
  return values.reduce((all, value) => all + value, 0);
}
