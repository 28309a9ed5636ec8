/**
 * The service behind the server: a feature store, a set of models, an event log and what is beneath them, as one record of functions.
 *
 *     recommend   request → candidates → scores → page, every stage with something to fall back on (page-maker.ts, ladder.ts)
 *     events      event → log, on the disk → feature store and online store → acknowledged (open-day.ts)
 *     swap, day   a new set of models is opened beside the old one and takes its place (generation.ts)
 */
import { isAbsolute, relative } from "node:path";
import type { FeatureStore } from "../../data/index.js";
import { candidateSources, devices, policyComponents, type Catalogue, type Day } from "../../types.js";
import type { LearnedFunnelConfig } from "../learned-config.js";
import type { BatchStore } from "../batch/batch-store.js";
import { createDuplicates } from "../rerank/duplicates.js";
import { liveOn } from "../slates.js";
import { newTrace } from "../trace.js";
import type { PageAnswer, RecommendRequest, ServiceState, SwapRequest } from "./contract.js";
import { faultOfEvent } from "./event-columns.js";
import { openGeneration, type Generation, type ModelFolders, type ModelOpener } from "./generation.js";
import { deadlineDefaults, type Climbed, type Deadlines } from "./ladder.js";
import { openMetrics } from "./metrics.js";
import type { OnlineStore } from "./online-store.js";
import { openToday, type OpenDay } from "./open-day.js";
import { pageMaker, type PageMaker } from "./page-maker.js";
import { Refusal } from "./refusal.js";
import { knows, requestRows, withGuest, type RequestRow } from "./request-row.js";
import { segmentPages } from "./segment-page.js";
import type { Service } from "./routes.js";
import { createSettings, type Settings } from "./settings.js";
import { featuresOf, traceOf } from "./trace.js";
import { videoAnswer, type VideoFaces } from "./video-answer.js";

/** What a service is made of. It closes the stores and the models' opener. */
export interface ServiceOptions extends VideoFaces {
  readonly catalogue: Catalogue;
  /** Aggregates of the days before `day`; no day is open. It keeps sequences where the settings may name item-to-item. */
  readonly store: FeatureStore;
  readonly online: OnlineStore;
  readonly opener: ModelOpener;
  readonly models: ModelFolders;
  /** What was ranked ahead answers instead of the models; it is closed with the service. */
  readonly batch?: BatchStore;
  readonly day: Day;
  readonly seed: number;
  /** Folder of the event log. */
  readonly dir: string;
  readonly config?: Partial<LearnedFunnelConfig>;
  readonly deadlines?: Partial<Deadlines>;
  /** Reads the settings: at the start, and again with each swap; those that cannot be read change nothing. */
  readonly settings?: (catalogue: Catalogue) => Promise<Settings>;
  /** Models may be swapped for others below this folder. */
  readonly artifacts?: string;
  /** A request of the next day opens it: for a platform whose days are not ours. */
  readonly followDays?: boolean;
}

/** Opens a service: replays what the event log has of the day. @throws what opening models, stores and log throws */
export async function openService(options: ServiceOptions): Promise<Service> {
  const { catalogue, store, online, opener, seed, thumbnailOf, followDays = false } = options;
  const deadlines: Deadlines = { ...deadlineDefaults, ...options.deadlines };
  const metrics = openMetrics();
  const pages = segmentPages(catalogue, store);
  const guest = withGuest(catalogue);
  const rowOf = requestRows(catalogue, store);
  const duplicateOf = thumbnailOf && createDuplicates(catalogue.videos, thumbnailOf);
  let today: OpenDay | undefined;
  let generation: Generation | undefined;
  let maker: PageMaker | undefined;
  let serial = 0; // of generations
  let reason: string | undefined = "models are being opened";
  let changing: Promise<unknown> = Promise.resolve();

  const dayNow = (): Day => today?.day ?? options.day;
  const live = (): number => liveOn(catalogue, dayNow());
  const versions = (): Record<string, string> => ({ ...generation?.versions, generation: String(serial) });
  const state = (): ServiceState => ({
    ready: reason === undefined,
    ...(reason !== undefined && { reason }),
    day: dayNow(),
    versions: versions(),
  });

  /** Opens a set of models beside the present one, which it replaces. The old one stays where the new one cannot be opened. */
  async function replace(folders: ModelFolders): Promise<void> {
    const settings = (await options.settings?.(guest.catalogue)) ?? createSettings({}, guest.catalogue);
    const parts = { catalogue, store, seed, config: options.config ?? {}, settings, opener, batch: options.batch };
    const next = await openGeneration(dayNow(), folders, parts);
    const old = generation;
    generation = next;
    maker = pageMaker({
      ...{ guest, store, seed, generation, pages, deadlines, duplicateOf },
      refresh: (user) => today!.refresh(user),
      onLate: () => metrics.late(),
    });
    serial++;
    metrics.versions(versions());
    await old?.close();
  }

  /** @throws Refusal where another day is wanted than the open one, or nothing is ready */
  function opened(wanted: Day = dayNow()): { readonly day: Day; readonly today: OpenDay; readonly maker: PageMaker } {
    if (wanted !== dayNow()) throw new Refusal(409, `context/day is ${wanted}; allowed: the open day, ${dayNow()}`);
    if (reason !== undefined || !today || !maker) throw new Refusal(503, `not ready: ${reason}`);
    return { day: today.day, today, maker };
  }

  /** One change at a time. */
  function change<T>(work: () => Promise<T>): Promise<T> {
    const next = changing.then(work);
    changing = next.catch(() => undefined);
    return next;
  }

  async function openDay(next: Day): Promise<void> {
    const day = dayNow();
    if (next === day) return;
    if (next !== day + 1 || next >= catalogue.liveVideos.length)
      throw new Refusal(409, `day is ${next}; allowed: ${day}, which is open, or ${day + 1}`);
    await today!.next();
    await pages.refresh(next);
    const { indexPath: _, ...folders } = generation!.folders; // candidates have other counts now: embedded again
    await replace(folders);
  }

  function answerOf(made: Climbed, row: RequestRow, day: Day): Omit<PageAnswer, "latencyMs" | "staleness" | "trace"> {
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
      versions: { ...versions(), ...made.versions },
    };
  }

  async function recommend(asked: RecommendRequest): Promise<PageAnswer> {
    const began = performance.now();
    const wanted = asked.context?.day;
    if (followDays && wanted === dayNow() + 1) await change(() => openDay(wanted));
    const { day, maker } = opened(wanted);
    const row = rowOf(day, asked);
    const trace = asked.trace ? newTrace() : undefined;
    const made = await maker.make(asked, row, trace);
    const staleness = store.staleness(row.timeMs[0]!);
    const ageMs = staleness.reduce((most, one) => Math.max(most, one.ageMs), 0);
    const stale = staleness.filter((one) => one.stale).length;
    for (const { stage, ms } of made.stages) metrics.stage(stage, ms);
    for (const fallback of made.degraded) metrics.fellBack(fallback);
    metrics.fresh(ageMs, stale);
    return {
      ...answerOf(made, row, day),
      staleness: { ageMs, stale },
      latencyMs: performance.now() - began,
      ...(trace && { trace: traceOf(made, staleness, trace) }),
    };
  }

  const service: Service = {
    metrics,
    recommend,
    async features({ user, context, videos }) {
      if (!knows(catalogue, dayNow(), user))
        throw new Refusal(404, `unknown user: ${user}; allowed: accounts that exist on day ${dayNow()}`);
      const unknown = videos.find((video) => video >= live());
      if (unknown !== undefined) throw new Refusal(404, `unknown video: ${unknown}; allowed: 0 … ${live() - 1}`);
      const { day, today } = opened(context?.day);
      await today.refresh(user);
      const row = rowOf(day, { user, ...(context && { context }) });
      const video = Int32Array.from(videos);
      const candidates = { count: 1, width: video.length, video, source: new Uint8Array(video.length) };
      return { day, features: featuresOf(store.rankRows(row, candidates), [...videos.keys()]) };
    },
    async events(events) {
      await today?.settled();
      const { day, today: log } = opened();
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
    video: (id) => videoAnswer(catalogue, store, live(), options, id),
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
      await today?.close();
      await generation?.close();
      await options.batch?.close();
      await opener.close();
      await online.close();
      await store.close();
    },
  };
  try {
    today = await openToday({ catalogue, store, online, metrics, dir: options.dir, day: options.day });
    await pages.refresh(today.day);
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
