/**
 * A recommender at an address as an arm: whatever speaks the contract of `serve` (`POST /recommend/batch` or `/recommend`, and `/events`),
 * in any language, is judged in a twin world. A page that comes late or is none is counted, and popularity's stands in its place. What a
 * service answers is its own affair, so a play is not a function of the seed and is never loaded in place of another.
 */
import { z } from "zod";
import { eventsOfColumns } from "../../serving/online/event-columns.js";
import { mostEvents, mostRequests } from "../../serving/online/contract.js";
import { emptySlates, liveOn, sourceCode } from "../../serving/index.js";
import { scatterSlates, selectRequests } from "../../serving/requests.js";
import { candidateSources, devices, type Impressions, type RequestBatch, type SlateBatch } from "../../types.js";
import type { OpenBuiltIn } from "./arm.js";
import { open as openPopularity } from "./popularity.js";

/** What became of the pages and events of a play. */
export interface RemoteCounts {
  pages: number;
  late: number;
  /** Not HTTP 200, or nobody answered. */
  failed: number;
  /** An answer that is no page of videos that may be shown. */
  wrong: number;
  eventsLost: number;
}

/** What an arm needs of an answer of somebody's own service; the rest may be absent. */
const foreignPageSchema = z.object({
  items: z.array(
    z.object({
      video: z.int().min(0),
      source: z.enum(candidateSources).default("other"),
      propensity: z.number().gt(0).max(1).default(1),
    }),
  ),
});
type ForeignPage = z.infer<typeof foreignPageSchema>;

/** Requests at a time where a service takes one per call. */
const atOnce = 8;

/** @throws Error when nobody listens at the address */
export const open: OpenBuiltIn<"remote"> = async ({ url, timeoutMs = 10_000 }, context) => {
  const { catalogue, config } = context.world;
  const { slots } = config;
  const fallback = await openPopularity({ kind: "popularity" }, context);
  const counts: RemoteCounts = { pages: 0, late: 0, failed: 0, wrong: 0, eventsLost: 0 };
  const fits = z.union([foreignPageSchema, z.object({ pages: z.array(z.unknown()) })]);
  let batches = true; // until the service says that it has no such route
  let sending: Promise<void> = Promise.resolve();
  let live = 0;

  async function post(path: string, body: object): Promise<Response> {
    return fetch(new URL(path, url.endsWith("/") ? url : `${url}/`), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
  }

  /** The answer's JSON; undefined, counted for each page, where there is none. */
  async function answerOf(path: string, body: object, pages: number): Promise<unknown> {
    try {
      const response = await post(path, body);
      const text = await response.text();
      if (response.status === 404 && path === "recommend/batch") return (batches = false);
      if (!response.ok) throw new Error(`${response.status}`);
      return fits.parse(JSON.parse(text));
    } catch (error) {
      const kind = error instanceof z.ZodError || error instanceof SyntaxError ? "wrong" : "failed";
      counts[(error as Error).name === "TimeoutError" ? "late" : kind] += pages;
      return undefined;
    }
  }

  const bodyOf = (requests: RequestBatch, row: number): object => ({
    user: requests.user[row],
    slots,
    context: {
      day: requests.day,
      timeMs: requests.timeMs[row],
      session: requests.session[row],
      page: requests.page[row],
      device: devices[requests.device[row]!],
      live,
    },
  });

  /** Answers by row; undefined: none. */
  async function ask(requests: RequestBatch): Promise<readonly unknown[]> {
    const bodies = Array.from({ length: requests.count }, (_, row) => bodyOf(requests, row));
    const answers: unknown[] = [];
    for (let from = 0; batches && from < bodies.length; from += mostRequests) {
      const part = bodies.slice(from, from + mostRequests);
      const answer = await answerOf("recommend/batch", { requests: part }, part.length);
      if (!batches) break;
      const pages = (answer as { readonly pages?: readonly unknown[] } | undefined)?.pages ?? [];
      if (answer !== undefined) counts.wrong += Math.max(0, part.length - pages.length);
      answers.push(...part.map((_, i) => pages[i]));
    }
    for (let from = answers.length; from < bodies.length; from += atOnce) {
      const part = bodies.slice(from, from + atOnce);
      answers.push(...(await Promise.all(part.map((body) => answerOf("recommend", body, 1)))));
    }
    return answers;
  }

  /** A page that may be shown: different live videos, as many as there is room for. */
  function checked(answer: unknown): ForeignPage | undefined {
    if (answer === undefined) return undefined;
    const { data } = foreignPageSchema.safeParse(answer);
    const videos = data?.items.map(({ video }) => video) ?? [];
    const fine = videos.length === slots && new Set(videos).size === slots && videos.every((video) => video < live);
    if (!fine) counts.wrong++;
    return fine ? data : undefined;
  }

  return {
    remarks: () => ({ ...counts }),
    close: () => fallback.close?.(),
    policy: {
      name: context.name,
      async openDay(day, yesterday): Promise<void> {
        await fallback.policy.openDay(day, yesterday);
        if (live === 0)
          await post("recommend", {}).then(
            (response) => response.arrayBuffer(),
            (cause: unknown) => {
              throw new Error(`nobody answers at ${url}: start your service first`, { cause });
            },
          );
        live = liveOn(catalogue, day);
      },
      async recommend(requests): Promise<SlateBatch> {
        await sending;
        const slates = emptySlates(requests.count, slots);
        const without: number[] = [];
        const answers = await ask(requests);
        answers.forEach((answer, row) => {
          const page = checked(answer);
          counts.pages++;
          if (page === undefined) without.push(row);
          page?.items.forEach(({ video, propensity, source }, position) => {
            slates.video[row * slots + position] = video;
            slates.propensity[row * slots + position] = propensity;
            slates.source[row * slots + position] = sourceCode(source);
          });
        });
        if (without.length > 0)
          scatterSlates(await fallback.policy.recommend(selectRequests(requests, without)), without, slates);
        return slates;
      },
      apply(events: Impressions): void {
        fallback.policy.apply(events);
        sending = sending.then(async () => {
          const all = eventsOfColumns(events);
          for (let from = 0; from < all.length; from += mostEvents) {
            const part = all.slice(from, from + mostEvents);
            const sent = await post("events", { events: part }).then(
              async (response) => (await response.arrayBuffer(), response.ok),
              () => false,
            );
            if (!sent) counts.eventsLost += part.length;
          }
        });
      },
    },
  };
};
