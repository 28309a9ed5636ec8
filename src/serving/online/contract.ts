/**
 * What goes over the wire: requests and answers of `stagecraft serve`, of its page, of the load generator, and of any recommender at an
 * address that plays as an arm. One definition: zod checks here and at the arm, the JSON Schema made from it checks in the server and is
 * the OpenAPI document.
 */
import { z } from "zod";
import {
  ageBands,
  candidateSources,
  conversions,
  dayMs,
  devices,
  languages,
  policyComponents,
  regions,
} from "../../types.js";

/** Most requests of one batch and events of one call. */
export const mostRequests = 256;
export const mostEvents = 1000;
/** Most videos on a page. */
export const mostSlots = 50;
/** Most candidates that a trace lists. */
export const mostTraced = 300;

const id = z.int().min(0).max(2_147_483_647);
const bigId = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const session = z.int().min(0).max(140_737_488_355_327).describe("id of the visit; a request's is session * 64 + page");
const day = z.int().min(0).max(32_767);
const timeMs = z
  .int()
  .min(0)
  .max(dayMs - 1);
const page = z.int().min(0).max(63);
const share = z.number().min(0).max(1);
const flag = z.int().min(0).max(1);

/** Somebody without an account, or whose account is not known yet. */
export const profileSchema = z.strictObject({
  ageBand: z.enum(ageBands).optional(),
  region: z.enum(regions).optional(),
  language: z.enum(languages).optional(),
  device: z.enum(devices).optional(),
});

/** When, where and within which visit; what is absent is now, on the usual device, in a visit of its own. */
export const contextSchema = z.strictObject({
  day: day.optional().describe("day of the platform; only the open day is answered"),
  timeMs: timeMs.optional().describe("milliseconds since midnight"),
  session: session.optional(),
  page: page.optional().describe("0-based page within the visit"),
  device: z.enum(devices).optional(),
  live: id.optional().describe("videos 0 … live − 1 may be shown; for services without a catalogue of their own"),
});

/** Settings of this one page, for trying; absent ones are the service's own. */
export const tuningSchema = z.strictObject({
  diversity: share.optional().describe("0: by score alone; 1: as unlike each other as can be"),
  exploration: share.optional().describe("temperature of the random draw at the end; 0: none"),
  adLoad: z.int().min(0).max(5).optional().describe("ads on the page, where the platform has campaigns"),
  clickWeight: share.optional().describe("0: by expected watch time; 1: by probability of a click"),
});

/** `POST /recommend`. */
export const recommendSchema = z
  .strictObject({
    user: id.optional().describe("an account; an unknown one is answered by its profile"),
    profile: profileSchema.optional(),
    context: contextSchema.optional(),
    slots: z.int().min(1).max(mostSlots).optional().describe("videos on the page"),
    tuning: tuningSchema.optional(),
    trace: z.boolean().optional().describe("true: the answer says how the page was made"),
  })
  .describe("a user or a profile; neither: somebody of whom nothing is known");

/** `POST /recommend/batch`. */
export const recommendBatchSchema = z.strictObject({ requests: z.array(recommendSchema).min(1).max(mostRequests) });

const item = z.object({
  video: id,
  source: z.enum(candidateSources),
  propensity: z.number().gt(0).max(1).describe("P(this video here | the videos before it)"),
  campaign: z.int().min(0).max(32_767).describe("campaign + 1 of an ad; 0: content"),
  priceMicros: id.describe("what a click on the ad costs its campaign"),
});

/** A step that fell back, and why. */
const fallback = z.object({
  stage: z.enum(["user", "retrieve", "rank", "rerank"]),
  to: z.enum(["segment", "popular", "light", "retrieval", "score"]),
  reason: z.enum(["late", "busy", "failed", "unknown"]),
});

const removal = z.object({ video: id, stage: z.string(), reason: z.string() });
const move = z.object({ video: id, from: z.int(), to: z.int(), reason: z.string() });
const candidate = z.object({
  video: id,
  source: z.enum(candidateSources),
  retrieved: z.int().describe("0-based place among the candidates"),
  score: z.number().nullable().describe("null: not ranked"),
  clickProbability: z.number().nullable(),
  watchMs: z.number().nullable().describe("expected watch time of a click"),
  position: z.int().nullable().describe("0-based place on the page; null: not shown"),
});

const featureValues = z.array(z.object({ name: z.string(), values: z.array(z.number()) }));

/** `POST /features`: what the models would read of these videos for this user now. */
export const featuresSchema = z.strictObject({
  user: id,
  context: contextSchema.optional(),
  videos: z.array(id).min(1).max(1000),
});

/** Its answer: values in the order of the videos. */
export const featureAnswerSchema = z.object({ day, features: featureValues });

/** How a page was made. */
export const traceSchema = z.object({
  stages: z.array(z.object({ stage: z.string(), ms: z.number() })),
  sources: z.array(z.object({ source: z.enum(candidateSources), candidates: z.int() })),
  candidates: z.array(candidate).describe(`by score, the first ${mostTraced}`),
  removed: z.array(removal),
  moved: z.array(move),
  features: featureValues.describe("of the videos shown"),
  stale: z.array(z.object({ feature: z.string(), ageMs: z.number(), freshnessMs: z.number() })),
});

/** An answer of `/recommend`; its events repeat what it says. */
export const pageSchema = z.object({
  request: bigId,
  session,
  user: id.nullable().describe("null: an unknown user"),
  day,
  timeMs,
  page,
  device: z.enum(devices),
  policy: z.string(),
  component: z.enum(policyComponents),
  items: z.array(item),
  degraded: z.array(fallback).describe("empty: every stage answered in time"),
  versions: z.record(z.string(), z.string()),
  staleness: z.object({
    ageMs: z.number().describe("since the moment up to which the oldest features know everything"),
    stale: z.int().describe("features older than they may be"),
  }),
  latencyMs: z.number(),
  trace: traceSchema.optional(),
});

/** Answer of `/recommend/batch`, in the order of the requests. */
export const pagesSchema = z.object({ pages: z.array(pageSchema) });

/** One impression with its outcome. What the page's answer said is repeated; outcomes that are absent did not happen. */
export const eventSchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^[\w.:-]{1,64}$/)
      .describe("the same id is counted once, however often it is sent"),
    user: id,
    video: id,
    session,
    day,
    timeMs,
    page,
    position: z.int().min(0).max(254),
    device: z.enum(devices).optional(),
    source: z.enum(candidateSources).optional(),
    policy: z.string().min(1).max(64).optional(),
    component: z.enum(policyComponents).optional(),
    propensity: z.number().gt(0).max(1).optional(),
    click: flag.optional(),
    watchMs: id.optional().describe("0 without a click"),
    like: flag.optional(),
    share: flag.optional(),
    hide: flag.optional(),
    follow: flag.optional(),
    campaign: z.int().min(0).max(32_767).optional(),
    conversion: z.enum(conversions).optional(),
    revenueMicros: id.optional(),
  })
  .describe("an impression with its outcome");

/** `POST /events`. */
export const eventsSchema = z.strictObject({ events: z.array(eventSchema).min(1).max(mostEvents) });

/** Its answer, after every event is on the disk. */
export const acknowledgedSchema = z.object({
  accepted: z.int().describe("written now"),
  duplicates: z.int().describe("written before"),
});

/** `GET /videos/:id`. */
export const videoSchema = z.object({
  video: id,
  title: z.string().nullable(),
  thumbnail: z.string().nullable().describe("red, green, blue of 32 × 32 pixels, rows from the top, in base64"),
  topic: z.string(),
  creator: id,
  durationMs: id,
  language: z.enum(languages),
  uploadDay: z.int(),
  sponsored: z.boolean(),
  live: z.boolean(),
  impressions: z.number().describe("before the open day"),
  clicks: z.number(),
  watchMs: z.number(),
});

/** `GET /videos?ids=1,2,3`, in that order. */
export const videosSchema = z.object({ videos: z.array(videoSchema) });

/** `GET /readyz`, and with `ready: true` `GET /healthz`. */
export const stateSchema = z.object({
  ready: z.boolean(),
  reason: z.string().optional(),
  day: day.optional(),
  versions: z.record(z.string(), z.string()).optional(),
});

/** `POST /admin/swap`: absent folders stay as they are. */
export const swapSchema = z.strictObject({
  twoTowerDir: z.string().min(1).max(1024).optional(),
  rankerDir: z.string().min(1).max(1024).optional(),
  indexPath: z.string().min(1).max(1024).optional(),
});

/** `POST /admin/day`: the day that opens; yesterday's events join the aggregates. */
export const openDaySchema = z.strictObject({ day });

/** Every refusal and fault. */
export const faultSchema = z.object({ error: z.string() });

export type Profile = z.infer<typeof profileSchema>;
export type RecommendRequest = z.infer<typeof recommendSchema>;
export type Tuning = z.infer<typeof tuningSchema>;
export type PageAnswer = z.infer<typeof pageSchema>;
export type FeatureRequest = z.infer<typeof featuresSchema>;
export type FeatureAnswer = z.infer<typeof featureAnswerSchema>;
export type Fallback = z.infer<typeof fallback>;
export type Trace = z.infer<typeof traceSchema>;
export type OnlineEvent = z.infer<typeof eventSchema>;
export type Acknowledged = z.infer<typeof acknowledgedSchema>;
export type VideoAnswer = z.infer<typeof videoSchema>;
export type ServiceState = z.infer<typeof stateSchema>;
export type SwapRequest = z.infer<typeof swapSchema>;
