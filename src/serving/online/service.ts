/**
 * The service behind the server: a feature store, a set of models, an event log and what is beneath them, as one record of functions.
 *
 *     recommend   request → candidates → scores → page, every stage with something to fall back on (ladder.ts)
 *     events      event → log, on the disk → feature store and online store → acknowledged
 *     swap, day   a new set of models is opened beside the old one and takes its place
 */
import { isAbsolute, join, relative } from "node:path";
import type { FeatureStore } from "../../data/index.js";
import {
  candidateSources,
  devices,
  languages,
  policyComponents,
  type CandidateBatch,
  type Catalogue,
  type Day,
  type RequestBatch,
} from "../../types.js";
import type { LearnedFunnelConfig } from "../learned-config.js";
import { createAuction } from "../rerank/auction.js";
import { createRerank, rerankDefaults, type Rerank } from "../rerank/rerank.js";
import type { Rules } from "../rerank/rules.js";
import { newTrace, type Trace } from "../trace.js";
import { liveOn } from "../slates.js";
import type { PageAnswer, RecommendRequest, SwapRequest, Tuning } from "./contract.js";
import type { Fallback, ServiceState, VideoAnswer } from "./contract.js";
import { columnsOfEvents, faultOfEvent } from "./event-columns.js";
import { loggedDays, openEventLog, type EventLog, type Positions } from "./event-log.js";
import { openGeneration, type Generation, type ModelFolders, type ModelOpener } from "./generation.js";
import { climb, deadlineDefaults, type Climbed, type Deadlines } from "./ladder.js";
import { openMetrics } from "./metrics.js";
import type { OnlineStore, UserDay } from "./online-store.js";
import { segmentPages } from "./segment-page.js";
import { Refusal } from "./refusal.js";
import type { Service } from "./server.js";
import { featuresOf, traceOf } from "./trace.js";

/** What a service is made of. It closes the stores and the models' opener. */
export interface ServiceOptions {
  readonly catalogue: Catalogue;
  /** Aggregates of the days before `day`; no day is open. */
  readonly store: FeatureStore;
  readonly online: OnlineStore;
  readonly opener: ModelOpener;
  readonly models: ModelFolders;
  readonly day: Day;
  readonly seed: number;
  /** Folder of the event log. */
  readonly dir: string;
  readonly config?: Partial<LearnedFunnelConfig>;
  readonly deadlines?: Partial<Deadlines>;
  /** Reads the business rules: at the start, and again with each swap; rules that cannot be read change nothing. */
  readonly rules?: () => Promise<Rules>;
  readonly titleOf?: (video: number) => string;
  readonly thumbnailOf?: (video: number) => Uint8Array; // [32, 32, 3]
  /** Models may be swapped for others below this folder. */
  readonly artifacts?: string;
  /** A request of the next day opens it: for a platform whose days are not ours. */
  readonly followDays?: boolean;
}

/** Places of ads on a page that is asked for with some. */
const adPlaces = [3, 7, 11, 15, 19];
const mostRerankers = 16; // of settings tried in a row; each has memory of a few bytes per video

/** Opens a service: replays what the event log has of the day. @throws what opening models, stores and log throws */
export async function openService(options: ServiceOptions): Promise<Service> {
  const { catalogue, store, online, opener, seed, dir, titleOf, thumbnailOf, followDays = false } = options;
  const config: Partial<LearnedFunnelConfig> = { ...options.config };
  const deadlines: Deadlines = { ...deadlineDefaults, ...options.deadlines };
  const base = { ...rerankDefaults, ...config.rerank };
  const metrics = openMetrics();
  const pages = segmentPages(catalogue, store);
  const clickedToday = new Map<number, number[]>();
  const unkept = new Set<number>(); // users whose state the online store has not got yet
  const rerankers = new Map<string, Rerank>();
  let day = options.day;
  let generation: Generation | undefined;
  let rules: Rules | undefined;
  let serial = 0; // of generations
  let guests = 0;
  let log: EventLog | undefined;
  let reason: string | undefined = "models are being opened";
  let midnight: Promise<void> | undefined; // events wait for it
  let changing: Promise<unknown> = Promise.resolve();

  const live = (): number => liveOn(catalogue, day);
  const knows = (user: number): boolean => user < catalogue.users.count && catalogue.users.joinDay[user]! <= day;
  const versions = (): Record<string, string> => ({ ...generation?.versions, generation: String(serial) });
  const state = (): ServiceState => ({
    ready: reason === undefined,
    ...(reason !== undefined && { reason }),
    day,
    versions: versions(),
  });

  /** Puts events into the features of whoever caused them, and beneath them. */
  async function apply(events: Parameters<typeof columnsOfEvents>[0], positions: Positions): Promise<void> {
    store.apply(columnsOfEvents(events, catalogue));
    for (const { user, video, click, campaign } of events) {
      unkept.add(user);
      if (click === 1 && !campaign) clickedToday.set(user, [...(clickedToday.get(user) ?? []), video]);
    }
    const users = [...unkept].map((user): UserDay => ({
      user,
      visit: store.visitOf(user),
      clicked: clickedToday.get(user) ?? [],
    }));
    try {
      await online.record(day, users, positions);
      for (const { user } of users) unkept.delete(user);
    } catch {
      metrics.storeFailed(); // the log has the events: they are kept with the next ones, or applied again at the next start
    }
  }

  function restore({ user, visit, clicked }: UserDay): void {
    store.restore(user, visit, clicked);
    clickedToday.set(user, [...clicked]);
  }

  /** What others did to a user's state, where it is shared. */
  async function refresh(user: number): Promise<void> {
    const moved = await online.read?.(day, user).catch(() => void metrics.storeFailed());
    if (moved && moved.visit.session >= 0) restore(moved);
  }

  /** Opens a day's log and brings the features up to its end. */
  async function openLog(): Promise<void> {
    clickedToday.clear();
    unkept.clear();
    log = await openEventLog(join(dir, "events"), day, {
      onWritten: apply,
      onSync: (ms) => metrics.synced(ms),
    });
    const kept = await online.load(day);
    for (const user of kept.users) restore(user);
    const positions: Record<string, number> = { ...kept.positions };
    for await (const { partition, events, next } of log.read(kept.positions)) {
      positions[partition] = next;
      if (events.length > 0) await apply(events, positions);
    }
  }

  /** Opens a set of models beside the present one, which it replaces. The old one stays where the new one cannot be opened. */
  async function replace(folders: ModelFolders): Promise<void> {
    const nextRules = await options.rules?.();
    const next = await openGeneration(day, folders, { catalogue, store, seed, config, opener });
    const old = generation;
    generation = next;
    rules = nextRules;
    serial++;
    rerankers.clear();
    metrics.versions(versions());
    await old?.close();
  }

  function checkDay(wanted: Day = day): void {
    if (wanted !== day) throw new Refusal(409, `context/day is ${wanted}; allowed: the open day, ${day}`);
    if (reason !== undefined) throw new Refusal(503, `not ready: ${reason}`);
  }

  /** One change at a time. */
  function change<T>(work: () => Promise<T>): Promise<T> {
    const next = changing.then(work);
    changing = next.catch(() => undefined);
    return next;
  }

  /** Closes the open day: its events join the aggregates. */
  async function closeDay(): Promise<void> {
    await log!.settled();
    const events = [];
    for await (const part of log!.read()) events.push(...part.events);
    await store.append(columnsOfEvents(events, catalogue)).catch((cause: unknown) => {
      throw new Refusal(409, `day ${day} stays open: ${(cause as Error).message}`, { cause });
    });
    await log!.close();
  }

  async function openDay(next: Day): Promise<void> {
    if (next === day) return;
    if (next !== day + 1 || next >= catalogue.liveVideos.length)
      throw new Refusal(409, `day is ${next}; allowed: ${day}, which is open, or ${day + 1}`);
    midnight = (async (): Promise<void> => {
      await closeDay();
      await store.openDay(next);
      day = next;
      await openLog();
    })();
    await midnight.finally(() => (midnight = undefined));
    await pages.refresh(day);
    const { indexPath: _, ...folders } = generation!.folders; // candidates have other counts now: embedded again
    await replace(folders);
  }

  function rerankerOf(slots: number, { diversity, exploration }: Tuning): Rerank {
    const key = `${slots} ${diversity} ${exploration}`;
    const known = rerankers.get(key);
    if (known) return known;
    const made = createRerank({
      catalogue,
      seed,
      ...(options.rules && { rules: () => rules }),
      config: {
        ...base,
        slots,
        pool: Math.max(base.pool, slots),
        depth: Math.max(base.depth, base.pool, slots),
        ...(diversity !== undefined && { mmrLambda: 1 - diversity }),
        ...(exploration !== undefined && { temperature: exploration }),
      },
    });
    if (rerankers.size >= mostRerankers) rerankers.delete(rerankers.keys().next().value!);
    rerankers.set(key, made);
    return made;
  }

  /** Re-ranking of one page, with ads where they are asked for and there are campaigns. */
  function rerankOf(slots: number, tuning: Tuning, trace: Trace | undefined): Rerank {
    const rerank = rerankerOf(slots, tuning);
    const { campaigns } = catalogue;
    const adSlots = adPlaces.slice(0, tuning.adLoad ?? 0).filter((place) => place < slots);
    if (adSlots.length === 0 || !campaigns)
      return (requests, candidates, scores) => rerank(requests, candidates, scores, trace);
    const auction = createAuction(catalogue, { adSlots, reserveMicros: 0 });
    const adBudgetMicros = campaigns.dailyBudgetMicros;
    return (requests, candidates, scores) =>
      auction({ ...requests, adBudgetMicros }, rerank(requests, candidates, scores, trace), trace);
  }

  /** The request as one row; of somebody unknown with an id that stands for nobody. */
  function rowOf({ user, context = {}, profile = {} }: RecommendRequest): RequestBatch & { readonly known: boolean } {
    const known = user !== undefined && knows(user);
    const visit = known ? store.visitOf(user).session : -1;
    const fresh = (day * 2 ** 24 + (known ? user : 2 ** 24 - 1)) * 8;
    const session = context.session ?? (visit >= 0 ? visit : known ? fresh : (guests++ % 2 ** 20) + fresh);
    const page = context.page ?? 0;
    const device = context.device ?? profile.device;
    return {
      known,
      day,
      count: 1,
      session: Float64Array.of(session),
      request: Float64Array.of(session * 64 + page),
      user: Int32Array.of(known ? user : 0),
      page: Uint8Array.of(page),
      timeMs: Int32Array.of(context.timeMs ?? 0),
      device: Uint8Array.of(device !== undefined ? devices.indexOf(device) : known ? catalogue.users.device[user]! : 0),
    };
  }

  /** A page by metadata alone: for somebody unknown, and where everything else has failed. */
  function bySegment(row: RequestBatch, candidates: CandidateBatch, slots: number, tuning: Tuning): Climbed {
    const scores = Float32Array.from(candidates.video, (_, place) => -place);
    const slates = rerankerOf(slots, tuning)(row, candidates, scores);
    return { slates, candidates, scores, rows: undefined, predictions: undefined, degraded: [], stages: [] };
  }

  async function pageOf(
    asked: RecommendRequest,
    row: RequestBatch & { readonly known: boolean },
    slots: number,
    trace: Trace | undefined,
  ): Promise<Climbed> {
    const { tuning = {}, profile = {} } = asked;
    const user = row.user[0]!;
    if (!row.known) {
      const degraded: Fallback[] = [{ stage: "user", to: "segment", reason: "unknown" }];
      return { ...bySegment(row, pages.ofProfile(profile), slots, tuning), degraded };
    }
    try {
      await refresh(user);
      const { retrieve, predict } = generation!;
      const steps = {
        retrieve: (requests: RequestBatch) => retrieve(requests, trace),
        predict,
        store,
        popular: () => pages.ofUser(user, slots),
        rerank: rerankOf(slots, tuning, trace),
        clickWeight: tuning.clickWeight ?? (config.objective === "click" ? 1 : 0),
      };
      return await climb(row, slots, steps, deadlines, () => metrics.late());
    } catch {
      const degraded: Fallback[] = [{ stage: "retrieve", to: "segment", reason: "failed" }];
      return { ...bySegment(row, pages.ofUser(user, slots), slots, tuning), degraded };
    }
  }

  async function recommend(asked: RecommendRequest): Promise<PageAnswer> {
    const began = performance.now();
    const wanted = asked.context?.day;
    if (followDays && wanted === day + 1) await change(() => openDay(wanted));
    checkDay(wanted);
    const slots = asked.slots ?? base.slots;
    const row = rowOf(asked);
    const trace = asked.trace ? newTrace() : undefined;
    const made = await pageOf(asked, row, slots, trace);
    const staleness = store.staleness(row.timeMs[0]!);
    const ageMs = staleness.reduce((most, one) => Math.max(most, one.ageMs), 0);
    const stale = staleness.filter((one) => one.stale).length;
    for (const { stage, ms } of made.stages) metrics.stage(stage, ms);
    for (const fallback of made.degraded) metrics.fellBack(fallback);
    metrics.fresh(ageMs, stale);
    const { slates } = made;
    const items = Array.from(slates.video, (video, at) => ({
      video,
      source: candidateSources[slates.source[at]!]!,
      propensity: slates.propensity[at]!,
      campaign: slates.campaign?.[at] ?? 0,
      priceMicros: slates.priceMicros?.[at] ?? 0,
    }));
    return {
      request: row.request[0]!,
      session: row.session[0]!,
      user: row.known ? row.user[0]! : null,
      day,
      timeMs: row.timeMs[0]!,
      page: row.page[0]!,
      device: devices[row.device[0]!]!,
      policy: "learned",
      component: policyComponents[slates.component[0]!]!,
      items: items.filter(({ video }) => video >= 0),
      degraded: [...made.degraded],
      versions: versions(),
      staleness: { ageMs, stale },
      latencyMs: performance.now() - began,
      ...(trace && { trace: traceOf(made, staleness, trace) }),
    };
  }

  const service: Service = {
    metrics,
    recommend,
    async features({ user, context, videos }) {
      if (!knows(user)) throw new Refusal(404, `unknown user: ${user}; allowed: accounts that exist on day ${day}`);
      const unknown = videos.find((video) => video >= live());
      if (unknown !== undefined) throw new Refusal(404, `unknown video: ${unknown}; allowed: 0 … ${live() - 1}`);
      checkDay(context?.day);
      await refresh(user);
      const row = rowOf({ user, ...(context && { context }) });
      const video = Int32Array.from(videos);
      const candidates = { count: 1, width: video.length, video, source: new Uint8Array(video.length) };
      return { day, features: featuresOf(store.rankRows(row, candidates), [...videos.keys()]) };
    },
    async events(events) {
      await midnight;
      if (reason !== undefined || log === undefined) throw new Refusal(503, `not ready: ${reason}`);
      events.forEach((event, i) => {
        const fault = faultOfEvent(event, catalogue, day, live());
        if (fault !== undefined) throw new Refusal(422, `events/${i}: ${fault}`);
      });
      const acknowledged = await log.append(events).catch((cause: unknown) => {
        throw new Refusal(503, (cause as Error).message, { cause });
      });
      metrics.events(acknowledged.accepted, acknowledged.duplicates);
      return acknowledged;
    },
    video(id): VideoAnswer {
      const { videos, topicNames } = catalogue;
      if (id >= videos.count) throw new Refusal(404, `unknown video: ${id}; allowed: 0 … ${videos.count - 1}`);
      const { impressions, clicks, watchMs } = store.videoStats();
      return {
        video: id,
        title: titleOf?.(id) ?? null,
        thumbnail: thumbnailOf ? Buffer.from(thumbnailOf(id)).toString("base64") : null,
        topic: topicNames[videos.topic[id]!]!,
        creator: videos.creator[id]!,
        durationMs: videos.durationMs[id]!,
        language: languages[videos.language[id]!]!,
        uploadDay: videos.uploadDay[id]!,
        sponsored: videos.sponsored[id] === 1,
        live: id < live(),
        impressions: impressions[id]!,
        clicks: clicks[id]!,
        watchMs: watchMs[id]!,
      };
    },
    state,
    swap: (asked: SwapRequest) =>
      change(async () => {
        for (const path of Object.values(asked)) checkBelow(path, options.artifacts);
        const { indexPath: index, ...folders } = generation!.folders;
        const kept = asked.twoTowerDir === undefined && index !== undefined && { indexPath: index };
        await replace({ ...folders, ...kept, ...asked }).catch((cause: unknown) => {
          metrics.swapped("refused");
          throw new Refusal(422, `the present models stay: ${(cause as Error).message}`, { cause });
        });
        metrics.swapped("done");
        return state();
      }),
    openDay: (next) =>
      change(async () => {
        await openDay(next);
        return state();
      }),
    async close(): Promise<void> {
      reason = "stopping";
      await changing;
      await log?.close();
      await generation?.close();
      await opener.close();
      await online.close();
      await store.close();
    },
  };
  try {
    const last = Math.max(day, ...(await loggedDays(join(dir, "events")))); // a restart goes on with the day that was open
    for (; day < last; day++) {
      log = await openEventLog(join(dir, "events"), day);
      await closeDay();
    }
    await store.openDay(day);
    await openLog();
    await pages.refresh(day);
    await replace(options.models);
    reason = undefined;
    return service;
  } catch (error) {
    await service.close();
    throw error;
  }
}

/** Only artifacts of this project are opened on request. @throws Refusal */
function checkBelow(path: string, root: string | undefined): void {
  const inside = root === undefined ? ".." : relative(root, path);
  if (isAbsolute(path) && inside !== "" && !inside.startsWith("..") && !isAbsolute(inside)) return;
  throw new Refusal(
    422,
    `path ${path.slice(0, 200)}; allowed: an absolute path below ${root ?? "a folder given at the start"}`,
  );
}
