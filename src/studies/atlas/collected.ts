/**
 * The log that a world's policies are estimated from: some days of a funnel that may show any of its candidates, kept with what each page
 * was drawn from. A policy is asked the same requests, user by user in the order of the day, and hears what users did with the pages.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { codeHash, makeOrLoad, writeFileAtomic } from "../../artifacts/index.js";
import {
  estimatePages,
  intervalsByUser,
  poolsByRequest,
  type Estimated,
  type PagePool,
} from "../../evaluation/index.js";
import {
  concatImpressions,
  concatPools,
  days,
  readDay,
  readPools,
  sliceImpressions,
  writeDay,
} from "../../log/index.js";
import type { Arm, LocalArm, OpenedPolicy } from "../../pipeline/arms/arm.js";
import { pastOfTrained } from "../../pipeline/arms/past.js";
import { play } from "../../pipeline/arms/play.js";
import { modulesOf, openArm } from "../../pipeline/arms/registry.js";
import type { Setting } from "../../pipeline/setting.js";
import type { Trained } from "../../pipeline/train.js";
import type { Impressions, Pools, RequestBatch, RunControl, SlateBatch } from "../../types.js";
import { asPages, modelled, probabilitiesOf, type PageProbabilities } from "../off-policy/log-of.js";
import { rewardModel } from "../off-policy/reward-model.js";
import { drawnPages, NoPool, pageGoals, poolsOf, type ShownPage } from "../off-policy/shadowed.js";
import type { Values } from "./offline.js";

/**
 * The funnel that collects: it draws from all its candidates, which are those of other rankers, so that these can be estimated. At `tiny`
 * and temperature .15 the log supported one policy of 37, at .5 trees, networks and re-rankers.
 */
export function collectorOf(candidates: number): Arm & LocalArm {
  const rerank = {
    pool: candidates,
    depth: candidates,
    mmrLambda: 1,
    creatorCap: candidates,
    temperature: 0.5,
    poolShare: 1,
  };
  return { name: "collector", policy: { kind: "learned", candidates, rerank } };
}

/** Everybody's pages of so many days: about 5,000 at `tiny`, more at larger scales. */
function logSize({ world }: Setting): { readonly users: number; readonly days: number } {
  return { users: world.users, days: Math.max(1, Math.min(world.extraDays, Math.round(6_000 / world.users))) };
}

/** A round of requests with what followed: the n-th page of each user who asked for so many. */
interface Round {
  readonly requests: RequestBatch;
  readonly events: Impressions;
  readonly pools: readonly PagePool[]; // [requests]
}

/** The log, and the collector's probabilities of its pages in the order of the rounds. */
export interface Collected {
  readonly rounds: readonly Round[];
  readonly logging: PageProbabilities;
}

/** What the log says of a policy, or why it says nothing. */
export interface Said {
  readonly estimates: Values;
  readonly refused?: string;
}

/** Plays or loads the collector's day. */
export async function collect(trained: Trained, control: RunControl = {}): Promise<Collected> {
  const { prepared, twoTower, ranker } = trained;
  const { setting } = prepared.log;
  const collector = collectorOf(setting.sizes.online.candidates);
  const size = logSize(setting);
  const spec = {
    root: setting.datasets,
    kind: "atlas-log",
    config: { collector, size },
    inputs: [prepared.log.artifact.id, prepared.artifact.id, twoTower.artifact.id, ranker.artifact.id],
    code: codeHash(import.meta.url, modulesOf([collector])),
  };
  const { dir } = await makeOrLoad(spec, async (folder) => {
    const parts: PageProbabilities[] = [];
    await play(pastOfTrained(trained), collector, size, {
      ...control,
      async onDay({ day, events }) {
        await writeDay(folder, day, events);
        parts.push(probabilitiesOf(pagesOf(roundsOf(events)), setting.world.slots, ({ pool }) => pool));
      },
    });
    const all = (["conditional", "marginal"] as const).flatMap((kind) => parts.map((part) => part[kind]));
    await writeFileAtomic(
      join(folder, "probabilities.bin"),
      Buffer.concat(all.map(({ buffer }) => Buffer.from(buffer))),
    );
    return size;
  });
  const rounds: Round[] = [];
  for (const day of await days(dir)) {
    const pools = await readPools(dir, day);
    rounds.push(...roundsOf({ ...(await readDay(dir, day)), ...(pools && { pools }) }));
  }
  const bytes = await readFile(join(dir, "probabilities.bin"));
  const all = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  return { rounds, logging: { conditional: all.slice(0, all.length / 2), marginal: all.slice(all.length / 2) } };
}

function roundsOf(events: Impressions): Round[] {
  const spans: { readonly from: number; to: number }[] = [];
  for (let row = 0; row < events.count; row++) {
    if (row > 0 && events.request[row] === events.request[row - 1]) spans.at(-1)!.to = row + 1;
    else spans.push({ from: row, to: row + 1 });
  }
  spans.sort(
    (a, b) => events.timeMs[a.from]! - events.timeMs[b.from]! || events.request[a.from]! - events.request[b.from]!,
  );
  const turns = new Map<number, number>();
  const byRound: (typeof spans)[] = [];
  for (const span of spans) {
    const turn = turns.get(events.user[span.from]!) ?? 0;
    turns.set(events.user[span.from]!, turn + 1);
    (byRound[turn] ??= []).push(span);
  }
  const pools = events.pools ? poolsByRequest(events.pools) : new Map<number, PagePool>();
  return byRound.map((round) => {
    const first = round.map(({ from }) => from);
    const requests: RequestBatch = {
      day: events.day[first[0]!]!,
      count: first.length,
      request: Float64Array.from(first, (row) => events.request[row]!),
      session: Float64Array.from(first, (row) => events.session[row]!),
      user: Int32Array.from(first, (row) => events.user[row]!),
      page: Uint8Array.from(first, (row) => events.page[row]!),
      timeMs: Int32Array.from(first, (row) => events.timeMs[row]!),
      device: Uint8Array.from(first, (row) => events.device[row]!),
    };
    const shown = concatImpressions(round.map(({ from, to }) => sliceImpressions(events, from, to)));
    return { requests, events: shown, pools: Array.from(requests.request, (request) => pools.get(request)!) };
  });
}

/** The pages shown, in the order of the rounds, without targets. */
function pagesOf(rounds: readonly Round[]): ShownPage[] {
  return rounds.flatMap(({ requests, events, pools }) => {
    let row = 0;
    return Array.from(requests.request, (request, place): ShownPage => {
      const from = row;
      while (row < events.count && events.request[row] === request) row++;
      const [click, watchMs] = [events.click.subarray(from, row), events.watchMs.subarray(from, row)];
      return {
        request,
        user: requests.user[place]!,
        video: events.video.slice(from, row),
        propensity: events.propensity.slice(from, row),
        reward: { clicks: Float64Array.from(click), watchMinutes: Float64Array.from(watchMs, (ms) => ms / 60_000) },
        pool: pools[place]!,
        targets: [],
      };
    });
  });
}

/** Estimates of a page's clicks and watch minutes under a policy; none where it does not say what its pages are drawn from. */
export async function estimatesOf(trained: Trained, { rounds, logging }: Collected, arm: LocalArm): Promise<Said> {
  const { catalogue, setting } = trained.prepared.log;
  const { slots } = setting.world;
  let target: readonly PagePool[];
  try {
    target = await answersTo(trained, rounds, arm);
  } catch (error) {
    if (error instanceof NoPool) return { estimates: {}, refused: "it does not say what its pages are drawn from" };
    throw error;
  }
  const nothing = { clicks: 0, watchMinutes: 0 };
  const pages = pagesOf(rounds).map((page, i): ShownPage => {
    const drawn = drawnPages(target[i]!, page.pool, slots, page.request, setting.seed, 0);
    return { ...page, targets: [{ pool: target[i]!, ...drawn, truth: nothing, first: nothing }] };
  });
  const theirs = probabilitiesOf(pages, slots, ({ targets }) => targets[0]!.pool);
  const estimates: Record<string, number> = {};
  let refused: string | undefined;
  const models = pageGoals.map((goal) => rewardModel(pages, slots, goal, catalogue));
  for (const [g, model] of modelled(pages, slots, 0, models).entries()) {
    const goal = pageGoals[g]!;
    const asked = asPages(pages, slots, goal, logging, theirs, 0, model);
    const found: readonly Estimated[] = estimatePages(asked, { bootstrap: { replicates: 2 } });
    const of = goal === "clicks" ? "clicks" : "minutes";
    for (const one of found) {
      if ("interval" in one) estimates[`${one.estimator}, ${of}`] = one.interval.estimate;
      else if (one.estimator === "independent IPS") refused = one.refused;
    }
    if (refused !== undefined) continue; // a model alone has its own word only
    const [direct] = intervalsByUser([{ user: asked.user, terms: [{ numerator: model.direct }] }], { replicates: 2 });
    estimates[`direct method, ${of}`] = direct!.estimate;
  }
  return { estimates, ...(refused !== undefined && { refused }) };
}

/** What a policy would have drawn each page from. @throws NoPool */
async function answersTo(trained: Trained, rounds: readonly Round[], arm: LocalArm): Promise<readonly PagePool[]> {
  const past = pastOfTrained(trained);
  const world = await past.world([]);
  const { policy, close }: OpenedPolicy = await openArm(arm, { world, seed: past.seed, past });
  try {
    const found: PagePool[] = [];
    let today: Impressions[] = [];
    for (const [r, { requests, events }] of rounds.entries()) {
      if (requests.day !== rounds[r - 1]?.requests.day) {
        await policy.openDay(requests.day, today.length > 0 ? concatImpressions(today) : undefined);
        today = [];
      }
      found.push(...poolsOf(withCertain(await policy.recommend(requests), requests), requests, arm.name));
      policy.apply(events);
      today.push(events);
    }
    return found;
  } finally {
    await policy.close?.();
    await close?.();
  }
}

/** Pages that are certain, each as its own pool: logits 30 apart leave no other order. */
function withCertain(slates: SlateBatch, { request }: RequestBatch): SlateBatch {
  const { pools, propensity, video, slots, count } = slates;
  if (pools !== undefined || propensity.some((p) => p < 1)) return slates;
  const made = Array.from({ length: count }, (_, row): Pools => {
    const page = video.subarray(row * slots, (row + 1) * slots).filter((id) => id >= 0);
    return {
      count: page.length,
      request: new Float64Array(page.length).fill(request[row]!),
      component: new Uint8Array(page.length),
      share: new Float64Array(page.length).fill(1),
      video: page,
      logit: Float64Array.from(page, (_id, k) => -30 * k),
    };
  });
  const all = concatPools(made);
  return all ? { ...slates, pools: all } : slates;
}
