/** Pages of one set of models: the ladder's steps with the settings of the service and of the request. */
import type { CandidateBatch, RequestBatch } from "../../types.js";
import type { BatchStore } from "../batch/batch-store.js";
import { lookUp } from "../batch/ranked-ahead.js";
import { createAuction } from "../rerank/auction.js";
import type { FindDuplicate } from "../rerank/duplicates.js";
import { createRerank, rerankDefaults, type Rerank } from "../rerank/rerank.js";
import { reasonAgainst } from "../rerank/shortlist.js";
import { languageFilter } from "../retrieve/filters.js";
import type { ServingStore } from "../store.js";
import type { Trace } from "../trace.js";
import type { Fallback, RecommendRequest, Tuning } from "./contract.js";
import type { Generation } from "./generation.js";
import { climb, type Climbed, type Deadlines } from "./ladder.js";
import type { Guest, RequestRow } from "./request-row.js";
import type { SegmentPages } from "./segment-page.js";

/** What pages are made of. */
export interface PageMakerOptions {
  readonly guest: Guest;
  readonly store: ServingStore;
  readonly seed: number;
  readonly generation: Generation;
  readonly pages: SegmentPages;
  readonly deadlines: Deadlines;
  readonly duplicateOf: FindDuplicate | undefined;
  /** Before a page of an account: its state may have moved elsewhere. */
  readonly refresh: (user: number) => Promise<void>;
  readonly onLate: () => void;
}

/** Makes pages. */
export interface PageMaker {
  make(asked: RecommendRequest, row: RequestRow, trace: Trace | undefined): Promise<Climbed>;
}

/** Places of ads on a page that is asked for with some. */
const adPlaces = [3, 7, 11, 15, 19];
const mostPopular = 200; // candidates of an account without any of its own
const mostRerankers = 16; // of tunings tried in a row; each has memory of a few bytes per video

/** Makes the pages of a set of models. */
export function pageMaker(options: PageMakerOptions): PageMaker {
  const { store, seed, generation, pages, deadlines, duplicateOf, guest } = options;
  const { catalogue } = guest;
  const { settings, config } = generation;
  const base = { ...rerankDefaults, ...config.rerank };
  const spoken = config.languages;
  const filters = [
    ...settings.filters,
    ...(spoken === undefined || spoken === "any" ? [] : [languageFilter(catalogue, spoken)]),
  ];
  const rerankers = new Map<string, Rerank>();

  function rerankerOf(slots: number, { diversity, exploration }: Tuning): Rerank {
    const key = `${slots} ${diversity} ${exploration}`;
    const known = rerankers.get(key);
    if (known) return known;
    const made = createRerank({
      catalogue,
      seed,
      filters,
      ...(settings.rules && { rules: () => settings.rules }),
      ...(settings.nearDuplicates && duplicateOf && { duplicateOf }),
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

  /** A page by metadata alone: for somebody unknown, and where everything else has failed. */
  function bySegment(row: RequestBatch, candidates: CandidateBatch, slots: number, asked: Asked): Climbed {
    const scores = Float32Array.from(candidates.video, (_, place) => -place);
    const slates = rerankerOf(slots, asked.tuning)(row, candidates, scores, asked.trace);
    return { slates, candidates, scores, rows: undefined, predictions: undefined, degraded: [], stages: [] };
  }

  /** A page of what was ranked ahead; of an account that the batch does not know, by segment. */
  async function ofBatch(batch: BatchStore, row: RequestBatch, slots: number, asked: Asked): Promise<Climbed> {
    const began = performance.now();
    const user = row.user[0]!;
    const found = await batch.read(user);
    const { candidates, scores } = lookUp(row, () => found?.ranked, {
      ...{ top: found?.ranked.video.length ?? mostPopular, atLeast: slots },
      hasSeen: (id, video) => store.hasSeen(id, video),
      popular: () => pages.ofUser(user, slots),
    });
    const looked = performance.now();
    const slates = rerankOf(slots, asked.tuning, asked.trace)(row, candidates, scores);
    return {
      ...{ slates, candidates, scores, rows: undefined, predictions: undefined },
      degraded: found ? [] : [{ stage: "retrieve", to: "segment", reason: "unknown" }],
      stages: [
        { stage: "retrieve", ms: looked - began },
        { stage: "rerank", ms: performance.now() - looked },
      ],
      versions: { batch: found?.version ?? "none of this user" },
    };
  }

  return {
    async make({ slots = base.slots, tuning = {}, profile = {} }, row, trace): Promise<Climbed> {
      const user = row.user[0]!;
      if (!row.known) {
        const degraded: Fallback[] = [{ stage: "user", to: "segment", reason: "unknown" }];
        guest.be(profile);
        return { ...bySegment(row, pages.ofProfile(profile), slots, { tuning, trace }), degraded };
      }
      try {
        await options.refresh(user);
        const { answers } = generation;
        if ("batch" in answers) return await ofBatch(answers.batch, row, slots, { tuning, trace });
        const { retrieve, predict } = answers;
        const steps = {
          retrieve: (requests: RequestBatch) => retrieve(requests, trace),
          predict,
          store,
          popular: () => pages.ofUser(user, slots),
          rerank: rerankOf(slots, tuning, trace),
          forbids(requests: RequestBatch, video: number): boolean {
            const rules = { filters, now: settings.rules?.at(requests, 0), pinned: [] };
            return reasonAgainst(requests, 0, video, rules) !== undefined;
          },
          clickWeight: tuning.clickWeight ?? (config.objective === "click" ? 1 : 0),
        };
        return await climb(row, slots, steps, deadlines, options.onLate);
      } catch {
        const degraded: Fallback[] = [{ stage: "retrieve", to: "segment", reason: "failed" }];
        return { ...bySegment(row, pages.ofUser(user, slots), slots, { tuning, trace }), degraded };
      }
    },
  };
}

interface Asked {
  readonly tuning: Tuning;
  readonly trace: Trace | undefined;
}
