/**
 * A policy that answers, and others that are asked the same questions: what each would have drawn from, and what the world expects of the
 * pages it would have shown at that moment. The users meet only the first. So a log has, for every page, the pools of all policies and the
 * true value of each.
 */
import { poolsByRequest, type PagePool } from "../../evaluation/index.js";
import type { LocalArm, OpenedPolicy, OpenPolicy } from "../../pipeline/arms/arm.js";
import { openArm } from "../../pipeline/arms/registry.js";
import { keyOf, uniform } from "../../random.js";
import { createExplore } from "../../serving/rerank/explore.js";
import { emptySlates } from "../../serving/slates.js";
import type { Impressions, Policy, RequestBatch, SlateBatch } from "../../types.js";
import { openOracle, type Oracle, type World } from "../../world/index.js";

/** What a page is worth: its clicks, or its watch minutes. */
export const pageGoals = ["clicks", "watchMinutes"] as const;
export type PageGoal = (typeof pageGoals)[number];

/** A page that the logging policy showed. */
export interface ShownPage {
  readonly request: number;
  readonly user: number;
  readonly video: Int32Array; // [slots] without empty places
  readonly propensity: Float64Array; // [slots] as logged
  readonly reward: Readonly<Record<PageGoal, Float64Array>>; // [slots]
  readonly pool: PagePool;
  readonly targets: readonly Shadow[]; // in the order of the targets
}

/** What a target would have done with the same request. */
export interface Shadow {
  readonly pool: PagePool;
  readonly drawn: readonly Int32Array[]; // pages, [slots] each
  /** What the world expects of its page, and of the page's first position, mean over draws. */
  readonly truth: Readonly<Record<PageGoal, number>>;
  readonly first: Readonly<Record<PageGoal, number>>;
  /** Share of draws with a page that the logging policy cannot show, and by position of videos that it cannot. */
  readonly unsupported: number;
  readonly unsupportedAt: Float64Array; // [slots]
}

/** Pages that a target draws for each request, to take the mean of what the world expects of them. */
const draws = 4;

/**
 * An arm that plays `logging` and keeps what its pages and the targets' would be worth in `shown`. All policies must log their pools
 * (`poolShare: 1`). @throws Error where one does not, or the world has ads
 */
export function shadowed(logging: LocalArm, targets: readonly LocalArm[], shown: ShownPage[]): LocalArm {
  const open: OpenPolicy = async (context) => {
    const { world, seed } = context;
    if (world.catalogue.campaigns?.count) throw new Error("this study has no ads; allowed: a world with campaigns=0");
    const opened: OpenedPolicy[] = [];
    for (const arm of [logging, ...targets]) opened.push(await openArm(arm, context));
    const [answering, ...asked] = opened.map(({ policy }) => policy) as [Policy, ...Policy[]];
    const oracle = openOracle(world);
    const waiting = new Map<number, ShownPage>();
    const policy: Policy = {
      name: logging.name,
      async openDay(day, yesterday) {
        for (const one of [answering, ...asked]) await one.openDay(day, yesterday);
      },
      async recommend(requests) {
        const slates = await answering.recommend(requests);
        const pools = poolsOf(slates, requests, logging.name);
        const others: PagePool[][] = [];
        for (const [t, one] of asked.entries())
          others.push(poolsOf(await one.recommend(requests), requests, targets[t]!.name));
        for (let row = 0; row < requests.count; row++) {
          const page = pageOf(slates, row, requests, pools[row]!);
          const shadows = others.map((of, t) =>
            shadowOf(world, oracle, requests, row, slates.slots, of[row]!, page.pool, seed, t),
          );
          waiting.set(page.request, { ...page, targets: shadows });
        }
        return slates;
      },
      apply(events) {
        for (const one of [answering, ...asked]) one.apply(events);
        fillRewards(events, waiting, shown);
      },
      async close() {
        for (const { policy: one, close } of opened) {
          await one.close?.();
          await close?.();
        }
      },
    };
    return { policy };
  };
  return { name: logging.name, policy: { open } };
}

/** A policy that does not say what its pages are drawn from: a log cannot tell what it would have shown. */
export class NoPool extends Error {
  constructor(name: string, request: number) {
    super(`policy ${name} logs no pool for request ${request}; allowed: a policy with poolShare 1`);
  }
}

/** The pool of each request. @throws NoPool where one is not logged */
export function poolsOf({ pools }: SlateBatch, { request, count }: RequestBatch, name: string): PagePool[] {
  const found = pools && poolsByRequest(pools);
  return Array.from({ length: count }, (_, row) => {
    const pool = found?.get(request[row]!);
    if (pool === undefined) throw new NoPool(name, request[row]!);
    return pool;
  });
}

function pageOf(
  slates: SlateBatch,
  row: number,
  { request, user }: RequestBatch,
  pool: PagePool,
): Omit<ShownPage, "targets"> {
  const from = row * slates.slots;
  let filled = slates.slots;
  while (filled > 0 && slates.video[from + filled - 1]! < 0) filled--;
  return {
    request: request[row]!,
    user: user[row]!,
    video: slates.video.slice(from, from + filled),
    propensity: slates.propensity.slice(from, from + filled),
    reward: { clicks: new Float64Array(filled), watchMinutes: new Float64Array(filled) },
    pool,
  };
}

function shadowOf(
  world: World,
  oracle: Oracle,
  requests: RequestBatch,
  row: number,
  slots: number,
  pool: PagePool,
  logging: PagePool,
  seed: number,
  target: number,
): Shadow {
  const context = { timeMs: requests.timeMs[row]!, device: requests.device[row]! };
  const truth = { clicks: 0, watchMinutes: 0 };
  const first = { clicks: 0, watchMinutes: 0 };
  const pages = drawnPages(pool, logging, slots, requests.request[row]!, seed, target);
  for (const page of pages.drawn) {
    const expected = oracle.expectedAt(requests.user[row]!, page, context);
    for (const p of expected.clickProbability) truth.clicks += p / draws;
    for (const ms of expected.watchMs) truth.watchMinutes += ms / (60_000 * draws);
    first.clicks += expected.clickProbability[0]! / draws;
    first.watchMinutes += expected.watchMs[0]! / (60_000 * draws);
  }
  return { pool, ...pages, truth, first };
}

/** Pages that a target draws from its pool, and what of them the logging policy cannot show. */
export function drawnPages(
  pool: PagePool,
  logging: PagePool,
  slots: number,
  request: number,
  seed: number,
  target: number,
): Pick<Shadow, "drawn" | "unsupported" | "unsupportedAt"> {
  const possible = new Set(logging.flatMap(({ video }) => [...video]));
  const unsupportedAt = new Float64Array(slots);
  let unsupported = 0;
  const drawn = Array.from({ length: draws }, (_, draw) =>
    drawPage(pool, slots, request, keyOf(seed, `off-policy/${target}/${draw}`)),
  );
  for (const page of drawn) {
    let impossible = false;
    page.forEach((video, k) => {
      if (video < 0 || possible.has(video)) return;
      unsupportedAt[k]! += 1 / draws;
      impossible = true;
    });
    if (impossible) unsupported += 1 / draws;
  }
  return { drawn, unsupported, unsupportedAt };
}

/** A page of a pool, drawn as policies draw theirs. */
function drawPage(pool: PagePool, slots: number, request: number, seed: number): Int32Array {
  let rest = uniform(keyOf(seed, "part"), request >>> 0, Math.floor(request / 4_294_967_296));
  const part = pool.find(({ share }) => (rest -= share) < 0) ?? pool[0]!;
  const slates = emptySlates(1, slots);
  const { video, logit } = part;
  const open = { size: video.length, video, source: new Uint8Array(video.length), score: logit };
  createExplore({ seed, temperature: 1 })(open, request, slates, 0);
  return slates.video;
}

/** Pages whose outcome is known go from `waiting` to `shown`. */
function fillRewards(events: Impressions, waiting: Map<number, ShownPage>, shown: ShownPage[]): void {
  for (let i = 0; i < events.count; i++) {
    const page = waiting.get(events.request[i]!);
    if (page === undefined) continue;
    page.reward.clicks[events.position[i]!] = events.click[i]!;
    page.reward.watchMinutes[events.position[i]!] = events.watchMs[i]! / 60_000;
  }
  shown.push(...[...waiting.values()].filter(({ video }) => video.length > 0));
  waiting.clear();
}
